// The elementwise functions of one argument: where they are defined and smooth, and what they give there.
#pragma once

#include <string>
#include <vector>

namespace ricci::fuzz {

struct ElementaryFunction {
  std::string name;
  double low, high;                     // of arguments at which it and its derivatives are moderate
  double least, greatest;               // of its values there
  double (*monotone)(double) = nullptr; // if it is, for narrower arguments
};

const std::vector<ElementaryFunction> &elementaryFunctions();

} // namespace ricci::fuzz
