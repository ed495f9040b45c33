// Who owns which memory in a block, and until when. Values that are the same memory under another shape (reshape)
// have one owner. Only values made in the block, and values a loop hands to its body, are the block's to free or reuse.
#pragma once

#include "mlir/IR/Block.h"
#include "mlir/IR/Operation.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/MapVector.h"

namespace ricci::lower {

class MemoryPlan {
public:
  // `ownsArguments`: the block is a loop's body.
  MemoryPlan(mlir::Block &block, bool ownsArguments);

  // Takes over the memory of `value` if it is the block's and `op` is its last user; it is not freed then.
  bool take(mlir::Value value, mlir::Operation *op);
  bool canTake(mlir::Value value, mlir::Operation *op) const;
  // Owners whose memory ends with `op` (unused results of `op` too) and that nobody took.
  llvm::SmallVector<mlir::Value> endingAt(mlir::Operation *op) const;
  // Arguments of the block that nobody uses.
  llvm::SmallVector<mlir::Value> unusedArguments() const;

  // The value whose memory this is.
  static mlir::Value owner(mlir::Value value);

private:
  bool isOwned(mlir::Value owner) const;

  mlir::Block &block;
  bool ownsArguments;
  llvm::MapVector<mlir::Value, mlir::Operation *> lastUse;
  llvm::DenseMap<mlir::Operation *, llvm::SmallVector<mlir::Value>> ending;
  llvm::DenseSet<mlir::Value> taken;
};

// Whether the operation's result is its operand's memory.
bool isAlias(mlir::Operation *op);

} // namespace ricci::lower
