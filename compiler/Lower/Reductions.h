// The arithmetic of reductions: what they start from and how two partial results combine.
#pragma once

#include "mlir/IR/Builders.h"

namespace ricci::lower {

class Reduction {
public:
  // A summing einsum or a reduce that is not argmax or argmin.
  explicit Reduction(mlir::Operation *op);

  // Result of an empty reduction, in a scalar or vector type.
  mlir::Value identity(mlir::OpBuilder &builder, mlir::Location loc, mlir::Type type) const;
  mlir::Value combine(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x, mlir::Value y) const;
  // All lanes of a vector combined.
  mlir::Value acrossLanes(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value vector) const;

private:
  enum Kind { Sum, Prod, Max, Min, Any, All } kind;
};

bool isReduction(mlir::Operation *op);
bool isArgReduction(mlir::Operation *op);

} // namespace ricci::lower
