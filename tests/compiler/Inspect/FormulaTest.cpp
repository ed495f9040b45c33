#include "compiler/Inspect/Formula.h"

#include <gtest/gtest.h>

using namespace ricci::inspect;

namespace {

const Formula n = Formula::symbol("N"), k = Formula::symbol("K");

TEST(Formula, IsAPolynomial) {
  EXPECT_EQ((Formula(2) * n * k + n).text(), "2·K·N + N");
  EXPECT_EQ((n + n * Formula(-1)).text(), "0");
  EXPECT_EQ((Formula(3) * Formula(4)).text(), "12");
  EXPECT_EQ(((n + k) * (n + k)).text(), "K·K + 2·K·N + N·N");
}

TEST(Formula, HasANumberWhereAllSizesHave) {
  const Formula formula = Formula(2) * n * k + n;
  EXPECT_EQ(formula.value({{"N", 10}, {"K", 3}}), 70);
  EXPECT_EQ(formula.value({{"N", 10}}), std::nullopt);
  EXPECT_EQ(Formula(7).value(), 7);
  EXPECT_EQ(formula.symbols(), (std::vector<std::string>{"K", "N"}));
}

} // namespace
