// Operations whose result is an array read with strides: element p of the result is the source's at an offset plus a
// step for each axis of p. Slices, steps, reversals, transpositions, diagonals and windows are; a contraction reads
// them in place.
#pragma once

#include "mlir/IR/AffineMap.h"
#include "mlir/IR/Operation.h"

#include <optional>

namespace ricci {

struct StridedView {
  // One axis of the source is read at a start, in which each symbol counts `steps` times, and `steps` onwards for each
  // axis.
  struct Subscript {
    int64_t start = 0;
    llvm::SmallVector<int64_t> ofSymbols, ofAxes;
    bool isInside = true; // proven; otherwise what lies outside reads as zero
  };
  mlir::Value source;
  mlir::ValueRange symbols;                // integers, rank 0
  llvm::SmallVector<Subscript> subscripts; // one for each axis of the source
};

// None for other operations, and where an axis of the result does not move the subscripts (a broadcast).
std::optional<StridedView> matchStridedView(mlir::Operation *op);

} // namespace ricci
