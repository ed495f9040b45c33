#include "runtime/Contraction.h"

#include "runtime/Chunks.h"
#include "runtime/ContractionPacked.h"
#include "runtime/ContractionPlan.h"
#include "runtime/ContractionSmall.h"
#include "runtime/ContractionStreamed.h"
#include "runtime/ContractionSummary.h"
#include "runtime/Gemm.h"

#include <algorithm>
#include <optional>

namespace ricci::runtime {

namespace {

// Below so many rows or columns packing costs more than it saves.
constexpr int64_t leastPackedRows = 8;
// Of an A that is not contiguous along the sum: packing a strip of it at a time, as products of matrices do, reads a
// page for every few elements. From here on that takes longer than all else (AᵀB at 1024³ twice as long).
constexpr int64_t turnedBytes = 1 << 20;
// For a sum in runs: elements of a run, rows that lie evenly, panels of columns. 3×3 windows of 56×56×64 went from 68
// to 88 % of peak with 64 columns and gain 2 % with 512; runs of 24 and rows of 7 gain 15 %.
constexpr int64_t leastRun = 16, leastRowRun = 6, mostRunPanels = 8;
// Of C that products add to again and again: half of a second-level cache. Larger ones gained 5 to 11 % from loops over
// rows.
constexpr int64_t addedBytes = 1 << 20;
// Points of loops from which on the threads take points: each has some, whatever their number divides into.
constexpr int64_t fewestPoints = 8;
// Memory for products that are done at the same time: no more than a third-level cache holds.
constexpr int64_t mostCopiedBytes = 32 << 20;

// Those of this machine, which is asked once: every time, that took 4 % of 8³. Without <atomic>, whose headers do not
// compile for other processors.
template <typename T> const GemmKernels<T> &hostKernels() {
  static constinit const GemmKernels<T> *kernels = nullptr;
  const GemmKernels<T> *known = __atomic_load_n(&kernels, __ATOMIC_RELAXED);
  if (!known)
    __atomic_store_n(&kernels, known = &gemmKernels<T>(hostRegisterFile()), __ATOMIC_RELAXED);
  return *known;
}

// Offsets in one array of the points of a group: even for a single index, else a table at `memory`, which moves on.
Offsets offsetsOf(const IndexGroup &group, int64_t ricci_index::*stride, int64_t *&memory) {
  if (group.size() == 0)
    return {1, nullptr};
  if (group.size() == 1)
    return {group.all()[0].*stride, nullptr};
  int64_t *table = memory, filled = 1;
  table[0] = 0;
  // Outermost first: every index repeats what is there at its own distance.
  for (const ricci_index &index : group.all()) {
    for (int64_t point = filled; point-- > 0;)
      for (int64_t i = index.size; i-- > 0;)
        table[point * index.size + i] = table[point] + i * (index.*stride);
    filled *= index.size;
  }
  memory += filled;
  return {0, table};
}

int64_t tableEntries(const ContractionPlan &plan) {
  int64_t entries = 0;
  for (const IndexGroup *group : {&plan.m, &plan.n, &plan.k})
    entries += group->size() > 1 ? 2 * group->points() : 0;
  return entries;
}

template <typename T> struct Point {
  const T *a, *b;
  T *c;
  bool accumulate;
};

template <typename At> void advance(At &at, const ricci_index &index) {
  at.a += index.a;
  at.b += index.b;
  at.c += index.c;
  at.accumulate |= index.c == 0;
}

// Runs `line` on the innermost of `loops` at every point of the others; the pointers and `accumulate` of `at` are their
// state.
template <typename At, typename Line> void forEachLine(std::span<const ricci_index> loops, At at, Line line) {
  if (loops.size() <= 1) {
    line(at, loops.empty() ? ricci_index{1, 0, 0, 0} : loops.front());
    return;
  }
  const ricci_index &index = loops.front();
  for (int64_t i = 0; i < index.size; ++i, advance(at, index))
    forEachLine(loops.subspan(1), at, line);
}

// The loops around a product: those over C's indices outside, whose points are independent, then those of the sum. With
// many points every thread takes some, each product on its own in memory of its chunk; with few the threads share each
// product.
class PointLoops {
public:
  // `bytes` is what one product needs, `fewest` the number of points from which on threads take points; without a
  // context there are none.
  PointLoops(ricci_context *context, const ContractionPlan &plan, int64_t bytes, int64_t fewest = fewestPoints)
      : all(plan.loops.all()) {
    size_t outer = 0;
    for (points = 1; outer < all.size() && all[outer].c; ++outer)
      points *= all[outer].size;
    independent = all.first(outer);
    const int64_t mostCopies = std::min(mostChunks, mostCopiedBytes / std::max<int64_t>(bytes, 1));
    if (!context || points < fewest || mostCopies < fewest) {
      points = 0;
      return;
    }
    const double flops =
        2.0 * static_cast<double>(plan.m.points() * plan.n.points()) * static_cast<double>(plan.k.points());
    chunk = std::max(ceilDiv(points, mostCopies), shareOf(flops));
  }

