#include "compiler/driver/testing/Differences.h"

#include <cmath>

namespace ricci::driver {

std::optional<Slope> slopeAtZero(const std::function<std::optional<double>(double)> &function, double noise,
                                 double largest) {
  // Less than this part of the slope may be uncertain for a comparison to mean anything.
  constexpr double mostUncertain = 1e-4;
  double slopes[3];
  double step = largest;
  for (double &slope : slopes) {
    std::optional<double> right = function(step), left = function(-step);
    if (!right || !left)
      return std::nullopt;
    slope = (*right - *left) / (2 * step);
    step /= 2;
  }
  // D(h) = f' + c h² + O(h⁴)
  double coarse = (4 * slopes[1] - slopes[0]) / 3, fine = (4 * slopes[2] - slopes[1]) / 3;
  double smallest = largest / 4;
  double rounding = 2 * noise / smallest;
  double difference = std::abs(fine - coarse);
  if (!(difference <= mostUncertain * std::abs(fine) + rounding))
    return std::nullopt;
  return Slope{fine, difference + rounding};
}

} // namespace ricci::driver
