// SplitMix64 (Steele, Lea, Flood 2014): the same numbers everywhere, unlike the standard distributions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace ricci::fuzz {

class Random {
public:
  explicit Random(uint64_t seed) : state(seed) {}

  uint64_t next() {
    uint64_t z = (state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
  }
  // 0 ≤ result < bound; 0 if bound is 0.
  size_t below(size_t bound) { return bound ? static_cast<size_t>(next() % bound) : 0; }
  // low ≤ result ≤ high.
  int64_t between(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(below(static_cast<size_t>(high - low + 1)));
  }
  bool oneIn(size_t n) { return below(n) == 0; }
  template <class T> const T &of(const std::vector<T> &choices) { return choices[below(choices.size())]; }

private:
  uint64_t state;
};

} // namespace ricci::fuzz
