// What Ricci is compared with, under one signature for both element types. One thread each.
#pragma once

#include <cstdint>
#include <vector>

namespace ricci::bench {

void useOneThread();
// The name of the kernels that OpenBLAS chose for this machine.
const char *openBlasKernels();

// C = op(A) op(B), row-major and contiguous; op transposes.
void blasGemm(int64_t m, int64_t n, int64_t k, const float *a, bool aTransposed, const float *b, bool bTransposed, float *c);
void blasGemm(int64_t m, int64_t n, int64_t k, const double *a, bool aTransposed, const double *b, bool bTransposed,
              double *c);
// y = op(A) x, A m x n
void blasGemv(int64_t m, int64_t n, const float *a, bool transposed, const float *x, float *y);
void blasGemv(int64_t m, int64_t n, const double *a, bool transposed, const double *x, double *y);

// target[i0, i1, …] = source[i_order[0], i_order[1], …] with `sizes` those of the source, in 32 x 32 blocks.
void transpose(const float *source, const std::vector<int64_t> &sizes, const std::vector<int> &order, float *target);

// Compiled by g++ -O3 -march=native -ffast-math (PlainLoops.cpp).
extern "C" {
void plainSoftmax(int64_t rows, int64_t columns, const float *x, float *y);
float plainExpSum(int64_t n, const float *x, const float *y, const float *z);
double plainExpSumDouble(int64_t n, const double *x, const double *y, const double *z);
}

} // namespace ricci::bench
