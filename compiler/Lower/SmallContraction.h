// Emits a contraction of small matrices of known sizes inline: loops over what is batched, whose sizes may be run-time
// values, around one product in register tiles (SmallProduct.h). Vectors are as wide as the rows of C; nothing is
// planned or called. What it does not take is for Contraction.h.
#pragma once

#include "Contraction.h"
#include "Environment.h"

namespace ricci::lower {

// Emits `contraction` if the indices that A and B do not share and those summed have known sizes, their product is
// small, and one index is contiguous in C. Otherwise emits nothing and returns false.
bool emitSmallContraction(Environment &env, mlir::Location loc, const Contraction &contraction);

} // namespace ricci::lower
