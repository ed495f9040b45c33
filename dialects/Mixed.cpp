// Operations of RicciMixed.td: their derivatives by each operand, bodies and values.
#include "dialects/Build.h"
#include "dialects/Fold.h"
#include "dialects/Ricci.h"
#include "dialects/ScalarExpr.h"
#include "dialects/TensorExpr.h"
#include "dialects/Verify.h"

#include <cmath>

using namespace mlir;
using namespace ricci;

// ---- cmp

LogicalResult CmpOp::verify() {
  bool isOrder = getPredicate() != ComparePredicate::eq && getPredicate() != ComparePredicate::ne;
  if (isOrder && getX().getType().getElementType().isInteger(1))
    return emitOpError() << "'" << stringifyComparePredicate(getPredicate()) << "' does not order booleans";
  return success();
}

SmallVector<Value> CmpOp::partials(OpBuilder &) { return {Value(), Value()}; }

namespace {
template <typename T> auto compare(ComparePredicate predicate, T x, T y) {
  switch (predicate) {
  case ComparePredicate::eq: return x == y;
  case ComparePredicate::ne: return x != y;
  case ComparePredicate::lt: return x < y;
  case ComparePredicate::le: return x <= y;
  case ComparePredicate::gt: return x > y;
  case ComparePredicate::ge: return x >= y;
  }
  llvm_unreachable("all predicates are listed");
}
} // namespace

Value CmpOp::buildScalar(OpBuilder &builder, Location loc, ValueRange operands) {
  return compare(getPredicate(), ScalarExpr(builder, loc, operands[0]), ScalarExpr(builder, loc, operands[1])).value();
}

Scalar CmpOp::evaluate(ArrayRef<Scalar> operands) {
  return operands[0].visit([&](auto x) -> Scalar { return compare(getPredicate(), x, operands[1].as<decltype(x)>()); });
}

OpFoldResult CmpOp::fold(FoldAdaptor adaptor) { return foldElementwise(*this, adaptor.getOperands()); }

// ---- select

// ∂/∂x = 1 where the condition holds, else 0; ∂/∂y the opposite
SmallVector<Value> SelectOp::partials(OpBuilder &builder) {
  if (!isa<FloatType>(getType().getElementType()))
    return {Value(), Value(), Value()};
  Value one = buildFillLike(builder, getLoc(), getType(), getX(), 1);
  Value zero = buildFillLike(builder, getLoc(), getType(), getX(), 0);
  return {Value(), SelectOp::create(builder, getLoc(), getCondition(), one, zero),
          SelectOp::create(builder, getLoc(), getCondition(), zero, one)};
}

Value SelectOp::buildScalar(OpBuilder &builder, Location loc, ValueRange operands) {
  auto wrap = [&](unsigned i) { return ScalarExpr(builder, loc, operands[i]); };
  return select(wrap(0), wrap(1), wrap(2)).value();
}

Scalar SelectOp::evaluate(ArrayRef<Scalar> operands) { return operands[0].as<bool>() ? operands[1] : operands[2]; }

OpFoldResult SelectOp::fold(FoldAdaptor adaptor) { return foldElementwise(*this, adaptor.getOperands()); }

// ---- convert

LogicalResult ConvertOp::verify() {
  if (getX().getType().getShape() != getType().getShape())
    return emitOpError() << "of " << getX().getType() << " does not give " << getType();
  return success();
}

SmallVector<Value> ConvertOp::partials(OpBuilder &builder) {
  if (!isa<FloatType>(getX().getType().getElementType()) || !isa<FloatType>(getType().getElementType()))
    return {Value()};
  return {buildFillLike(builder, getLoc(), getType(), getX(), 1)};
}

Value ConvertOp::buildScalar(OpBuilder &builder, Location loc, ValueRange operands) {
  return convert(ScalarExpr(builder, loc, operands[0]), getType().getElementType()).value();
}

Scalar ConvertOp::evaluate(ArrayRef<Scalar> operands) { return operands[0].convertTo(getType().getElementType()); }

OpFoldResult ConvertOp::fold(FoldAdaptor adaptor) {
  if (getX().getType() == getType())
    return getX();
  return foldElementwise(*this, adaptor.getOperands());
}

// ---- isnan, isfinite

SmallVector<Value> IsNanOp::partials(OpBuilder &) { return {Value()}; }

Value IsNanOp::buildScalar(OpBuilder &builder, Location loc, ValueRange operands) {
  ScalarExpr x(builder, loc, operands[0]);
  return (x != x).value();
}

Scalar IsNanOp::evaluate(ArrayRef<Scalar> operands) { return std::isnan(operands[0].as<double>()); }

OpFoldResult IsNanOp::fold(FoldAdaptor adaptor) { return foldElementwise(*this, adaptor.getOperands()); }

