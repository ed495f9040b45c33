#include "runtime/ContractionSummary.h"

#include <gtest/gtest.h>

using namespace ricci::runtime;
using Way = ContractionSummary::Way;

namespace {

// C[m,n] = sum_k A[m,k] * B[k,n], row-major.
ContractionSummary product(int64_t m, int64_t n, int64_t k) {
  const ricci_index indices[] = {{m, k, 0, n}, {n, 0, 1, 1}, {k, 1, n, 0}};
  return summarise(RICCI_F32, indices);
}

TEST(ContractionSummary, TellsShapeAndPackingInTheCallersOrder) {
  const ContractionSummary large = product(1000, 1200, 900);
  EXPECT_EQ(large.way, Way::Tiled);
  EXPECT_EQ(large.products, 1);
  EXPECT_EQ(large.rows, 1000);
  EXPECT_EQ(large.columns, 1200);
  EXPECT_EQ(large.depth, 900);
  EXPECT_TRUE(large.packsB) << "4 MB that every strip of rows reads";
  EXPECT_GT(large.workspace, 0);
  // The same with A and B exchanged, C transposed: what is packed is the other one.
  const ricci_index turned[] = {{1000, 0, 900, 1200}, {1200, 1, 0, 1}, {900, 1200, 1, 0}};
  const ContractionSummary other = summarise(RICCI_F32, turned);
  EXPECT_EQ(other.packsA, large.packsB);
  EXPECT_EQ(other.packsB, large.packsA);
  EXPECT_EQ(other.rows, 1200);
}

TEST(ContractionSummary, KnowsWhatHasNoElements) { EXPECT_EQ(product(0, 4, 4).way, Way::Nothing); }

} // namespace
