// Emits a contraction of small matrices of known sizes inline: loops over what is batched, whose sizes may be run-time
// values, around one product in register tiles. Vectors are as wide as the rows of C, operands are read where they lie,
// nothing is planned, packed or called. What it does not take is for Contraction.h.
#pragma once

#include "Contraction.h"
#include "VectorTarget.h"

namespace ricci::lower {

// Emits `contraction` if the indices that A and B do not share and those summed have known sizes, their product is
// small, and one index is contiguous in C and in an operand. Otherwise emits nothing and returns false.
bool emitSmallContraction(mlir::OpBuilder &builder, mlir::Location loc, const Contraction &contraction,
                          const VectorTarget &target);

} // namespace ricci::lower
