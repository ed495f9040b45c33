// Seeded mutations. Programs are changed by tokens rather than bytes, mostly keeping brackets balanced and names
// declared, so that a good share still parses and the type checker is reached; data files are changed by bytes.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ricci::fuzz {

// SplitMix64 (Steele, Lea, Flood 2014): the same numbers everywhere, unlike the standard distributions.
class Random {
public:
  explicit Random(uint64_t seed) : state(seed) {}
  uint64_t next();
  // 0 ≤ result < bound; 0 if bound is 0.
  size_t below(size_t bound) { return bound ? static_cast<size_t>(next() % bound) : 0; }
  bool oneIn(size_t n) { return below(n) == 0; }

private:
  uint64_t state;
};

// A program of the corpus with one to a few changes.
std::string mutateProgram(const std::vector<std::string> &corpus, Random &random);

// A data file with bytes flipped, cut, repeated or replaced by telling values.
std::string mutateBytes(std::string bytes, Random &random);

} // namespace ricci::fuzz
