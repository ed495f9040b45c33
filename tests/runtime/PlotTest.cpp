#include "runtime/Plot.h"

#include <cmath>
#include <cstdlib>
#include <fstream>
#include <gtest/gtest.h>
#include <random>

using namespace ricci::runtime;

namespace {

TEST(NiceTicks, AreRoundAndEnclose) {
  const struct {
    double lower, upper;
  } cases[] = {{0, 1},   {0, 10},          {-3.7, 12.2},    {0.001, 0.0023}, {1e6, 1.00001e6}, {0, 0},          {5, 5},
               {-2, -2}, {1e-300, 2e-300}, {-1e300, 1e300}, {1, 1 + 1e-15},  {0, 5e-324},      {1e16, 1e16 + 2}};
  for (auto [lower, upper] : cases) {
    Ticks ticks = niceTicks(lower, upper, 6);
    EXPECT_LE(ticks.first, lower);
    EXPECT_GE(ticks.last, upper);
    EXPECT_LT(ticks.first, ticks.last);
    EXPECT_GE(ticks.count, 2) << lower << ".." << upper;
    EXPECT_LE(ticks.count, 10) << lower << ".." << upper;
  }
  Ticks ticks = niceTicks(0, 0.7, 6);
  EXPECT_EQ(ticks.step, 0.2);
  EXPECT_EQ(ticks.decimals, 1);
}

TEST(LineChart, DrawsWhateverTheNumbersAre) {
  const double nan = std::nan(""), inf = INFINITY;
  for (const std::vector<double> &values :
       {std::vector<double>{}, {1}, {nan}, {inf, -inf}, {1, nan, 2, 3}, {1e308, -1e308}, {0, 0, 0}, {5e-324}}) {
    std::string chart = lineChart({{"a", values}}, {});
    EXPECT_EQ(chart.find("nan"), std::string::npos);
    EXPECT_EQ(chart.find("inf"), std::string::npos);
    EXPECT_TRUE(chart.ends_with("</svg>\n"));
  }
  EXPECT_TRUE(lineChart({}, {}).ends_with("</svg>\n"));
}

TEST(LineChart, KeepsLongSeriesSmall) {
  std::vector<double> noise(1000000);
  std::mt19937 random(1);
  for (double &value : noise)
    value = static_cast<double>(random());
  noise[123456] = 1e11;
  std::string chart = lineChart({{"", noise}}, {});
  EXPECT_LT(chart.size(), 100000u);
}

TEST(ScatterChart, KeepsManyPointsSmall) {
  std::vector<ScatterPoint> points;
  std::mt19937 random(1);
  for (size_t i = 0; i < 200000; ++i)
    points.push_back({static_cast<double>(random() % 100), static_cast<double>(random() % 100), i % 2});
  points.push_back({std::nan(""), 0, 0});
  EXPECT_LT(scatterChart(points, {"a", "b"}, {}).size(), 2500000u);
}

} // namespace
