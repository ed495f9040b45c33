// The loops of BLIS (Van Zee, van de Geijn: "BLIS: A framework for rapidly instantiating BLAS functionality", 2015),
// around k-blocks: B in panels of a tile's width, A in strips of a tile's height.
//
//   many rows   strips outside, panels inside: a strip of A stays in the first-level cache, B streams from the second
//   few rows    panels outside, strips inside: every panel of B is read once
//   one row     no tiles: sums of rows of B, or dot products with its columns, whichever is contiguous

#include "runtime/Gemm.h"

#include <algorithm>
#include <cstring>

namespace ricci::runtime {

namespace {

// Measured on Zen 4 and Zen 5, AVX-512; see benchmarks/.
constexpr int64_t blockDepthBytes = 4096;           // k-block: 6 rows of A take 24 KB, half of a first-level cache
constexpr int64_t blockColumns = 1024;              // n-block: with the above, 4 MB of packed B
constexpr int64_t packBytes = 768 * 1024;           // smaller B stays in the second-level cache as it is
constexpr int64_t fewRowsBelow = 48;                // below, packing B costs more than it saves
constexpr int64_t streamBytes = 16 * 1024;          // part of a row of C kept in the first-level cache

int64_t roundUp(int64_t value, int64_t multiple) { return (value + multiple - 1) / multiple * multiple; }
int64_t ceilDiv(int64_t value, int64_t divisor) { return (value + divisor - 1) / divisor; }

// The size of equal blocks of at most `limit` that cover `total`, so that no small rest is left.
int64_t evenBlock(int64_t total, int64_t limit, int64_t multiple) {
  int64_t count = std::max<int64_t>(1, ceilDiv(total, limit));
  return std::max(multiple, roundUp(ceilDiv(total, count), multiple));
}

enum class Order { ManyRows, FewRows, RowSums, RowDots };

// What the sizes and strides decide.
struct Plan {
  Order order;
  bool packA, packB;
  int64_t depth, columns; // of a block
  int64_t aElements, bElements; // of the packing buffers
};

template <typename T> Plan makePlan(const GemmKernels<T> &kernels, const Gemm<T> &gemm) {
  int64_t width = kernels.panelWidth();
  Plan plan{};
  plan.depth = evenBlock(gemm.k, blockDepthBytes / static_cast<int64_t>(sizeof(T)), kernels.lanes);
  if (gemm.m == 1 && gemm.bColumn == 1) {
    plan.order = Order::RowSums;
    return plan;
  }
  if (gemm.m == 1 && gemm.bStep == 1) {
    plan.order = Order::RowDots;
    plan.packA = gemm.aStep != 1;
    plan.aElements = plan.packA ? gemm.k : 0;
    return plan;
  }
  plan.order = gemm.m < fewRowsBelow ? Order::FewRows : Order::ManyRows;
  plan.columns = plan.order == Order::FewRows ? width : evenBlock(gemm.n, blockColumns, width);
  plan.packB = gemm.bColumn != 1 || (plan.order == Order::ManyRows &&
                                     gemm.k * gemm.n * static_cast<int64_t>(sizeof(T)) > packBytes);
  plan.packA = gemm.aStep != 1 && gemm.n > 2 * width;
  if (plan.packB)
    plan.bElements = plan.depth * plan.columns;
  if (plan.packA)
    plan.aElements = plan.depth * (plan.order == Order::FewRows ? gemm.m : kernels.maxRows);
  return plan;
}

// A k-block of columns of B as the tiles read it: panels `next` apart, their rows `step` apart.
template <typename T> struct Panels {
  const T *data;
  int64_t step, next;
};

template <typename T> class Runner {
public:
  Runner(const GemmKernels<T> &kernels, const Gemm<T> &gemm, T *workspace)
      : kernels(kernels), gemm(gemm), plan(makePlan(kernels, gemm)), width(kernels.panelWidth()),
        aBuffer(workspace), bBuffer(workspace + roundUp(plan.aElements, 64)) {}

  void run() {
    switch (plan.order) {
    case Order::RowSums:
      return rowSums();
    case Order::RowDots:
      return rowDots();
    case Order::ManyRows:
      return manyRows();
    case Order::FewRows:
      return fewRows();
    }
  }

private:
  void rowSums() {
    int64_t stream = streamBytes / static_cast<int64_t>(sizeof(T));
    for (int64_t column = 0; column < gemm.n; column += stream)
      kernels.axpys(gemm.a, gemm.aStep, gemm.b + column, gemm.bStep, gemm.c + column,
                    std::min(stream, gemm.n - column), gemm.k, gemm.accumulate);
  }

  void rowDots() {
    const T *x = gemm.a;
    if (plan.packA) {
      for (int64_t p = 0; p < gemm.k; ++p)
        aBuffer[p] = gemm.a[p * gemm.aStep];
      x = aBuffer;
    }
    kernels.dots(gemm.b, gemm.bColumn, x, gemm.c, 1, gemm.n, gemm.k, gemm.accumulate);
  }

  void manyRows() {
    for (int64_t column = 0; column < gemm.n; column += plan.columns)
      for (int64_t p = 0; p < gemm.k; p += plan.depth) {
        int64_t columns = std::min(plan.columns, gemm.n - column), depth = std::min(plan.depth, gemm.k - p);
        Panels<T> panels = panelsOf(column, columns, p, depth);
        forEachStrip([&](int64_t row, int64_t rows) {
          Strip a = stripOf(row, p);
          if (plan.packA)
            a = packStrip(a, rows, depth, aBuffer);
          runStrip(a, panels, gemm.c + row * gemm.cRow + column, rows, columns, depth, p > 0);
        });
      }
  }

  void fewRows() {
    for (int64_t p = 0; p < gemm.k; p += plan.depth) {
      int64_t depth = std::min(plan.depth, gemm.k - p);
      if (plan.packA)
        forEachStrip([&](int64_t row, int64_t rows) { packStrip(stripOf(row, p), rows, depth, aBuffer + row * depth); });
      for (int64_t column = 0; column < gemm.n; column += width) {
        int64_t columns = std::min(width, gemm.n - column);
        Panels<T> panel = panelsOf(column, columns, p, depth);
        forEachStrip([&](int64_t row, int64_t rows) {
          Strip a = plan.packA ? Strip{aBuffer + row * depth, 1, rows} : stripOf(row, p);
          runStrip(a, panel, gemm.c + row * gemm.cRow + column, rows, columns, depth, p > 0);
        });
      }
    }
  }

  // Strips of nearly equal height, so that none is left with a row or two.
  template <typename Body> void forEachStrip(Body body) {
    int64_t strips = ceilDiv(gemm.m, kernels.maxRows);
    for (int64_t row = 0; strips > 0; --strips) {
      int64_t rows = ceilDiv(gemm.m - row, strips);
      body(row, rows);
      row += rows;
    }
  }

  // Rows of a k-block of A as a tile reads them.
  struct Strip {
    const T *data;
    int64_t row, step;
  };

  Strip stripOf(int64_t row, int64_t p) const {
    return {gemm.a + row * gemm.aRow + p * gemm.aStep, gemm.aRow, gemm.aStep};
  }

  // buffer[q][r] = strip[r, q]
  static Strip packStrip(Strip strip, int64_t rows, int64_t depth, T *buffer) {
    T *target = buffer;
    for (int64_t q = 0; q < depth; ++q, strip.data += strip.step)
      for (int64_t r = 0; r < rows; ++r)
        *target++ = strip.data[r * strip.row];
    return {buffer, 1, rows};
  }

  void runStrip(Strip a, Panels<T> b, T *c, int64_t rows, int64_t columns, int64_t depth, bool continued) {
    bool accumulate = gemm.accumulate || continued;
    auto whole = kernels.wholeTile(rows);
    for (; columns >= width; columns -= width, b.data += b.next, c += width)
      whole(a.data, a.row, a.step, b.data, b.step, c, gemm.cRow, depth, 0, accumulate);
    if (columns == 0)
      return;
    int64_t vectors = ceilDiv(columns, kernels.lanes);
    kernels.maskedTile(rows, vectors)(a.data, a.row, a.step, b.data, b.step, c, gemm.cRow, depth,
                                      columns - (vectors - 1) * kernels.lanes, accumulate);
  }

  Panels<T> panelsOf(int64_t column, int64_t columns, int64_t p, int64_t depth) {
    const T *source = gemm.b + p * gemm.bStep + column * gemm.bColumn;
    if (!plan.packB)
      return {source, gemm.bStep, width};
    // packRows may write whole vectors past the depth.
    int64_t next = width * roundUp(depth, kernels.lanes);
    for (int64_t j = 0; j < columns; j += width)
      packPanel(bBuffer + j / width * next, source + j * gemm.bColumn, depth, std::min(width, columns - j));
    return {bBuffer, width, next};
  }

  void packPanel(T *panel, const T *source, int64_t depth, int64_t columns) {
    if (gemm.bColumn == 1) {
      for (int64_t q = 0; q < depth; ++q)
        std::memcpy(panel + q * width, source + q * gemm.bStep, columns * sizeof(T));
    } else if (gemm.bStep == 1) {
      kernels.packRows(panel, width, source, gemm.bColumn, depth, columns);
    } else {
      for (int64_t q = 0; q < depth; ++q)
        for (int64_t j = 0; j < columns; ++j)
          panel[q * width + j] = source[q * gemm.bStep + j * gemm.bColumn];
    }
  }

  const GemmKernels<T> &kernels;
  const Gemm<T> &gemm;
  Plan plan;
  int64_t width;
  T *aBuffer, *bBuffer;
};

} // namespace

template <typename T> int64_t gemmWorkspace(const GemmKernels<T> &kernels, const Gemm<T> &gemm) {
  Plan plan = makePlan(kernels, gemm);
  return roundUp(plan.aElements, 64) + plan.bElements;
}

template <typename T> void runGemm(const GemmKernels<T> &kernels, const Gemm<T> &gemm, T *workspace) {
  if (gemm.k > 0) {
    Runner<T>(kernels, gemm, workspace).run();
    return;
  }
  for (int64_t row = 0; row < gemm.m && !gemm.accumulate; ++row)
    std::fill_n(gemm.c + row * gemm.cRow, gemm.n, T(0));
}

template int64_t gemmWorkspace(const GemmKernels<float> &, const Gemm<float> &);
template int64_t gemmWorkspace(const GemmKernels<double> &, const Gemm<double> &);
template void runGemm(const GemmKernels<float> &, const Gemm<float> &, float *);
template void runGemm(const GemmKernels<double> &, const Gemm<double> &, double *);

} // namespace ricci::runtime
