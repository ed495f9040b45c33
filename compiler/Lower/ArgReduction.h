// argmax and argmin: the row-major position, within the reduced axes, of the first NaN, else of the first extreme
// element that the mask admits; 0 where there is none.
#pragma once

#include "Evaluator.h"

namespace ricci::lower {

// The position (i64) for the result's element `at`. `reduced` are the dimensions to loop over, in the order of the axes.
mlir::Value emitArgReduction(Evaluator &evaluator, mlir::Operation *op, const Position &at,
                             llvm::ArrayRef<mlir::AffineExpr> reduced, llvm::ArrayRef<mlir::Value> extents);

} // namespace ricci::lower
