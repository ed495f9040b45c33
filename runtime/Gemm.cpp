// The loops of BLIS (Van Zee, van de Geijn: "BLIS: A framework for rapidly instantiating BLAS functionality", 2015),
// around k-blocks: B in panels of a tile's width, A in strips of a tile's height.
//
//   many rows   strips outside, panels inside: a strip of A stays in the first-level cache, B streams from the second
//   few rows    panels outside, strips inside: every panel of B is read once
//   one row     no tiles: sums of rows of B, or dot products with its columns, whichever is contiguous

#include "runtime/Gemm.h"

#include "runtime/Chunks.h"

#include <algorithm>
#include <cstring>

namespace ricci::runtime {

namespace {

// Measured on Zen 4 and Zen 5, AVX-512; see benchmarks/.
constexpr int64_t blockDepthBytes = 4096;  // k-block: 6 rows of A take 24 KB, half of a first-level cache
constexpr int64_t blockColumns = 1024;     // n-block: with the above, 4 MB of packed B
constexpr int64_t packBytes = 768 * 1024;  // smaller B stays in the second-level cache as it is
constexpr int64_t streamBytes = 16 * 1024; // part of a row of C kept in the first-level cache
constexpr int64_t nearBytes = 128 * 1024;  // a matrix times a vector: so near, sums of columns beat streams of rows
// A matrix times a vector, of at least so much and at most what the third-level cache keeps among others: long rows one
// after the other, fetched ahead, take 2 % less time (up to 5) than several side by side. From memory they take 5 %
// more.
constexpr int64_t leastAhead = 2 << 20, mostAhead = 24 << 20, leastRowAhead = 2048;
// Rows of A that a tile reads side by side: those that lie a power of two apart share a set of the first-level cache,
// which has 8 or 12 ways (512×8192 by 16 columns takes 1.13 of the time with 16).
constexpr int64_t mostStreams = 12;
constexpr int64_t mostRows = 16;           // of a tile, on every register file
constexpr int64_t mostWidth = 64;          // of a tile, in elements
constexpr int64_t widestRows = 6;          // of one that is as wide as a panel
constexpr int64_t mostPanels = blockColumns / 4; // of a block; 4 is the narrowest panel (f64 on SSE)
// The size of equal blocks of at most `limit` that cover `total`, so that no small rest is left.
int64_t evenBlock(int64_t total, int64_t limit, int64_t multiple) {
  int64_t count = std::max<int64_t>(1, ceilDiv(total, limit));
  return std::max(multiple, roundUp(ceilDiv(total, count), multiple));
}

// Every `stride`-th element. Strides that are known here become vector code.
template <typename T> void copyEvery(int64_t stride, T *to, const T *from, int64_t count) {
  switch (stride) {
  case -1:
    for (int64_t i = 0; i < count; ++i)
      to[i] = from[-i];
    return;
  case 2:
    for (int64_t i = 0; i < count; ++i)
      to[i] = from[2 * i];
    return;
  default:
    for (int64_t i = 0; i < count; ++i)
      to[i] = from[i * stride];
  }
}

} // namespace

template <typename T> GemmPlan planGemm(const GemmKernels<T> &kernels, const Gemm<T> &gemm) {
  constexpr int64_t bytes = sizeof(T);
  int64_t width = kernels.panelWidth();
  double columnFlops = 2 * static_cast<double>(gemm.m) * static_cast<double>(gemm.k);
  GemmPlan plan{};
  plan.depth = evenBlock(gemm.k, blockDepthBytes / bytes, kernels.lanes);
  bool isRow = gemm.m == 1 && gemm.aStep.isEven() && gemm.cColumn.isContiguous();
  if (isRow && gemm.bColumn.isContiguous() && gemm.bStep.isEven()) {
    plan.order = GemmOrder::RowSums;
    plan.chunk = shareOf(readFlops * static_cast<double>(gemm.k));
    return plan;
  }
  if (isRow && gemm.bStep.isContiguous() && gemm.bColumn.isEven()) {
    plan.order = GemmOrder::RowDots;
    plan.chunk = roundUp(shareOf(readFlops * static_cast<double>(gemm.k)), 4);
    plan.packA = gemm.aStep.stride != 1;
    plan.aElements = plan.packA ? gemm.k : 0;
    return plan;
  }
  bool few = gemm.m < fewRowsBelow;
  plan.order = few ? GemmOrder::FewRows : GemmOrder::ManyRows;
  plan.packB = !gemm.bColumn.isContiguous() || !gemm.bStep.isEven() || (!few && gemm.k * gemm.n * bytes > packBytes);
  const bool isNear = std::abs(gemm.aStep.stride) * bytes <= nearStep;
  plan.packA = !gemm.aStep.isEven() || (!isNear && gemm.n > 2 * width) || (few && !gemm.aRow.isEven());
  // Strips that need not be packed again for every block of columns let B stay in the second-level cache.
  const int64_t near = plan.packA ? blockColumns : std::clamp(packBytes / (plan.depth * bytes), width, blockColumns);
  plan.columns = few ? width : evenBlock(gemm.n, plan.packB ? near : blockColumns, width);
  int64_t rest = std::max<int64_t>(1, gemm.n % width);
  plan.tailVectors = ceilDiv(rest, kernels.lanes);
  plan.tail = rest - (plan.tailVectors - 1) * kernels.lanes;
  // One narrow panel leaves registers for more rows, if there is nothing to pack into the memory for a strip.
  bool isNarrow = gemm.n < width && !plan.packA && gemm.aRow.isEven();
  int64_t height = std::min(mostStreams, kernels.maxRows[isNarrow ? plan.tailVectors - 1 : kernels.maxVectors - 1]);
  plan.strips = std::max<int64_t>(1, ceilDiv(gemm.m, height));
  plan.stripRows = gemm.m / plan.strips;
  plan.higherStrips = gemm.m % plan.strips;
  if (few) {
    int64_t panels = ceilDiv(gemm.n, width);
    double panelFlops = columnFlops * static_cast<double>(width);
    plan.chunk = std::max(ceilDiv(panels, mostChunks), shareOf(panelFlops));
    plan.aElements = plan.packA ? plan.depth * gemm.m : 0;
    plan.bElements = plan.packB ? plan.depth * width * ceilDiv(panels, plan.chunk) : 0;
  } else {
    double stripFlops = 2.0 * static_cast<double>(height) *
                        static_cast<double>(std::min(gemm.n, plan.columns) * std::min(gemm.k, plan.depth));
    plan.chunk = shareOf(stripFlops);
    plan.bElements = plan.packB ? plan.depth * plan.columns : 0;
  }
  return plan;
}

namespace {

// A block of the sum: p in [first, first + depth).
struct Block {
  int64_t first, depth;
};

// Rows of A in a block, as a tile reads them.
template <typename T> struct Strip {
  const T *data;
  int64_t row, step;
};

// Columns of B in a block, as the tiles read them: panels `next` apart, their rows `step` apart.
template <typename T> struct Panels {
  const T *data;
  int64_t step, next;
};

template <typename T> class Runner {
public:
  Runner(ricci_context *context, const GemmKernels<T> &kernels, const GemmPlan &plan, const Gemm<T> &gemm, T *workspace)
      : context(context), kernels(kernels), gemm(gemm), plan(plan), width(kernels.panelWidth()), aBuffer(workspace),
        bBuffer(workspace + plan.aSpace()) {}

  void run() {
    switch (plan.order) {
    case GemmOrder::RowSums:
      return rowSums();
    case GemmOrder::RowDots:
      return rowDots();
    case GemmOrder::ManyRows:
      return manyRows();
    case GemmOrder::FewRows:
      return fewRows();
    }
  }

private:
  void rowSums() {
    int64_t stream = streamBytes / static_cast<int64_t>(sizeof(T));
    const bool isNear = gemm.k * gemm.n * static_cast<int64_t>(sizeof(T)) <= nearBytes;
    const auto sums = isNear ? kernels.columnSums : isReadAhead(gemm.n) ? kernels.axpysAhead : kernels.axpys;
    // Long rows: pieces of 4 and 8 KB take 4 to 9 % more time on a thread of its own.
    inPieces(context, gemm.n, plan.chunk, 64 / static_cast<int64_t>(sizeof(T)), [&](int64_t first, int64_t last) {
      for (int64_t column = first; column < last; column += stream)
        sums(gemm.a, gemm.aStep.stride, gemm.b + column, gemm.bStep.stride, gemm.c + column,
             std::min(stream, last - column), gemm.k, gemm.accumulate);
    });
  }

  void rowDots() {
    const T *x = gemm.a;
    if (plan.packA) {
      for (int64_t p = 0; p < gemm.k; ++p)
        aBuffer[p] = gemm.a[p * gemm.aStep.stride];
      x = aBuffer;
    }
    const auto dots = isReadAhead(gemm.k) ? kernels.dotsAhead : kernels.dots;
    inChunks(context, gemm.n, plan.chunk, [&](int64_t first, int64_t last) {
      dots(gemm.b + first * gemm.bColumn.stride, gemm.bColumn.stride, x, gemm.c + first, 1, last - first, gemm.k,
           gemm.accumulate);
    });
  }

  bool isReadAhead(int64_t row) const {
    constexpr int64_t bytes = sizeof(T);
    const int64_t all = gemm.k * gemm.n * bytes;
    return all >= leastAhead && all <= mostAhead && row * bytes >= leastRowAhead;
  }

  void manyRows() {
    for (int64_t column = 0; column < gemm.n; column += plan.columns)
      for (int64_t p = 0; p < gemm.k; p += plan.depth) {
        int64_t columns = std::min(plan.columns, gemm.n - column);
        Block block{p, std::min(plan.depth, gemm.k - p)};
        Panels<T> panels = panelsOf(column, columns, block);
        bool direct[mostPanels];
        findDirect(column, columns, direct);
        inChunks(context, plan.strips, plan.chunk, [&](int64_t first, int64_t last) {
          alignas(64) T packed[widestRows * blockDepthBytes / sizeof(T)];
          for (int64_t strip = first; strip < last; ++strip) {
            int64_t row = stripStart(strip), rows = stripStart(strip + 1) - row;
            runStrip(stripOf(row, rows, block, packed), panels, direct, row, rows, column, columns, block);
          }
        });
      }
  }

  void fewRows() {
    int64_t panels = ceilDiv(gemm.n, width);
    for (int64_t p = 0; p < gemm.k; p += plan.depth) {
      Block block{p, std::min(plan.depth, gemm.k - p)};
      if (plan.packA)
        for (int64_t strip = 0; strip < plan.strips; ++strip) {
          int64_t row = stripStart(strip);
          packStrip(row, stripStart(strip + 1) - row, block, aBuffer + row * block.depth);
        }
      inChunks(context, panels, plan.chunk, [&](int64_t first, int64_t last) {
        T *buffer = plan.packB ? bBuffer + first / plan.chunk * plan.depth * width : nullptr;
        for (int64_t panel = first; panel < last; ++panel) {
          int64_t column = panel * width, columns = std::min(width, gemm.n - column);
          Panels<T> b{gemm.b + gemm.bStep[p] + gemm.bColumn[column], gemm.bStep.stride, width};
          if (plan.packB) {
            packPanel(buffer, column, columns, block);
            b = {buffer, width, 0};
          }
          bool direct;
          findDirect(column, columns, &direct);
          for (int64_t strip = 0; strip < plan.strips; ++strip) {
            int64_t row = stripStart(strip), rows = stripStart(strip + 1) - row;
            Strip<T> a = {gemm.a + gemm.aRow[row] + gemm.aStep[p], gemm.aRow.stride, gemm.aStep.stride};
            if (plan.packA)
              a = {aBuffer + row * block.depth, 1, rows};
            runStrip(a, b, &direct, row, rows, column, columns, block);
          }
        }
      });
    }
  }

  // Strips of nearly equal height, so that none is left with a row or two.
  int64_t stripStart(int64_t strip) const { return strip * plan.stripRows + std::min(strip, plan.higherStrips); }

  Strip<T> stripOf(int64_t row, int64_t rows, Block block, T *buffer) const {
    std::optional<int64_t> distance = gemm.aRow.strideIn(row, rows);
    if (!plan.packA && distance)
      return {gemm.a + gemm.aRow[row] + gemm.aStep[block.first], *distance, gemm.aStep.stride};
    packStrip(row, rows, block, buffer);
    return {buffer, 1, rows};
  }

  // buffer[q][r] = A[row + r, q]
  void packStrip(int64_t row, int64_t rows, Block block, T *buffer) const {
    std::optional<int64_t> distance = gemm.aRow.strideIn(row, rows);
    const T *source = gemm.a + gemm.aRow[row];
    if (rows == widestRows && distance == 1) {
      // The whole strip lies together: copies of a size known here.
      for (int64_t q = 0; q < block.depth; ++q)
        std::memcpy(buffer + q * widestRows, source + gemm.aStep[block.first + q], widestRows * sizeof(T));
      return;
    }
    for (int64_t r = 0; r < rows; ++r) {
      const T *line = gemm.a + gemm.aRow[row + r];
      for (int64_t q = 0; q < block.depth; ++q)
        buffer[q * rows + r] = line[gemm.aStep[block.first + q]];
    }
  }

  Panels<T> panelsOf(int64_t column, int64_t columns, Block block) {
    if (!plan.packB)
      return {gemm.b + gemm.bStep[block.first] + gemm.bColumn[column], gemm.bStep.stride, width};
    int64_t next = width * block.depth, panels = ceilDiv(columns, width);
    inChunks(context, panels, shareOf(elementFlops * static_cast<double>(next)), [&](int64_t first, int64_t last) {
      for (int64_t panel = first; panel < last; ++panel)
        packPanel(bBuffer + panel * next, column + panel * width, std::min(width, columns - panel * width), block);
    });
    return {bBuffer, width, next};
  }

  // panel[q][j] = B[q, column + j]
  void packPanel(T *panel, int64_t column, int64_t columns, Block block) const {
    std::optional<int64_t> across = gemm.bColumn.strideIn(column, columns);
    std::optional<int64_t> down = gemm.bStep.strideIn(block.first, block.depth);
    const T *source = gemm.b + gemm.bColumn[column];
    if (across == 1) {
      for (int64_t q = 0; q < block.depth; ++q)
        std::memcpy(panel + q * width, source + gemm.bStep[block.first + q], columns * sizeof(T));
    } else if (down == 1) {
      int64_t places[mostWidth];
      for (int64_t j = 0; j < columns; ++j)
        places[j] = gemm.bColumn[column + j];
      kernels.packRows(panel, width, gemm.b + gemm.bStep[block.first], places, block.depth, columns);
    } else if (across) {
      for (int64_t q = 0; q < block.depth; ++q)
        copyEvery(*across, panel + q * width, source + gemm.bStep[block.first + q], columns);
    } else {
      for (int64_t q = 0; q < block.depth; ++q) {
        const T *line = gemm.b + gemm.bStep[block.first + q];
        for (int64_t j = 0; j < columns; ++j)
          panel[q * width + j] = line[gemm.bColumn[column + j]];
      }
    }
  }

  // Which panels have contiguous columns in C.
  void findDirect(int64_t column, int64_t columns, bool *direct) const {
    for (int64_t j = 0; j < columns; j += width)
      *direct++ = gemm.cColumn.strideIn(column + j, std::min(width, columns - j)) == 1;
  }

  // By reference: a copy of what was stored piecewise a moment ago would have to wait until the tile before has stored.
  void runStrip(const Strip<T> &a, const Panels<T> &b, const bool *direct, int64_t row, int64_t rows, int64_t column,
                int64_t columns, Block block) const {
    const T *panel = b.data;
    bool accumulate = gemm.accumulate || block.first > 0;
    std::optional<int64_t> cRow = gemm.cRow.strideIn(row, rows);
    const int64_t last = column + columns, end = gemm.lower ? std::min(last, row + rows) : last;
    // Whole panels whose columns of C follow one another are one call: 2048×32×2048 gains 5 %.
    if (const int64_t whole = std::min(columns / width, ceilDiv(end - column, width));
        whole > 0 && cRow && gemm.cColumn.isContiguous()) {
      const typename GemmKernels<T>::Walk walk{.count = whole, .bNext = b.next, .cNext = width};
      kernels.tilesOf(kernels.maxVectors, kernels.lanes)[rows - 1](a.data, a.row, a.step, panel, b.step,
                                                                   gemm.c + gemm.cRow[row] + gemm.cColumn[column],
                                                                   *cRow, block.depth, kernels.lanes, accumulate, walk);
      column += whole * width, panel += whole * b.next, direct += whole;
    }
    for (; column < end; column += width, panel += b.next) {
      int64_t present = std::min(width, last - column);
      bool inPlace = cRow && *direct++;
      alignas(64) T aside[mostRows * 64];
      T *c = inPlace ? gemm.c + gemm.cRow[row] + gemm.cColumn[column] : aside;
      int64_t pitch = inPlace ? *cRow : width;
      const bool isWhole = present == width;
      const int64_t vectors = isWhole ? kernels.maxVectors : plan.tailVectors,
                    tail = isWhole ? kernels.lanes : plan.tail;
      kernels.tilesOf(vectors, tail)[rows - 1](a.data, a.row, a.step, panel, b.step, c, pitch, block.depth, tail,
                                               accumulate && inPlace, GemmKernels<T>::once);
      if (!inPlace)
        scatter(aside, row, rows, column, present, accumulate);
    }
  }

  void scatter(const T *tile, int64_t row, int64_t rows, int64_t column, int64_t columns, bool accumulate) const {
    for (int64_t i = 0; i < rows; ++i) {
      T *line = gemm.c + gemm.cRow[row + i];
      for (int64_t j = 0; j < columns; ++j) {
        T &target = line[gemm.cColumn[column + j]];
        target = tile[i * width + j] + (accumulate ? target : T(0));
      }
    }
  }

  ricci_context *context;
  const GemmKernels<T> &kernels;
  const Gemm<T> &gemm;
  const GemmPlan &plan;
  int64_t width;
  T *aBuffer, *bBuffer;
};

} // namespace

template <typename T>
void runGemm(ricci_context *context, const GemmKernels<T> &kernels, const GemmPlan &plan, const Gemm<T> &gemm,
             T *workspace) {
  if (gemm.k > 0) {
    Runner<T>(context, kernels, plan, gemm, workspace).run();
    return;
  }
  for (int64_t i = 0; i < gemm.m && !gemm.accumulate; ++i)
    for (int64_t j = 0; j < gemm.n; ++j)
      gemm.c[gemm.cRow[i] + gemm.cColumn[j]] = 0;
}

template GemmPlan planGemm(const GemmKernels<float> &, const Gemm<float> &);
template GemmPlan planGemm(const GemmKernels<double> &, const Gemm<double> &);
template void runGemm(ricci_context *, const GemmKernels<float> &, const GemmPlan &, const Gemm<float> &, float *);
template void runGemm(ricci_context *, const GemmKernels<double> &, const GemmPlan &, const Gemm<double> &, double *);

} // namespace ricci::runtime
