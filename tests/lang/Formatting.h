// What has to hold of the formatter, for any text.
#pragma once

#include <string>

namespace ricci::lang::test {

// What is wrong with the formatted text; empty if nothing is, or if the text has syntax errors. It has the same syntax
// tree, documentation included, the same tokens but for separators, and the same comments in the same order; is clean
// of stray blanks; and is the same when formatted again.
std::string formatKeepsMeaning(const std::string &text);

} // namespace ricci::lang::test
