#include "runtime/ContractionStreamPlan.h"

#include <algorithm>
#include <utility>

namespace ricci::runtime {

namespace {

// Measured on Zen 5, AVX-512; see benchmarks/.
constexpr int64_t leastBytes = 512 * 1024; // of the large operand: a smaller one stays in the second-level cache anyhow
constexpr int64_t mostPacked = 256 * 1024; // of the small one: a quarter of a second-level cache
// From here on no cache holds the large operand: a larger small one pays.
constexpr int64_t farBytes = 32 << 20;
constexpr int64_t mostPackedForFar = 640 * 1024;
// Rows of the large operand that lie so far apart, and are as long, are read a few at a time, all of each, while the
// blocks of C wait in the second-level cache: otherwise every few lines are in another page, and the processor does not
// look ahead. The columns packed at once are narrow, so that the lines in flight stay in the first-level cache. On
// Emerald Rapids 16×512×512 of f64 takes 0.7 of the time, and 16×4096×4096 (with a width of 1 KB and a depth of 64
// 0.85). Of what no cache holds, shorter ones do it too: `adc,bd->abc` of f64 0.5; of f32, with half the step, up
// to 1.13. And those whose lanes are not C's, if there are rows for two strips: `dbca,ed->abce` 0.65, `bda,dc->abc`
// 0.95, with 16 rows of C 1.15.
constexpr int64_t apartBytes = 4096, apartBytesIfFar = 2048, apartBytesOfOthers = 1024;
constexpr int64_t apartDepth = 32;
constexpr int64_t apartWidthBytes = 256;
constexpr int64_t waitingBytes = 768 * 1024;
// Of a block that is turned to C's contiguous index, so wide that rows of 1 KB are read for each of its values: with
// 96 KB `deca,be->abcd` and `efcad,bf->abcde` take 1.7 times as long. Rows that fit in it whole are read whole, since
// the next value's row follows: `dca,bd->abc` takes 0.85 of the time.
constexpr int64_t turnedBlockBytes = 640 * 1024;
// Where they would not be whole lines of C, as many values as may be make runs of some: with those of `deca,be->abcd`
// with odd sizes it takes 0.75 of the time, `efcad,bf->abcde` half. Of a C that is small beside the large operand,
// reading narrower rows costs more: `dca,bd->abc`, with a sixteenth, 1.2.
constexpr int64_t runBlockBytes = 768 * 1024;
constexpr int64_t runWidthBytes = 512;
constexpr int64_t leastOfLarge = 8;
constexpr int64_t leastRows = 4;           // with fewer, sums wait for one another
constexpr int64_t mostRows = 96;           // with more, packing the large operand is paid for
constexpr int64_t streamedBytes = 8 << 20; // from here on C is not worth a place in the caches
constexpr int64_t blockDepth = 64;         // the present column and the next fit in a first-level cache

const ricci_index *contiguousIn(const IndexGroup &group, int64_t ricci_index::*stride) {
  for (const ricci_index &index : group.all())
    if (index.*stride == 1)
      return &index;
  return nullptr;
}

void exchange(IndexGroup &group) {
  for (ricci_index &index : group.all())
    std::swap(index.a, index.b);
}

void sortBy(IndexGroup &group, int64_t ricci_index::*stride) {
  std::sort(group.all().begin(), group.all().end(),
            [&](const ricci_index &x, const ricci_index &y) { return x.*stride > y.*stride; });
}

bool areLinesApart(const IndexGroup &group, int64_t lanes) {
  return std::ranges::all_of(group.all(), [&](const ricci_index &index) { return index.c % lanes == 0; });
}

// Splits the free indices of the large operand into lanes, `across` and loops.
void takeLanes(const IndexGroup &columns, StreamPlan &plan) {
  IndexGroup rest = columns;
  sortBy(rest, &ricci_index::b);
  // From the contiguous index outwards as long as each continues the last; but C's contiguous index, if it is not the
  // first, has to stand apart for blocks to be turned.
  std::span<ricci_index> all = rest.all();
  int64_t kept = rest.size(), next = 1;
  while (kept > 0 && all[kept - 1].b == next && (next == 1 || all[kept - 1].c != 1))
    next *= all[--kept].size;
  for (int64_t i = 0; i < rest.size(); ++i) {
    if (i >= kept)
      plan.lanes.push(all[i]);
    else if (all[i].c == 1 && plan.order == BlockOrder::None) {
      plan.across = all[i];
      plan.order = BlockOrder::Across;
    } else
      plan.loops.push(all[i]);
  }
}

} // namespace

int64_t StreamPlan::workspace(int64_t lanes, int64_t elementBytes) const {
  const int64_t chunks = ceilDiv(tasks, chunk), columns = columnsElements(lanes);
  return roundUp(tableEntries(lanes) * static_cast<int64_t>(sizeof(int64_t)), 64) +
         ((repacks ? chunks : 1) * packedElements() + chunks * columns) * elementBytes;
}

template <typename T>
std::optional<StreamPlan> planStreamed(const ContractionPlan &contraction, const GemmKernels<T> &kernels,
                                       bool accumulate) {
  constexpr int64_t bytes = sizeof(T);
  const int64_t m = contraction.m.points(), n = contraction.n.points(), depth = contraction.k.points();
  const bool exchanged = m > n;
  const int64_t lanes = kernels.lanes, rowCount = std::min(m, n);
  // The first question is that of most small products: they pay for nothing else here.
  const int64_t largeBytes = std::max(m, n) * depth * contraction.loops.points() * bytes;
  const bool isFar = largeBytes >= farBytes;
  if (largeBytes < leastBytes || rowCount > mostRows ||
      rowCount * depth * bytes > (isFar ? mostPackedForFar : mostPacked) || depth == 0)
    return std::nullopt;
  const IndexGroup &columns = exchanged ? contraction.m : contraction.n;
  if (!contiguousIn(columns, exchanged ? &ricci_index::a : &ricci_index::b))
    return std::nullopt;

  StreamPlan plan;
  plan.exchanged = exchanged;
  plan.rows = exchanged ? contraction.n : contraction.m;
  plan.sum = contraction.k;
  plan.loops = contraction.loops;
  IndexGroup free = columns;
  if (exchanged)
    for (IndexGroup *group : {&plan.rows, &plan.sum, &plan.loops, &free})
      exchange(*group);
  for (const ricci_index &index : plan.loops.all())
    plan.repacks |= index.a != 0;

  if (contiguousIn(plan.rows, &ricci_index::c))
    plan.order = BlockOrder::Rows;
  takeLanes(free, plan);
  if (contiguousIn(plan.lanes, &ricci_index::c))
    plan.order = BlockOrder::Lanes;
  // The sum and the lanes in the order of the large operand; C's contiguous index innermost in the rows; the loops as
  // memory goes.
  sortBy(plan.rows, plan.order == BlockOrder::Rows ? &ricci_index::c : &ricci_index::a);
  sortBy(plan.loops, &ricci_index::b);
  sortBy(plan.sum, &ricci_index::b);
  if (plan.order == BlockOrder::Lanes && plan.lanes.all().back().c != 1)
    plan.order = BlockOrder::None;

  // A row or two along contiguous columns are sums of rows, which stream as well without a packed copy.
  if (rowCount < leastRows && plan.order == BlockOrder::Lanes && contraction.m.size() <= 1 &&
      contraction.n.size() <= 1 && contraction.k.size() <= 1)
    return std::nullopt;

  plan.rowCount = rowCount;
  plan.depth = depth;
  plan.laneCount = plan.lanes.points();
  if (plan.laneCount * 4 < lanes * 3)
    return std::nullopt;
  // Every strip asks for the lines of one vector of the next columns, so there should be as many strips as vectors.
  plan.vectors = std::min<int64_t>(rowCount > kernels.maxPackedRows[1] ? 2 : 1, ceilDiv(plan.laneCount, lanes));
  const int64_t tile = plan.vectors * lanes;
  plan.strips = ceilDiv(rowCount, kernels.maxPackedRows[plan.vectors - 1]);
  plan.stripRows = rowCount / plan.strips;
  plan.higherStrips = rowCount % plan.strips;

  const bool isTurned = plan.order == BlockOrder::Across, hasLanes = plan.order == BlockOrder::Lanes;
  const int64_t cBytes = m * n * contraction.loops.points() * bytes;
  plan.streamed = !accumulate && cBytes >= streamedBytes;
  plan.wholeRows = areLinesApart(plan.rows, lanes) &&
                   (!isTurned || (areLinesApart(plan.lanes, lanes) && areLinesApart(plan.loops, lanes)));
  plan.rowsFollow =
      plan.rows.size() == 1 && plan.lanes.size() > 0 && plan.rows.all()[0].c == plan.lanes.all().back().size;
  int64_t blockBytes = isTurned ? turnedBlockBytes : streamBlockBytes;
  plan.acrossCount = isTurned ? std::min(plan.across.size, lanes) : 1;
  if (isTurned && plan.streamed && !plan.wholeRows && cBytes * leastOfLarge >= largeBytes) {
    plan.writesRuns = true;
    blockBytes = runBlockBytes;
    const int64_t most = std::min(runBlockBytes / (rowCount * runWidthBytes), stageBytes / lineBytes);
    plan.acrossCount = plan.across.size <= most ? plan.across.size : std::max(most / lanes * lanes, lanes);
  }
  const int64_t step = plan.sum.size() ? plan.sum.all().back().b * bytes : 1;
  const int64_t apart = !hasLanes ? apartBytesOfOthers : isFar ? apartBytesIfFar : apartBytes;
  const bool areApart = step >= apart && (hasLanes || (isFar && !isTurned && plan.vectors > 1));
  const int64_t run = hasLanes ? plan.lanes.all().back().size : 1; // of C's contiguous index
  plan.readsRows = areApart && (hasLanes ? run : plan.laneCount) * bytes >= apart;
  plan.depthBlocks = ceilDiv(depth, plan.readsRows ? apartDepth : blockDepth);
  plan.blockDepth = depth / plan.depthBlocks;
  plan.deeperBlocks = depth % plan.depthBlocks;
  const int64_t room = blockBytes / bytes / (rowCount * plan.acrossCount);
  const bool fitWhole = isTurned && roundUp(plan.laneCount, tile) <= std::min(room, mostWidthBytes / bytes);
  const int64_t widest = (plan.readsRows ? apartWidthBytes : fitWhole ? mostWidthBytes : streamWidthBytes) / bytes;
  const int64_t width = std::clamp(std::min(room, widest) / tile * tile, tile, roundUp(plan.laneCount, tile));
  plan.width = roundUp(ceilDiv(plan.laneCount, ceilDiv(plan.laneCount, width)), tile); // all blocks about the same
  plan.blockLanes = plan.width;
  // Whole runs of C's contiguous index, if that wastes little of the last tile.
  if (run * 2 < plan.width)
    plan.blockLanes = plan.width / run * run;
  plan.laneBlocks = ceilDiv(plan.laneCount, plan.blockLanes);
  plan.acrossBlocks = ceilDiv(plan.across.size, plan.acrossCount);
  plan.tasks = plan.loops.points() * plan.laneBlocks * plan.acrossBlocks;
  const double taskFlops =
      2.0 * static_cast<double>(rowCount * depth) * static_cast<double>(plan.acrossCount * plan.width);
  plan.chunk = std::max(ceilDiv(plan.tasks, mostChunks), shareOf(taskFlops));
  plan.group = plan.readsRows ? std::clamp<int64_t>(waitingBytes / (plan.blockElements() * bytes), 1, plan.chunk) : 1;

  return plan;
}

template std::optional<StreamPlan> planStreamed(const ContractionPlan &, const GemmKernels<float> &, bool);
template std::optional<StreamPlan> planStreamed(const ContractionPlan &, const GemmKernels<double> &, bool);

} // namespace ricci::runtime
