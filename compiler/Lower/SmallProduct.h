// One small matrix product inside its loops, as vector code in register tiles.
#pragma once

#include "Contraction.h"
#include "Environment.h"

namespace ricci::lower {

// C[row, column] = sum A[row, sums] * B[sums, column] inside `loops`, outermost first. All sizes but those of `loops`
// are constants, 0 only in `sums`; strides are never null. C is contiguous along `column`.
struct SmallProduct {
  enum class Form {
    Rows,   // B is contiguous along `column`: its rows are read as vectors
    Turned, // along the last of `sums`: first each B is turned into memory of its own
    Dots,   // A too, and has one row: vectors run along the one sum, and their lanes are added at the end
  };

  mlir::Type element;
  mlir::Value a, b, c;
  llvm::SmallVector<ContractionDim> loops, sums;
  ContractionDim row, column;
  Form form;
};

void emitSmallProduct(Environment &env, mlir::Location loc, const SmallProduct &product);

} // namespace ricci::lower
