// The product of two large operands of any layout, both packed: blocks of the sum outside; a block of A for the
// second-level cache, a panel of B for the first; C as it lies, in runs where its columns are not together.
#pragma once

#include "runtime/Gemm.h"

namespace ricci::runtime {

// Fills in the blocking of a plan.
template <typename T> void planPackedGemm(const GemmKernels<T> &kernels, const Gemm<T> &gemm, GemmPlan &plan);
template <typename T>
void runPackedGemm(ricci_context *context, const GemmKernels<T> &kernels, const GemmPlan &plan, const Gemm<T> &gemm,
                   T *workspace);

} // namespace ricci::runtime
