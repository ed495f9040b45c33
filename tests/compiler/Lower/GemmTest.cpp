// The matrix product on every register file: all edges of tiles and blocks, every packing, k = 0, accumulation.
#include "GemmReference.h"

#include "runtime/Gemm.h"

#include <gtest/gtest.h>

using namespace ricci::runtime;
using namespace ricci::tests;

namespace {

struct Layout {
  bool aTransposed, bTransposed;
  int64_t gap; // elements between neighbours along the contiguous direction, less one
};

constexpr double guard = 12345;

template <typename T> void check(RegisterFile registers, int64_t m, int64_t n, int64_t k, Layout layout, bool accumulate) {
  SCOPED_TRACE(testing::Message() << "registers " << static_cast<int>(registers) << " size " << m << "x" << n << "x" << k
                                  << (layout.aTransposed ? " At" : " A") << (layout.bTransposed ? " Bt" : " B") << " gap "
                                  << layout.gap << (accumulate ? " accumulating" : ""));
  int64_t step = layout.gap + 1, cRow = n + 3;
  std::vector<T> a = randomValues<T>(m * k * step, 1), b = randomValues<T>(k * n * step, 2);
  std::vector<T> before = randomValues<T>(m * cRow, 3);
  for (int64_t i = 0; i < m; ++i)
    std::fill_n(&before[i * cRow + n], cRow - n, T(guard));
  std::vector<T> c = before;

  Gemm<T> gemm{m, n, k, a.data(), {layout.aTransposed ? step : k * step}, {layout.aTransposed ? m * step : step},
               b.data(), {layout.bTransposed ? step : n * step}, {layout.bTransposed ? k * step : step},
               c.data(), {cRow}, {1}, accumulate};
  const GemmKernels<T> &kernels = gemmKernels<T>(registers);
  GemmPlan plan = planGemm(kernels, gemm);
  int64_t elements = plan.workspace();
  std::vector<T> workspace(elements + 1, T(guard));
  runGemm(nullptr, kernels, plan, gemm, workspace.data());

  EXPECT_EQ(workspace[elements], T(guard)) << "wrote past the workspace";
  double bound = sumBound<T>(k + 1);
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      double expected = accumulate ? before[i * cRow + j] : 0;
      for (int64_t p = 0; p < k; ++p)
        expected += double(gemm.a[gemm.aRow[i] + gemm.aStep[p]]) * gemm.b[gemm.bStep[p] + gemm.bColumn[j]];
      ASSERT_NEAR(c[i * cRow + j], expected, bound) << "at " << i << ", " << j;
    }
    for (int64_t j = n; j < cRow; ++j)
      ASSERT_EQ(c[i * cRow + j], T(guard)) << "wrote past row " << i;
  }
}

class Gemms : public testing::TestWithParam<RegisterFile> {
protected:
  void SetUp() override {
    if (GetParam() > hostRegisterFile())
      GTEST_SKIP() << "this machine lacks these registers";
  }
  static void checkAll(int64_t m, int64_t n, int64_t k) {
    for (bool aTransposed : {false, true})
      for (bool bTransposed : {false, true})
        for (int64_t gap : {0, 1})
          for (bool accumulate : {false, true}) {
            check<float>(GetParam(), m, n, k, {aTransposed, bTransposed, gap}, accumulate);
            check<double>(GetParam(), m, n, k, {aTransposed, bTransposed, gap}, accumulate);
          }
  }
};

TEST_P(Gemms, SmallSizes) {
  for (int64_t m : {1, 2, 5, 6, 7, 13})
    for (int64_t n : {1, 3, 15, 16, 17, 33, 65})
      for (int64_t k : {0, 1, 2, 7, 17})
        checkAll(m, n, k);
}

TEST_P(Gemms, TileEdges) {
  for (int64_t m = 1; m <= 31; m += m < 13 ? 1 : 9)
    for (int64_t n = 1; n <= 130; n += 7)
      check<float>(GetParam(), m, n, 5, {}, true);
}

TEST_P(Gemms, SeveralBlocks) {
  checkAll(13, 130, 1030);
  checkAll(7, 1040, 70);
  checkAll(50, 1040, 33);
}

TEST_P(Gemms, MatrixTimesVector) {
  for (int64_t n : {1, 31, 64, 100, 5000})
    for (int64_t k : {1, 4, 9, 131})
      checkAll(1, n, k);
}

// Two products with one matrix, whose rows lie apart; the second with a vector of its own, or with what the first
// gives.
template <typename T>
void checkDotsAndSums(RegisterFile registers, int64_t rows, int64_t columns, bool own, bool accumulate) {
  SCOPED_TRACE(testing::Message() << "registers " << static_cast<int>(registers) << " size " << rows << "x" << columns
                                  << (own ? " own vector" : "") << (accumulate ? " accumulating" : ""));
  const int64_t pitch = columns + 3;
  const std::vector<T> a = randomValues<T>(rows * pitch, 1), x = randomValues<T>(columns, 2),
                       w = randomValues<T>(rows, 3);
  const std::vector<T> before = randomValues<T>(columns, 4);
  std::vector<T> y(rows + 1, T(guard)), s = before;
  s.push_back(T(guard));
  gemmKernels<T>(registers).dotsAndSums(a.data(), pitch, x.data(), y.data(), own ? w.data() : y.data(), s.data(), rows,
                                        columns, accumulate);
  EXPECT_EQ(y.back(), T(guard));
  EXPECT_EQ(s.back(), T(guard));
  std::vector<double> sums(columns, 0);
  if (accumulate)
    sums.assign(before.begin(), before.end());
  for (int64_t i = 0; i < rows; ++i) {
    double dot = 0;
    for (int64_t j = 0; j < columns; ++j) {
      dot += double(a[i * pitch + j]) * x[j];
      sums[j] += double(own ? w[i] : y[i]) * a[i * pitch + j];
    }
    ASSERT_NEAR(y[i], dot, sumBound<T>(columns)) << "row " << i;
  }
  for (int64_t j = 0; j < columns; ++j)
    ASSERT_NEAR(s[j], sums[j], sumBound<T>(rows + 1) * (own ? 1 : double(columns))) << "column " << j;
}

TEST_P(Gemms, DotsAndSums) {
  for (int64_t rows : {0, 1, 4, 7, 8, 9, 31})
    for (int64_t columns : {1, 2, 15, 16, 33, 100})
      for (bool own : {false, true})
        for (bool accumulate : {false, true}) {
          checkDotsAndSums<float>(GetParam(), rows, columns, own, accumulate);
          checkDotsAndSums<double>(GetParam(), rows, columns, own, accumulate);
        }
}

INSTANTIATE_TEST_SUITE_P(Registers, Gemms,
                         testing::Values(RegisterFile::Sse, RegisterFile::Avx2, RegisterFile::Avx512));

} // namespace
