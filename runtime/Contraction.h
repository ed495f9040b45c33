// What compiled code calls for a contraction of two arrays: C (+)= sum over the indices absent from C of A·B.
#pragma once

#include "runtime/Abi.h"

#ifdef __cplusplus
extern "C" {
#endif

// One index: its size and its stride in each array, in elements; in A and B it may be negative. Stride 0: the array does
// not have the index. An index without a stride in C is summed.
typedef struct ricci_index {
  int64_t size, a, b, c;
} ricci_index;

// `dtype` is RICCI_F32 or RICCI_F64; `rank` is at most RICCI_MAX_RANK; C overlaps neither A nor B. With `accumulate`
// the sums are added to C. Any size may be 0. Results do not depend on the number of threads.
// Small products of two matrices cost least with their indices in the order rows, columns, sum.
void ricci_contract(ricci_context *, int32_t dtype, const void *a, const void *b, void *c, const ricci_index *indices,
                    int64_t rank, int32_t accumulate);

// The same on the caller's thread alone, in memory that the caller brings: so it may stand in a chunk of a parallel
// loop. `workspace` is 64-byte aligned and has as many bytes as `ricci_contract_workspace` gives for the same indices.
void ricci_contract_alone(int32_t dtype, const void *a, const void *b, void *c, const ricci_index *indices,
                          int64_t rank, int32_t accumulate, void *workspace);
int64_t ricci_contract_workspace(int32_t dtype, const ricci_index *indices, int64_t rank);

// Two products with vectors that share a matrix, y[i] = sum_j A[i*row + j] * x[j] and s[j] (+)= sum_i w[i] * A[i*row + j],
// on the caller's thread. A comes from memory once. w may be y; else y and s overlap nothing.
void ricci_read_rows_twice(int32_t dtype, const void *a, int64_t row, const void *x, void *y, const void *w, void *s,
                           int64_t rows, int64_t columns, int32_t accumulate);

#ifdef __cplusplus
}
#endif
