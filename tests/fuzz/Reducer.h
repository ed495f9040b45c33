// Makes a failing program smaller as long as it fails in the same way.
#pragma once

#include "tests/fuzz/Supervisor.h"

#include <functional>
#include <string>

namespace ricci::fuzz {

// What stays of a finding when its program gets smaller: how it fails, not where or by what numbers.
std::string kindOf(const Finding &finding);

// `failure` gives the kind of a program's failure, empty if it does not fail. The result fails like `text`, and no
// single step makes it smaller.
std::string reduceProgram(std::string text, const std::function<std::string(const std::string &)> &failure);

} // namespace ricci::fuzz
