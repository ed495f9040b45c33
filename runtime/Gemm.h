// Matrix product on any operands that a contraction can be seen as: rows, columns and the summed index of A, B and C
// may each stand for several indices. Chooses blocking and packing from the sizes and strides it is given and runs the
// prebuilt kernels.
#pragma once

#include "runtime/Abi.h"
#include "runtime/GemmKernels.h"

#include <optional>

namespace ricci::runtime {

// Where the elements along one direction lie: evenly `stride` apart, or by a table when several indices are one
// direction.
struct Offsets {
  int64_t stride = 0;
  const int64_t *table = nullptr;

  int64_t operator[](int64_t i) const { return table ? table[i] : i * stride; }
  bool isEven() const { return !table; }
  bool isContiguous() const { return !table && stride == 1; }
  // The distance between neighbours in [first, first + count), if it is the same for all.
  std::optional<int64_t> strideIn(int64_t first, int64_t count) const {
    if (count <= 1)
      return 1;
    if (!table)
      return stride;
    int64_t distance = table[first + 1] - table[first];
    for (int64_t i = first + 2; i < first + count; ++i)
      if (table[i] - table[i - 1] != distance)
        return std::nullopt;
    return distance;
  }
};

// C[cRow[i] + cColumn[j]] (+)= sum_p A[aRow[i] + aStep[p]] * B[bStep[p] + bColumn[j]] for i < m, j < n, p < k; k may be
// 0.
template <typename T> struct Gemm {
  int64_t m, n, k;
  const T *a;
  Offsets aRow, aStep;
  const T *b;
  Offsets bStep, bColumn;
  T *c;
  Offsets cRow, cColumn;
  bool accumulate;
  bool lower = false; // nobody needs what lies right of C's diagonal
};

enum class GemmOrder { ManyRows, FewRows, RowSums, RowDots };

// Rows of A below which packing B costs more than it saves.
inline constexpr int64_t fewRowsBelow = 48;

// Bytes from an element of a row of A to the next, either way, up to which tiles read it where it lies: so much of each line is used
// that a strip stays near.
inline constexpr int64_t nearStep = 16;

// What the sizes and offsets of a product decide; its pointers do not matter.
struct GemmPlan {
  GemmOrder order;
  bool packA, packB;
  int64_t depth, columns;       // of a block
  int64_t strips, stripRows;    // of A, a tile's height each
  int64_t higherStrips;         // so many have a row more
  int64_t tailVectors, tail;    // of the last panel where it is not whole: its vectors, the last one's columns
  int64_t chunk;                // strips (many rows), panels (few rows) or columns (one row) of a thread's share
  int64_t aElements, bElements; // of the packing buffers

  // Elements of 64-byte aligned scratch memory that `runGemm` needs.
  int64_t workspace() const { return aSpace() + bElements; }
  int64_t aSpace() const { return (aElements + 63) / 64 * 64; }
};

template <typename T> GemmPlan planGemm(const GemmKernels<T> &kernels, const Gemm<T> &gemm);
// Runs on the threads of `context`, or on the caller's alone if that is null; the result is the same.
template <typename T>
void runGemm(ricci_context *context, const GemmKernels<T> &kernels, const GemmPlan &plan, const Gemm<T> &gemm,
             T *workspace);

extern template GemmPlan planGemm(const GemmKernels<float> &, const Gemm<float> &);
extern template GemmPlan planGemm(const GemmKernels<double> &, const Gemm<double> &);
extern template void runGemm(ricci_context *, const GemmKernels<float> &, const GemmPlan &, const Gemm<float> &,
                             float *);
extern template void runGemm(ricci_context *, const GemmKernels<double> &, const GemmPlan &, const Gemm<double> &,
                             double *);

} // namespace ricci::runtime
