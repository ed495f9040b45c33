// Seeded mutations. Programs are changed by tokens rather than bytes, mostly keeping brackets balanced and names
// declared, so that a good share still parses and the type checker is reached; data files are changed by bytes.
#pragma once

#include "tests/fuzz/Random.h"

#include <string>
#include <vector>

namespace ricci::fuzz {

// A program of the corpus with one to a few changes.
std::string mutateProgram(const std::vector<std::string> &corpus, Random &random);

// A data file with bytes flipped, cut, repeated or replaced by telling values.
std::string mutateBytes(std::string bytes, Random &random);

} // namespace ricci::fuzz
