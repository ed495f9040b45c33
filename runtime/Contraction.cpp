#include "runtime/Contraction.h"

#include "runtime/ContractionPlan.h"
#include "runtime/ContractionStreamed.h"
#include "runtime/Gemm.h"

#include <algorithm>

namespace ricci::runtime {

namespace {

// Offsets in one array of the points of a group: even for a single index, else a table at `memory`, which moves on; without
// memory one that is not to be read.
Offsets offsetsOf(const IndexGroup &group, int64_t ricci_index::*stride, int64_t *&memory) {
  if (group.size() == 0)
    return {1, nullptr};
  if (group.size() == 1)
    return {group.all()[0].*stride, nullptr};
  static constexpr int64_t unfilled = 0;
  if (!memory)
    return {0, &unfilled};
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

// Runs `product` at every point of `loops`; the pointers and `accumulate` of `gemm` are their state.
template <typename T, typename Product>
void forEachPoint(std::span<const ricci_index> loops, Gemm<T> gemm, Product product) {
  if (loops.empty()) {
    product(gemm);
    return;
  }
  const ricci_index &index = loops.front();
  for (int64_t i = 0; i < index.size; ++i) {
    forEachPoint(loops.subspan(1), gemm, product);
    gemm.a += index.a;
    gemm.b += index.b;
    gemm.c += index.c;
    gemm.accumulate |= index.c == 0;
  }
}

// The product of a plan whose tables are bounded, filled in at `tables`; null where it is only planned, for which it counts
// that there are tables and not what is in them.
template <typename T>
Gemm<T> gemmOf(const ContractionPlan &plan, const void *a, const void *b, void *c, bool accumulate, int64_t *tables) {
  return {plan.m.points(),
          plan.n.points(),
          plan.k.points(),
          static_cast<const T *>(a),
          offsetsOf(plan.m, &ricci_index::a, tables),
          offsetsOf(plan.k, &ricci_index::a, tables),
          static_cast<const T *>(b),
          offsetsOf(plan.k, &ricci_index::b, tables),
          offsetsOf(plan.n, &ricci_index::b, tables),
          static_cast<T *>(c),
          offsetsOf(plan.m, &ricci_index::c, tables),
          offsetsOf(plan.n, &ricci_index::c, tables),
          accumulate};
}

template <typename T>
void contract(ricci_context *context, ContractionPlan &plan, const void *a, const void *b, void *c, bool accumulate) {
  if (plan.exchanged)
    std::swap(a, b);
  const GemmKernels<T> &kernels = gemmKernels<T>(hostRegisterFile());
  if (auto streamed = planStreamed<T>(plan, kernels, static_cast<const T *>(c), accumulate)) {
    void *workspace = ricci_alloc(context, streamed->workspace(kernels.lanes, sizeof(T)));
    runStreamed(context, kernels, *streamed, static_cast<const T *>(a), static_cast<const T *>(b), static_cast<T *>(c),
                accumulate, workspace);
    ricci_free(context, workspace);
    return;
  }
  plan.boundTables();
  int64_t entries = tableEntries(plan);
  void *tables = entries ? ricci_alloc(context, entries * static_cast<int64_t>(sizeof(int64_t))) : nullptr;
  Gemm<T> gemm = gemmOf<T>(plan, a, b, c, accumulate, static_cast<int64_t *>(tables));
  GemmPlan blocks = planGemm(kernels, gemm);
  int64_t elements = blocks.workspace();
  T *workspace = elements ? static_cast<T *>(ricci_alloc(context, elements * static_cast<int64_t>(sizeof(T)))) : nullptr;
  forEachPoint(plan.loops.all(), gemm, [&](const Gemm<T> &now) { runGemm(context, kernels, blocks, now, workspace); });
  ricci_free(context, workspace);
  ricci_free(context, tables);
}

int64_t aligned(int64_t bytes) { return (bytes + 63) / 64 * 64; }
int64_t tableBytes(const ContractionPlan &plan) { return aligned(tableEntries(plan) * static_cast<int64_t>(sizeof(int64_t))); }

template <typename T>
void contractAlone(ContractionPlan &plan, const void *a, const void *b, void *c, void *workspace) {
  if (plan.exchanged)
    std::swap(a, b);
  plan.boundTables();
  const GemmKernels<T> &kernels = gemmKernels<T>(hostRegisterFile());
  Gemm<T> gemm = gemmOf<T>(plan, a, b, c, /*accumulate=*/false, static_cast<int64_t *>(workspace));
  GemmPlan blocks = planGemm(kernels, gemm);
  auto *buffers = reinterpret_cast<T *>(static_cast<char *>(workspace) + tableBytes(plan));
  forEachPoint(plan.loops.all(), gemm, [&](const Gemm<T> &now) { runGemm<T>(nullptr, kernels, blocks, now, buffers); });
}

template <typename T> int64_t workspaceAlone(ContractionPlan &plan) {
  plan.boundTables();
  Gemm<T> gemm = gemmOf<T>(plan, nullptr, nullptr, nullptr, false, nullptr);
  return tableBytes(plan) + planGemm(gemmKernels<T>(hostRegisterFile()), gemm).workspace() * static_cast<int64_t>(sizeof(T));
}

} // namespace

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

void ricci_contract_alone(int32_t dtype, const void *a, const void *b, void *c, const ricci_index *indices, int64_t rank,
                          void *workspace) {
  using namespace ricci::runtime;
  ContractionPlan plan = planContraction({indices, static_cast<size_t>(rank)});
  if (plan.empty)
    return;
  if (dtype == RICCI_F32)
    contractAlone<float>(plan, a, b, c, workspace);
  else
    contractAlone<double>(plan, a, b, c, workspace);
}

int64_t ricci_contract_workspace(int32_t dtype, const ricci_index *indices, int64_t rank) {
  using namespace ricci::runtime;
  ContractionPlan plan = planContraction({indices, static_cast<size_t>(rank)});
  if (plan.empty)
    return 0;
  return dtype == RICCI_F32 ? workspaceAlone<float>(plan) : workspaceAlone<double>(plan);
}
