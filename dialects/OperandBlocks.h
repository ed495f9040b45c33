// Contractions of which one operand is computed for them alone, by an elementwise function: a block of the operand at a time, which
// stays in the second-level cache until the contraction has read it, so that the whole is never stored. A block of the sum adds to
// what the result has. Fuse builds such kernels; Lower cuts them into blocks, or stores the operand where sizes tell that
// blocks do not pay.
#pragma once

#include <algorithm>
#include <cstdint>

namespace ricci::operandblocks {

// Bytes of a block: beside it a second-level cache holds what it is multiplied with.
inline constexpr int64_t blockBytes = 512 * 1024;
// Elements of a block's rows, if they are columns of the result, and if the sum goes along them.
inline constexpr int64_t freeRow = 1024, summedRow = 256;
// Bytes of the operand below which the caches keep all of it.
inline constexpr int64_t leastBytes = 1 << 20;

} // namespace ricci::operandblocks