  // Of the memory of one product.
  int64_t copies() const { return points ? ceilDiv(points, chunk) : 1; }

  // product(context, at, copy)
  template <typename At, typename Product> void run(ricci_context *context, const At &start, Product product) const {
    runLines(context, start, [&](ricci_context *threads, At at, const ricci_index &index, int64_t copy) {
      for (int64_t i = 0; i < index.size; ++i, advance(at, index))
        product(threads, at, copy);
    });
  }

  // line(context, at, index, copy) for the points of `index` from `at` on.
  template <typename At, typename Line> void runLines(ricci_context *context, const At &start, Line line) const {
    if (copies() == 1) {
      forEachLine(all, start, [&](const At &now, const ricci_index &index) { line(context, now, index, 0); });
      return;
    }
    const std::span<const ricci_index> sums = all.subspan(independent.size());
    inChunks(context, points, chunk, [&](int64_t first, int64_t last) {
      for (int64_t point = first, count; point < last; point += count) {
        At at = start;
        int64_t rest = point;
        for (size_t i = independent.size(); i-- > 0; rest /= independent[i].size) {
          const int64_t position = rest % independent[i].size;
          at.a += position * independent[i].a;
          at.b += position * independent[i].b;
          at.c += position * independent[i].c;
        }
        ricci_index inner = independent.back();
        count = sums.empty() ? std::min(inner.size - point % inner.size, last - point) : 1;
        inner.size = count;
        forEachLine(sums.empty() ? std::span<const ricci_index>(&inner, 1) : sums, at,
                    [&](const At &now, const ricci_index &index) { line(nullptr, now, index, first / chunk); });
      }
    });
  }

private:
  std::span<const ricci_index> all, independent;
  int64_t points = 0, chunk = 1;
};

// Whether rows of A are windows that overlap, so that a copy of all of them is larger than what is there.
bool overlaps(const ContractionPlan &plan) {
  int64_t span = 1;
  for (const IndexGroup *group : {&plan.m, &plan.k})
    for (const ricci_index &index : group->all())
      span += (index.size - 1) * std::abs(index.a);
  return plan.m.points() * plan.k.points() >= 2 * span;
}

// A sum of several indices (a convolution's), the innermost of which are runs of A: with few columns the products of
// runs, whose A is read where it lies, add to C in less time than packing A takes. Without windows A is read but once,
// and packing wins by a tenth (`cad,dcb->ab`).
template <typename T> bool sumsInRuns(const ContractionPlan &plan, const GemmKernels<T> &kernels) {
  if (plan.k.size() < 2 || plan.m.size() == 0 || plan.n.size() != 1)
    return false;
  const ricci_index &run = plan.k.all().back(), &row = plan.m.all().back(), &column = plan.n.all()[0];
  return run.a == 1 && run.size >= leastRun && row.size >= leastRowRun && column.b == 1 && column.c == 1 &&
         column.size <= mostRunPanels * kernels.panelWidth() && overlaps(plan);
}

// The other indices of the sum become loops, and those of the rows before them as far as C would not stay in the cache.
template <typename T> void takeRuns(ContractionPlan &plan, const GemmKernels<T> &kernels) {
  if (!sumsInRuns(plan, kernels))
    return;
  int64_t rows = plan.m.points();
  while (plan.m.size() > 1 && rows * plan.n.points() * static_cast<int64_t>(sizeof(T)) > addedBytes &&
         rows / plan.m.all()[0].size >= fewRowsBelow) {
    rows /= plan.m.all()[0].size;
    plan.loops.push(plan.m.popOutermost());
  }
  while (plan.k.size() > 1)
    plan.loops.push(plan.k.popOutermost());
}

// Products whose rows, columns or sum are several indices, and those of a large turned A with many columns. Smaller
// ones are done before they are packed.
template <typename T> bool isPacked(const ContractionPlan &plan, const GemmKernels<T> &kernels) {
  const int64_t m = plan.m.points(), n = plan.n.points(), k = plan.k.points();
  if (k == 0 || m < leastPackedRows || n < leastPackedRows || sumsInRuns(plan, kernels))
    return false;
  if (plan.m.size() > 1 || plan.n.size() > 1 || plan.k.size() > 1)
    return true;
  const bool isTurned = plan.k.size() == 1 && std::abs(plan.k.all()[0].a) * static_cast<int64_t>(sizeof(T)) > nearStep;
  return isTurned && m * k * static_cast<int64_t>(sizeof(T)) >= turnedBytes && n > 2 * kernels.panelWidth();
}

// The product of a plan whose tables are bounded, without operands. Fills the tables if `fills`; else any address
// stands for each: a product is planned from the kinds of its offsets, not from what tables say.
template <typename T> Gemm<T> gemmOf(const ContractionPlan &plan, int64_t *tables, bool fills) {
  auto offsets = [&](const IndexGroup &group, int64_t ricci_index::*stride) {
    return group.size() > 1 && !fills ? Offsets{0, tables} : offsetsOf(group, stride, tables);
  };
  return {plan.m.points(),
          plan.n.points(),
          plan.k.points(),
          nullptr,
          offsets(plan.m, &ricci_index::a),
          offsets(plan.k, &ricci_index::a),
          nullptr,
          offsets(plan.k, &ricci_index::b),
          offsets(plan.n, &ricci_index::b),
          nullptr,
          offsets(plan.m, &ricci_index::c),
          offsets(plan.n, &ricci_index::c),
          false,
          plan.lower};
}

// Whether the product is one of an array with itself, of as many rows as columns and with C's columns together.
bool isSymmetric(const ContractionPlan &plan, const void *a, const void *b) {
  if (a != b || plan.loops.size() > 0 || plan.m.size() != 1 || plan.n.size() != 1)
    return false;
  const ricci_index &row = plan.m.all()[0], &column = plan.n.all()[0];
  return row.size == column.size && row.size >= leastSymmetricRows && row.a == column.b && column.c == 1 &&
         std::ranges::all_of(plan.k.all(), [](const ricci_index &index) { return index.a == index.b; });
}

// C[j, i] = C[i, j] for j < i, of rows `pitch` apart.
template <typename T>
void mirror(ricci_context *context, const GemmKernels<T> &kernels, T *c, int64_t pitch, int64_t size) {
  constexpr int64_t columns = 256;
  const int64_t lanes = kernels.lanes;
  inChunks(context, ceilDiv(size, lanes), shareOf(static_cast<double>(size * lanes)), [&](int64_t begin, int64_t end) {
    int64_t places[columns];
    for (int64_t first = begin * lanes, last; first < std::min(end * lanes, size); first = last) {
      last = std::min(first + lanes, size);
      for (int64_t start = 0; start < first; start += columns) {
        const int64_t across = std::min(columns, first - start);
        for (int64_t j = 0; j < across; ++j)
          places[j] = (start + j) * pitch;
        kernels.turn(c + first, places, c + first * pitch + start, pitch, across, last - first);
      }
      for (int64_t i = first; i < last; ++i)
        for (int64_t j = first; j < i; ++j)
          c[j * pitch + i] = c[i * pitch + j];
    }
  });
}

// On the threads of `context`, or on the caller's alone if that is null. `memory(bytes)` is asked once for 64-byte
// aligned memory; nothing is computed, and false returned, if it has none.
template <typename T, typename Memory>
bool contract(ricci_context *context, const GemmKernels<T> &kernels, ContractionPlan &plan, const void *a,
              const void *b, void *c, bool accumulate, Memory memory) {
  constexpr int64_t bytes = sizeof(T);
  if (plan.exchanged)
    std::swap(a, b);
  const Point<T> start{static_cast<const T *>(a), static_cast<const T *>(b), static_cast<T *>(c), accumulate};
  if (SmallProduct small; findSmall(kernels, plan, small)) {
    const SmallRunner<T> runner(kernels, small, plan.loops.points());
    if (!memory(0))
      return false;
    PointLoops(context, plan, 0, 2)
        .runLines(context, start, [&](ricci_context *, const Point<T> &now, const ricci_index &index, int64_t) {
          runner.runLine(now.a, now.b, now.c, now.accumulate, index);
        });
    return true;
  }
  if (auto streamed = planStreamed<T>(plan, kernels, accumulate)) {
    std::optional<void *> workspace = memory(streamed->workspace(kernels.lanes, bytes));
    if (workspace)
      runStreamed(context, kernels, *streamed, start.a, start.b, start.c, accumulate, *workspace);
    return workspace.has_value();
  }
  if (isPacked(plan, kernels)) {
    const PackedPlan packed = planPacked(plan, kernels);
    const int64_t elements = roundUp(packed.workspace(), 64);
    const PointLoops loops(context, plan, elements * bytes);
    std::optional<void *> workspace = memory(loops.copies() * elements * bytes);
    if (!workspace)
      return false;
    loops.run(context, start, [&](ricci_context *threads, const Point<T> &now, int64_t copy) {
      runPacked(threads, kernels, packed, now.a, now.b, now.c, now.accumulate,
                static_cast<T *>(*workspace) + copy * elements);
    });
    return true;
  }
  takeRuns(plan, kernels);
  plan.boundTables();
  const int64_t tableBytes = roundUp(tableEntries(plan) * static_cast<int64_t>(sizeof(int64_t)), 64);
  static int64_t anyTable = 0;
  Gemm<T> gemm = gemmOf<T>(plan, &anyTable, false);
  const GemmPlan blocks = planGemm(kernels, gemm);
  const int64_t elements = roundUp(blocks.workspace(), 64);
  const PointLoops loops(context, plan, elements * bytes);
  std::optional<void *> workspace = memory(tableBytes + loops.copies() * elements * bytes);
  if (!workspace)
    return false;
  if (tableBytes)
    gemm = gemmOf<T>(plan, static_cast<int64_t *>(*workspace), true);
  gemm.a = start.a;
  gemm.b = start.b;
  gemm.c = start.c;
  gemm.accumulate = accumulate;
  auto *buffers = reinterpret_cast<T *>(static_cast<char *>(*workspace) + tableBytes);
  loops.run(context, gemm, [&](ricci_context *threads, const Gemm<T> &now, int64_t copy) {
    runGemm(threads, kernels, blocks, now, buffers + copy * elements);
  });
  return true;
}

// The choices of `contract`, in its order, with the operands in the plan's roles.
template <typename T> ContractionSummary summaryOf(ContractionPlan &plan) {
  using Way = ContractionSummary::Way;
  constexpr int64_t bytes = sizeof(T);
  const GemmKernels<T> &kernels = hostKernels<T>();
  ContractionSummary result;
  if (SmallProduct small; findSmall(kernels, plan, small)) {
    result.way = Way::Tiled;
    result.packsB = small.bColumn != 1;
    return result;
  }
  if (auto streamed = planStreamed<T>(plan, kernels, false)) {
    result.way = Way::Streamed;
    result.workspace = streamed->workspace(kernels.lanes, bytes);
    (streamed->exchanged ? result.packsB : result.packsA) = true; // the small one
  } else if (isPacked(plan, kernels)) {
    result.way = Way::Packed;
    result.workspace = planPacked(plan, kernels).workspace() * bytes;
    result.packsA = result.packsB = true;
  } else {
    takeRuns(plan, kernels);
    plan.boundTables();
    static int64_t anyTable = 0;
    const GemmPlan blocks = planGemm(kernels, gemmOf<T>(plan, &anyTable, false));
    result.way = Way::Tiled;
    result.workspace = blocks.workspace() * bytes + tableEntries(plan) * static_cast<int64_t>(sizeof(int64_t));
    result.packsA = blocks.packA;
    result.packsB = blocks.packB;
  }
  return result;
}

template <typename T, typename Memory>
void contractIndices(ricci_context *context, const void *a, const void *b, void *c,
                     std::span<const ricci_index> indices, bool accumulate, Memory memory) {
  const GemmKernels<T> &kernels = hostKernels<T>();
  ContractionPlan plan = planContraction(indices);
  if (plan.empty)
    return;
  plan.lower = !accumulate && isSymmetric(plan, a, b);
  if (contract<T>(context, kernels, plan, a, b, c, accumulate, memory) && plan.lower)
    mirror(context, kernels, static_cast<T *>(c), plan.m.all()[0].c, plan.m.all()[0].size);
}

[[gnu::always_inline]] inline bool runSmallAs(int32_t dtype, const void *a, const void *b, void *c,
                                              const ricci_matrices &product, bool accumulate) {
  if (dtype == RICCI_F32)
    return runSmall(hostKernels<float>(), product, static_cast<const float *>(a), static_cast<const float *>(b),
                    static_cast<float *>(c), accumulate);
  return runSmall(hostKernels<double>(), product, static_cast<const double *>(a), static_cast<const double *>(b),
                  static_cast<double *>(c), accumulate);
}

template <typename Memory>
[[gnu::noinline]] void contractAs(ricci_context *context, int32_t dtype, const void *a, const void *b, void *c,
                                  std::span<const ricci_index> indices, bool accumulate, Memory memory) {
  if (dtype == RICCI_F32)
    contractIndices<float>(context, a, b, c, indices, accumulate, memory);
  else
    contractIndices<double>(context, a, b, c, indices, accumulate, memory);
}

} // namespace

ContractionSummary summarise(int32_t dtype, std::span<const ricci_index> indices) {
  ContractionPlan plan = planContraction(indices);
  if (plan.empty)
    return {};
  const int64_t rows = plan.m.points(), columns = plan.n.points(), depth = plan.k.points(),
                products = plan.loops.points();
  ContractionSummary result = dtype == RICCI_F32 ? summaryOf<float>(plan) : summaryOf<double>(plan);
  if (plan.exchanged)
    std::swap(result.packsA, result.packsB);
  result.rows = plan.exchanged ? columns : rows;
  result.columns = plan.exchanged ? rows : columns;
  result.depth = depth;
  result.products = products;
  return result;
}

} // namespace ricci::runtime

