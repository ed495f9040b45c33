#include "runtime/ContractionStreamed.h"

#include "runtime/Chunks.h"

#include <algorithm>
#include <numeric>
#include <utility>

namespace ricci::runtime {

namespace {

// Measured on Zen 5, AVX-512; see benchmarks/.
constexpr int64_t leastBytes = 512 * 1024;   // of the large operand: a smaller one stays in the second-level cache anyhow
constexpr int64_t mostPacked = 256 * 1024;   // of the small one: a quarter of a second-level cache
constexpr int64_t mostRows = 96;             // with more, packing the large operand is paid for
constexpr int64_t blockBytes = 96 * 1024;    // computed aside: with the lines in flight, a quarter of that cache
constexpr int64_t mostWidthBytes = 1024;     // of a block's rows: more gains nothing
constexpr int64_t streamedBytes = 8 << 20;   // from here on C is not worth a place in the caches
constexpr int64_t blockDepth = 96;           // columns of the present, the next and those in flight fit in a first-level cache
constexpr int64_t flightCycles = 1500;       // from asking for a line to its use, so that memory answers in time

const ricci_index *contiguousIn(const IndexGroup &group, int64_t ricci_index::*stride) {
  for (const ricci_index &index : group.all())
    if (index.*stride == 1)
      return &index;
  return nullptr;
}

int64_t pointsOf(const IndexGroup &group) { return group.points(); }

void exchange(IndexGroup &group) {
  for (ricci_index &index : group.all())
    std::swap(index.a, index.b);
}

void sortBy(IndexGroup &group, int64_t ricci_index::*stride) {
  std::sort(group.all().begin(), group.all().end(),
            [&](const ricci_index &x, const ricci_index &y) { return x.*stride > y.*stride; });
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

// Offset of point `position` of a group, outermost first.
int64_t offsetOf(const IndexGroup &group, int64_t ricci_index::*stride, int64_t position) {
  int64_t offset = 0;
  std::span<const ricci_index> all = group.all();
  for (size_t i = all.size(); i-- > 0;) {
    offset += position % all[i].size * (all[i].*stride);
    position /= all[i].size;
  }
  return offset;
}

// Offsets of `count` points from `first` on.
void fillOffsets(const IndexGroup &group, int64_t ricci_index::*stride, int64_t first, int64_t count, int64_t *offsets) {
  if (group.size() == 0) {
    std::fill_n(offsets, count, 0);
    return;
  }
  const ricci_index &inner = group.all().back();
  while (count > 0) {
    const int64_t run = std::min(count, inner.size - first % inner.size), start = offsetOf(group, stride, first);
    for (int64_t i = 0; i < run; ++i)
      offsets[i] = start + i * (inner.*stride);
    first += run, count -= run, offsets += run;
  }
}

} // namespace

int64_t StreamPlan::workspace(int64_t lanes, int64_t elementBytes) const {
  const int64_t chunks = ceilDiv(tasks, chunk), columns = roundUp(2 * columnElements(lanes), 64);
  return roundUp(tableEntries() * static_cast<int64_t>(sizeof(int64_t)), 64) +
         ((repacks ? chunks : 1) * packedElements() + chunks * columns) * elementBytes;
}

template <typename T>
std::optional<StreamPlan> planStreamed(const ContractionPlan &contraction, const GemmKernels<T> &kernels, const T *c,
                                       bool accumulate) {
  constexpr int64_t bytes = sizeof(T);
  const int64_t m = pointsOf(contraction.m), n = pointsOf(contraction.n), depth = pointsOf(contraction.k);
  const bool exchanged = m > n;
  const int64_t lanes = kernels.lanes, rowCount = std::min(m, n);
  if (rowCount > mostRows || rowCount * depth * bytes > mostPacked || depth == 0)
    return std::nullopt;
  const IndexGroup &columns = exchanged ? contraction.m : contraction.n;
  if (std::max(m, n) * depth * contraction.loops.points() * bytes < leastBytes ||
      !contiguousIn(columns, exchanged ? &ricci_index::a : &ricci_index::b))
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
  // Lanes in the order of the large operand; C's contiguous index innermost in the rows; the loops as memory goes.
  sortBy(plan.rows, plan.order == BlockOrder::Rows ? &ricci_index::c : &ricci_index::a);
  sortBy(plan.loops, &ricci_index::b);
  if (plan.order == BlockOrder::Lanes && plan.lanes.all().back().c != 1)
    plan.order = BlockOrder::None;

  plan.rowCount = rowCount;
  plan.depth = depth;
  plan.depthBlocks = ceilDiv(depth, blockDepth);
  plan.blockDepth = depth / plan.depthBlocks;
  plan.deeperBlocks = depth % plan.depthBlocks;
  plan.laneCount = pointsOf(plan.lanes);
  if (plan.laneCount * 4 < lanes * 3)
    return std::nullopt;
  // Every strip asks for the lines of one vector of the next columns, so there should be as many strips as vectors.
  plan.vectors = std::min<int64_t>(rowCount > kernels.maxPackedRows[1] ? 2 : 1, ceilDiv(plan.laneCount, lanes));
  const int64_t tile = plan.vectors * lanes;
  plan.strips = ceilDiv(rowCount, kernels.maxPackedRows[plan.vectors - 1]);
  plan.stripRows = rowCount / plan.strips;
  plan.higherStrips = rowCount % plan.strips;

  plan.acrossCount = plan.order == BlockOrder::Across ? std::min(plan.across.size, lanes) : 1;
  const int64_t room = blockBytes / bytes / (rowCount * plan.acrossCount) / tile * tile;
  plan.width = std::min(std::max(tile, std::min(room, mostWidthBytes / bytes / tile * tile)), roundUp(plan.laneCount, tile));
  if (plan.width * rowCount * plan.acrossCount * bytes > blockBytes)
    return std::nullopt;
  plan.laneBlocks = ceilDiv(plan.laneCount, plan.width);
  plan.acrossBlocks = ceilDiv(plan.across.size, plan.acrossCount);
  plan.tasks = plan.loops.points() * plan.laneBlocks * plan.acrossBlocks;
  const double taskFlops = 2.0 * static_cast<double>(rowCount * depth) * static_cast<double>(plan.acrossCount * plan.width);
  plan.chunk = std::max(ceilDiv(plan.tasks, mostChunks), shareOf(taskFlops));

  const int64_t cPoints = m * n * contraction.loops.points();
  plan.streamed = !accumulate && cPoints * bytes >= streamedBytes && reinterpret_cast<uintptr_t>(c) % (lanes * bytes) == 0;
  // Whole lines only: every stride but that of the contiguous index is one of lines.
  for (const IndexGroup *group : {&plan.loops, &plan.lanes, &plan.rows})
    for (const ricci_index &index : group->all())
      plan.streamed &= index.c == 1 || index.c % lanes == 0;
  return plan;
}

namespace {

template <typename T> class StreamRunner {
public:
  StreamRunner(const GemmKernels<T> &kernels, const StreamPlan &plan, const T *small, const T *large, T *c,
               bool accumulate, void *workspace)
      : kernels(kernels), plan(plan), small(small), large(large), c(c), accumulate(accumulate),
        steps(static_cast<int64_t *>(workspace)), lines(steps + plan.depth + 1),
        rowPlaces(lines + plan.depth * (plan.vectors + 1)), rowSources(rowPlaces + plan.rowCount) {
    fillOffsets(plan.sum, &ricci_index::b, 0, plan.depth, steps);
    // Of a vector that straddles two lines the second: the first was that of its neighbour.
    for (int64_t vector = 0; vector < plan.vectors; ++vector)
      for (int64_t p = 0; p < plan.depth; ++p)
        lines[vector * plan.depth + p] = steps[p] + (vector + 1) * kernels.lanes - 1;
    std::fill_n(lines + plan.vectors * plan.depth, plan.depth, 0);
    steps[plan.depth] = steps[plan.depth - 1];
    fillOffsets(plan.rows, &ricci_index::c, 0, plan.rowCount, rowPlaces);
    fillOffsets(plan.rows, &ricci_index::a, 0, plan.rowCount, rowSources);
    packed = reinterpret_cast<T *>(static_cast<char *>(workspace) +
                                   roundUp(plan.tableEntries() * static_cast<int64_t>(sizeof(int64_t)), 64));
    columnBuffers = packed + (plan.repacks ? ceilDiv(plan.tasks, plan.chunk) : 1) * plan.packedElements();
  }

  void run(ricci_context *context) {
    if (!plan.repacks)
      pack(small, packed);
    inChunks(context, plan.tasks, plan.chunk, [&](int64_t first, int64_t last) { runTasks(first, last); });
  }

private:
  // One block: where its first lane, row and value of `across` are, and how many there are.
  struct Task {
    const T *small, *large;
    int64_t place; // in C
    int64_t lane, lanes, across;
  };

  Task taskAt(int64_t number) const {
    int64_t block = number % plan.laneBlocks, rest = number / plan.laneBlocks;
    int64_t first = rest % plan.acrossBlocks * plan.acrossCount;
    int64_t point = rest / plan.acrossBlocks;
    Task task;
    task.lane = block * plan.width;
    task.lanes = std::min(plan.width, plan.laneCount - task.lane);
    task.across = std::min(plan.acrossCount, plan.across.size - first);
    task.small = small + offsetOf(plan.loops, &ricci_index::a, point);
    task.large = large + offsetOf(plan.loops, &ricci_index::b, point) + first * plan.across.b + task.lane;
    task.place = offsetOf(plan.loops, &ricci_index::c, point) + first * plan.across.c;
    return task;
  }

  int64_t stripStart(int64_t strip) const { return strip * plan.stripRows + std::min(strip, plan.higherStrips); }

  int64_t blockStart(int64_t block) const { return block * plan.blockDepth + std::min(block, plan.deeperBlocks); }

  // to: blocks of the sum, within one strips of rows, within one the rows of every p together.
  void pack(const T *from, T *to) const {
    for (int64_t block = 0; block < plan.depthBlocks; ++block)
      for (int64_t strip = 0; strip < plan.strips; ++strip) {
        const int64_t first = stripStart(strip), rows = stripStart(strip + 1) - first;
        for (int64_t p = blockStart(block); p < blockStart(block + 1); ++p) {
          const T *line = from + offsetOf(plan.sum, &ricci_index::a, p);
          for (int64_t row = 0; row < rows; ++row)
            *to++ = line[rowSources[first + row]];
        }
      }
  }

  int64_t tile() const { return plan.vectors * kernels.lanes; }

  // Walks through the parts of tasks in the order of their computation: `tile` lanes for one value of `across` in one block
  // of the sum. Stays at the last one.
  class Column {
  public:
    Column(const StreamRunner &runner, int64_t task, int64_t lastTask)
        : runner(runner), number(task), last(lastTask), task(runner.taskAt(task)) {}

    const T *source() const { return task.large + value * runner.plan.across.b + lane; }
    int64_t lanes() const { return std::min(runner.tile(), task.lanes - lane); }
    int64_t place() const { return value * runner.plan.rowCount * runner.plan.width + lane; }
    int64_t first() const { return runner.blockStart(block); }
    int64_t depth() const { return runner.blockStart(block + 1) - first(); }
    int64_t ofTask() const { return number; }
    void advance() {
      if (++block < runner.plan.depthBlocks)
        return;
      block = 0;
      if ((lane += runner.tile()) < task.lanes)
        return;
      lane = 0;
      if (++value < task.across)
        return;
      value = 0;
      if (++number < last)
        task = runner.taskAt(number);
    }

  private:
    const StreamRunner &runner;
    int64_t number, last;

  public:
    Task task;

  private:
    int64_t value = 0, lane = 0, block = 0;
  };

  // Rows [from, depth) of a column.
  void load(const Column &column, int64_t from, T *to) const {
    const int64_t width = tile(), lanes = column.lanes();
    const T *source = column.source();
    for (int64_t p = from; p < column.depth(); ++p) {
      std::copy_n(source + steps[column.first() + p], lanes, to + p * width);
      std::fill_n(to + p * width + lanes, width - lanes, T(0));
    }
  }

  void runTasks(int64_t first, int64_t last) const {
    alignas(64) T block[blockBytes / sizeof(T)];
    const int64_t chunk = first / plan.chunk, columnElements = plan.columnElements(kernels.lanes);
    const T *a = packed, *packedFrom = nullptr;
    T *own = packed + chunk * plan.packedElements();
    T *now = columnBuffers + chunk * roundUp(2 * columnElements, 64), *next = now + columnElements;
    const double cycles = static_cast<double>(plan.rowCount * plan.blockDepth * plan.vectors) / 2;
    const int64_t ahead = 2 + static_cast<int64_t>(static_cast<double>(flightCycles) / cycles);
    Column column(*this, first, last), after = column, later = column;
    after.advance();
    for (int64_t i = 0; i < ahead; ++i)
      later.advance();
    load(column, 0, now);
    while (column.ofTask() < last) {
      if (plan.repacks) {
        if (packedFrom != column.task.small)
          pack(column.task.small, own);
        packedFrom = column.task.small;
        a = own;
      }
      const Task task = column.task;
      for (int64_t number = column.ofTask(); column.ofTask() == number; column.advance(), after.advance(), later.advance()) {
        runColumn(a, block, column, after, later, now, next);
        std::swap(now, next);
      }
      write(block, task);
    }
  }

  // `now` holds the column, packed; in the end `next` that after it.
  void runColumn(const T *a, T *block, const Column &column, const Column &after, const Column &later, const T *now,
                 T *next) const {
    const T *strip = a + column.first() * plan.rowCount;
    const int64_t depth = column.depth();
    const bool adds = column.first() > 0;
    for (int64_t s = 0; s < plan.strips; ++s) {
      const int64_t row = stripStart(s), rows = stripStart(s + 1) - row;
      T *to = block + column.place() + row * plan.width;
      const bool asks = s < plan.vectors;
      const T *asked = asks ? later.source() : now;
      const int64_t *askedLines = lines + (asks ? s * plan.depth + later.first() : plan.vectors * plan.depth);
      const int64_t shift = s * kernels.lanes;
      if (asks)
        kernels.loadingTile(rows, plan.vectors)(strip, now, to, plan.width, depth, kernels.lanes, adds, asked, askedLines,
                                                next + shift, after.source() + shift, steps + after.first(),
                                                after.lanes() - shift);
      else
        kernels.packedTile(rows, plan.vectors)(strip, now, to, plan.width, depth, kernels.lanes, adds, asked, askedLines);
      strip += rows * depth;
    }
    load(after, depth, next);
  }

  void write(const T *block, const Task &task) const {
    int64_t lanePlaces[mostWidthBytes / sizeof(T)];
    fillOffsets(plan.lanes, &ricci_index::c, task.lane, task.lanes, lanePlaces);
    const int64_t pitch = plan.width;
    T *to = c + task.place;
    if (accumulate || plan.order == BlockOrder::None) {
      for (int64_t value = 0; value < task.across; ++value)
        for (int64_t row = 0; row < plan.rowCount; ++row)
          for (int64_t lane = 0; lane < task.lanes; ++lane) {
            T &target = to[value * plan.across.c + rowPlaces[row] + lanePlaces[lane]];
            const T sum = block[(value * plan.rowCount + row) * pitch + lane];
            target = accumulate ? target + sum : sum;
          }
      return;
    }
    if (plan.order == BlockOrder::Lanes) {
      const int64_t size = plan.lanes.all().back().size;
      for (int64_t lane = 0, count; lane < task.lanes; lane += count) {
        count = std::min(task.lanes - lane, size - (task.lane + lane) % size);
        const bool whole = plan.streamed && count % kernels.lanes == 0 && lanePlaces[lane] % kernels.lanes == 0;
        (whole ? kernels.copyRowsStreamed : kernels.copyRows)(to + lanePlaces[lane], rowPlaces, block + lane, pitch,
                                                              plan.rowCount, count);
      }
      return;
    }
    if (plan.order == BlockOrder::Across) {
      const bool whole = plan.streamed && task.across == kernels.lanes;
      for (int64_t row = 0; row < plan.rowCount; ++row)
        (whole ? kernels.turnStreamed : kernels.turn)(to + rowPlaces[row], lanePlaces, block + row * pitch,
                                                      plan.rowCount * pitch, task.lanes, task.across);
      return;
    }
    const int64_t size = plan.rows.all().back().size;
    for (int64_t row = 0, count; row < plan.rowCount; row += count) {
      count = std::min({kernels.lanes, plan.rowCount - row, size - row % size});
      const bool whole = plan.streamed && count == kernels.lanes && rowPlaces[row] % kernels.lanes == 0;
      (whole ? kernels.turnStreamed : kernels.turn)(to + rowPlaces[row], lanePlaces, block + row * pitch, pitch,
                                                    task.lanes, count);
    }
  }

  const GemmKernels<T> &kernels;
  const StreamPlan &plan;
  const T *small, *large;
  T *c;
  bool accumulate;
  int64_t *steps, *lines, *rowPlaces, *rowSources;
  T *packed, *columnBuffers;
};

} // namespace

template <typename T>
void runStreamed(ricci_context *context, const GemmKernels<T> &kernels, const StreamPlan &plan, const T *a, const T *b,
                 T *c, bool accumulate, void *workspace) {
  if (plan.exchanged)
    std::swap(a, b);
  StreamRunner<T>(kernels, plan, a, b, c, accumulate, workspace).run(context);
}

template std::optional<StreamPlan> planStreamed(const ContractionPlan &, const GemmKernels<float> &, const float *,
                                                bool);
template std::optional<StreamPlan> planStreamed(const ContractionPlan &, const GemmKernels<double> &, const double *,
                                                bool);
template void runStreamed(ricci_context *, const GemmKernels<float> &, const StreamPlan &, const float *,
                          const float *, float *, bool, void *);
template void runStreamed(ricci_context *, const GemmKernels<double> &, const StreamPlan &, const double *,
                          const double *, double *, bool, void *);

} // namespace ricci::runtime
