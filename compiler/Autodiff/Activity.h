// Which values depend on which, through operations and the bodies of loops.
#pragma once

#include "dialects/Ricci.h"

#include "llvm/ADT/DenseSet.h"

namespace ricci::autodiff {

using Values = llvm::DenseSet<mlir::Value>;

enum class Flow {
  Derivative, // where a derivative may be carried: floats, not through stop_grad, conditions or subscripts
  Data,       // any use that differentiation sees: conditions and subscripts too, but not through stop_grad
};

bool isFloat(mlir::Value value);

// Adds to `values` what depends on one of them and is defined in the block, in loop bodies too.
void addDependents(mlir::Block &block, Values &values, Flow flow);
void addDependents(mlir::Operation &op, Values &values, Flow flow);

// Adds to `values` what one of them depends on, by Flow::Derivative; values from outside of the block included.
void addSources(mlir::Block &block, Values &values);
void addSources(mlir::Operation &op, Values &values);

// Values used in the region, or in those of the operation, that are defined outside, in order of first use.
llvm::SmallVector<mlir::Value> capturedBy(mlir::Region &region);
llvm::SmallVector<mlir::Value> capturedBy(mlir::Operation *op);

// The carried value that is argument `i + 1` of a loop's body, its next value.
inline mlir::Value nextOf(ForOp loop, unsigned carried) {
  return loop.getBody().front().getTerminator()->getOperand(carried);
}
inline mlir::BlockArgument argumentOf(ForOp loop, unsigned carried) { return loop.getBody().getArgument(carried + 1); }

} // namespace ricci::autodiff
