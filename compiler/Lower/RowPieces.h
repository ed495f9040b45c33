// A kernel of rows (dialects/RowBlocks.h) as a sequence of contractions and of loops between them.
#pragma once

#include "Nest.h"

#include "dialects/Ricci.h"

namespace ricci::lower {

// A contraction, or the loops between two.
struct Piece {
  EinsumOp contraction;
  llvm::SmallVector<mlir::Operation *> ops; // those of loops, and what earlier pieces did not store of what they need
  llvm::SmallVector<mlir::Value> results;   // what others need
  std::vector<Group> groups;
  char sumsRows = 0; // the letter of the rows, if the contraction sums them
};

// In order. `results`: the kernel's.
std::vector<Piece> piecesOf(llvm::ArrayRef<mlir::Operation *> ops, llvm::ArrayRef<mlir::Value> results);

} // namespace ricci::lower