void ricci_contract(ricci_context *context, int32_t dtype, const void *a, const void *b, void *c,
                    const ricci_index *indices, int64_t rank, int32_t accumulate) {
  void *workspace = nullptr;
  ricci::runtime::contractAs(context, dtype, a, b, c, {indices, static_cast<size_t>(rank)}, accumulate,
                             [&](int64_t bytes) -> std::optional<void *> {
                               return workspace = bytes ? ricci_alloc(context, bytes) : nullptr;
                             });
  if (workspace)
    ricci_free(context, workspace);
}

void ricci_contract_alone(int32_t dtype, const void *a, const void *b, void *c, const ricci_index *indices,
                          int64_t rank, int32_t accumulate, void *workspace) {
  ricci::runtime::contractAs(nullptr, dtype, a, b, c, {indices, static_cast<size_t>(rank)}, accumulate,
                             [&](int64_t) -> std::optional<void *> { return workspace; });
}

int64_t ricci_contract_workspace(int32_t dtype, const ricci_index *indices, int64_t rank) {
  int64_t needed = 0;
  ricci::runtime::contractAs(nullptr, dtype, nullptr, nullptr, nullptr, {indices, static_cast<size_t>(rank)}, false,
                             [&](int64_t bytes) -> std::optional<void *> {
                               needed = bytes;
                               return std::nullopt;
                             });
  return needed;
}

