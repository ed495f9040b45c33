// Derivatives of functions that bring rules of their own (ricci.custom). The rule is put in place, on the operation's
// arguments and results. Where only the other mode's is there, that one is transposed: a rule is linear in its tangents
// or cotangents, so reverse mode through it, with respect to them, is its transpose.
#pragma once

#include "compiler/Autodiff/Reverse.h"

namespace ricci::autodiff {

// Built at the builder's place. Tangents of the floating results from those of the floating arguments; null is zero.
mlir::FailureOr<llvm::SmallVector<mlir::Value>> customJvp(mlir::OpBuilder &builder, CustomOp op,
                                                          llvm::ArrayRef<mlir::Value> tangents);
// Cotangents of the floating arguments from those of the floating results.
mlir::FailureOr<llvm::SmallVector<Cotangent>> customVjp(mlir::OpBuilder &builder, CustomOp op,
                                                        llvm::ArrayRef<Cotangent> cotangents);

} // namespace ricci::autodiff
