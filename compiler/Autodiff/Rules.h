// What both modes use.
#pragma once

#include "dialects/Ricci.h"

#include "mlir/IR/Builders.h"

namespace ricci::autodiff {

// While it lives, operations created at the builder's insertion point belong to a rule: in the end they get a location
// that names it and the primal operation, e.g. loc("vjp of mul"(primal)).
class RuleScope {
public:
  RuleScope(mlir::OpBuilder &builder, llvm::StringRef mode, mlir::Operation *primal);
  ~RuleScope();
  RuleScope(const RuleScope &) = delete;

  // Created so far.
  llvm::SmallVector<mlir::Operation *> created() const;

private:
  mlir::OpBuilder &builder;
  mlir::Location location;
  mlir::Operation *before; // the last operation that is not ours; null at the block's start
};

mlir::Location ruleLocation(llvm::StringRef mode, mlir::Operation *primal);
// "vjp of mul", "vjp of custom f"
mlir::StringAttr ruleName(llvm::StringRef mode, mlir::Operation *primal);

// What the operation is part of, as a reader knows it: "`sqrt`", or for what its rule made "the derivative of `sqrt`".
std::string nameOfRule(mlir::Operation *op);

// The error for an operation whose result needs a derivative that it does not have.
mlir::LogicalResult missingRule(mlir::Operation *op);

} // namespace ricci::autodiff
