#include "runtime/ContractionTransposed.h"

#include <algorithm>

namespace ricci::runtime {

namespace {

// With more rows than this packing B is paid for, and a block of the product outgrows the second-level cache.
constexpr int64_t mostRowsTurned = 128;

int64_t roundUp(int64_t value, int64_t multiple) { return (value + multiple - 1) / multiple * multiple; }

const ricci_index *contiguousIn(const IndexGroup &group, int64_t ricci_index::*stride) {
  for (const ricci_index &index : group.all())
    if (index.*stride == 1)
      return &index;
  return nullptr;
}

} // namespace

std::optional<ColumnPair> takeTransposedColumns(ContractionPlan &plan, int64_t lanes, bool accumulate) {
  const ricci_index *inB = contiguousIn(plan.n, &ricci_index::b), *inC = contiguousIn(plan.n, &ricci_index::c);
  bool fits = inB && inC && inB != inC && inB->size >= lanes && inC->size >= lanes;
  // A turned block overwrites C, so the sum must be one panel.
  bool isWhole = !accumulate && plan.k.points() > 0 && (plan.k.size() <= 1 || plan.k.points() <= mostTablePoints);
  if (!fits || !isWhole || plan.m.points() > mostRowsTurned)
    return std::nullopt;
  ColumnPair pair{*inB, *inC};
  for (const ricci_index &index : plan.n.all())
    if (index.b != 1 && index.c != 1)
      plan.loops.push(index);
  plan.n.clear();
  return pair;
}

template <typename T>
TransposedProduct<T>::TransposedProduct(const ColumnPair &columns, const GemmKernels<T> &kernels, const Gemm<T> &gemm)
    : kernels(kernels), inB(columns.inB), inC(columns.inC), panel(gemm) {
  panel.aRow = {gemm.k, nullptr};
  panel.aStep = {1, nullptr};
  panel.bColumn = {1, nullptr};
  panel.cRow = {kernels.panelWidth(), nullptr};
  panel.cColumn = {1, nullptr};
  const int64_t width = kernels.panelWidth();
  panel.n = inB.size % width;
  lastPlan = planGemm(kernels, panel);
  panel.n = width;
  wholePlan = planGemm(kernels, panel);
}

template <typename T> int64_t TransposedProduct<T>::workspace() const {
  return roundUp(panel.m * panel.k, 64) + kernels.lanes * panel.m * kernels.panelWidth() +
         std::max(wholePlan.workspace(), lastPlan.workspace());
}

template <typename T> void TransposedProduct<T>::run(const Gemm<T> &gemm, T *workspace) {
  T *packed = workspace, *block = packed + roundUp(panel.m * panel.k, 64);
  T *scratch = block + kernels.lanes * panel.m * kernels.panelWidth();
  if (packedFrom != gemm.a) {
    packedFrom = gemm.a;
    for (int64_t i = 0; i < panel.m; ++i)
      for (int64_t p = 0; p < panel.k; ++p)
        packed[i * panel.k + p] = gemm.a[gemm.aRow[i] + gemm.aStep[p]];
  }
  int64_t width = kernels.panelWidth();
  for (int64_t j = 0; j < inB.size; j += width)
    for (int64_t x = 0; x < inC.size; x += kernels.lanes) {
      int64_t across = std::min(width, inB.size - j), along = std::min(kernels.lanes, inC.size - x);
      for (int64_t i = 0; i < along; ++i) {
        panel.n = across;
        panel.a = packed;
        panel.b = gemm.b + j + (x + i) * inC.b;
        panel.c = block + i * panel.m * width;
        runGemm<T>(nullptr, kernels, across == width ? wholePlan : lastPlan, panel, scratch);
      }
      for (int64_t row = 0; row < panel.m; ++row)
        turn(gemm.c + gemm.cRow[row] + j * inB.c + x, block + row * width, across, along);
    }
}

// c[j*inB.c + i] = block[i*m*width + j] for i < along, j < across.
template <typename T> void TransposedProduct<T>::turn(T *c, const T *block, int64_t across, int64_t along) const {
  int64_t pitch = panel.m * kernels.panelWidth();
  int64_t whole = along == kernels.lanes ? across / kernels.lanes * kernels.lanes : 0;
  if (whole > 0)
    kernels.packRows(c, inB.c, block, pitch, whole, along);
  for (int64_t j = whole; j < across; ++j)
    for (int64_t i = 0; i < along; ++i)
      c[j * inB.c + i] = block[i * pitch + j];
}

template class TransposedProduct<float>;
template class TransposedProduct<double>;

} // namespace ricci::runtime
