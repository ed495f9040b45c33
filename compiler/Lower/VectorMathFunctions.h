// exp, expm1, log, log1p, sigmoid and tanh as arithmetic on a float or a vector of floats, f32 or f64.
#pragma once

#include "VectorTarget.h"

#include "mlir/IR/Builders.h"

namespace ricci::lower {

// Without fused multiply-add a product and a sum stand for it, which costs up to 1 ulp more.
mlir::Value emitExp(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x, const VectorTarget &target);
mlir::Value emitExpm1(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x, const VectorTarget &target);
mlir::Value emitLog(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x, const VectorTarget &target);
mlir::Value emitLog1p(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x, const VectorTarget &target);
mlir::Value emitSigmoid(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x, const VectorTarget &target);
mlir::Value emitTanh(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x, const VectorTarget &target);

} // namespace ricci::lower
