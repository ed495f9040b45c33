#include "runtime/Contraction.h"

#include "runtime/ContractionPlan.h"
#include "runtime/Gemm.h"

#include <algorithm>

namespace ricci::runtime {

namespace {

// Block of C computed aside when its rows are not contiguous.
constexpr int64_t asideRows = 64, asideColumns = 1024;

template <typename T> class Contractor {
public:
  Contractor(const ContractionPlan &plan, const T *a, const T *b, T *c, bool accumulate)
      : kernels(gemmKernels<T>(hostRegisterFile())), plan(plan), aside(plan.n.c != 1),
        gemm{plan.m.size, plan.n.size, plan.k.size, a, plan.m.a, plan.k.a, b, plan.k.b, plan.n.b, c, plan.m.c,
             accumulate} {
    if (aside) {
      gemm.m = std::min(gemm.m, asideRows);
      gemm.n = std::min(gemm.n, asideColumns);
      gemm.cRow = gemm.n;
    }
  }

  int64_t workspaceElements() const { return productWorkspace() + (aside ? gemm.m * gemm.n : 0); }

  void run(T *workspace) { loop(0, workspace); }

private:
  // Of the largest product; the blocks at the edges of C may plan differently.
  int64_t productWorkspace() const {
    int64_t most = 0;
    for (int64_t m : {gemm.m, plan.m.size % gemm.m})
      for (int64_t n : {gemm.n, plan.n.size % gemm.n}) {
        Gemm<T> block = gemm;
        block.m = m, block.n = n;
        most = std::max(most, gemmWorkspace(kernels, block));
      }
    return (most + 63) / 64 * 64;
  }

  // The loops from `depth` inwards; the pointers and `accumulate` of `gemm` are their state.
  void loop(int depth, T *workspace) {
    if (depth == plan.loopCount) {
      aside ? productAside(workspace) : runGemm(kernels, gemm, workspace);
      return;
    }
    const ricci_index &index = plan.loops[depth];
    Gemm<T> outer = gemm;
    for (int64_t i = 0; i < index.size; ++i) {
      loop(depth + 1, workspace);
      gemm.a += index.a;
      gemm.b += index.b;
      gemm.c += index.c;
      gemm.accumulate |= index.c == 0;
    }
    gemm = outer;
  }

  // Products of blocks in scratch memory, scattered to C.
  void productAside(T *workspace) {
    T *scratch = workspace + productWorkspace();
    for (int64_t row = 0; row < plan.m.size; row += gemm.m)
      for (int64_t column = 0; column < plan.n.size; column += gemm.n) {
        Gemm<T> block = gemm;
        block.m = std::min(gemm.m, plan.m.size - row);
        block.n = std::min(gemm.n, plan.n.size - column);
        block.a += row * plan.m.a;
        block.b += column * plan.n.b;
        block.c = scratch;
        block.accumulate = false;
        runGemm(kernels, block, workspace);
        for (int64_t i = 0; i < block.m; ++i)
          for (int64_t j = 0; j < block.n; ++j) {
            T &target = gemm.c[(row + i) * plan.m.c + (column + j) * plan.n.c];
            target = (gemm.accumulate ? target : T(0)) + scratch[i * block.cRow + j];
          }
      }
  }

  const GemmKernels<T> &kernels;
  const ContractionPlan &plan;
  bool aside;
  Gemm<T> gemm; // the product inside the loops; of a block if `aside`
};

template <typename T>
void contract(ricci_context *context, const ContractionPlan &plan, const void *a, const void *b, void *c,
              bool accumulate) {
  if (plan.exchanged)
    std::swap(a, b);
  Contractor<T> contractor(plan, static_cast<const T *>(a), static_cast<const T *>(b), static_cast<T *>(c), accumulate);
  void *workspace = ricci_alloc(context, contractor.workspaceElements() * static_cast<int64_t>(sizeof(T)));
  contractor.run(static_cast<T *>(workspace));
  ricci_free(context, workspace);
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
