// What the derivative rules share.
#pragma once

#include "mlir/IR/Builders.h"

namespace ricci {

// x + y; null is zero.
mlir::Value buildSum(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x, mlir::Value y);

// g · partial, said as shortly as it can be: 1 and -1 multiply by nothing, a choice between constants chooses. Null is
// zero. `masked`: where g is zero so is the product, even if the partial is infinite or NaN there.
mlir::Value buildChain(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value g, mlir::Value partial, bool masked);

// On einsum, while derivatives are being expanded: the positions of operands (an array of i64) whose zeros annihilate
// the other factors even if those are infinite or NaN. What ricci.mask_mul is to ricci.mul.
constexpr llvm::StringLiteral annihilatingAttrName = "ricci.annihilating";

} // namespace ricci
