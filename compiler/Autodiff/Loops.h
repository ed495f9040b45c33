// Loops grown, repeated and shrunk: what derivatives of loops and the removal of dead values share.
#pragma once

#include "compiler/Autodiff/Activity.h"

#include "mlir/IR/Builders.h"

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

// max(0, upper - lower): a static size, or a value. May build operations before the loop.
std::pair<int64_t, mlir::Value> tripCount(ForOp loop);

// A stack of `value`, which the body computes, for every iteration; `dims` are the value's dynamic sizes, known before
// the loop. May build operations there.
Stack stackOf(ForOp loop, mlir::Value value, mlir::ValueRange dims);

// A copy of the operation without the effects in it.
mlir::Operation *repeat(mlir::OpBuilder &builder, mlir::Operation *op, mlir::IRMapping &mapping);

// Behind a conditional loop, a counted one that repeats the iterations which that does, effects excepted. The loop
// itself is replaced by one that counts them.
ForOp repeatCounted(ForOp loop);

// Erases operations whose results nobody uses, and carried values and stacks of loops that nobody needs.
void eraseDead(mlir::Block &block);

} // namespace ricci::autodiff
