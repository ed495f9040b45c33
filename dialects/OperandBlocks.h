// Contractions of which one operand is computed for them alone, by an elementwise function: a block of the operand at a time, which
// stays in the second-level cache until the contraction has read it, so that the whole is never stored. A block of the sum adds to
// what the result has. Fuse builds such kernels; Lower cuts them into blocks, or stores the operand where sizes tell that
// blocks do not pay.
//
// Blocks pay where the operand is large, the part of the result that the blocks of a sum add to stays near, and the other operand, read
// for every block of what it lacks, is read again no more than the operand would be written and read.
#pragma once

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>

namespace ricci::operandblocks {

// Bytes of a block: beside it a second-level cache holds what it is multiplied with. With 512 KB 4×4096 times 4096×4096 took 1.3 times
// as long.
inline constexpr int64_t blockBytes = 256 * 1024;
// Elements of a block's rows, if they are columns of the result, and if the sum goes along them.
inline constexpr int64_t freeRow = 1024, summedRow = 512;
// Elements between the rows: a page apart, they would meet in one set of the first-level cache.
inline constexpr int64_t rowGap = 16;
// Bytes of the operand below which the caches keep all of it.
inline constexpr int64_t leastBytes = 1 << 20;
// Bytes of the result that the blocks of a sum add to, one after the other: more would not stay in a second-level cache. With 4 MB
// 1024³ took 1.07 times as long as with the operand stored, with 8 MB 2048³ 1.3 times, with 1 MB 256×4096 times 4096×4096 0.97.
inline constexpr int64_t mostAddedTo = 1 << 20;

// The rule, once for both: on numbers where sizes are known, and emitted where the run tells them. `Arithmetic` has a
// `Number`, and a `Condition` of two of them.
template <typename Arithmetic> struct Rule {
  using Number = typename Arithmetic::Number;
  using Condition = typename Arithmetic::Condition;

  // Of the computed operand, cut into `blocks` of nearly equal `length`.
  struct Axis {
    Number size;
    bool isSummed;  // not in the result
    bool isInOther; // operand
    Number length = {}, blocks = {};
  };

  Arithmetic on;

  // From the last axis on as many elements as a block may have; of each axis at most `mostLength`, if that is not 0.
  void cut(llvm::MutableArrayRef<Axis> axes, int64_t elementBytes, int64_t mostLength = 0) {
    Number room = on.number(blockBytes / elementBytes), one = on.number(1);
    for (size_t axis = axes.size(); axis-- > 0;) {
      auto &[size, isSummed, isInOther, length, blocks] = axes[axis];
      Number most = axis + 1 < axes.size() ? room : on.number(isSummed ? summedRow : freeRow);
      if (mostLength)
        most = on.number(mostLength);
      most = on.max(most, one);
      blocks = on.max(on.roundedUp(size, most), one);
      length = on.max(on.roundedUp(size, blocks), one);
      blocks = on.max(on.roundedUp(size, length), one);
      room = on.quotient(room, length);
    }
  }

  // Bytes that blocks write and read, and of the arrays.
  struct Traffic {
    Number operand, result;
    Number sums,
        parts; // blocks of a sum, and of what is kept: each part of the result is added to once for each of the sum
    Number readAgain; // of the other operand
  };

  Traffic traffic(llvm::ArrayRef<Axis> axes, Number operand, Number result, Number other) {
    Number sums = on.number(1), parts = sums, repeats = sums;
    for (const Axis &axis : axes) {
      Number &product = axis.isSummed ? sums : parts;
      product = on.product(product, axis.blocks);
      if (!axis.isInOther)
        repeats = on.product(repeats, axis.blocks);
    }
    return {operand, result, sums, parts, on.product(other, on.difference(repeats, on.number(1)))};
  }

  Condition isLarge(const Traffic &of) { return on.atMost(on.number(leastBytes), of.operand); }
  Condition staysNear(const Traffic &of) {
    return on.either(on.atMost(of.sums, on.number(1)),
                     on.atMost(of.result, on.product(of.parts, on.number(mostAddedTo))));
  }
  Condition readsLittleAgain(const Traffic &of) {
    return on.atMost(of.readAgain, on.product(of.operand, on.number(2)));
  }
};

} // namespace ricci::operandblocks
