// Contractions of two large operands of any layout, both packed: blocks of the sum outside; a block of A for the
// second-level cache, a panel of B for the first; C as it lies, in runs where its columns are not together.
#pragma once

#include "runtime/Chunks.h"
#include "runtime/ContractionPlan.h"
#include "runtime/GemmKernels.h"

namespace ricci::runtime {

struct PackedPlan {
  IndexGroup rows, columns, sum;
  int64_t m, n, k;                         // their points
  int64_t blockDepth, blockColumns;        // of a block
  int64_t strips, stripRows, higherStrips; // of A, a tile's height each; so many have a row more
  int64_t blockStrips;                     // of a block
  bool panelwise;                          // A is one block, and every panel of B is packed when it is needed
  int64_t chunk;                           // panels of a thread's share
  int64_t aPitch, bPitch;                  // elements from one packed strip or panel to the next
  int64_t aElements, bElements, tableElements;

  int64_t aSpace() const { return roundUp(aElements, 64); }
  // Elements of 64-byte aligned scratch memory that `runPacked` needs.
  int64_t workspace() const { return aSpace() + bElements + tableElements; }
};

// For the product within the loops of the plan; the sum is not empty.
template <typename T> PackedPlan planPacked(const ContractionPlan &plan, const GemmKernels<T> &kernels);
template <typename T>
void runPacked(ricci_context *context, const GemmKernels<T> &kernels, const PackedPlan &plan, const T *a, const T *b,
               T *c, bool accumulate, T *workspace);

extern template PackedPlan planPacked(const ContractionPlan &, const GemmKernels<float> &);
extern template PackedPlan planPacked(const ContractionPlan &, const GemmKernels<double> &);
extern template void runPacked(ricci_context *, const GemmKernels<float> &, const PackedPlan &, const float *,
                               const float *, float *, bool, float *);
extern template void runPacked(ricci_context *, const GemmKernels<double> &, const PackedPlan &, const double *,
                               const double *, double *, bool, double *);

} // namespace ricci::runtime
