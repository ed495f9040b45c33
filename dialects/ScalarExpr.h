// Formulas over scalars and vectors under construction: what `body` in RicciElementwise.td becomes for the code
// generator. An operator builds the arith or math operation for its type, integer or float; a number stands for a
// constant of the other operand's type. Meaning as in dialects/Scalar.h.
#pragma once

#include "mlir/IR/Builders.h"

namespace ricci {

class ScalarExpr {
public:
  ScalarExpr(double number) : number(number) {}
  ScalarExpr(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value value)
      : builder(&builder), loc(loc), value_(value) {}

  mlir::Value value() const { return value_; }

  friend ScalarExpr operator+(ScalarExpr x, ScalarExpr y);
  friend ScalarExpr operator-(ScalarExpr x, ScalarExpr y);
  friend ScalarExpr operator*(ScalarExpr x, ScalarExpr y);
  friend ScalarExpr operator/(ScalarExpr x, ScalarExpr y); // floats
  friend ScalarExpr operator&(ScalarExpr x, ScalarExpr y);
  friend ScalarExpr operator|(ScalarExpr x, ScalarExpr y);
  friend ScalarExpr operator-(ScalarExpr x);
  friend ScalarExpr operator!(ScalarExpr x);
  friend ScalarExpr operator==(ScalarExpr x, ScalarExpr y);
  friend ScalarExpr operator!=(ScalarExpr x, ScalarExpr y);
  friend ScalarExpr operator<(ScalarExpr x, ScalarExpr y);
  friend ScalarExpr operator<=(ScalarExpr x, ScalarExpr y);
  friend ScalarExpr operator>(ScalarExpr x, ScalarExpr y);
  friend ScalarExpr operator>=(ScalarExpr x, ScalarExpr y);
  friend ScalarExpr select(ScalarExpr condition, ScalarExpr x, ScalarExpr y);

  friend ScalarExpr divide(ScalarExpr x, ScalarExpr y);
  friend ScalarExpr remainder(ScalarExpr x, ScalarExpr y);
  friend ScalarExpr maximum(ScalarExpr x, ScalarExpr y);
  friend ScalarExpr minimum(ScalarExpr x, ScalarExpr y);
  friend ScalarExpr absolute(ScalarExpr x);
  friend ScalarExpr signOf(ScalarExpr x);
  friend ScalarExpr power(ScalarExpr x, ScalarExpr y); // integer y, of its own type
  friend ScalarExpr threefry(ScalarExpr key, ScalarExpr counter);
  friend ScalarExpr shiftRight(ScalarExpr x, ScalarExpr y);

  friend ScalarExpr floor(ScalarExpr x);
  friend ScalarExpr ceil(ScalarExpr x);
  friend ScalarExpr roundeven(ScalarExpr x);
  friend ScalarExpr sqrt(ScalarExpr x);
  friend ScalarExpr cbrt(ScalarExpr x);
  friend ScalarExpr exp(ScalarExpr x);
  friend ScalarExpr expm1(ScalarExpr x);
  friend ScalarExpr log(ScalarExpr x);
  friend ScalarExpr log1p(ScalarExpr x);
  friend ScalarExpr log2(ScalarExpr x);
  friend ScalarExpr sin(ScalarExpr x);
  friend ScalarExpr cos(ScalarExpr x);
  friend ScalarExpr tan(ScalarExpr x);
  friend ScalarExpr asin(ScalarExpr x);
  friend ScalarExpr acos(ScalarExpr x);
  friend ScalarExpr atan(ScalarExpr x);
  friend ScalarExpr atan2(ScalarExpr y, ScalarExpr x);
  friend ScalarExpr sinh(ScalarExpr x);
  friend ScalarExpr cosh(ScalarExpr x);
  friend ScalarExpr tanh(ScalarExpr x);
  friend ScalarExpr asinh(ScalarExpr x);
  friend ScalarExpr acosh(ScalarExpr x);
  friend ScalarExpr atanh(ScalarExpr x);
  friend ScalarExpr erf(ScalarExpr x);
  friend ScalarExpr erfc(ScalarExpr x);
  friend ScalarExpr pow(ScalarExpr x, ScalarExpr y);
  // A call that compiler/Lower/VectorMath expands on whole vectors: `math` has no such operation.
  friend ScalarExpr sigmoid(ScalarExpr x);
  // Calls of ricci_math_<name>_<f32|f64> in the runtime, lane by lane; nor has it these.
  friend ScalarExpr lgamma(ScalarExpr x);
  friend ScalarExpr digamma(ScalarExpr x);
  friend ScalarExpr polygamma(ScalarExpr x, int64_t order);

  // For bodies written in C++.
  mlir::Type type() const { return value_.getType(); }
  bool isFloat() const;
  // This value's shape (scalar or vector) over another element type.
  mlir::Type withElement(mlir::Type element) const;
  ScalarExpr constant(double number) const { return like(ScalarExpr(number)); }
  // The result of an operation on these operands.
  template <typename Op, typename... Args> ScalarExpr emit(Args &&...args) const {
    return {*builder, *loc, Op::create(*builder, *loc, std::forward<Args>(args)...)->getResult(0)};
  }

private:
  // `other` itself, or the constant of this type that it stands for.
  ScalarExpr like(ScalarExpr other) const;
  static void unify(ScalarExpr &x, ScalarExpr &y);

  mlir::OpBuilder *builder = nullptr; // null for a number
  std::optional<mlir::Location> loc;
  mlir::Value value_;
  double number = 0;
};

// Float to integer as Scalar::convertTo; any pair of element types.
ScalarExpr convert(ScalarExpr x, mlir::Type element);

} // namespace ricci
