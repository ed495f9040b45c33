#include "compiler/driver/Literal.h"

#include <cmath>
#include <gtest/gtest.h>
#include <numbers>

using namespace ricci;
using namespace ricci::driver;
using runtime::DType;

namespace {

TEST(Literal, ReadsNumbersWordsAndLists) {
  EXPECT_EQ(parseLiteral("3")->kind, Literal::Integer);
  EXPECT_EQ(parseLiteral("-1_000")->elements[0].integer, -1000);
  EXPECT_EQ(parseLiteral("9223372036854775807")->elements[0].integer, INT64_MAX);
  EXPECT_EQ(parseLiteral("-9223372036854775808")->elements[0].integer, INT64_MIN);
  EXPECT_EQ(parseLiteral("2.5e-3")->elements[0].real, 2.5e-3);
  EXPECT_EQ(parseLiteral("1e3")->kind, Literal::Real);
  EXPECT_EQ(parseLiteral("-inf")->elements[0].real, -INFINITY);
  EXPECT_EQ(parseLiteral("pi")->elements[0].real, std::numbers::pi);
  EXPECT_TRUE(std::isnan(parseLiteral("nan")->elements[0].real));
  EXPECT_EQ(parseLiteral("true")->kind, Literal::Bool);
  EXPECT_EQ(parseLiteral("[1, 2.5]")->kind, Literal::Real);
  EXPECT_EQ(parseLiteral("[[1,2,3],[4,5,6]]")->shape, (runtime::Shape{2, 3}));
  EXPECT_EQ(parseLiteral("[]")->shape, (runtime::Shape{0}));
  EXPECT_EQ(parseLiteral("[[],[]]")->shape, (runtime::Shape{2, 0}));
}

TEST(Literal, RefusesEverythingElse) {
  for (const char *text : {"",         "x",    "1x",      "--1",      "-",       "+1",
                           ".5",       "1__",  "_1",      "infinity", "0x10",    "9223372036854775808",
                           "1e999",    "[1,2", "[1],",    "[[1],2]",  "[1,[2]]", "[[1],[2,3]]",
                           "[true,1]", "1 2",  "[[],[1]]"})
    EXPECT_FALSE(parseLiteral(text)) << text;
  EXPECT_FALSE(parseLiteral(std::string(40, '[') + "1" + std::string(40, ']')));
  EXPECT_FALSE(parseLiteral(std::string(1000000, '[')));
}

TEST(Literal, AdaptsIntegersToFloatingPointOnly) {
  EXPECT_EQ(toArray(*parseLiteral("3"), DType::F64)->as<double>()[0], 3.0);
  EXPECT_EQ(toArray(*parseLiteral("[1,2]"), DType::I32)->as<int32_t>()[1], 2);
  EXPECT_EQ(toArray(*parseLiteral("true"), DType::Bool)->as<bool>()[0], true);
  EXPECT_FALSE(toArray(*parseLiteral("2.0"), DType::I64));
  EXPECT_FALSE(toArray(*parseLiteral("3000000000"), DType::I32));
  EXPECT_FALSE(toArray(*parseLiteral("1"), DType::Bool));
  EXPECT_FALSE(toArray(*parseLiteral("true"), DType::I64));
}

} // namespace
