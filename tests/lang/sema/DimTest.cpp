#include "lang/sema/Dim.h"

#include <gtest/gtest.h>

namespace ricci::lang::test {

static Dim size(const char *name) { return Dim(makeSymbol(SymbolInfo::Size, name)); }

TEST(Dim, EqualPolynomialsAreEqual) {
  Dim n = size("N"), m = size("M");
  EXPECT_EQ((n + m) * (n - m), n * n - m * m);
  EXPECT_EQ(n + Dim(1) - n, Dim(1));
  EXPECT_NE(n, m);
  EXPECT_NE(n, size("N")); // another symbol of the same name
}

TEST(Dim, QuotientsSimplifyWhereTheyAreExact) {
  Dim n = size("N"), m = size("M"), i = size("i");
  EXPECT_EQ(floorDivide(Dim(2) * i * (i - Dim(1)), Dim(2)), i * (i - Dim(1)));
  EXPECT_EQ(floorDivide(n * m, m), n);
  EXPECT_EQ(floorDivide(Dim(2) * n + Dim(3), Dim(2)), n + Dim(1));
  EXPECT_EQ(floorDivide(Dim(4) * n, Dim(6)), floorDivide(Dim(2) * n, Dim(3)));
  EXPECT_EQ(floorDivide(n + Dim(7), Dim(5)), floorDivide(n + Dim(2), Dim(5)) + Dim(1));
  EXPECT_EQ(floorDivide(Dim(-7), Dim(2)), Dim(-4));
  EXPECT_EQ(floorDivide(Dim(INT64_MIN), Dim(-1)), Dim(INT64_MIN));
}

TEST(Dim, RemaindersHaveTheDivisorsSign) {
  Dim n = size("N");
  EXPECT_EQ(remainder(Dim(-7), Dim(3)), Dim(2));
  EXPECT_EQ(remainder(Dim(7), Dim(-3)), Dim(-2));
  EXPECT_EQ(remainder(Dim(6) * n, Dim(3)), Dim(0));
  EXPECT_EQ(remainder(n + Dim(8), Dim(3)), remainder(n + Dim(2), Dim(3)));
}

TEST(Dim, OpaqueNodesCompareByWhatTheySay) {
  Dim n = size("N"), m = size("M");
  EXPECT_EQ(floorDivide(n, m), floorDivide(n, m));
  EXPECT_NE(floorDivide(n, m), floorDivide(m, n));
  EXPECT_EQ(minimum(n, m), minimum(m, n));
  EXPECT_EQ(minimum(n, n + Dim(1)), n);
  EXPECT_EQ(maximum(n, n + Dim(1)), n + Dim(1));
}

TEST(Dim, SubstitutionReachesInside) {
  Symbol n = makeSymbol(SymbolInfo::Size, "N");
  Dim form = floorDivide(Dim(n) + Dim(1), Dim(2)) * Dim(n);
  EXPECT_EQ(form.substitute([&](const Symbol &s) { return s == n ? std::optional<Dim>(7) : std::nullopt; }), Dim(28));
}

TEST(Dim, TextReadsLikeTheSource) {
  Dim n = size("N"), k = size("K");
  EXPECT_EQ((n - k + Dim(1)).text(), "N-K+1");
  EXPECT_EQ((Dim(1) - k).text(), "1-K");
  EXPECT_EQ((Dim(0) - k + n).text(), "N-K");
  EXPECT_EQ(floorDivide(n, Dim(2)).text(), "N/2");
  EXPECT_EQ((k * floorDivide(n, k)).text(), "K*(N/K)");
  EXPECT_EQ(Dim(0).text(), "0");
}

TEST(Dim, ExactDivision) {
  Dim n = size("N"), m = size("M");
  EXPECT_EQ(divideExactly(n * m + n, n), std::optional<Dim>(m + Dim(1)));
  EXPECT_EQ(divideExactly(n + Dim(1), n), std::nullopt);
}

} // namespace ricci::lang::test
