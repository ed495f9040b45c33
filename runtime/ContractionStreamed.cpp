#include "runtime/ContractionStreamed.h"

#include <algorithm>
#include <utility>

namespace ricci::runtime {

namespace {

// From asking for a line to its use, so that memory answers in time: with 1500 `dbea,ec->abcd` took 1.15 times as long.
constexpr int64_t flightCycles = 4000;

template <typename T> class StreamRunner {
public:
  StreamRunner(const GemmKernels<T> &kernels, const StreamPlan &plan, const T *small, const T *large, T *c,
               bool accumulate, void *workspace)
      : kernels(kernels), plan(plan), small(small), large(large), c(c), accumulate(accumulate),
        steps(static_cast<int64_t *>(workspace)), lines(steps + plan.depth + 1),
        rowPlaces(lines + plan.lineEntries(kernels.lanes)), rowSources(rowPlaces + plan.rowCount) {
    fillOffsets(plan.sum, &ricci_index::b, 0, plan.depth, steps);
    fillLines();
    steps[plan.depth] = steps[plan.depth - 1];
    fillOffsets(plan.rows, &ricci_index::c, 0, plan.rowCount, rowPlaces);
    fillOffsets(plan.rows, &ricci_index::a, 0, plan.rowCount, rowSources);
    packed =
        reinterpret_cast<T *>(static_cast<char *>(workspace) +
                              roundUp(plan.tableEntries(kernels.lanes) * static_cast<int64_t>(sizeof(int64_t)), 64));
    columnBuffers = packed + (plan.repacks ? ceilDiv(plan.tasks, plan.chunk) : 1) * plan.packedElements();
  }

  void run(ricci_context *context) {
    if (!plan.repacks)
      pack(small, packed);
    inChunks(context, plan.tasks, plan.chunk, [&](int64_t first, int64_t last) { runTasks(first, last); });
  }

private:
  // Which lines to ask for, row by row, as they lie in memory. Then zeros, to ask for nothing new. Of a vector that
  // straddles two lines the second: the first was that of its neighbour.
  void fillLines() {
    int64_t *line = lines;
    for (int64_t p = 0; p < plan.depth; ++p)
      for (int64_t lane = 0; lane < plan.width; lane += kernels.lanes)
        *line++ = steps[p] + lane + kernels.lanes - 1;
    std::fill_n(line, plan.blockDepth + 1 + plan.linesPerStep(kernels.lanes), 0);
  }
  // Those of a block of the sum.
  const int64_t *linesOf(int64_t block) const { return lines + blockStart(block) * plan.linesPerStep(kernels.lanes); }
  const int64_t *noLines() const { return linesOf(plan.depthBlocks); }

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
    task.lane = block * plan.blockLanes;
    task.lanes = std::min(plan.blockLanes, plan.laneCount - task.lane);
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

  // Walks through the parts of tasks in the order of their computation: `tile` lanes for one value of `across` in one
  // block of the sum, the lanes innermost, which together are a panel. Stays at the last one.
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
    int64_t ofSum() const { return block; }
    bool beginsPanel() const { return lane == 0; }
    void advance() {
      if ((lane += runner.tile()) >= task.lanes)
        advancePanel();
    }
    void advancePanel() {
      lane = 0;
      if (++block < runner.plan.depthBlocks)
        return;
      block = 0;
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

  // The lines of a later panel, asked for in the order of memory while columns are computed.
  struct Asking {
    Column panel;
    const int64_t *next;
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
    const int64_t chunk = first / plan.chunk;
    Small rows{*this, packed + (plan.repacks ? chunk * plan.packedElements() : 0)};
    T *columns = columnBuffers + chunk * plan.columnsElements(kernels.lanes);
    if (plan.readsRows)
      runRows(first, last, rows, columns);
    else
      runFlowing(first, last, rows, columns);
  }

  // The packed small operand, of one chunk where the loops change it.
  struct Small {
    const StreamRunner &runner;
    T *data;
    const T *from = nullptr;

    const T *of(const Task &task) {
      if (runner.plan.repacks && from != task.small)
        runner.pack(from = task.small, data);
      return data;
    }
  };

  // Every column is packed while the one before it is computed.
  void runFlowing(int64_t first, int64_t last, Small rows, T *now) const {
    T *next = now + plan.columnElements(kernels.lanes), *block = next + plan.columnElements(kernels.lanes);
    const double cycles =
        static_cast<double>(plan.rowCount * plan.blockDepth * plan.width) / static_cast<double>(2 * kernels.lanes);
    const int64_t ahead = 1 + static_cast<int64_t>(static_cast<double>(flightCycles) / cycles);
    Column column(*this, first, last), after = column;
    after.advance();
    Asking asking{column, nullptr};
    for (int64_t i = 0; i < ahead; ++i)
      asking.panel.advancePanel();
    asking.next = linesOf(asking.panel.ofSum());
    load(column, 0, now);
    while (column.ofTask() < last) {
      const int64_t number = column.ofTask();
      const Task task = column.task;
      const T *a = rows.of(task);
      while (column.ofTask() == number) {
        runColumn(a, block, column, after, asking, now, next);
        std::swap(now, next);
        column.advance();
        after.advance();
        if (column.beginsPanel()) {
          asking.panel.advancePanel();
          asking.next = linesOf(asking.panel.ofSum());
        }
      }
      write(block, task);
    }
  }

  // A group of tasks of one point of the loops at a time, block by block of the sum: the large operand is read a few
  // rows at a time along all columns of the group.
  void runRows(int64_t first, int64_t last, Small rows, T *columns) const {
    T *blocks = columns + plan.width / tile() * plan.columnElements(kernels.lanes);
    for (int64_t start = first, end; start < last; start = end) {
      end = std::min({start + plan.group, (start / plan.laneBlocks + 1) * plan.laneBlocks, last});
      for (int64_t part = 0; part < plan.depthBlocks; ++part)
        for (int64_t number = start; number < end; ++number) {
          const Task task = taskAt(number);
          const bool isLast = number + 1 == end, isEnd = isLast && part + 1 == plan.depthBlocks;
          const Task following = isEnd ? taskAt(std::min(end, last - 1)) : taskAt(isLast ? start : number + 1);
          runGathered(rows.of(task), blocks + (number - start) * plan.blockElements(), part, task, following.large,
                      isEnd ? 0 : part + isLast, columns);
        }
      for (int64_t number = start; number < end; ++number)
        write(blocks + (number - start) * plan.blockElements(), taskAt(number));
    }
  }

  // Packs the columns of a task for one block of the sum and computes with them; asks for those of `laterPart` at
  // `later`.
  void runGathered(const T *a, T *block, int64_t part, const Task &task, const T *later, int64_t laterPart,
                   T *columns) const {
    constexpr int64_t mostColumns = streamWidthBytes / lineBytes;
    int64_t sources[mostColumns], lanes[mostColumns];
    int64_t count = 0;
    for (int64_t lane = 0; lane < task.lanes; lane += tile(), ++count) {
      sources[count] = lane;
      lanes[count] = std::min(tile(), task.lanes - lane);
    }
    const int64_t first = blockStart(part), depth = blockStart(part + 1) - first;
    kernels.gatherColumns[plan.vectors - 1](columns, task.large, steps + first, depth, sources, lanes, count);
    const int64_t *asked = linesOf(laterPart);
    for (int64_t number = 0; number < count; ++number) {
      const T *now = columns + number * depth * tile(), *strip = a + first * plan.rowCount;
      for (int64_t s = 0; s < plan.strips; ++s) {
        const int64_t row = stripStart(s), rows = stripStart(s + 1) - row;
        const bool asks = s < plan.vectors;
        kernels.packedTile(rows, plan.vectors)(strip, now, block + row * plan.width + number * tile(), plan.width,
                                               depth, kernels.lanes, part > 0, asks ? later : now,
                                               asks ? asked : noLines());
        strip += rows * depth;
        asked += asks ? depth : 0;
      }
    }
  }

  // `now` holds the column, packed; in the end `next` that after it.
  void runColumn(const T *a, T *block, const Column &column, const Column &after, Asking &asking, const T *now,
                 T *next) const {
    const T *strip = a + column.first() * plan.rowCount;
    const int64_t depth = column.depth();
    const bool adds = column.first() > 0;
    for (int64_t s = 0; s < plan.strips; ++s) {
      const int64_t row = stripStart(s), rows = stripStart(s + 1) - row;
      T *to = block + column.place() + row * plan.width;
      if (s < plan.vectors) {
        const int64_t shift = s * kernels.lanes;
        kernels.loadingTile(rows, plan.vectors)(strip, now, to, plan.width, depth, kernels.lanes, adds,
                                                asking.panel.source(), std::min(asking.next, noLines()), next + shift,
                                                after.source() + shift, steps + after.first(), after.lanes() - shift);
        asking.next += depth;
      } else
        kernels.packedTile(rows, plan.vectors)(strip, now, to, plan.width, depth, kernels.lanes, adds, now, noLines());
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
    if (plan.order == BlockOrder::Lanes)
      writeLanes(block, task, lanePlaces, to);
    else if (plan.order == BlockOrder::Rows)
      writeRows(block, task, lanePlaces, to);
    else
      writeAcross(block, task, lanePlaces, to);
  }

  void writeAcross(const T *block, const Task &task, const int64_t *lanePlaces, T *to) const {
    if (plan.writesRuns)
      return writeRuns(block, task, lanePlaces, to);
    const bool whole = plan.streamed && plan.wholeRows && task.across == kernels.lanes && isAligned(c);
    for (int64_t row = 0; row < plan.rowCount; ++row)
      (whole ? kernels.turnStreamed : kernels.turn)(to + rowPlaces[row], lanePlaces, block + row * plan.width,
                                                    plan.rowCount * plan.width, task.lanes, task.across);
  }

  // The values of a vector of lanes are turned aside, then written in runs that follow each other in C.
  void writeRuns(const T *block, const Task &task, const int64_t *lanePlaces, T *to) const {
    alignas(64) T stage[stageBytes / sizeof(T)];
    int64_t stagePlaces[lineBytes / sizeof(T)];
    for (int64_t lane = 0; lane < kernels.lanes; ++lane)
      stagePlaces[lane] = lane * task.across;
    const int64_t pitch = plan.rowCount * plan.width;
    for (int64_t row = 0; row < plan.rowCount; ++row)
      for (int64_t lane = 0, lanes; lane < task.lanes; lane += lanes) {
        lanes = std::min(kernels.lanes, task.lanes - lane);
        for (int64_t value = 0; value < task.across; value += kernels.lanes)
          kernels.turn(stage + value, stagePlaces, block + value * pitch + row * plan.width + lane, pitch, lanes,
                       std::min(kernels.lanes, task.across - value));
        const int64_t *places = lanePlaces + lane;
        for (int64_t first = 0, next; first < lanes; first = next) {
          for (next = first + 1; next < lanes && places[next] == places[next - 1] + task.across;)
            ++next;
          writeRun(to + rowPlaces[row] + places[first], stage + first * task.across, (next - first) * task.across);
        }
      }
  }

  // The whole lines within a run past the caches.
  void writeRun(T *to, const T *from, int64_t count) const {
    const auto past = reinterpret_cast<uintptr_t>(to) % lineBytes;
    const int64_t start = std::min(count, static_cast<int64_t>((lineBytes - past) % lineBytes / sizeof(T)));
    const int64_t whole = (count - start) / kernels.lanes * kernels.lanes;
    std::copy_n(from, start, to);
    writeLines(to + start, from + start, whole);
    std::copy_n(from + start + whole, count - start - whole, to + start + whole);
  }

  // Whole lines of C at once: `count` elements that lie together there.
  void writeLines(T *to, const T *from, int64_t count) const {
    const int64_t start = 0;
    kernels.copyRowsStreamed(to, &start, from, 0, 1, count);
  }

  void writeLanes(const T *block, const Task &task, const int64_t *lanePlaces, T *to) const {
    alignas(64) T lines[stageBytes / sizeof(T)];
    const int64_t size = plan.lanes.all().back().size, region = size * plan.rowCount;
    const bool isRegion =
        plan.streamed && plan.rowsFollow && region % kernels.lanes == 0 && region <= std::ssize(lines);
    for (int64_t lane = 0, count; lane < task.lanes; lane += count) {
      count = std::min(task.lanes - lane, size - (task.lane + lane) % size);
      T *place = to + lanePlaces[lane];
      if (isRegion && count == size && isAligned(place)) {
        kernels.copyRows(lines, rowPlaces, block + lane, plan.width, plan.rowCount, count);
        writeLines(place, lines, region);
        continue;
      }
      const bool whole = plan.streamed && plan.wholeRows && count % kernels.lanes == 0 && isAligned(place);
      (whole ? kernels.copyRowsStreamed : kernels.copyRows)(place, rowPlaces, block + lane, plan.width, plan.rowCount,
                                                            count);
    }
  }

  void writeRows(const T *block, const Task &task, const int64_t *lanePlaces, T *to) const {
    alignas(64) T lines[stageBytes / sizeof(T)];
    int64_t linePlaces[64];
    const int64_t size = plan.rows.all().back().size, region = kernels.lanes * plan.rowCount;
    // A vector of lanes, each followed by the next, makes whole lines.
    const bool isRegion = plan.streamed && plan.rows.size() == 1 && region <= std::ssize(lines);
    for (int64_t lane = 0; lane < kernels.lanes; ++lane)
      linePlaces[lane] = lane * plan.rowCount;
    for (int64_t lane = 0; lane < task.lanes; lane += kernels.lanes) {
      const int64_t lanes = std::min(kernels.lanes, task.lanes - lane);
      T *place = to + lanePlaces[lane];
      bool together = isRegion && lanes == kernels.lanes && isAligned(place);
      for (int64_t i = 1; i < lanes && together; ++i)
        together = lanePlaces[lane + i] == lanePlaces[lane] + linePlaces[i];
      for (int64_t row = 0, count; row < plan.rowCount; row += count) {
        count = std::min({kernels.lanes, plan.rowCount - row, size - row % size});
        kernels.turn((together ? lines : to) + rowPlaces[row], together ? linePlaces : lanePlaces + lane,
                     block + row * plan.width + lane, plan.width, lanes, count);
      }
      if (together)
        writeLines(place, lines, region);
    }
  }

  bool isAligned(const T *place) const {
    return reinterpret_cast<uintptr_t>(place) % (static_cast<uintptr_t>(kernels.lanes) * sizeof(T)) == 0;
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

template void runStreamed(ricci_context *, const GemmKernels<float> &, const StreamPlan &, const float *, const float *,
                          float *, bool, void *);
template void runStreamed(ricci_context *, const GemmKernels<double> &, const StreamPlan &, const double *,
                          const double *, double *, bool, void *);

} // namespace ricci::runtime
