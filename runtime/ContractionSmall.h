// Products of small matrices in register tiles, on the operands as they lie or with the second one turned: no plan, no
// threads inside of one. At 16³ the general way takes longer to choose than to compute, and many of one kind each move
// through the caches by themselves.
#pragma once

#include "runtime/Contraction.h"
#include "runtime/GemmKernels.h"

#include <algorithm>
#include <bit>

namespace ricci::runtime {

struct ContractionPlan;

// With more multiplications threads share a product.
inline constexpr int64_t mostSmallProducts = 2'000'000;
// The first-level cache: of a panel of B here, of all of it where the compiler does the product in place
// (compiler/Lower/SmallContraction.cpp). More pays for packing.
inline constexpr int64_t mostSmallBytes = 48 * 1024;
inline constexpr int64_t mostNearBytes = 192 * 1024; // of B, whose panels come from the second-level cache

// Of n columns those past the last whole vector, if sums along the rows of A, which are contiguous, cost less than a
// vector for them. A sum of k products costs as much as k / lanes + 32 products of vectors: its lanes are added at the
// end.
constexpr int64_t columnsByDots(int64_t n, int64_t k, int64_t lanes) {
  const int64_t rest = n & (lanes - 1);
  const bool pays = n > lanes && rest * (k + 32 * lanes) < k * lanes;
  return pays ? rest : 0;
}

// With m and n at least 2, k at least 1, bStep or bColumn 1.
using SmallProduct = ricci_matrices;

template <typename T>
[[gnu::always_inline]] inline bool isSmall(const GemmKernels<T> &kernels, const SmallProduct &product) {
  const auto &[m, n, k, aRow, aStep, bColumn, bStep, cRow] = product;
  constexpr int64_t bytes = sizeof(T);
  // One row or column is a product with a vector, for which there is better than tiles.
  constexpr uint64_t most = 1 << 20; // no more, and their product is no overflow
  static_assert(mostSmallProducts <= 2 * most);
  if (static_cast<uint64_t>((m - 2) | (n - 2) | (k - 1)) >= most || n * k * bytes > mostNearBytes ||
      m * n * k > mostSmallProducts)
    return false;
  // A panel stays in the first-level cache. Whole vectors are written where B is turned.
  const auto wholeVectors = [&](int64_t x) { return (x + kernels.lanes - 1) & -kernels.lanes; };
  const int64_t width = std::min(wholeVectors(n), kernels.panelWidth());
  return (bColumn == 1 || bStep == 1) && width * wholeVectors(k) * bytes <= mostSmallBytes;
}

template <typename T> int64_t vectorsOf(const GemmKernels<T> &kernels, int64_t columns) {
  return (columns + kernels.lanes - 1) >> std::countr_zero(static_cast<uint64_t>(kernels.lanes));
}

template <typename T> int64_t dotsOf(const GemmKernels<T> &kernels, const SmallProduct &product) {
  return product.aStep == 1 ? columnsByDots(product.n, product.k, kernels.lanes) : 0;
}

// The product inside a plan's loops, whose operands the plan has exchanged already. False if it is something else, or
// large enough to pay for packing or threads.
template <typename T> bool findSmall(const GemmKernels<T> &kernels, const ContractionPlan &plan, SmallProduct &product);
// Any number of tiles.
template <typename T>
void runInParts(const GemmKernels<T> &kernels, const SmallProduct &product, const T *a, const T *b, T *c,
                bool accumulate);
// Without a plan; false as above. Every nanosecond counts: 16³ takes 50.
template <typename T>
[[gnu::always_inline]] inline bool runSmall(const GemmKernels<T> &kernels, const ricci_matrices &product, const T *a,
                                            const T *b, T *c, bool accumulate) {
  const auto isAmong = [](int64_t value, int64_t first, int64_t last) {
    return static_cast<uint64_t>(value - first) <= static_cast<uint64_t>(last - first);
  };
  // One tile. With so short a sum a panel is in the first-level cache and no column a sum along rows.
  static_assert(columnsByDots(17, 32, 16) == 0);
  if (product.bColumn == 1 && isAmong(product.k, 1, 32) && isAmong(product.n, 2, kernels.panelWidth())) {
    const int64_t vectors = vectorsOf(kernels, product.n), last = product.n - (vectors - 1) * kernels.lanes;
    if (isAmong(product.m, 2, kernels.maxRows[vectors - 1])) {
      kernels.tilesOf(vectors, last)[product.m - 1](a, product.aRow, product.aStep, b, product.bStep, c, product.cRow,
                                                    product.k, last, accumulate, GemmKernels<T>::once);
      return true;
    }
  }
  if (!isSmall(kernels, product))
    return false;
  runInParts(kernels, product, a, b, c, accumulate);
  return true;
}

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

  bool isAskedFor(int64_t elements) const;
  void lookAhead(const ricci_index &index, Walk &walk, Ahead &ahead) const;
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