SmallVector<Value> IsFiniteOp::partials(OpBuilder &) { return {Value()}; }

// x - x is 0 for finite x, else NaN
Value IsFiniteOp::buildScalar(OpBuilder &builder, Location loc, ValueRange operands) {
  ScalarExpr x(builder, loc, operands[0]);
  return (x - x == 0.0).value();
}

Scalar IsFiniteOp::evaluate(ArrayRef<Scalar> operands) { return std::isfinite(operands[0].as<double>()); }

OpFoldResult IsFiniteOp::fold(FoldAdaptor adaptor) { return foldElementwise(*this, adaptor.getOperands()); }

// ---- powi

// d/dx xⁿ = n xⁿ⁻¹; for n = 0 it is 0, also at x = 0, where xⁿ⁻¹ is infinite
SmallVector<Value> PowiOp::partials(OpBuilder &builder) {
  auto constant = [&](Type type, double number) { return buildFillLike(builder, getLoc(), type, getX(), number); };
  Type integers = getN().getType();
  Value isZero = CmpOp::create(builder, getLoc(), ComparePredicate::eq, getN(), constant(integers, 0));
  Value lowered = PowiOp::create(builder, getLoc(), getX(),
                                 SubOp::create(builder, getLoc(), getN(), constant(integers, 1)));
  // The exponent is a constant to derivatives of this one too, whatever it depends on.
  Value exponent = StopGradOp::create(builder, getLoc(), integers, getN());
  Value factor = ConvertOp::create(builder, getLoc(), getType(), exponent);
  Value slope = MulOp::create(builder, getLoc(), factor, lowered);
  return {SelectOp::create(builder, getLoc(), isZero, constant(getType(), 0), slope), Value()};
}

Value PowiOp::buildScalar(OpBuilder &builder, Location loc, ValueRange operands) {
  return power(ScalarExpr(builder, loc, operands[0]), ScalarExpr(builder, loc, operands[1])).value();
}

Scalar PowiOp::evaluate(ArrayRef<Scalar> operands) {
  return Scalar(numbers::power(operands[0].as<double>(), operands[1].as<int64_t>())).convertTo(getType().getElementType());
}

OpFoldResult PowiOp::fold(FoldAdaptor adaptor) {
  if (isUniform(getN(), 1))
    return getX();
  return foldElementwise(*this, adaptor.getOperands());
}

// ---- polygamma

LogicalResult PolygammaOp::verify() {
  if (static_cast<int64_t>(getOrder()) < 0 || getOrder() > 64)
    return emitOpError() << "has order " << static_cast<int64_t>(getOrder()) << ", it must be in 0 to 64";
  return success();
}

// d/dx ψ⁽ⁿ⁾(x) = ψ⁽ⁿ⁺¹⁾(x)
SmallVector<Value> PolygammaOp::partials(OpBuilder &builder) {
  return {PolygammaOp::create(builder, getLoc(), getX(), getOrder() + 1)};
}

Value PolygammaOp::buildScalar(OpBuilder &builder, Location loc, ValueRange operands) {
  return polygamma(ScalarExpr(builder, loc, operands[0]), getOrder()).value();
}

Scalar PolygammaOp::evaluate(ArrayRef<Scalar> operands) {
  return Scalar(numbers::polygamma(operands[0].as<double>(), getOrder())).convertTo(getType().getElementType());
}

OpFoldResult PolygammaOp::fold(FoldAdaptor adaptor) { return foldElementwise(*this, adaptor.getOperands()); }

// ---- unit

LogicalResult UnitOp::verify() {
  if (getBits().getType().getShape() != getType().getShape())
    return emitOpError() << "of " << getBits().getType() << " does not give " << getType();
  return success();
}

SmallVector<Value> UnitOp::partials(OpBuilder &) { return {Value()}; }

// The significand's width of high bits, as an integer below 2^width, scaled exactly.
Value UnitOp::buildScalar(OpBuilder &builder, Location loc, ValueRange operands) {
  Type element = getType().getElementType();
  int width = element.isF32() ? 24 : 53;
  ScalarExpr bits(builder, loc, operands[0]);
  return (convert(shiftRight(bits, bits.constant(64 - width)), element) * std::ldexp(1.0, -width)).value();
}

Scalar UnitOp::evaluate(ArrayRef<Scalar> operands) {
  Type element = getType().getElementType();
  int width = element.isF32() ? 24 : 53;
  uint64_t high = static_cast<uint64_t>(operands[0].as<int64_t>()) >> (64 - width);
  return Scalar(std::ldexp(static_cast<double>(high), -width)).convertTo(element);
}

OpFoldResult UnitOp::fold(FoldAdaptor adaptor) { return foldElementwise(*this, adaptor.getOperands()); }
