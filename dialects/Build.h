// Small helpers to build operations of the dialect.
#pragma once

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

#include <functional>

namespace ricci {

// Size of an axis as an index: a constant where the type tells it, else ricci.dim.
mlir::Value buildDim(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value tensor, int64_t axis);
// The dynamic sizes of `tensor` in order: what an operation of the same type takes as `dims`.
llvm::SmallVector<mlir::Value> buildDynamicDims(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value tensor);

// ricci.fill of a tensor type; `number` must be exact in the element type.
mlir::Value buildFill(mlir::OpBuilder &builder, mlir::Location loc, mlir::Type type, mlir::ValueRange dims, double number);
// The same, its dynamic sizes taken from `shaped`, which has the shape of `type`.
mlir::Value buildFillLike(mlir::OpBuilder &builder, mlir::Location loc, mlir::Type type, mlir::Value shaped, double number);
inline mlir::Value buildZeros(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value like) {
  return buildFillLike(builder, loc, like.getType(), like, 0);
}

// ricci.einsum whose result type and sizes follow from the inputs. A letter of the output that no input has takes
// its size from `sizeOf`: a static size or an index value.
mlir::Value buildEinsum(mlir::OpBuilder &builder, mlir::Location loc, llvm::StringRef equation, mlir::ValueRange inputs,
                        std::function<mlir::OpFoldResult(char)> sizeOf = {});

} // namespace ricci
