// Charts as SVG text: curves over their index, and points in the plane coloured by label.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace ricci::runtime {

struct ChartText {
  std::string title, xLabel, yLabel; // empty: none
};

struct Series {
  std::string name; // in the legend, if any series has one
  std::vector<double> values;
};

// One curve for each series, at x = 0, 1, …; gaps where a value is not finite.
std::string lineChart(const std::vector<Series> &series, const ChartText &text);

struct ScatterPoint {
  double x, y;
  size_t group = 0; // position in the legend, selects the colour
};

// `legend` names the groups; empty: no legend.
std::string scatterChart(const std::vector<ScatterPoint> &points, const std::vector<std::string> &legend,
                         const ChartText &text);

// Round numbers that divide an axis: first, first + step, … last, each with `decimals` digits after the point.
struct Ticks {
  double first, last, step;
  int count;
  int decimals;
};
// About `wanted` ticks enclosing lower ≤ upper, both finite and their difference too; `leastStep` apart or more.
Ticks niceTicks(double lower, double upper, int wanted, double leastStep = 0);

} // namespace ricci::runtime
