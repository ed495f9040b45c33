// Lowers `math` ops on scalars and on vectors of any width, f32 and f64, to arithmetic and to calls of the
// platform's vector library. exp, log, tanh and what is built on them (expm1, log1p, exp2, log2, log10, sinh, cosh)
// are our own polynomials, at most 1 ulp in f32 and 2 in f64; IEEE special values are right. The rest calls libmvec
// where it has the function at that width (at most 4 ulp) and libm lane by lane where it has not.
// Run it before convert-math-to-llvm, which then finds only ops that are one instruction (sqrt, fma, abs, floor, …).
#pragma once

#include "VectorTarget.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"

namespace ricci::lower {

// Rewrites every math op in the module that has no instruction of its own.
llvm::LogicalResult lowerVectorMath(mlir::ModuleOp module, const VectorTarget &target);

// Calls the scalar C function `double name(double…)` (f64) or `float namef(float…)` (f32) on each lane of the
// operands, which all have the type of the result: a float or a vector of floats. For what `math` has no op:
// "ricci_lgamma", "ricci_digamma" (runtime/Math.h). Declares the function on first use.
mlir::Value emitScalarLibCall(mlir::OpBuilder &builder, mlir::Location loc, llvm::StringRef name,
                              mlir::ValueRange operands);

// 1 / (1 + exp(-x)) without overflow, as math ops, for a float or a vector of floats.
mlir::Value emitSigmoid(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x);

} // namespace ricci::lower
