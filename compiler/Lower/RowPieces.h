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
  std::vector<Group> groups;                // of loops, inside of those over the rows
  std::string rows;                         // of a contraction: the letters of the batch and, the last, of the rows
  bool sumsRows = false;                    // the contraction
};

// In order, but sums over rows at the end, as nothing of a block waits for them. `results`: the kernel's; `outer`: as
// for lowerRowBlocks.
std::vector<Piece> piecesOf(llvm::ArrayRef<mlir::Operation *> ops, llvm::ArrayRef<mlir::Value> results, unsigned outer);

// Rows that a block has at least (dialects/RowBlocks.h).
int64_t leastRowsOf(llvm::ArrayRef<Piece> pieces);

// An operand from outside whose rows a contraction reads, and then one that sums over them.
struct ReadAgain {
  mlir::Value array;
  std::string name, rows; // its letters in the sum, and of them those of the batch and the rows
};
std::vector<ReadAgain> rowsReadAgain(llvm::ArrayRef<Piece> pieces);

} // namespace ricci::lower
