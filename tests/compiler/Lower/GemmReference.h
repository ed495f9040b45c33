// Plain sums to compare contraction kernels with, and the bound on how far they may differ.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <random>
#include <vector>

namespace ricci::tests {

template <typename T> std::vector<T> randomValues(size_t count, uint64_t seed) {
  std::mt19937_64 generator(seed);
  std::uniform_real_distribution<T> value(-1, 1);
  std::vector<T> values(count);
  for (T &x : values)
    x = value(generator);
  return values;
}

// Values are in [-1, 1], so each of `length` terms and partial sums is at most `length`; every order of summation
// rounds `length` times (Higham, Accuracy and Stability, section 4.2).
template <typename T> double sumBound(int64_t length) {
  return 2.0 * static_cast<double>(length) * std::numeric_limits<T>::epsilon() * std::sqrt(static_cast<double>(length)) +
         std::numeric_limits<T>::min();
}

} // namespace ricci::tests
