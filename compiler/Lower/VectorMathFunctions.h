// exp, expm1, log, log1p, sigmoid and tanh as arithmetic on a float or a vector of floats, f32 or f64.
#pragma once

#include "mlir/IR/Builders.h"

namespace ricci::lower {

// `hasFma`: the target has fused multiply-add; without it a product and a sum, which costs up to 1 ulp more.
mlir::Value emitExp(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x, bool hasFma);
mlir::Value emitExpm1(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x, bool hasFma);
mlir::Value emitLog(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x, bool hasFma);
mlir::Value emitLog1p(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x, bool hasFma);
mlir::Value emitSigmoid(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x, bool hasFma);
mlir::Value emitTanh(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x, bool hasFma);

} // namespace ricci::lower
