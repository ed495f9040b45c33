// Contractions of two large operands of any layout, both packed. Outside are blocks of the sum; a block of B, in panels
// of a tile's width, stays in the second-level cache; a strip of A, a tile high, in the first; C as it lies, in runs
// where its columns are not together.
#pragma once

#include "runtime/Chunks.h"
#include "runtime/ContractionPlan.h"
#include "runtime/GemmKernels.h"

namespace ricci::runtime {

struct PackedPlan {
  // What the threads share a product by.
  enum class Share {
    Panels,    // there are few strips: everyone packs the panels it needs
    Strips,    // of blocks of A and B that are packed before
    OwnStrips, // B is one block: everyone packs the strips it needs
  } share;
  IndexGroup rows, columns, sum;
  int64_t m, n, k;                         // their points
  int64_t blockDepth, blockColumns;        // of a block
  int64_t aApart;                          // of points of the sum that follow each other in A
  int64_t strips, stripRows, higherStrips; // of A, a tile's height each; so many have a row more
  int64_t blockStrips;                     // of a block
  int64_t chunk;                           // strips or panels of a thread's share
  int64_t aPitch, bPitch;                  // elements from one packed strip or panel to the next
  int64_t aElements, bElements, tableElements;
  bool lower; // panels right of a strip's diagonal are left out

  int64_t aSpace() const { return roundUp(aElements, 64); }
  int64_t bSpace() const { return roundUp(bElements, 64); }
  // Elements of 64-byte aligned scratch memory that `runPacked` needs.
  int64_t workspace() const { return aSpace() + bSpace() + tableElements; }
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
