// Contractions with few rows whose columns lie one way in B and another in C, such as dca,bd->abc: C is contiguous along
// c, B along a. Packing B would cost more than the product, so the product runs along B's contiguous index and small
// blocks of it are turned in registers on their way to C.
#pragma once

#include "runtime/ContractionPlan.h"
#include "runtime/Gemm.h"

namespace ricci::runtime {

// The indices along which B and C are contiguous.
struct ColumnPair {
  ricci_index inB, inC;
};

// Takes all columns out of a plan of this kind, if it is one and it pays: the pair, and the others as loops.
std::optional<ColumnPair> takeTransposedColumns(ContractionPlan &plan, int64_t lanes, bool accumulate);

template <typename T> class TransposedProduct {
public:
  // `gemm` has the rows and the sum; its columns are those of the pair.
  TransposedProduct(const ColumnPair &columns, const GemmKernels<T> &kernels, const Gemm<T> &gemm);

  int64_t workspace() const;
  // One product, for the pointers of `gemm`.
  void run(const Gemm<T> &gemm, T *workspace);

private:
  void turn(T *c, const T *block, int64_t across, int64_t along) const;

  const GemmKernels<T> &kernels;
  ricci_index inB, inC;
  Gemm<T> panel; // of B, for one value of inC; all but the last are whole
  GemmPlan wholePlan, lastPlan;
  const T *packedFrom = nullptr;
};

extern template class TransposedProduct<float>;
extern template class TransposedProduct<double>;

} // namespace ricci::runtime
