// One kernel: operations that become loop nests. Every result that others need, and every reduction, is a root with a
// nest of its own; everything else is computed inside the nests where it is used and never stored.
#pragma once

#include "Evaluator.h"

namespace ricci::lower {

// Gives the memory that a result is to be written to.
using Destination = std::function<Storage(mlir::Value result)>;

// Emits `ops` (in order, one block's) at the environment's builder; afterwards every value of `results` has a storage.
// Fails with a located error on an operation that it cannot lower.
llvm::LogicalResult lowerKernel(Environment &env, mlir::Location loc, llvm::ArrayRef<mlir::Operation *> ops,
                                llvm::ArrayRef<mlir::Value> results, const Destination &destination);

} // namespace ricci::lower
