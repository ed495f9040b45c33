// Random numbers of a test run: a seed gives the same ones on every machine.
#pragma once

#include "runtime/Threefry.h"

#include <cmath>
#include <initializer_list>
#include <numbers>

namespace ricci::driver {

class Random {
public:
  explicit Random(uint64_t seed) : seed(seed) {}

  uint64_t bits() { return runtime::threefry2x32(seed, counter++); }
  // 0 ≤ x < count
  int64_t below(int64_t count) { return static_cast<int64_t>(bits() % static_cast<uint64_t>(count)); }
  int64_t between(int64_t low, int64_t high) { return low + below(high - low + 1); }
  template <typename T> T oneOf(std::initializer_list<T> choices) {
    return choices.begin()[below(static_cast<int64_t>(choices.size()))];
  }
  // In (0, 1).
  double uniform() { return (static_cast<double>(bits() >> 12) + 0.5) * 0x1p-52; }
  // Box and Muller.
  double normal() {
    double radius = std::sqrt(-2 * std::log(uniform()));
    return radius * std::cos(2 * std::numbers::pi * uniform());
  }

private:
  uint64_t seed, counter = 0;
};

} // namespace ricci::driver
