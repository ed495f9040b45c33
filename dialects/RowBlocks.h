// Kernels with contractions in them. All of such a kernel's values have the same leading axes, those of a batch and one
// of rows, and each needs of the others only the row at hand: so it is computed a block of rows at a time, and what
// lies between two contractions (the scores of an attention) is never an array of all rows. Contractions at the end may
// sum over the rows (the gradient of an attention's keys, or of a regression's weights): each block adds to their
// results, and an array whose rows an earlier contraction has read comes from memory once. Fuse builds such kernels;
// Lower cuts them into blocks, or takes them apart again where sizes tell that blocks do not pay.
#pragma once

#include "dialects/Equation.h"

#include "llvm/ADT/STLExtras.h"

#include <cstdint>

namespace ricci::rowblocks {

// On a kernel: how many leading axes its values share, the last of them the rows. On an einsum in it: it is a contraction, not
// a loop.
inline constexpr llvm::StringLiteral outerAxes = "ricci.outer", contraction = "ricci.contraction";
// On such an einsum that sums over the rows: the letters of the batch, with which its result begins, and of the rows.
// Threads share the points of a batch, and the blocks of a point add to the result in order. Where there is no batch,
// each chunk of blocks adds to a part of its own, and in the end the parts are added in order.
inline constexpr llvm::StringLiteral rowSum = "ricci.row_sum";

// Bytes of a block's values that stay in a second-level cache beside the operands: half of one.
inline constexpr int64_t blockBytes = 512 * 1024;
// Rows of a block at least, as the runtime's kernels want them (fewRowsBelow of runtime/Gemm.h): below, every row of
// tiles reads the whole shared operand.
inline constexpr int64_t leastRows = 48;
// Where every product is one with a vector: nothing is read once for each row but the vector.
inline constexpr int64_t leastRowsOfVectors = 8;
inline bool isWithVector(const Equation &equation) {
  auto isWithin = [](llvm::StringRef name, llvm::StringRef other) {
    return llvm::all_of(name, [&](char letter) { return other.contains(letter); });
  };
  return equation.inputs.size() == 2 &&
         (isWithin(equation.inputs[0], equation.inputs[1]) || isWithin(equation.inputs[1], equation.inputs[0]));
}
// Bytes of all values between, below which they are in the second-level cache anyway.
inline constexpr int64_t leastBetween = 1 << 20;
// Bytes of what all blocks of a point share, a contraction's other operand or a sum over rows, up to which reading it
// again for every block is cheap: larger operands are packed (packBytes of runtime/Gemm.cpp), and packing again costs
// more than what is saved. A bias, gelu and a residual behind 128, 256 and 1024 rows times 1024×4096 took 1.05, 1.13
// and 1.2 times as long in blocks as after the product.
inline constexpr int64_t mostShared = 768 * 1024;
// Points of a batch from which on there are sums over rows: threads share nothing else then.
inline constexpr int64_t leastPoints = 8;
// Bytes of a sum over rows without a batch: each chunk writes its part and reads it again, and the part stays in the
// second-level cache beside the block.
inline constexpr int64_t mostPart = 128 * 1024;

} // namespace ricci::rowblocks
