// The inputs of a program: their types, and the expressions that give them values where nothing else does.
#pragma once

#include "tests/fuzz/generate/Generator.h"

namespace ricci::fuzz {

// One for each value that sizes have: a name, or a number.
std::vector<Size> inputSizes(Generator &, bool symbolic);
std::vector<Parameter> makeInputs(Generator &, const std::vector<Size> &sizes);
std::string inputValue(Generator &, const Parameter &input);
// With numbers for sizes.
ArrayType literalType(const ArrayType &);

} // namespace ricci::fuzz
