// What a block of rows is computed in: pieces one after the other, and memory that several of their values take in turn.
#pragma once

#include "KernelRoots.h"

#include "dialects/Ricci.h"

#include "llvm/ADT/MapVector.h"

namespace ricci::lower {

// A contraction, or the loops between two.
struct Piece {
  EinsumOp contraction;
  llvm::SmallVector<mlir::Operation *> ops; // those of loops, and what earlier pieces did not store of what they need
  llvm::SmallVector<mlir::Value> results;   // what others need
  std::vector<Group> groups;                // of loops, inside of those over the rows
};

// For each result of the pieces that `needsMemory`: the value whose memory it lies in, its own or that of one of the same size that is
// not read any more, or for the last time by the same loops and only where they write.
llvm::MapVector<mlir::Value, mlir::Value> shareMemory(Environment &env, llvm::ArrayRef<Piece> pieces, unsigned outer,
                                                      llvm::function_ref<bool(mlir::Value)> needsMemory);

} // namespace ricci::lower
