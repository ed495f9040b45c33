// One small matrix product inside its loops, as vector code in register tiles.
#pragma once

#include "Contraction.h"
#include "Environment.h"

namespace ricci::lower {

// Rows and vectors of C that stay in registers over the whole sum.
struct Tile {
  int64_t rows, vectors, lanes;
};

// C[row, column] = sum A[row, sums] * B[sums, column] inside `loops`, outermost first. All sizes but those of `loops`
// are constants, 0 only in `sums`; strides are never null. C is contiguous along `column`; so is B, or else along the last of
// `sums`, in which case each B is turned into memory of its own first.
struct SmallProduct {
  mlir::Type element;
  mlir::Value a, b, c;
  llvm::SmallVector<ContractionDim> loops, sums;
  ContractionDim row, column;
  Tile tile;
  bool turnsB;
};

void emitSmallProduct(Environment &env, mlir::Location loc, const SmallProduct &product);

} // namespace ricci::lower
