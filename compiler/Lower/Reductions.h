// The arithmetic of reductions: what they start from and how two partial results combine. The largest is found as the
// negative of the least of the negatives: partial results are of what `enter` gives, and `leave` gives the result.
#pragma once

#include "mlir/IR/Builders.h"

namespace ricci::lower {

class Reduction {
public:
  // A summing einsum or a reduce that is not argmax or argmin.
  explicit Reduction(mlir::Operation *op);

  mlir::Value enter(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value term) const;
  mlir::Value leave(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value total) const;
  // Result of an empty reduction, in a scalar or vector type.
  mlir::Value identity(mlir::OpBuilder &builder, mlir::Location loc, mlir::Type type) const;
  mlir::Value combine(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x, mlir::Value y) const;
  // All lanes of a vector combined.
  mlir::Value acrossLanes(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value vector) const;

private:
  mlir::Value least(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value x, mlir::Value y) const;
  mlir::Value leastOfLanes(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value vector) const;

  enum Kind { Sum, Prod, Max, Min, Any, All } kind;
};

bool isReduction(mlir::Operation *op);
bool isArgReduction(mlir::Operation *op);

} // namespace ricci::lower
