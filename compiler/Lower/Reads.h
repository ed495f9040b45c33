// What one element of a result is made of: for an operation of a kernel and a position in its result, which elements of
// which operands it reads. Both the choice of a loop order and the emission of code follow it.
#pragma once

#include "Environment.h"
#include "IndexSpace.h"

namespace ricci::lower {

// The operand elements read for `element`, an operation's result, in the order of the operands that are arrays. For a
// reduction `reduced` holds the positions along the summed letters (einsum) or the axes listed (reduce).
// `guard` (out) is the condition under which the element is not zero whatever is read; gather and einsum only.
llvm::SmallVector<Element> readsOf(const Element &element, llvm::ArrayRef<mlir::AffineExpr> reduced,
                                   IndexSpace &space, Environment &env, Guard &guard);

// Where scatter, update or recurrence writes for the point `at` of the value: position in the array, and when it is
// inside.
struct Target {
  Position at;
  Guard guard;
};
Target targetOf(mlir::Operation *access, llvm::ArrayRef<mlir::AffineExpr> at, IndexSpace &space, Environment &env);

// Whether an operation can be computed element by element where it is used.
bool isInlinable(mlir::Operation *op);
// Whether computing an element costs more than storing and loading it.
bool isExpensive(mlir::Operation *op);
// Sizes of the dimensions a reduction runs over.
llvm::SmallVector<mlir::Value> reducedExtents(mlir::Operation *op, Environment &env);

} // namespace ricci::lower
