// Formulas over tensors: what `partials` in RicciElementwise.td are written in. An operator builds the ricci operation
// of its name; a number stands for a tensor filled with it.
#pragma once

#include "mlir/IR/Builders.h"

namespace ricci {

class TensorRules;

class TensorExpr {
public:
  TensorExpr(double number) : number(number) {}
  TensorExpr(TensorRules &rules, mlir::Value value) : rules(&rules), value(value) {}
  // The derivative that is zero everywhere.
  static TensorExpr none() { return TensorExpr(nullptr); }

  friend TensorExpr operator+(TensorExpr x, TensorExpr y);
  friend TensorExpr operator-(TensorExpr x, TensorExpr y);
  friend TensorExpr operator*(TensorExpr x, TensorExpr y);
  friend TensorExpr operator/(TensorExpr x, TensorExpr y);
  friend TensorExpr operator-(TensorExpr x);
  friend TensorExpr operator==(TensorExpr x, TensorExpr y);
  friend TensorExpr operator<(TensorExpr x, TensorExpr y);
  friend TensorExpr operator>(TensorExpr x, TensorExpr y);
  friend TensorExpr select(TensorExpr condition, TensorExpr x, TensorExpr y);
  friend TensorExpr pow(TensorExpr x, TensorExpr y);
  friend TensorExpr sign(TensorExpr x);
  friend TensorExpr floor(TensorExpr x);
  friend TensorExpr sqrt(TensorExpr x);
  friend TensorExpr rsqrt(TensorExpr x);
  friend TensorExpr exp(TensorExpr x);
  friend TensorExpr log(TensorExpr x);
  friend TensorExpr sin(TensorExpr x);
  friend TensorExpr cos(TensorExpr x);
  friend TensorExpr sinh(TensorExpr x);
  friend TensorExpr cosh(TensorExpr x);
  friend TensorExpr sigmoid(TensorExpr x);
  friend TensorExpr erfc(TensorExpr x);
  friend TensorExpr digamma(TensorExpr x);
  friend TensorExpr polygamma(TensorExpr x, int64_t order);

private:
  friend class TensorRules;
  explicit TensorExpr(std::nullptr_t) : absent(true) {}

  TensorRules *rules = nullptr; // null for a number
  mlir::Value value;
  double number = 0;
  bool absent = false;
};

// Where the formula's operations go: at `builder`, with the shape and location of `op`, which is elementwise.
class TensorRules {
public:
  TensorRules(mlir::OpBuilder &builder, mlir::Operation *op) : builder(builder), op(op) {}

  // Integers carry no derivative.
  bool differentiable() const;
  TensorExpr operand(unsigned index) { return {*this, op->getOperand(index)}; }
  TensorExpr result() { return {*this, op->getResult(0)}; }
  // Numbers become tensors of the result's type, `none` becomes null.
  template <typename... Expressions> llvm::SmallVector<mlir::Value> values(Expressions... expressions) {
    return {materialize(expressions)...};
  }

  mlir::Value materialize(const TensorExpr &expression);

  mlir::OpBuilder &builder;
  mlir::Operation *op;
};

} // namespace ricci
