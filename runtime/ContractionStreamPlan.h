// Plans a contraction whose large operand is read once, from where it lies (ContractionStreamed.h). In: the roles of
// the indices. Out: which of them are the lanes of vectors, how many rows, lanes and values are computed at a time, and
// how they go to C.
#pragma once

#include "runtime/Chunks.h"
#include "runtime/ContractionPlan.h"
#include "runtime/GemmKernels.h"

#include <optional>

namespace ricci::runtime {

inline constexpr int64_t lineBytes = 64;               // of the caches
inline constexpr int64_t streamBlockBytes = 96 * 1024; // computed aside: a tenth of a second-level cache of 1 MB
inline constexpr int64_t streamWidthBytes = 1024;      // of a block's rows: wider gains nothing
inline constexpr int64_t mostWidthBytes = 4096;        // of rows that are read whole
inline constexpr int64_t stageBytes = 16 * 1024;       // put in the order of C before they are written past the caches

// How a block of lanes, rows and values of `across` goes to C.
enum class BlockOrder {
  Lanes,  // C is contiguous along the innermost lane index
  Rows,   // along the innermost row index
  Across, // along `across`
  None,   // along none of these
};

struct StreamPlan {
  bool exchanged = false;         // the large operand is A; the strides below are exchanged, so that it is `b` in them
  IndexGroup loops;               // outermost first
  IndexGroup lanes, rows, sum;    // the lanes lie together in the large operand
  ricci_index across{1, 0, 0, 0}; // an index of the large operand along which C is contiguous, if the lanes are not
  BlockOrder order = BlockOrder::None;
  bool streamed = false;   // C is written past the caches
  bool wholeRows = false;  // the rows of C are whole lines apart; where blocks are turned, lanes and loops too
  bool writesRuns = false; // turned blocks are written in runs of C, which are not whole lines
  bool rowsFollow = false; // a row of C follows where the innermost lanes end
  bool repacks = false;    // the small operand depends on the loops
  bool readsRows = false;  // all columns of a block are packed at once, row by row, while those of C wait

  int64_t rowCount, depth;
  int64_t depthBlocks, blockDepth, deeperBlocks; // of the sum; so many are deeper by one
  int64_t laneCount, blockLanes, width;          // lanes in all and of a block, and these rounded up to whole tiles
  int64_t vectors;                               // of a tile
  int64_t strips, stripRows, higherStrips;
  int64_t acrossCount;              // values of `across` in a block
  int64_t laneBlocks, acrossBlocks; // of the whole
  int64_t tasks, chunk;             // blocks in all and of a thread's share
  int64_t group;                    // blocks that wait for the whole sum together, where rows are read

  int64_t packedElements() const { return (rowCount * depth + 63) / 64 * 64; }
  int64_t columnElements(int64_t lanes) const { return roundUp((blockDepth + 1) * vectors * lanes, 64); }
  int64_t blockElements() const { return roundUp(acrossCount * rowCount * width, 64); }
  int64_t columnsElements(int64_t lanes) const {
    return (readsRows ? width / (vectors * lanes) : 2) * columnElements(lanes) + group * blockElements();
  }
  int64_t linesPerStep(int64_t lanes) const { return width / lanes; }
  int64_t lineEntries(int64_t lanes) const { return (depth + 1) * linesPerStep(lanes) + blockDepth + 1; }
  // The steps of the sum, the last twice; the lines; the rows in C and in the small operand.
  int64_t tableEntries(int64_t lanes) const { return depth + 1 + lineEntries(lanes) + 2 * rowCount; }
  // Bytes of 64-byte aligned scratch memory that `runStreamed` needs.
  int64_t workspace(int64_t lanes, int64_t elementBytes) const;
};

// None if the contraction is not of this kind, or another way is faster.
template <typename T>
std::optional<StreamPlan> planStreamed(const ContractionPlan &plan, const GemmKernels<T> &kernels, bool accumulate);
extern template std::optional<StreamPlan> planStreamed(const ContractionPlan &, const GemmKernels<float> &, bool);
extern template std::optional<StreamPlan> planStreamed(const ContractionPlan &, const GemmKernels<double> &, bool);

} // namespace ricci::runtime
