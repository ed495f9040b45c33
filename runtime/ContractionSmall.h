// Products of small matrices in register tiles, on the operands as they lie or with the second one turned: no plan, no
// threads inside of one. At 16³ the general way takes longer to choose than to compute, and many of one kind each move
// through the caches by themselves.
#pragma once

#include "runtime/Contraction.h"
#include "runtime/GemmKernels.h"

namespace ricci::runtime {

struct ContractionPlan;

// With more multiplications threads share a product.
inline constexpr int64_t mostSmallProducts = 2'000'000;
// The first-level cache: of a panel of B here, of all of it where the compiler does the product in place
// (compiler/Lower/SmallContraction.cpp). More pays for packing.
inline constexpr int64_t mostSmallBytes = 48 * 1024;

// Of n columns those past the last whole vector, if sums along the rows of A, which are contiguous, cost less than a
// vector for them. A sum of k products costs as much as k / lanes + 32 products of vectors: its lanes are added at the
// end.
constexpr int64_t columnsByDots(int64_t n, int64_t k, int64_t lanes) {
  const int64_t rest = n & (lanes - 1);
  const bool pays = n > lanes && rest * (k + 32 * lanes) < k * lanes;
  return pays ? rest : 0;
}

// C[i*cRow + j] = sum_p A[i*aRow + p*aStep] * B[p*bStep + j*bColumn] for i < m, j < n, p < k; m and n at least 2, k at
// least 1, bStep or bColumn 1.
struct SmallProduct {
  int64_t m, n, k, aRow, aStep, bColumn, bStep, cRow;
};

// The product inside a plan's loops, whose operands the plan has exchanged already. False if it is something else, or
// large enough to pay for packing or threads.
template <typename T> bool findSmall(const GemmKernels<T> &kernels, const ContractionPlan &plan, SmallProduct &product);
// Runs a contraction of three indices without a plan, if it is such a product and these are its rows, its columns and
// the sum. Every nanosecond counts: 16³ takes 50.
template <typename T>
bool runSmall(const GemmKernels<T> &kernels, const ricci_index *indices, const T *a, const T *b, T *c, bool accumulate);

// `total` in parts of nearly equal size, none above `limit`, the larger ones first. Divisions are avoided, and short:
// they took a tenth of 16³.
struct EvenParts {
  uint32_t count = 1, size = 0, larger = 0;

  EvenParts() = default;
  EvenParts(int64_t total, int64_t limit) : size(static_cast<uint32_t>(total)) {
    if (total <= limit)
      return;
    count = static_cast<uint32_t>(total + limit - 1) / static_cast<uint32_t>(limit);
    size = static_cast<uint32_t>(total) / count;
    larger = static_cast<uint32_t>(total) - size * count;
  }
  int64_t operator[](uint32_t part) const { return size + (part < larger); }
};

// Divides one product into tiles, for as many points as there are of its kind.
template <typename T> class SmallRunner {
public:
  SmallRunner(const GemmKernels<T> &kernels, const SmallProduct &product, int64_t points = 1);
  void run(const T *a, const T *b, T *c, bool accumulate) const;
  // At every point of an index of C from there on. Asks for the next operands while it computes.
  void runLine(const T *a, const T *b, T *c, bool accumulate, const ricci_index &index) const;

private:
  using Walk = typename GemmKernels<T>::Walk;
  using Ahead = typename GemmKernels<T>::Ahead;

  Ahead aheadOf(const ricci_index &index) const;
  // One product; of the walk what is ahead counts.
  void runTiles(const T *a, const T *b, T *c, bool accumulate, Walk &walk) const;
  void runTurned(const T *a, const T *b, T *c, int64_t vectors, int64_t columns, bool accumulate, Walk &walk) const;
  void runPanel(const T *a, const T *b, int64_t bStep, T *c, int64_t vectors, int64_t columns, bool accumulate,
                Walk &walk) const;
  void runColumn(const T *a, const T *b, T *c, bool accumulate) const;

  const GemmKernels<T> &kernels;
  const SmallProduct &product;
  int64_t points;
  int64_t dots;                  // so many last columns are sums along rows
  EvenParts panels;              // of the other columns' vectors
  EvenParts strips, widerStrips; // of the rows, in panels of `panels.size` vectors and in those of one more
};

} // namespace ricci::runtime
