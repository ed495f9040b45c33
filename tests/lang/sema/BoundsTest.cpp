#include "lang/sema/Bounds.h"

#include <gtest/gtest.h>

namespace ricci::lang::test {

class Bounds : public ::testing::Test {
protected:
  static Dim size(const char *name) { return Dim(makeSymbol(SymbolInfo::Size, name)); }

  Dim index(const char *name, const Dim &lower, const Dim &upper) {
    Symbol symbol = makeSymbol(SymbolInfo::Index, name);
    ranges[symbol->id] = {lower, upper};
    facts.push_back(upper - lower - Dim(1));
    return Dim(symbol);
  }

  // 0 ≤ form < extent
  bool inside(const Dim &form, const Dim &extent) {
    Prover prover(ranges, facts);
    return prover.isNonNegative(form) && prover.isNonNegative(extent - form - Dim(1));
  }

  SymbolRanges ranges;
  std::vector<Dim> facts;
};

TEST_F(Bounds, AffineForms) {
  Dim n = size("N"), k = size("K");
  Dim i = index("i", 0, n - k + Dim(1)), a = index("a", 0, k);
  EXPECT_TRUE(inside(i + a, n));
  EXPECT_FALSE(inside(i + a + Dim(1), n));
  EXPECT_FALSE(inside(i - a, n));
}

TEST_F(Bounds, StridesOverQuotients) {
  Dim n = size("N");
  Dim i = index("i", 0, floorDivide(n, Dim(2))), a = index("a", 0, 2);
  EXPECT_TRUE(inside(Dim(2) * i + a, n));
  EXPECT_FALSE(inside(Dim(2) * i + a + Dim(1), n));
}

TEST_F(Bounds, MergedAxes) {
  Dim m = size("M"), h = size("H");
  Dim head = index("h", 0, h), e = index("e", 0, floorDivide(m, h));
  EXPECT_TRUE(inside(head * floorDivide(m, h) + e, m));
}

TEST_F(Bounds, RemaindersAndQuotientsOfIndices) {
  Dim n = size("N");
  Dim i = index("i", 0, n);
  EXPECT_TRUE(inside(remainder(i, Dim(4)), Dim(4)));
  EXPECT_TRUE(inside(floorDivide(i, Dim(2)), n));
  EXPECT_TRUE(inside(Dim(2) * floorDivide(i, Dim(2)) + remainder(i, Dim(2)), n));
}

TEST_F(Bounds, FactsFromConditions) {
  Dim n = size("N");
  Dim i = index("i", 0, n);
  EXPECT_FALSE(inside(i + Dim(1), n));
  facts.push_back(n - Dim(1) - i - Dim(1)); // i < N - 1
  EXPECT_TRUE(inside(i + Dim(1), n));
}

TEST_F(Bounds, PackedTriangle) {
  Dim d = size("D");
  Dim i = index("i", 0, d), j = index("j", 0, d);
  facts.push_back(i - j - Dim(1)); // j < i
  Dim packed = floorDivide(i * (i - Dim(1)), Dim(2)) + j;
  EXPECT_TRUE(inside(packed, floorDivide(d * (d - Dim(1)), Dim(2))));
}

TEST_F(Bounds, MinimumAndMaximum) {
  Dim n = size("N"), m = size("M");
  Dim i = index("i", 0, minimum(n, m));
  EXPECT_TRUE(inside(i, n));
  EXPECT_TRUE(inside(i, m));
  Dim j = index("j", 0, maximum(n, m));
  EXPECT_FALSE(inside(j, n));
}

TEST_F(Bounds, SizesMayBeZero) {
  Dim n = size("N");
  Prover prover(ranges, {});
  EXPECT_TRUE(prover.isNonNegative(n));
  EXPECT_FALSE(prover.isNonNegative(n - Dim(1)));
  EXPECT_EQ(prover.isEqual(n, n + Dim(1)), Truth::No);
  EXPECT_EQ(prover.isEqual(n, size("N")), Truth::Unknown);
}

TEST_F(Bounds, ExtentsOfRanges) {
  Dim n = size("N"), s = Dim(makeSymbol(SymbolInfo::Scalar, "s"));
  Prover prover(ranges, {});
  EXPECT_EQ(extentOf(0, n, prover), n);
  EXPECT_EQ(extentOf(5, 3, prover), Dim(0));
  EXPECT_EQ(extentOf(0, s, prover).text(), "max(0, s)");
}

TEST_F(Bounds, HugeCoefficientsProveNothing) {
  Dim n = size("N");
  Prover prover(ranges, {});
  EXPECT_FALSE(prover.isNonNegative(Dim(INT64_MAX) * n));
}

} // namespace ricci::lang::test
