#include "runtime/Threefry.h"

#include <gtest/gtest.h>
#include <set>

using ricci::runtime::threefry2x32;

namespace {

constexpr uint64_t words(uint32_t first, uint32_t second) { return uint64_t(second) << 32 | first; }

// Random123's known-answer vectors for threefry2x32, 20 rounds.
static_assert(threefry2x32(0, 0) == words(0x6b200159, 0x99ba4efe));
static_assert(threefry2x32(~uint64_t(0), ~uint64_t(0)) == words(0x1cb996fc, 0xbb002be7));
static_assert(threefry2x32(words(0x13198a2e, 0x03707344), words(0x243f6a88, 0x85a308d3)) ==
              words(0xc4923a9c, 0x483df7a0));

TEST(Threefry, DistinctCountersGiveDistinctBits) {
  std::set<uint64_t> seen;
  for (uint64_t counter = 0; counter < 10000; ++counter)
    seen.insert(threefry2x32(42, counter));
  EXPECT_EQ(seen.size(), 10000u);
}

} // namespace
