// Contractions of a large operand with one that fits in the second-level cache, such as dca,bd->abc: the large one is read
// once, from where it lies, along its own contiguous indices; the small one is packed. Blocks of the result that are as
// wide as C wants them are computed aside, turned in registers where C's contiguous index is another, and written in whole
// lines, past the caches if C is large.
#pragma once

#include "runtime/ContractionPlan.h"
#include "runtime/GemmKernels.h"

#include <optional>

namespace ricci::runtime {

// How a block of lanes, rows and values of `across` goes to C.
enum class BlockOrder {
  Lanes,  // C is contiguous along the innermost lane index
  Rows,   // along the innermost row index
  Across, // along `across`
  None,   // along none of these
};

struct StreamPlan {
  bool exchanged = false;        // the large operand is A; the strides below are exchanged, so that it is `b` in them
  IndexGroup loops;              // outermost first
  IndexGroup lanes, rows, sum;   // the lanes lie together in the large operand
  ricci_index across{1, 0, 0, 0}; // an index of the large operand along which C is contiguous, if the lanes are not
  BlockOrder order = BlockOrder::None;
  bool streamed = false;         // C is written past the caches
  bool repacks = false;          // the small operand depends on the loops

  int64_t rowCount, depth;
  int64_t depthBlocks, blockDepth, deeperBlocks; // of the sum; so many are deeper by one
  int64_t laneCount, width;          // lanes in all and of a block
  int64_t vectors;                   // of a tile
  int64_t strips, stripRows, higherStrips;
  int64_t acrossCount;               // values of `across` in a block
  int64_t laneBlocks, acrossBlocks;  // of the whole
  int64_t tasks, chunk;              // blocks in all and of a thread's share

  int64_t packedElements() const { return (rowCount * depth + 63) / 64 * 64; }
  int64_t columnElements(int64_t lanes) const { return (blockDepth + 1) * vectors * lanes; }
  // The steps of the sum, the last twice; the lines of a column, and as many zeros; the rows in C and in the small operand.
  int64_t tableEntries() const { return depth * (vectors + 2) + 1 + 2 * rowCount; }
  // Bytes of 64-byte aligned scratch memory that `runStreamed` needs.
  int64_t workspace(int64_t lanes, int64_t elementBytes) const;
};

// None if the contraction is not of this kind, or another way is faster. `c` and `elementBytes` decide about alignment.
template <typename T>
std::optional<StreamPlan> planStreamed(const ContractionPlan &plan, const GemmKernels<T> &kernels, const T *c,
                                       bool accumulate);
// `a` and `b` are those of the plan it was made from.
template <typename T>
void runStreamed(ricci_context *context, const GemmKernels<T> &kernels, const StreamPlan &plan, const T *a, const T *b,
                 T *c, bool accumulate, void *workspace);

extern template std::optional<StreamPlan> planStreamed(const ContractionPlan &, const GemmKernels<float> &,
                                                       const float *, bool);
extern template std::optional<StreamPlan> planStreamed(const ContractionPlan &, const GemmKernels<double> &,
                                                       const double *, bool);
extern template void runStreamed(ricci_context *, const GemmKernels<float> &, const StreamPlan &, const float *,
                                 const float *, float *, bool, void *);
extern template void runStreamed(ricci_context *, const GemmKernels<double> &, const StreamPlan &, const double *,
                                 const double *, double *, bool, void *);

} // namespace ricci::runtime
