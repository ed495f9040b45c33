// Arrays as contractions read them: in place, through views (dialects/StridedView.h) that are nothing but strides, and
// where all slices are kept (dialects/KeptSlices.h).
#pragma once

#include "Environment.h"

namespace ricci::lower {

struct Operand {
  mlir::Type element;
  mlir::Value pointer;                           // to the element at (0, …, 0)
  llvm::SmallVector<mlir::Value> sizes, strides; // one an axis; strides in elements
  mlir::Value inside; // i1: that no element lies outside of the array that is read, nor is set to zero; null: proven
};

// Whether the tensor is in memory, or a view of what is.
bool isInPlace(const Environment &env, mlir::Value tensor);
// The axis that steps along the rows of what is in memory, if there is one, and how far.
struct Innermost {
  unsigned axis;
  int64_t step;
};
std::optional<Innermost> innermostOf(const Environment &env, mlir::Value tensor);
Operand operandOf(Environment &env, mlir::Location loc, mlir::Value tensor);
// i1: that no operand reads outside of its array; null: proven.
mlir::Value allInside(Environment &env, mlir::Location loc, llvm::ArrayRef<Operand> operands);
// The elements of a view in memory of their own, with zeros for what lies outside.
Storage copyOf(Environment &env, mlir::Location loc, mlir::Value view);
// Strides of an array in row-major order.
llvm::SmallVector<mlir::Value> rowMajorStrides(const Emit &emit, llvm::ArrayRef<mlir::Value> sizes);

} // namespace ricci::lower
