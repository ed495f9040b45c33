#include "lang/sema/RangeSolver.h"

#include <gtest/gtest.h>

namespace ricci::lang::test {

class RangeSolver : public ::testing::Test {
protected:
  static Dim size(const char *name) { return Dim(makeSymbol(SymbolInfo::Size, name)); }
  static RangeUnknown unknown(const char *name, bool left) { return {makeSymbol(SymbolInfo::Index, name), left, {}}; }
  static void use(std::vector<RangeUnknown *> users, const Dim &form, const Dim &size) {
    for (RangeUnknown *user : users)
      user->uses.push_back({form, size, {}, "x"});
  }

  SymbolRanges ranges;
};

TEST_F(RangeSolver, BareUsesFixTheRange) {
  Dim n = size("N");
  RangeUnknown i = unknown("i", true);
  use({&i}, Dim(i.symbol), n);
  use({&i}, Dim(i.symbol) + Dim(1), n);
  auto results = solveRanges({i}, ranges, {});
  ASSERT_EQ(results[0].status, RangeResult::Solved);
  EXPECT_EQ(results[0].upper, n);
}

TEST_F(RangeSolver, ConvolutionInRounds) {
  Dim n = size("N"), k = size("K");
  RangeUnknown i = unknown("i", true), a = unknown("a", false);
  use({&i, &a}, Dim(i.symbol) + Dim(a.symbol), n);
  use({&a}, Dim(a.symbol), k);
  ASSERT_EQ(solveRanges({a}, ranges, {})[0].upper, k);
  EXPECT_EQ(solveRanges({i}, ranges, {})[0].upper, n - k + Dim(1));
}

TEST_F(RangeSolver, StridesRoundUp) {
  Dim n = size("N");
  RangeUnknown i = unknown("i", true);
  use({&i}, Dim(2) * Dim(i.symbol), n);
  EXPECT_EQ(solveRanges({i}, ranges, {})[0].upper, floorDivide(n + Dim(1), Dim(2)));
}

TEST_F(RangeSolver, ReductionsMayBeRagged) {
  Dim n = size("N");
  RangeUnknown i = unknown("i", true), k = unknown("k", false);
  use({&i, &k}, Dim(i.symbol) + Dim(k.symbol), n);
  EXPECT_EQ(solveRanges({k}, ranges, {})[0].upper, n - Dim(i.symbol));
}

TEST_F(RangeSolver, Faults) {
  Dim n = size("N");
  RangeUnknown none = unknown("i", true), outside = unknown("i", true), conflict = unknown("i", true), both = unknown("i", true);
  use({&outside}, Dim(outside.symbol) - Dim(1), n);
  use({&conflict}, Dim(conflict.symbol), n);
  use({&conflict}, Dim(conflict.symbol), n + Dim(1));
  RangeUnknown other = unknown("j", true);
  use({&both, &other}, Dim(both.symbol) + Dim(other.symbol), n);
  EXPECT_EQ(solveRanges({none}, ranges, {})[0].status, RangeResult::NoUse);
  EXPECT_EQ(solveRanges({outside}, ranges, {})[0].status, RangeResult::StartsOutside);
  EXPECT_EQ(solveRanges({conflict}, ranges, {})[0].status, RangeResult::Conflict);
  EXPECT_EQ(solveRanges({both, other}, ranges, {})[0].status, RangeResult::Undetermined);
}

TEST_F(RangeSolver, SizesThatOnlyTheRunCompares) {
  Dim n = size("N"), m = size("M");
  RangeUnknown i = unknown("i", false);
  use({&i}, Dim(i.symbol), n);
  use({&i}, Dim(i.symbol), m);
  auto results = solveRanges({i}, ranges, {});
  EXPECT_EQ(results[0].status, RangeResult::Solved);
  ASSERT_EQ(results[0].equalities.size(), 1u);
  EXPECT_EQ(results[0].equalities[0].second.size, m);
}

} // namespace ricci::lang::test
