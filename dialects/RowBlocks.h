// Kernels with contractions in them. All of such a kernel's values have the same leading axes, those of a batch and one of rows,
// and each needs of the others only the row at hand: so it is computed a block of rows at a time, and what lies between two
// contractions (the scores of an attention) is never an array of all rows. A contraction at the end may sum the rows (the gradient of
// a model's weights): each block adds to its result. Then an array that the first contraction reads and that one reads again
// comes from memory once. Fuse builds such kernels; Lower cuts them into blocks, or takes them apart again where sizes tell that blocks
// do not pay.
#pragma once

#include "llvm/ADT/StringRef.h"

#include <cstdint>

namespace ricci::rowblocks {

// On a kernel: how many leading axes its values share, the last of them the rows. On an einsum in it: it is a contraction, not
// a loop.
inline constexpr llvm::StringLiteral outerAxes = "ricci.outer", contraction = "ricci.contraction";
// On such an einsum that sums over the rows (the gradient of the keys of an attention): the letters of the batch and of the rows. Its
// result has the batch's alone; each block of rows adds to it, in order. Without a batch each chunk of blocks has a sum of its own.
inline constexpr llvm::StringLiteral rowSum = "ricci.row_sum";

// Bytes of a block's values that stay in a second-level cache beside the operands: half of one.
inline constexpr int64_t blockBytes = 512 * 1024;
// Rows of a block at least, as the runtime's kernels want them (fewRowsBelow of runtime/Gemm.cpp): below, every row of tiles
// reads the whole shared operand.
inline constexpr int64_t leastRows = 48;
// Bytes of all values between, below which they are in the second-level cache anyway.
inline constexpr int64_t leastBetween = 1 << 20;
// Bytes of a contraction's other operand up to which reading it again for every block is cheap: larger ones are packed
// (packBytes of runtime/Gemm.cpp), and packing again costs more than what is saved. A bias, gelu and a residual behind 128, 256 and 1024 rows
// times 1024×4096 took 1.05, 1.13 and 1.2 times as long in blocks as after the product.
inline constexpr int64_t mostShared = 768 * 1024;
// Bytes of a sum over all rows, without a batch: it stays in the second-level cache beside the block, and there is one for each chunk.
inline constexpr int64_t mostAddedTo = 128 * 1024;
// Points of the batch from which on sums over rows go in blocks: threads share points then, so that the blocks of a sum add in order.
inline constexpr int64_t leastPoints = 8;

} // namespace ricci::rowblocks
