// Loops cut in segments, so that reverse mode saves what is carried into each of about √T segments of T turns, and the
// residuals of one segment at a time:
//
//   for i in lo..up carry c { body }      becomes      for s in 0..S carry c { for j in 0..L carry c { i = lo + s L + j; body } }
//                                                      for i in lo+S·L..up carry c { body }
//
// with L = ⌈√T⌉ and S = ⌊T / L⌋, so every segment has L turns and what they stack has a shape. The last loop has fewer
// turns than a segment. Whether that is worth it may be known only at run time: then S is 0 where it is not, and
// the last loop does everything.
#pragma once

#include "compiler/Autodiff/Activity.h"

#include <optional>

namespace ricci::autodiff {

// On a loop over segments and on its reversal, while derivatives are being expanded: only what is carried is saved.
constexpr llvm::StringLiteral segmentsAttrName = "ricci.segments";
// On the loop in a segment, the last loop, and their reversals: not cut again.
constexpr llvm::StringLiteral wholeAttrName = "ricci.whole";

// What is saved of one turn.
struct SavedBytes {
  int64_t known = 0;
  llvm::SmallVector<mlir::Value> unknown; // values of the body whose sizes only the program knows
};

enum class Excess { Never, Always, Perhaps };
// Whether all turns of the loop together save more than `most` bytes.
Excess exceeds(ForOp loop, const SavedBytes &, int64_t most);

struct Segments {
  ForOp all, rest; // S segments; the last loop, null if it has no turns
  llvm::SmallVector<mlir::Operation *> pieces;  // all that was made and depends on the loop, in order
  llvm::SmallVector<mlir::Value> results;       // in place of the loop's
};

// Replaces a counted loop. Without `saved` it is cut in any case, else where that is more than `most`.
Segments cutLoop(ForOp loop, const SavedBytes *saved, int64_t most);

} // namespace ricci::autodiff
