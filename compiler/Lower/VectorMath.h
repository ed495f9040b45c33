// Lowers `math` ops on floats and on vectors of any width, f32 and f64, to arithmetic and to calls of the platform's
// vector library. exp, expm1, log, log1p, sigmoid and tanh are our own; the rest calls libmvec where it has the function at that
// width (at most 4 ulp) and libm lane by lane where it has not. IEEE special values and denormals are right.
// tests/numerics/VectorMathTest.cpp measures every function and holds the bounds.
// Run it before convert-math-to-llvm, which then finds only ops that are an instruction (sqrt, fma, abs, floor, …).
#pragma once

#include "VectorTarget.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace ricci::lower {

// Rewrites every math op below `root`, a module, that has no instruction of its own.
void lowerVectorMath(mlir::ModuleOp root, const VectorTarget &target);
std::unique_ptr<mlir::Pass> createLowerVectorMathPass(const VectorTarget &target);

} // namespace ricci::lower
