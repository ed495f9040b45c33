// Monte Carlo arithmetic (D. S. Parker, 1997): every result that had to be rounded is moved at random by a few units in
// its last place. How far an answer then spreads over several seeds tells how far rounding alone can carry it,
// decisions that rounding takes included. What is exact stays exact, so that ties of exact numbers stay ties.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <type_traits>

namespace ricci {

// Without `ulps`, nothing moves.
struct Noise {
  double ulps = 0; // the farthest that a result moves
  uint64_t seed = 0;
};

namespace reference {

class Rounding {
public:
  explicit Rounding(Noise noise) : ulps(noise.ulps), state(noise.seed) {}

  bool moves() const { return ulps > 0; }

  // `result` as an operation on `operands` may give it that computes in T; Wide holds more digits than T, or as many.
  template <typename T, typename Wide> Wide apply(Wide result, std::initializer_list<Wide> operands) {
    if constexpr (!std::is_floating_point_v<T>) {
      return result;
    } else {
      auto same = [&](Wide operand) { return std::abs(operand) == std::abs(result); };
      if (!moves() || !isLong<T>(result) || std::any_of(operands.begin(), operands.end(), same))
        return result;
      return move<T>(result);
    }
  }
  // A result that is known to have been rounded.
  template <typename T, typename Wide> Wide move(Wide result) {
    return result * (1 + Wide(ulps * std::numeric_limits<T>::epsilon() * uniform()));
  }

private:
  // Whether the number needs nearly all digits of T: one that was not rounded rarely does, one that was nearly always.
  template <typename T, typename Wide> static bool isLong(Wide value) {
    constexpr int digits = std::numeric_limits<T>::digits, spare = std::is_same_v<T, float> ? 8 : 20;
    constexpr int rest = std::numeric_limits<Wide>::digits - digits + spare;
    // The leading digits, by the splitting of Veltkamp and Dekker (T. J. Dekker, 1971).
    const Wide scaled = value * Wide((uint64_t{1} << rest) + 1);
    const Wide excess = scaled - value;
    const Wide leading = scaled - excess;
    return std::isfinite(scaled) && leading != value;
  }

  // In [-1, 1), by SplitMix64 (Steele, Lea, Flood 2014).
  double uniform() {
    uint64_t z = (state += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return std::ldexp(double((z ^ (z >> 31)) >> 11), -52) - 1;
  }

  double ulps;
  uint64_t state;
};

} // namespace reference
} // namespace ricci