void ricci_read_rows_twice(int32_t dtype, const void *a, int64_t row, const void *x, void *y, const void *w, void *s,
                           int64_t rows, int64_t columns, int32_t accumulate) {
  auto run = [&]<typename T>(T) {
    ricci::runtime::hostKernels<T>().dotsAndSums(static_cast<const T *>(a), row, static_cast<const T *>(x),
                                                 static_cast<T *>(y), static_cast<const T *>(w), static_cast<T *>(s),
                                                 rows, columns, accumulate);
  };
  dtype == RICCI_F32 ? run(float()) : run(double());
}

// Planned apart, so that small products save no registers for it.
[[gnu::noinline]] static void contractPlanned(ricci_context *context, int32_t dtype, const void *a, const void *b,
                                              void *c, const ricci_matrices *product, int32_t accumulate,
                                              void *workspace) {
  const auto &[m, n, k, aRow, aStep, bColumn, bStep, cRow] = *product;
  const ricci_index indices[] = {{m, aRow, 0, cRow}, {n, 0, bColumn, 1}, {k, aStep, bStep, 0}};
  if (context)
    ricci_contract(context, dtype, a, b, c, indices, std::size(indices), accumulate);
  else
    ricci_contract_alone(dtype, a, b, c, indices, std::size(indices), accumulate, workspace);
}

void ricci_contract_matrices(ricci_context *context, int32_t dtype, const void *a, const void *b, void *c,
                             const ricci_matrices *product, int32_t accumulate) {
  if (!ricci::runtime::runSmallAs(dtype, a, b, c, *product, accumulate))
    contractPlanned(context, dtype, a, b, c, product, accumulate, nullptr);
}

void ricci_contract_matrices_alone(int32_t dtype, const void *a, const void *b, void *c, const ricci_matrices *product,
                                   int32_t accumulate, void *workspace) {
  if (!ricci::runtime::runSmallAs(dtype, a, b, c, *product, accumulate))
    contractPlanned(nullptr, dtype, a, b, c, product, accumulate, workspace);
}
