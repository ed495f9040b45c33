// Contractions of which one operand is computed for them alone, by an elementwise function: a block of the operand at a time, which
// stays in the second-level cache until the contraction has read it, so that the whole is never stored. A block of the sum adds to
// what the result has. Fuse builds such kernels; Lower cuts them into blocks, or stores the operand where sizes tell that
// blocks do not pay.
//
// Blocks pay where the operand is large, the part of the result that the blocks of a sum add to stays near, and the other operand, read
// for every block of what it lacks, is read again no more than the operand would be written and read.
#pragma once

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

} // namespace ricci::operandblocks
