// Kernels with contractions in them (dialects/RowBlocks.h), a block of rows at a time: the contraction of the block, then what is
// done with its rows while they are in the cache, then the next contraction. What lies between exists only as a block, once for
// each chunk of blocks. Where run-time sizes tell that this does not pay, the parts run one after the other instead.
#pragma once

#include "Kernel.h"

namespace ricci::lower {

// As lowerKernel. `outer`: the leading axes that all values of `ops` have in common, a batch's and then the rows'.
llvm::LogicalResult lowerRowBlocks(Environment &env, mlir::Location loc, llvm::ArrayRef<mlir::Operation *> ops,
                                   llvm::ArrayRef<mlir::Value> results, unsigned outer, const Destination &destination);

} // namespace ricci::lower
