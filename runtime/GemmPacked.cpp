#include "runtime/GemmPacked.h"

#include "runtime/Chunks.h"

#include <algorithm>

namespace ricci::runtime {

namespace {

// Measured on Zen 5, AVX-512; see benchmarks/.
constexpr int64_t depthBytes = 2048;       // of a row of a block: 14 of them take 28 KB of a first-level cache
constexpr int64_t blockBytes = 512 * 1024; // of A: half of a second-level cache
constexpr int64_t mostColumns = 4096;      // of B: with the above 8 MB, for the third-level cache
constexpr int64_t vectors = 2;             // of a tile: more rows instead read less of B
constexpr int64_t mostTileRows = 14;
constexpr int64_t mostWidth = vectors * 16; // elements
constexpr double elementFlops = 8;          // packing moves an element in about the time of so many operations

// Where elements of a direction lie, a table at any rate.
const int64_t *tableOf(const Offsets &offsets, int64_t first, int64_t count, int64_t *memory) {
  if (offsets.table)
    return offsets.table + first;
  for (int64_t i = 0; i < count; ++i)
    memory[i] = (first + i) * offsets.stride;
  return memory;
}

int64_t runLength(const int64_t *table, int64_t count) {
  int64_t length = 1;
  while (length < count && table[length] == table[length - 1] + 1)
    ++length;
  return length;
}

enum class Packing { Columns, Rows, Elements };

// Long runs along the lanes are copied, along the sum turned.
Packing packingOf(const int64_t *lanes, int64_t laneCount, const int64_t *steps, int64_t depth) {
  auto runs = [](const int64_t *table, int64_t count) {
    int64_t number = 0;
    for (int64_t i = 0; i < count; i += runLength(table + i, count - i))
      ++number;
    return number;
  };
  if (runs(lanes, laneCount) * 4 <= laneCount)
    return Packing::Columns;
  return runs(steps, depth) * 4 <= depth ? Packing::Rows : Packing::Elements;
}

} // namespace

template <typename T> void planPackedGemm(const GemmKernels<T> &kernels, const Gemm<T> &gemm, GemmPlan &plan) {
  constexpr int64_t bytes = sizeof(T);
  const int64_t width = vectors * kernels.lanes, height = kernels.maxPackedRows[vectors - 1];
  auto evenly = [](int64_t total, int64_t limit) { return ceilDiv(total, ceilDiv(total, limit)); };
  plan.order = GemmOrder::Packed;
  plan.depth = evenly(gemm.k, depthBytes / bytes);
  plan.columns = roundUp(evenly(gemm.n, mostColumns), width);
  // Strips of nearly equal height.
  plan.strips = ceilDiv(gemm.m, height);
  plan.stripRows = gemm.m / plan.strips;
  plan.higherStrips = gemm.m % plan.strips;
  plan.blockStrips = evenly(plan.strips, std::max<int64_t>(1, blockBytes / (plan.depth * bytes) / height));
  const int64_t panels = ceilDiv(std::min(plan.columns, roundUp(gemm.n, width)), width);
  // Turning writes whole vectors along the sum.
  plan.aPitch = roundUp((plan.stripRows + 1) * (plan.depth + kernels.lanes), 64);
  plan.bPitch = roundUp(width * (plan.depth + kernels.lanes), 64);
  plan.aElements = plan.blockStrips * plan.aPitch;
  plan.bElements = panels * plan.bPitch;
  const int64_t blockRows = plan.blockStrips * (plan.stripRows + 1);
  plan.tableElements = roundUp((2 * plan.depth + 2 * blockRows + 2 * plan.columns) * 8 / bytes, 64);
  plan.chunk =
      shareOf(2.0 * static_cast<double>(std::min(gemm.m, blockRows)) * static_cast<double>(width * plan.depth));
}

namespace {

template <typename T> class PackedRunner {
public:
  PackedRunner(ricci_context *context, const GemmKernels<T> &kernels, const GemmPlan &plan, const Gemm<T> &gemm,
               T *workspace)
      : context(context), kernels(kernels), plan(plan), gemm(gemm), width(vectors * kernels.lanes), aBlock(workspace),
        bBlock(workspace + plan.aSpace()) {
    auto *table = reinterpret_cast<int64_t *>(bBlock + plan.bElements);
    const int64_t blockRows = plan.blockStrips * (plan.stripRows + 1);
    for (int64_t **place : {&aStepMemory, &bStepMemory}) {
      *place = table;
      table += plan.depth;
    }
    for (int64_t **place : {&aRowMemory, &cRowMemory}) {
      *place = table;
      table += blockRows;
    }
    for (int64_t **place : {&bColumnMemory, &cColumnMemory}) {
      *place = table;
      table += plan.columns;
    }
  }

  void run() {
    for (firstColumn = 0; firstColumn < gemm.n; firstColumn += plan.columns) {
      columns = std::min(plan.columns, gemm.n - firstColumn);
      bColumn = tableOf(gemm.bColumn, firstColumn, columns, bColumnMemory);
      cColumn = tableOf(gemm.cColumn, firstColumn, columns, cColumnMemory);
      for (int64_t p = 0; p < gemm.k; p += plan.depth) {
        depth = std::min(plan.depth, gemm.k - p);
        adds = gemm.accumulate || p > 0;
        aStep = tableOf(gemm.aStep, p, depth, aStepMemory);
        bStep = tableOf(gemm.bStep, p, depth, bStepMemory);
        packB();
        for (int64_t strip = 0; strip < plan.strips; strip += plan.blockStrips)
          runBlock(strip, std::min(plan.blockStrips, plan.strips - strip));
      }
    }
  }

private:
  int64_t stripStart(int64_t strip) const { return strip * plan.stripRows + std::min(strip, plan.higherStrips); }
  int64_t panelColumns(int64_t panel) const { return std::min(width, columns - panel * width); }
  // The last panel is a vector wide if that is enough.
  int64_t panelVectors(int64_t panel) const { return ceilDiv(panelColumns(panel), kernels.lanes); }

  void packB() {
    const Packing packing = packingOf(bColumn, columns, bStep, depth);
    const int64_t panels = ceilDiv(columns, width);
    inChunks(context, panels, shareOf(elementFlops * static_cast<double>(plan.bPitch)),
             [&](int64_t first, int64_t last) {
               if (packing == Packing::Elements) {
                 packElements(first, last);
                 return;
               }
               for (int64_t panel = first; panel < last; ++panel)
                 pack(packing, bBlock + panel * plan.bPitch, panelVectors(panel) * kernels.lanes, gemm.b,
                      bColumn + panel * width, panelColumns(panel), bStep);
             });
  }

  // Steps outside: lines that several panels share are read once.
  void packElements(int64_t firstPanel, int64_t lastPanel) const {
    for (int64_t p = 0; p < depth; ++p)
      for (int64_t panel = firstPanel; panel < lastPanel; ++panel) {
        const int64_t *column = bColumn + panel * width;
        T *to = bBlock + panel * plan.bPitch + p * panelVectors(panel) * kernels.lanes;
        const T *line = gemm.b + bStep[p];
        for (int64_t j = 0; j < panelColumns(panel); ++j)
          to[j] = line[column[j]];
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
    const int64_t *aRow = tableOf(gemm.aRow, firstRow, rows, aRowMemory);
    cRow = tableOf(gemm.cRow, firstRow, rows, cRowMemory);
    const Packing packing = packingOf(aRow, rows, aStep, depth);
    inChunks(context, strips, shareOf(elementFlops * static_cast<double>(plan.aPitch)),
             [&](int64_t first, int64_t last) {
               for (int64_t strip = first; strip < last; ++strip) {
                 const int64_t row = stripStart(firstStrip + strip) - firstRow;
                 const int64_t height = stripStart(firstStrip + strip + 1) - firstRow - row;
                 pack(packing, aBlock + strip * plan.aPitch, height, gemm.a, aRow + row, height, aStep);
               }
             });
    inChunks(context, ceilDiv(columns, width), plan.chunk, [&](int64_t first, int64_t last) {
      for (int64_t panel = first; panel < last; ++panel)
        runPanel(panel, firstStrip, strips);
    });
  }

  void runPanel(int64_t panel, int64_t firstStrip, int64_t strips) const {
    const int64_t *column = cColumn + panel * width;
    const int64_t present = panelColumns(panel), tileVectors = panelVectors(panel);
    const int64_t tail = present - (tileVectors - 1) * kernels.lanes;
    const T *b = bBlock + panel * plan.bPitch;
    const bool isTogether = runLength(column, present) == present;
    const int64_t firstRow = stripStart(firstStrip);
    for (int64_t strip = 0; strip < strips; ++strip) {
      const int64_t row = stripStart(firstStrip + strip) - firstRow;
      const int64_t rows = stripStart(firstStrip + strip + 1) - firstRow - row;
      const T *a = aBlock + strip * plan.aPitch;
      alignas(64) T aside[mostTileRows * mostWidth];
      const int64_t *places = cRow + row;
      // What the tile is added to should be there when it is done.
      for (int64_t r = 0; r < rows; ++r)
        for (int64_t j = 0; j < present + kernels.lanes - 1; j += kernels.lanes)
          __builtin_prefetch(gemm.c + places[r] + column[std::min(j, present - 1)], 1);
      const int64_t pitch = rows > 1 ? places[1] - places[0] : 0;
      bool direct = isTogether;
      for (int64_t r = 2; r < rows && direct; ++r)
        direct = places[r] - places[r - 1] == pitch;
      kernels.packedTile(rows, tileVectors)(a, b, direct ? gemm.c + places[0] + column[0] : aside,
                                            direct ? pitch : width, depth, tail, adds && direct, a, noLines);
      if (!direct)
        scatter(aside, places, rows, column, present);
    }
  }

  void scatter(const T *tile, const int64_t *places, int64_t rows, const int64_t *column, int64_t count) const {
    for (int64_t j = 0, length; j < count; j += length) {
      length = runLength(column + j, count - j);
      if (length > 2) {
        (adds ? kernels.addRows : kernels.copyRows)(gemm.c + column[j], places, tile + j, width, rows, length);
        continue;
      }
      for (int64_t r = 0; r < rows; ++r)
        for (int64_t i = j; i < j + length; ++i) {
          T &target = gemm.c[places[r] + column[i]];
          target = tile[r * width + i] + (adds ? target : T(0));
        }
    }
  }

  // For tiles that have nothing to ask for.
  static constexpr int64_t noLines[depthBytes / sizeof(T)] = {};

  ricci_context *context;
  const GemmKernels<T> &kernels;
  const GemmPlan &plan;
  const Gemm<T> &gemm;
  int64_t width;
  T *aBlock, *bBlock;
  int64_t *aStepMemory, *bStepMemory, *aRowMemory, *cRowMemory, *bColumnMemory, *cColumnMemory;
  // Of the present block.
  int64_t firstColumn = 0, columns = 0, depth = 0;
  bool adds = false;
  const int64_t *aStep = nullptr, *bStep = nullptr, *bColumn = nullptr, *cColumn = nullptr, *cRow = nullptr;
};

} // namespace

template <typename T>
void runPackedGemm(ricci_context *context, const GemmKernels<T> &kernels, const GemmPlan &plan, const Gemm<T> &gemm,
                   T *workspace) {
  PackedRunner<T>(context, kernels, plan, gemm, workspace).run();
}

template void planPackedGemm(const GemmKernels<float> &, const Gemm<float> &, GemmPlan &);
template void planPackedGemm(const GemmKernels<double> &, const Gemm<double> &, GemmPlan &);
template void runPackedGemm(ricci_context *, const GemmKernels<float> &, const GemmPlan &, const Gemm<float> &,
                            float *);
template void runPackedGemm(ricci_context *, const GemmKernels<double> &, const GemmPlan &, const Gemm<double> &,
                            double *);

} // namespace ricci::runtime
