#include "runtime/Contraction.h"

#include "runtime/ContractionPacked.h"
#include "runtime/ContractionPlan.h"
#include "runtime/ContractionStreamed.h"
#include "runtime/Gemm.h"

#include <algorithm>
#include <optional>

namespace ricci::runtime {

namespace {

// Below so many rows or columns packing costs more than it saves.
constexpr int64_t leastPackedRows = 8;

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

// Runs `product` at every point of `loops`; the pointers and `accumulate` of `at` are their state.
template <typename At, typename Product> void forEachPoint(std::span<const ricci_index> loops, At at, Product product) {
  if (loops.empty()) {
    product(at);
    return;
  }
  const ricci_index &index = loops.front();
  for (int64_t i = 0; i < index.size; ++i) {
    forEachPoint(loops.subspan(1), at, product);
    at.a += index.a;
    at.b += index.b;
    at.c += index.c;
    at.accumulate |= index.c == 0;
  }
}

// Products whose rows, columns or sum are several indices; smaller ones are done before they are packed.
bool isPacked(const ContractionPlan &plan) {
  const bool isPlain = plan.m.size() <= 1 && plan.n.size() <= 1 && plan.k.size() <= 1;
  return !isPlain && plan.k.points() > 0 && plan.m.points() >= leastPackedRows && plan.n.points() >= leastPackedRows;
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
          false};
}

// On the threads of `context`, or on the caller's alone if that is null. `memory(bytes)` is asked once for 64-byte
// aligned memory; nothing is computed if it has none.
template <typename T, typename Memory>
void contract(ricci_context *context, ContractionPlan &plan, const void *a, const void *b, void *c, bool accumulate,
              Memory memory) {
  constexpr int64_t bytes = sizeof(T);
  if (plan.exchanged)
    std::swap(a, b);
  const Point<T> start{static_cast<const T *>(a), static_cast<const T *>(b), static_cast<T *>(c), accumulate};
  const GemmKernels<T> &kernels = gemmKernels<T>(hostRegisterFile());
  if (auto streamed = planStreamed<T>(plan, kernels, accumulate)) {
    if (std::optional<void *> workspace = memory(streamed->workspace(kernels.lanes, bytes)))
      runStreamed(context, kernels, *streamed, start.a, start.b, start.c, accumulate, *workspace);
    return;
  }
  if (isPacked(plan)) {
    const PackedPlan packed = planPacked(plan, kernels);
    if (std::optional<void *> workspace = memory(packed.workspace() * bytes))
      forEachPoint(plan.loops.all(), start, [&](const Point<T> &now) {
        runPacked(context, kernels, packed, now.a, now.b, now.c, now.accumulate, static_cast<T *>(*workspace));
      });
    return;
  }
  plan.boundTables();
  const int64_t tableBytes = roundUp(tableEntries(plan) * static_cast<int64_t>(sizeof(int64_t)), 64);
  static int64_t anyTable = 0;
  Gemm<T> gemm = gemmOf<T>(plan, &anyTable, false);
  const GemmPlan blocks = planGemm(kernels, gemm);
  std::optional<void *> workspace = memory(tableBytes + blocks.workspace() * bytes);
  if (!workspace)
    return;
  if (tableBytes)
    gemm = gemmOf<T>(plan, static_cast<int64_t *>(*workspace), true);
  gemm.a = start.a;
  gemm.b = start.b;
  gemm.c = start.c;
  gemm.accumulate = accumulate;
  auto *buffers = reinterpret_cast<T *>(static_cast<char *>(*workspace) + tableBytes);
  forEachPoint(plan.loops.all(), gemm, [&](const Gemm<T> &now) { runGemm(context, kernels, blocks, now, buffers); });
}

template <typename Memory>
void contractAs(ricci_context *context, int32_t dtype, const void *a, const void *b, void *c,
                std::span<const ricci_index> indices, bool accumulate, Memory memory) {
  ContractionPlan plan = planContraction(indices);
  if (plan.empty)
    return;
  if (dtype == RICCI_F32)
    contract<float>(context, plan, a, b, c, accumulate, memory);
  else
    contract<double>(context, plan, a, b, c, accumulate, memory);
}

} // namespace

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
                          int64_t rank, void *workspace) {
  ricci::runtime::contractAs(nullptr, dtype, a, b, c, {indices, static_cast<size_t>(rank)}, false,
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
