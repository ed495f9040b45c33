// Constant folding shared by the operations.
#pragma once

#include "mlir/IR/Operation.h"

namespace ricci {

// The value of an elementwise operation where all its operands are constant: dense, or the same everywhere
// (ricci.fill of dynamic shape folds where the result's shape is that of an operand). Null where it does not fold.
mlir::OpFoldResult foldElementwise(mlir::Operation *op, llvm::ArrayRef<mlir::Attribute> operands);

} // namespace ricci
