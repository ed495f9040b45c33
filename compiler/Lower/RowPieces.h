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
};

// In order, sums over rows at the end. `results`: the kernel's.
std::vector<Piece> piecesOf(llvm::ArrayRef<mlir::Operation *> ops, llvm::ArrayRef<mlir::Value> results);

// Whether it is a contraction that sums over the rows.
bool isRowSum(const Piece &piece);
// The letters of the batch and, the last, of the rows; `outer`: how many.
std::string rowLetters(EinsumOp contraction, unsigned outer);

// An array from outside whose rows, along an axis, a contraction reads, and then one that sums over them.
struct ReadAgain {
  mlir::Value array;
  size_t axis;
};
std::vector<ReadAgain> readAgain(llvm::ArrayRef<Piece> pieces, unsigned outer);

} // namespace ricci::lower
