#include "runtime/Contraction.h"

#include "runtime/ContractionPacked.h"
#include "runtime/ContractionPlan.h"
#include "runtime/ContractionStreamed.h"
#include "runtime/ContractionSummary.h"
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

// The way in which one contraction is done, and what it needs.
template <typename T> class Method {
public:
  Method(ContractionPlan &plan, bool accumulate)
      : plan(plan), accumulate(accumulate), kernels(gemmKernels<T>(hostRegisterFile())),
        streamed(planStreamed(plan, kernels, accumulate)) {
    if (streamed)
      return;
    if (isPacked(plan))
      packed.emplace(planPacked(plan, kernels));
    else
      plan.boundTables();
  }

  // Bytes of 64-byte aligned memory.
  int64_t workspace() const {
    constexpr int64_t bytes = sizeof(T);
    if (streamed)
      return streamed->workspace(kernels.lanes, bytes);
    if (packed)
      return packed->workspace() * bytes;
    // A product is planned from the kinds of its offsets, not from what their tables say.
    static int64_t anyTable = 0;
    return tableBytes() + planGemm(kernels, gemmOf({}, &anyTable, false)).workspace() * bytes;
  }

  // On the threads of `context`, or on the caller's alone if that is null.
  void run(ricci_context *context, const void *a, const void *b, void *c, void *workspace) const {
    if (plan.exchanged)
      std::swap(a, b);
    const Point<T> start{static_cast<const T *>(a), static_cast<const T *>(b), static_cast<T *>(c), accumulate};
    if (streamed) {
      runStreamed(context, kernels, *streamed, start.a, start.b, start.c, accumulate, workspace);
    } else if (packed) {
      auto *buffers = static_cast<T *>(workspace);
      forEachPoint(plan.loops.all(), start, [&](const Point<T> &now) {
        runPacked(context, kernels, *packed, now.a, now.b, now.c, now.accumulate, buffers);
      });
    } else {
      const Gemm<T> gemm = gemmOf(start, static_cast<int64_t *>(workspace), true);
      const GemmPlan blocks = planGemm(kernels, gemm);
      auto *buffers = reinterpret_cast<T *>(static_cast<char *>(workspace) + tableBytes());
      forEachPoint(plan.loops.all(), gemm,
                   [&](const Gemm<T> &now) { runGemm(context, kernels, blocks, now, buffers); });
    }
  }

  // Without what the plan itself tells.
  ContractionSummary summary() const {
    using Way = ContractionSummary::Way;
    ContractionSummary result;
    result.workspace = workspace();
    if (streamed) {
      result.way = Way::Streamed;
      (streamed->exchanged ? result.packsB : result.packsA) = true; // the small one
    } else if (packed) {
      result.way = Way::Packed;
      result.packsA = result.packsB = true;
    } else {
      static int64_t anyTable = 0;
      const GemmPlan blocks = planGemm(kernels, gemmOf({}, &anyTable, false));
      result.way = Way::Tiled;
      result.packsA = blocks.packA;
      result.packsB = blocks.packB;
    }
    if (plan.exchanged)
      std::swap(result.packsA, result.packsB);
    return result;
  }

private:
  int64_t tableBytes() const { return roundUp(tableEntries(plan) * static_cast<int64_t>(sizeof(int64_t)), 64); }

  Gemm<T> gemmOf(const Point<T> &at, int64_t *tables, bool fills) const {
    auto offsets = [&](const IndexGroup &group, int64_t ricci_index::*stride) {
      if (group.size() > 1 && !fills)
        return Offsets{0, tables};
      return offsetsOf(group, stride, tables);
    };
    return {plan.m.points(),
            plan.n.points(),
            plan.k.points(),
            at.a,
            offsets(plan.m, &ricci_index::a),
            offsets(plan.k, &ricci_index::a),
            at.b,
            offsets(plan.k, &ricci_index::b),
            offsets(plan.n, &ricci_index::b),
            at.c,
            offsets(plan.m, &ricci_index::c),
            offsets(plan.n, &ricci_index::c),
            at.accumulate};
  }

  ContractionPlan &plan;
  bool accumulate;
  const GemmKernels<T> &kernels;
  std::optional<StreamPlan> streamed;
  std::optional<PackedPlan> packed;
};

template <typename T>
void contract(ricci_context *context, ContractionPlan &plan, const void *a, const void *b, void *c, bool accumulate) {
  const Method<T> method(plan, accumulate);
  const int64_t bytes = method.workspace();
  void *workspace = bytes ? ricci_alloc(context, bytes) : nullptr;
  method.run(context, a, b, c, workspace);
  ricci_free(context, workspace);
}

} // namespace

ContractionSummary summarise(int32_t dtype, std::span<const ricci_index> indices) {
  ContractionPlan plan = planContraction(indices);
  if (plan.empty)
    return {};
  const int64_t rows = plan.m.points(), columns = plan.n.points(), depth = plan.k.points(), products = plan.loops.points();
  ContractionSummary result =
      dtype == RICCI_F32 ? Method<float>(plan, false).summary() : Method<double>(plan, false).summary();
  result.rows = plan.exchanged ? columns : rows;
  result.columns = plan.exchanged ? rows : columns;
  result.depth = depth;
  result.products = products;
  return result;
}

} // namespace ricci::runtime

void ricci_contract(ricci_context *context, int32_t dtype, const void *a, const void *b, void *c,
                    const ricci_index *indices, int64_t rank, int32_t accumulate) {
  using namespace ricci::runtime;
  ContractionPlan plan = planContraction({indices, static_cast<size_t>(rank)});
  if (plan.empty)
    return;
  if (dtype == RICCI_F32)
    contract<float>(context, plan, a, b, c, accumulate);
  else
    contract<double>(context, plan, a, b, c, accumulate);
}

void ricci_contract_alone(int32_t dtype, const void *a, const void *b, void *c, const ricci_index *indices,
                          int64_t rank, void *workspace) {
  using namespace ricci::runtime;
  ContractionPlan plan = planContraction({indices, static_cast<size_t>(rank)});
  if (plan.empty)
    return;
  if (dtype == RICCI_F32)
    Method<float>(plan, false).run(nullptr, a, b, c, workspace);
  else
    Method<double>(plan, false).run(nullptr, a, b, c, workspace);
}

int64_t ricci_contract_workspace(int32_t dtype, const ricci_index *indices, int64_t rank) {
  using namespace ricci::runtime;
  ContractionPlan plan = planContraction({indices, static_cast<size_t>(rank)});
  if (plan.empty)
    return 0;
  return dtype == RICCI_F32 ? Method<float>(plan, false).workspace() : Method<double>(plan, false).workspace();
}
