// What compiled code calls for a contraction of two arrays: C (+)= sum over the indices absent from C of A·B.
#pragma once

#include "runtime/Abi.h"

#ifdef __cplusplus
extern "C" {
#endif

// One index: its size and its stride in each array, in elements; in A and B it may be negative. Stride 0: the array
// does not have the index. An index without a stride in C is summed.
typedef struct ricci_index {
  int64_t size, a, b, c;
} ricci_index;

// `dtype` is RICCI_F32 or RICCI_F64; `rank` is at most RICCI_MAX_RANK; C overlaps neither A nor B. With `accumulate`
// the sums are added to C. Any size may be 0. Results do not depend on the number of threads.
void ricci_contract(ricci_context *, int32_t dtype, const void *a, const void *b, void *c, const ricci_index *indices,
                    int64_t rank, int32_t accumulate);

// The same on the caller's thread alone, in memory that the caller brings: so it may stand in a chunk of a parallel
// loop. `workspace` is 64-byte aligned and has as many bytes as `ricci_contract_workspace` gives for the same indices.
void ricci_contract_alone(int32_t dtype, const void *a, const void *b, void *c, const ricci_index *indices,
                          int64_t rank, int32_t accumulate, void *workspace);
int64_t ricci_contract_workspace(int32_t dtype, const ricci_index *indices, int64_t rank);

// The product of two matrices, C[i*cRow + j] (+)= sum_p A[i*aRow + p*aStep] * B[p*bStep + j*bColumn] for i < m, j < n,
// p < k: what the above compute for three indices, sooner found, because 16³ takes less time than to plan it.
typedef struct ricci_matrices {
  int64_t m, n, k, aRow, aStep, bColumn, bStep, cRow;
} ricci_matrices;

void ricci_contract_matrices(ricci_context *, int32_t dtype, const void *a, const void *b, void *c,
                             const ricci_matrices *, int32_t accumulate);
void ricci_contract_matrices_alone(int32_t dtype, const void *a, const void *b, void *c, const ricci_matrices *,
                                   int32_t accumulate, void *workspace);

// Two products with vectors that share a matrix, y[i] = sum_j A[i*row + j] * x[j] and s[j] (+)= sum_i w[i] * A[i*row + j],
// on the caller's thread. A comes from memory once. w may be y; else y and s overlap nothing.
void ricci_read_rows_twice(int32_t dtype, const void *a, int64_t row, const void *x, void *y, const void *w, void *s,
                           int64_t rows, int64_t columns, int32_t accumulate);

#ifdef __cplusplus
}
#endif
