#include "runtime/ContractionPacked.h"

#include <algorithm>

namespace ricci::runtime {

namespace {

// Measured on Zen 5, AVX-512; see benchmarks/.
constexpr int64_t blockBytes = 704 * 1024; // of A: two thirds of a second-level cache
constexpr int64_t mostColumns = 4096;      // of B: with the above 8 MB, for the third-level cache
constexpr int64_t vectors = 2;             // of a tile: more rows instead read less of B
constexpr int64_t mostTileRows = 14;
constexpr int64_t mostWidth = vectors * 16; // elements
constexpr int64_t depthBytes = 2048;        // of a row of a block: 14 of them take 28 KB of a first-level cache
constexpr int64_t blockRun = 16;            // of the sum along B, where it is arranged in blocks: a line of f32
constexpr double elementFlops = 8;          // packing moves an element in about the time of so many operations

int64_t runLength(const int64_t *table, int64_t count) {
  int64_t length = 1;
  while (length < count && table[length] == table[length - 1] + 1)
    ++length;
  return length;
}

enum class Packing { Columns, Rows, Elements };

int64_t runsOf(const int64_t *table, int64_t count) {
  int64_t number = 0;
  for (int64_t i = 0; i < count; i += runLength(table + i, count - i))
    ++number;
  return number;
}

// Long runs along the lanes are copied, along the sum turned.
Packing packingOf(const int64_t *lanes, int64_t laneCount, int64_t stepRuns, int64_t depth) {
  if (runsOf(lanes, laneCount) * 4 <= laneCount)
    return Packing::Columns;
  return stepRuns * 4 <= depth ? Packing::Rows : Packing::Elements;
}

// Where each operand is contiguous along an index of the sum of its own, both are packed from whole lines if the sum
// goes through small blocks of the two: their outer parts outside, that of B innermost. The points of such a block,
// or 1.
int64_t arrangeSum(IndexGroup &sum, int64_t mostDepth) {
  ricci_index *alongA = nullptr, *alongB = nullptr;
  for (ricci_index &index : sum.all()) {
    if (index.a == 1)
      alongA = &index;
    if (index.b == 1)
      alongB = &index;
  }
  if (!alongA || !alongB || alongA == alongB || sum.size() + 2 > RICCI_MAX_RANK)
    return 1;
  const auto split = [](ricci_index &index, int64_t most) {
    int64_t size = std::min(most, index.size);
    while (index.size % size)
      --size;
    const ricci_index inner{size, index.a, index.b, index.c};
    index = {index.size / size, index.a * size, index.b * size, index.c * size};
    return inner;
  };
  const ricci_index innerA = split(*alongA, mostDepth / blockRun), innerB = split(*alongB, blockRun);
  sum.push(innerA);
  sum.push(innerB);
  return innerA.size * innerB.size;
}

} // namespace

template <typename T> PackedPlan planPacked(const ContractionPlan &contraction, const GemmKernels<T> &kernels) {
  constexpr int64_t bytes = sizeof(T);
  const int64_t width = vectors * kernels.lanes, height = kernels.maxPackedRows[vectors - 1];
  auto evenly = [](int64_t total, int64_t limit) { return ceilDiv(total, ceilDiv(total, limit)); };
  PackedPlan plan;
  plan.rows = contraction.m;
  plan.columns = contraction.n;
  plan.sum = contraction.k;
  plan.m = plan.rows.points();
  plan.n = plan.columns.points();
  plan.k = plan.sum.points();
  const int64_t mostDepth = depthBytes / bytes, whole = arrangeSum(plan.sum, mostDepth);
  plan.blockDepth = whole > 1 ? std::min(plan.k, mostDepth / whole * whole) : evenly(plan.k, mostDepth);
  // Strips of nearly equal height.
  plan.strips = ceilDiv(plan.m, height);
  plan.stripRows = plan.m / plan.strips;
  plan.higherStrips = plan.m % plan.strips;
  plan.blockStrips = evenly(plan.strips, std::max<int64_t>(1, blockBytes / (plan.blockDepth * bytes) / height));
  plan.panelwise = plan.blockStrips == plan.strips;
  const int64_t allPanels = ceilDiv(plan.n, width);
  plan.blockColumns = plan.panelwise ? allPanels * width : roundUp(evenly(plan.n, mostColumns), width);
  const int64_t panels = std::min(plan.blockColumns / width, allPanels);
  const int64_t blockRows = plan.blockStrips * (plan.stripRows + 1);
  const double panelFlops =
      2.0 * static_cast<double>(std::min(plan.m, blockRows)) * static_cast<double>(width * plan.blockDepth);
  plan.chunk = std::max(shareOf(panelFlops), plan.panelwise ? ceilDiv(panels, mostChunks) : 1);
  // Turning writes whole vectors along the sum.
  plan.aPitch = roundUp((plan.stripRows + 1) * (plan.blockDepth + kernels.lanes), 64);
  plan.bPitch = roundUp(width * (plan.blockDepth + kernels.lanes), 64);
  plan.aElements = plan.blockStrips * plan.aPitch;
  plan.bElements = (plan.panelwise ? ceilDiv(panels, plan.chunk) : panels) * plan.bPitch;
  plan.tableElements =
      roundUp((2 * plan.blockDepth + 2 * blockRows) * static_cast<int64_t>(sizeof(int64_t)) / bytes, 64);
  return plan;
}

namespace {

template <typename T> class PackedRunner {
public:
  PackedRunner(ricci_context *context, const GemmKernels<T> &kernels, const PackedPlan &plan, T *workspace)
      : context(context), kernels(kernels), plan(plan), width(vectors * kernels.lanes), aBlock(workspace),
        bBlock(workspace + plan.aSpace()) {
    aStep = reinterpret_cast<int64_t *>(bBlock + plan.bElements);
    bStep = aStep + plan.blockDepth;
    aRow = bStep + plan.blockDepth;
    cRow = aRow + plan.blockStrips * (plan.stripRows + 1);
  }

  void run(const T *left, const T *right, T *result, bool accumulate) {
    a = left, b = right, c = result;
    for (firstColumn = 0; firstColumn < plan.n; firstColumn += plan.blockColumns) {
      columns = std::min(plan.blockColumns, plan.n - firstColumn);
      for (int64_t p = 0; p < plan.k; p += plan.blockDepth) {
        depth = std::min(plan.blockDepth, plan.k - p);
        adds = accumulate || p > 0;
        fillOffsets(plan.sum, &ricci_index::a, p, depth, aStep);
        fillOffsets(plan.sum, &ricci_index::b, p, depth, bStep);
        aStepRuns = runsOf(aStep, depth);
        bStepRuns = runsOf(bStep, depth);
        if (!plan.panelwise)
          packPanels();
        for (int64_t strip = 0; strip < plan.strips; strip += plan.blockStrips)
          runBlock(strip, std::min(plan.blockStrips, plan.strips - strip));
      }
    }
  }

private:
  int64_t stripStart(int64_t strip) const { return strip * plan.stripRows + std::min(strip, plan.higherStrips); }

  // Up to two vectors of columns; the last panel is a vector wide if that is enough.
  struct Panel {
    int64_t count, vectors;
    int64_t b[mostWidth], c[mostWidth]; // where the columns are
  };
  Panel panelAt(int64_t number) const {
    Panel panel;
    const int64_t first = firstColumn + number * width;
    panel.count = std::min(width, firstColumn + columns - first);
    panel.vectors = ceilDiv(panel.count, kernels.lanes);
    fillOffsets(plan.columns, &ricci_index::b, first, panel.count, panel.b);
    fillOffsets(plan.columns, &ricci_index::c, first, panel.count, panel.c);
    return panel;
  }

  void packPanels() {
    inChunks(context, ceilDiv(columns, width), shareOf(elementFlops * static_cast<double>(plan.bPitch)),
             [&](int64_t first, int64_t last) {
               const Panel panel = panelAt(first);
               if (packingOf(panel.b, panel.count, bStepRuns, depth) == Packing::Elements)
                 return packElements(first, last);
               for (int64_t number = first; number < last; ++number)
                 packPanel(panelAt(number), bBlock + number * plan.bPitch);
             });
  }

  void packPanel(const Panel &panel, T *to) const {
    pack(packingOf(panel.b, panel.count, bStepRuns, depth), to, panel.vectors * kernels.lanes, b, panel.b, panel.count,
         bStep);
  }

  // Steps outside: lines that several panels share are read once.
  void packElements(int64_t firstPanel, int64_t lastPanel) const {
    int64_t column[mostColumns + mostWidth];
    const int64_t first = firstPanel * width, count = std::min(lastPanel * width, columns) - first;
    fillOffsets(plan.columns, &ricci_index::b, firstColumn + first, count, column);
    for (int64_t p = 0; p < depth; ++p)
      for (int64_t start = 0; start < count; start += width) {
        const int64_t present = std::min(width, count - start), pitch = roundUp(present, kernels.lanes);
        T *to = bBlock + (first + start) / width * plan.bPitch + p * pitch;
        for (int64_t j = 0; j < present; ++j)
          to[j] = b[bStep[p] + column[start + j]];
      }
  }

  // to[p*pitch + j] = source[steps[p] + lanes[j]]
  void pack(Packing packing, T *to, int64_t pitch, const T *source, const int64_t *lanes, int64_t count,
            const int64_t *steps) const {
    switch (packing) {
    case Packing::Columns:
      for (int64_t j = 0, length; j < count; j += length) {
        length = runLength(lanes + j, count - j);
        kernels.packColumns(to + j, pitch, source + lanes[j], steps, depth, length);
      }
      return;
    case Packing::Rows:
      // A run writes whole vectors of rows past its end, which the next one overwrites.
      for (int64_t p = 0, length; p < depth; p += length) {
        length = runLength(steps + p, depth - p);
        kernels.packRows(to + p * pitch, pitch, source + steps[p], lanes, length, count);
      }
      return;
    case Packing::Elements:
      for (int64_t p = 0; p < depth; ++p)
        for (int64_t j = 0; j < count; ++j)
          to[p * pitch + j] = source[steps[p] + lanes[j]];
    }
  }

  void runBlock(int64_t firstStrip, int64_t strips) {
    const int64_t firstRow = stripStart(firstStrip), rows = stripStart(firstStrip + strips) - firstRow;
    fillOffsets(plan.rows, &ricci_index::a, firstRow, rows, aRow);
    fillOffsets(plan.rows, &ricci_index::c, firstRow, rows, cRow);
    const Packing packing = packingOf(aRow, rows, aStepRuns, depth);
    inChunks(context, strips, shareOf(elementFlops * static_cast<double>(plan.aPitch)),
             [&](int64_t first, int64_t last) {
               for (int64_t strip = first; strip < last; ++strip) {
                 const int64_t row = stripStart(firstStrip + strip) - firstRow;
                 const int64_t height = stripStart(firstStrip + strip + 1) - firstRow - row;
                 pack(packing, aBlock + strip * plan.aPitch, height, a, aRow + row, height, aStep);
               }
             });
    inChunks(context, ceilDiv(columns, width), plan.chunk, [&](int64_t first, int64_t last) {
      T *own = bBlock + first / plan.chunk * plan.bPitch;
      for (int64_t number = first; number < last; ++number) {
        const Panel panel = panelAt(number);
        if (plan.panelwise)
          packPanel(panel, own);
        runPanel(panel, plan.panelwise ? own : bBlock + number * plan.bPitch, firstStrip, strips,
                 plan.panelwise && number + 1 < last
                     ? b + offsetOf(plan.columns, &ricci_index::b, firstColumn + (number + 1) * width)
                     : nullptr);
      }
    });
  }

  // `next` is where the next panel will be packed from.
  void runPanel(const Panel &panel, const T *panelData, int64_t firstStrip, int64_t strips, const T *next) const {
    const int64_t *column = panel.c;
    const int64_t present = panel.count, tileVectors = panel.vectors;
    const int64_t tail = present - (tileVectors - 1) * kernels.lanes;
    const bool isTogether = runLength(column, present) == present;
    const int64_t firstRow = stripStart(firstStrip);
    for (int64_t strip = 0; strip < strips; ++strip) {
      const int64_t row = stripStart(firstStrip + strip) - firstRow;
      const int64_t rows = stripStart(firstStrip + strip + 1) - firstRow - row;
      const T *packed = aBlock + strip * plan.aPitch;
      alignas(64) T aside[mostTileRows * mostWidth];
      const int64_t *places = cRow + row;
      // What the tile is added to should be there when it is done.
      for (int64_t r = 0; r < rows; ++r)
        for (int64_t j = 0; j < present + kernels.lanes - 1; j += kernels.lanes)
          __builtin_prefetch(c + places[r] + column[std::min(j, present - 1)], 1);
      // Each of the first strips asks for a vector of every row.
      const bool asks = next && strip < vectors;
      const T *asked = asks ? next + strip * kernels.lanes : packed;
      const int64_t *askedLines = asks ? bStep : noLines;
      const int64_t pitch = rows > 1 ? places[1] - places[0] : 0;
      bool direct = isTogether;
      for (int64_t r = 2; r < rows && direct; ++r)
        direct = places[r] - places[r - 1] == pitch;
      kernels.packedTile(rows, tileVectors)(packed, panelData, direct ? c + places[0] + column[0] : aside,
                                            direct ? pitch : width, depth, tail, adds && direct, asked, askedLines);
      if (!direct)
        scatter(aside, places, rows, column, present);
    }
  }

  void scatter(const T *tile, const int64_t *places, int64_t rows, const int64_t *column, int64_t count) const {
    for (int64_t j = 0, length; j < count; j += length) {
      length = runLength(column + j, count - j);
      if (length > 2) {
        (adds ? kernels.addRows : kernels.copyRows)(c + column[j], places, tile + j, width, rows, length);
        continue;
      }
      for (int64_t r = 0; r < rows; ++r)
        for (int64_t i = j; i < j + length; ++i) {
          T &target = c[places[r] + column[i]];
          target = tile[r * width + i] + (adds ? target : T(0));
        }
    }
  }

  // For tiles that have nothing to ask for.
  static constexpr int64_t noLines[depthBytes / static_cast<int64_t>(sizeof(T))] = {};

  ricci_context *context;
  const GemmKernels<T> &kernels;
  const PackedPlan &plan;
  int64_t width;
  T *aBlock, *bBlock;
  // Offsets in the present block.
  int64_t *aStep, *bStep, *aRow, *cRow;
  const T *a = nullptr, *b = nullptr;
  T *c = nullptr;
  int64_t firstColumn = 0, columns = 0, depth = 0, aStepRuns = 0, bStepRuns = 0;
  bool adds = false;
};

} // namespace

template <typename T>
void runPacked(ricci_context *context, const GemmKernels<T> &kernels, const PackedPlan &plan, const T *a, const T *b,
               T *c, bool accumulate, T *workspace) {
  PackedRunner<T>(context, kernels, plan, workspace).run(a, b, c, accumulate);
}

template PackedPlan planPacked(const ContractionPlan &, const GemmKernels<float> &);
template PackedPlan planPacked(const ContractionPlan &, const GemmKernels<double> &);
template void runPacked(ricci_context *, const GemmKernels<float> &, const PackedPlan &, const float *, const float *,
                        float *, bool, float *);
template void runPacked(ricci_context *, const GemmKernels<double> &, const PackedPlan &, const double *,
                        const double *, double *, bool, double *);

} // namespace ricci::runtime
