// A contraction that computes an operand in blocks (dialects/OperandBlocks.h).
#pragma once

#include "Kernel.h"

#include "dialects/Ricci.h"

namespace ricci::lower {

// The operand that is neither in memory nor a view of what is, if `ops` are those of such a kernel.
EinsumOp contractionInBlocks(const Environment &env, llvm::ArrayRef<mlir::Operation *> ops);
llvm::LogicalResult lowerOperandBlocks(Environment &env, llvm::ArrayRef<mlir::Operation *> ops, EinsumOp contraction,
                                       const Destination &destination);

} // namespace ricci::lower
