// Matrix product on strided operands: C (+)= A·B with any strides in A and B and contiguous rows of C. Chooses blocking
// and packing from the sizes it is given and runs the prebuilt kernels; one thread.
#pragma once

#include "runtime/GemmKernels.h"

namespace ricci::runtime {

// C[i*cRow + j] (+)= sum_p A[i*aRow + p*aStep] * B[p*bStep + j*bColumn] for i < m, j < n, p < k. k may be 0.
template <typename T> struct Gemm {
  int64_t m, n, k;
  const T *a;
  int64_t aRow, aStep;
  const T *b;
  int64_t bStep, bColumn;
  T *c;
  int64_t cRow;
  bool accumulate;
};

// Elements of 64-byte aligned scratch memory that `runGemm` needs. Depends on sizes and strides, not on pointers.
template <typename T> int64_t gemmWorkspace(const GemmKernels<T> &kernels, const Gemm<T> &gemm);
template <typename T> void runGemm(const GemmKernels<T> &kernels, const Gemm<T> &gemm, T *workspace);

extern template int64_t gemmWorkspace(const GemmKernels<float> &, const Gemm<float> &);
extern template int64_t gemmWorkspace(const GemmKernels<double> &, const Gemm<double> &);
extern template void runGemm(const GemmKernels<float> &, const Gemm<float> &, float *);
extern template void runGemm(const GemmKernels<double> &, const Gemm<double> &, double *);

} // namespace ricci::runtime
