// The slope of a function of one real variable at 0, from its values, with a bound on how wrong it may be.
#pragma once

#include <functional>
#include <optional>

namespace ricci::driver {

struct Slope {
  double value;
  double error; // bounds both what the finite steps leave out and rounding
};

// Central differences at three steps from `largest` on, each half the one before, extrapolated (Richardson): what the steps leave out
// falls with their fourth power where the function is smooth, and the last two extrapolations then differ by many times
// the error of the better one. Nothing where they differ by more than a slope could be trusted: at a kink or jump, or
// where the function has no value nearby. `noise` bounds the rounding error of one value.
std::optional<Slope> slopeAtZero(const std::function<std::optional<double>(double)> &function, double noise,
                                 double largest = 0x1p-8);

} // namespace ricci::driver
