// Ways to make a program smaller, found in its syntax tree: a declaration or statement less, an element less in a list,
// an expression replaced by a part of it or by a number, a size replaced by a smaller one wherever it occurs. Not all
// of them leave a program; whoever applies them looks.
#pragma once

#include <string>
#include <vector>

namespace ricci::fuzz {

// The texts of the smaller programs, those with the largest cuts first.
std::vector<std::string> smallerPrograms(const std::string &text);

} // namespace ricci::fuzz
