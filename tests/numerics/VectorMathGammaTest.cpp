// lgamma, digamma and polygamma against closed forms, the recurrence, and a long double series.
#include "runtime/Math.h"

#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <random>

namespace {

constexpr long double eulerGamma = 0.577215664901532860606512090082402431L;
constexpr long double pi = 3.14159265358979323846264338327950288L;

// ψ(x) by shifting to x + 40, where eight terms of the asymptotic series are exact to long double.
long double digammaSeries(long double x) {
  long double shift = 0;
  for (int i = 0; i < 40; ++i, x += 1)
    shift += 1 / x;
  const long double terms[] = {1.0L / 12,  -1.0L / 120, 1.0L / 252, -1.0L / 240, 1.0L / 132, -691.0L / 32760,
                               1.0L / 12, -3617.0L / 8160};
  long double sum = std::log(x) - 1 / (2 * x), power = 1 / (x * x);
  for (long double term : terms) {
    sum -= term * power;
    power /= x * x;
  }
  return sum - shift;
}

double ulps(double got, long double exact) {
  double size = std::abs(static_cast<double>(exact));
  return static_cast<double>(std::abs(got - exact)) / (std::nextafter(size, INFINITY) - size);
}

TEST(VectorMathGamma, DigammaAtSpecialPoints) {
  EXPECT_LE(ulps(ricci_math_digamma_f64(1), -eulerGamma), 2);
  EXPECT_LE(ulps(ricci_math_digamma_f64(0.5), -eulerGamma - 2 * std::log(2.0L)), 2);
  EXPECT_LE(ulps(ricci_math_digamma_f64(0.25), -eulerGamma - pi / 2 - 3 * std::log(2.0L)), 2);
  EXPECT_TRUE(std::isnan(ricci_math_digamma_f64(0)));
  EXPECT_TRUE(std::isnan(ricci_math_digamma_f64(-3)));
  EXPECT_TRUE(std::isnan(ricci_math_digamma_f64(NAN)));
  EXPECT_EQ(ricci_math_digamma_f64(INFINITY), INFINITY);
}

TEST(VectorMathGamma, DigammaAgainstSeries) {
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> everyday(0.01, 40), nearZero(1.4, 1.5);
  double worst = 0;
  for (int i = 0; i < 20000; ++i) {
    double x = i % 4 ? everyday(random) : nearZero(random);
    long double exact = digammaSeries(x);
    // The series cancels next to the zero at 1.4616…
    if (std::abs(exact) > 1e-3L)
      worst = std::max(worst, ulps(ricci_math_digamma_f64(x), exact));
  }
  EXPECT_LE(worst, 4);
}

TEST(VectorMathGamma, PolygammaAtSpecialPoints) {
  auto near = [](double got, long double exact) { EXPECT_NEAR(got / static_cast<double>(exact), 1, 1e-13); };
  const long double zeta3 = 1.202056903159594285399738161511449991L;
  near(ricci_math_polygamma_f64(1, 1), pi * pi / 6);
  near(ricci_math_polygamma_f64(0.5, 1), pi * pi / 2);
  near(ricci_math_polygamma_f64(1, 2), -2 * zeta3);
  near(ricci_math_polygamma_f64(1, 3), pi * pi * pi * pi / 15);
  near(ricci_math_polygamma_f64(-0.5, 1), pi * pi / 2 + 4);
  EXPECT_EQ(ricci_math_polygamma_f64(2, 0), ricci_math_digamma_f64(2));
  EXPECT_EQ(ricci_math_polygamma_f64(INFINITY, 1), 0);
  EXPECT_TRUE(std::isnan(ricci_math_polygamma_f64(-2, 1)));
}

// ψ⁽ⁿ⁾(x+1) - ψ⁽ⁿ⁾(x) = (-1)ⁿ n! / xⁿ⁺¹, also across the reflection.
TEST(VectorMathGamma, PolygammaRecurrence) {
  for (int64_t n = 0; n <= 4; ++n)
    for (double x : {-7.3, -2.6, -0.4, 0.3, 1.7, 12.5, 30.25}) {
      double step = (n % 2 ? -1 : 1) * std::tgamma(n + 1.0) / std::pow(x, n + 1.0);
      double high = ricci_math_polygamma_f64(x + 1, n), low = ricci_math_polygamma_f64(x, n);
      EXPECT_NEAR(high - low, step, 1e-12 * (std::abs(high) + std::abs(low))) << "order " << n << " at " << x;
    }
}

TEST(VectorMathGamma, LogGamma) {
  EXPECT_NEAR(ricci_math_lgamma_f64(5), std::log(24.0), 1e-15 * 4);
  EXPECT_EQ(ricci_math_lgamma_f64(-1), INFINITY);
  EXPECT_TRUE(std::isnan(ricci_math_lgamma_f64(NAN)));
  EXPECT_FLOAT_EQ(ricci_math_lgamma_f32(0.5f), std::log(std::sqrt(static_cast<float>(pi))));
}

} // namespace
