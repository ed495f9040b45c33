// Turns rows into columns within vector registers.
#pragma once

#include "mlir/IR/Builders.h"

namespace ricci::lower {

// Of as many vectors as each has lanes, a power of two: log2(n) rounds swap ever larger blocks of a pair of vectors.
void transpose(mlir::OpBuilder &builder, mlir::Location loc, llvm::MutableArrayRef<mlir::Value> square);

// Column j of the result holds element j of each of `runs`, of which there are at least as many as elements in one. A
// run of 16 bytes is best: it goes to its lane of a vector as it is loaded, and what is left to do stays within lanes.
// Of the shuffles of a square of 16 vectors that leaves half, which is also what is to be compiled.
llvm::SmallVector<mlir::Value> transposeRuns(mlir::OpBuilder &builder, mlir::Location loc,
                                             llvm::ArrayRef<mlir::Value> runs);

} // namespace ricci::lower
