// The scalar functions that no C library has, against 40 digits from mpmath.
#include "dialects/Scalar.h"

#include "gtest/gtest.h"

#include <cmath>
#include <limits>

using namespace ricci;

namespace {
TEST(SpecialFunctions, Polygamma) {
  struct Case {
    int64_t order;
    double x, value;
  };
  const Case cases[] = {
      {0, 0.1, -10.423754940411076795},   {0, 1, -0.57721566490153286061},   {0, 2.5, 0.70315664064524318723},
      {0, 30, 3.3844381326855248766},     {0, -0.5, 0.036489973978576520559}, {0, -3.75, -1.6923885983113303432},
      {1, 0.1, 101.43329915079275882},    {1, 1, 1.6449340668482264365},     {1, 2.5, 0.49035775610023486497},
      {1, 30, 0.033895060357739944214},   {1, -0.5, 8.9348022005446793094},  {1, -3.75, 19.504980060599575273},
      {2, 0.1, -2001.8614573783440063},   {2, 1, -2.4041138063191885708},    {2, 2.5, -0.236204051641727402},
      {2, 30, -0.001148765203728599844},  {2, -0.5, -0.8287966442343199956}, {2, -3.75, -124.07972713378925405},
      {5, 0.1, 120000069.30751096897},    {5, 1, 122.08116743813389677},     {5, 2.5, 0.57856917856718348455},
      {5, 30, 1.0726994936161623892e-6},  {5, -0.5, 15371.113548602435496},  {5, -3.75, 492231.25090337614168},
  };
  // Reflection cancels digits near the poles; elsewhere only rounding is lost.
  for (const Case &c : cases)
    EXPECT_NEAR(numbers::polygamma(c.x, c.order), c.value, 1e-13 * std::fabs(c.value) + 1e-14)
        << "order " << c.order << " at " << c.x;
  EXPECT_TRUE(std::isnan(numbers::digamma(-2)));
}

TEST(Integers, DivisionFloorsAndIsTotal) {
  auto divide = [](int64_t x, int64_t y) { return numbers::divide(numbers::Wrapping<int64_t>{x}, {y}).value; };
  auto remainder = [](int64_t x, int64_t y) { return numbers::remainder(numbers::Wrapping<int64_t>{x}, {y}).value; };
  EXPECT_EQ(divide(7, 2), 3);
  EXPECT_EQ(divide(-7, 2), -4);
  EXPECT_EQ(divide(7, -2), -4);
  EXPECT_EQ(divide(-7, -2), 3);
  EXPECT_EQ(divide(7, 0), 0);
  constexpr int64_t least = std::numeric_limits<int64_t>::min();
  EXPECT_EQ(divide(least, -1), least);
  EXPECT_EQ(remainder(-7, 3), 2);
  EXPECT_EQ(remainder(7, -3), -2);
  EXPECT_EQ(remainder(7, 0), 0);
  EXPECT_EQ(remainder(least, -1), 0);
}

TEST(Convert, TruncatesAndSaturates) {
  EXPECT_EQ(Scalar(-1.9).as<int32_t>(), -1);
  EXPECT_EQ(Scalar(3e9).as<int32_t>(), std::numeric_limits<int32_t>::max());
  EXPECT_EQ(Scalar(-1e30f).as<int64_t>(), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(Scalar(0x1p63).as<int64_t>(), std::numeric_limits<int64_t>::max());
  EXPECT_EQ(Scalar(std::nan("")).as<int64_t>(), 0);
  EXPECT_TRUE(Scalar(0.5).as<bool>());
}

TEST(Rounding, ToEvenWithSignedZero) {
  EXPECT_EQ(numbers::roundeven(2.5), 2);
  EXPECT_EQ(numbers::roundeven(3.5), 4);
  EXPECT_EQ(numbers::roundeven(-2.5), -2);
  EXPECT_EQ(numbers::roundeven(0.49999999999999994), 0);
  EXPECT_TRUE(std::signbit(numbers::roundeven(-0.2)));
  EXPECT_EQ(numbers::maximum(-0.0, 0.0), 0.0);
  EXPECT_FALSE(std::signbit(numbers::maximum(-0.0, 0.0)));
  EXPECT_TRUE(std::isnan(numbers::minimum(1, std::nan(""))));
}
} // namespace
