// Checks that several operations share. Each reports on the operation and says what is wrong.
#pragma once

#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Operation.h"

namespace ricci {

// One index operand for each `?` of the result's type.
inline llvm::LogicalResult verifyDims(mlir::Operation *op, mlir::ValueRange dims, mlir::RankedTensorType type) {
  int64_t dynamic = type.getNumDynamicDims();
  if (dynamic != static_cast<int64_t>(dims.size()))
    return op->emitOpError() << "needs one size for each dynamic axis of " << type << ": " << dynamic << ", not "
                             << dims.size();
  return llvm::success();
}

inline llvm::LogicalResult verifyCount(mlir::Operation *op, size_t expected, size_t actual, const llvm::Twine &what) {
  if (expected == actual)
    return llvm::success();
  return op->emitOpError() << "needs " << expected << " " << what << ", there are " << actual;
}

// Whether two sizes can be equal at run time.
inline bool sizesAgree(int64_t left, int64_t right) {
  return left == right || mlir::ShapedType::isDynamic(left) || mlir::ShapedType::isDynamic(right);
}

} // namespace ricci
