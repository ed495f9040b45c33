// Loops grown and shrunk: what derivatives of loops and the removal of dead values share.
#pragma once

#include "compiler/Autodiff/Activity.h"

namespace ricci::autodiff {

// A value of the body to be stacked: type and dynamic sizes of the stack.
struct Stack {
  mlir::Value value;
  mlir::RankedTensorType type;
  llvm::SmallVector<mlir::Value> dims;
};

// What a loop is to have besides. The body already has arguments for the new carried values, after its own.
struct LoopGrowth {
  llvm::SmallVector<mlir::Value> inits;
  llvm::SmallVector<mlir::Value> next; // the new carried values' next ones
  llvm::SmallVector<Stack> stacks;
};

// Replaces the loop by one that has more results: the carried values, the new ones, the stacks, the new ones.
ForOp growLoop(ForOp loop, const LoopGrowth &growth);

// The sizes in `dims` that belong to stacked result `result`.
llvm::SmallVector<mlir::Value> dimsOfStack(ForOp loop, unsigned result);

// A stack of all values of `value`, a carried value's argument, whose type and sizes are those of its init. May build
// operations before the loop.
Stack stackOf(ForOp loop, unsigned carried);

// Erases operations whose results nobody uses, and carried values and stacks of loops that nobody needs.
void eraseDead(mlir::Block &block);

} // namespace ricci::autodiff
