// Derivatives of operations that move or choose numbers, and what all rules share.
#include "dialects/Derivatives.h"

#include "dialects/Build.h"
#include "dialects/Ricci.h"

#include "mlir/IR/Matchers.h"

#include <cmath>
#include <optional>

using namespace mlir;
using namespace ricci;

// ---------------------------------------------------------------- shared

static std::optional<double> constantEverywhere(Value value) {
  if (auto fill = value.getDefiningOp<FillOp>())
    if (auto number = dyn_cast<FloatAttr>(fill.getValue()))
      return number.getValueAsDouble();
  return std::nullopt;
}

Value ricci::buildSum(OpBuilder &builder, Location loc, Value x, Value y) {
  if (!x || !y)
    return x ? x : y;
  // x + (-y) = x - y
  if (auto negated = y.getDefiningOp<NegOp>())
    return SubOp::create(builder, loc, x, negated.getX());
  if (auto negated = x.getDefiningOp<NegOp>())
    return SubOp::create(builder, loc, y, negated.getX());
  return AddOp::create(builder, loc, x, y);
}

Value ricci::buildChain(OpBuilder &builder, Location loc, Value g, Value partial, bool masked) {
  if (!g || !partial)
    return {};
  if (std::optional<double> number = constantEverywhere(partial)) {
    if (*number == 0)
      return {};
    if (*number == 1)
      return g;
    if (*number == -1)
      return NegOp::create(builder, loc, g);
    masked &= !std::isfinite(*number);
  }
  // g · select(c, p, 0) = select(c, g · p, 0)
  if (auto choice = partial.getDefiningOp<SelectOp>())
    if (constantEverywhere(choice.getX()) || constantEverywhere(choice.getY())) {
      Value x = buildChain(builder, loc, g, choice.getX(), masked);
      Value y = buildChain(builder, loc, g, choice.getY(), masked);
      if (!x && !y)
        return {};
      x = x ? x : buildZeros(builder, loc, g);
      y = y ? y : buildZeros(builder, loc, g);
      return SelectOp::create(builder, loc, choice.getCondition(), x, y);
    }
  // g · (-p) = -(g · p)
  if (auto negated = partial.getDefiningOp<NegOp>()) {
    Value product = buildChain(builder, loc, g, negated.getX(), masked);
    return product ? NegOp::create(builder, loc, product) : product;
  }
  if (masked)
    return MaskMulOp::create(builder, loc, g, partial);
  // g · (1/y) = g / y
  if (auto quotient = partial.getDefiningOp<DivOp>())
    if (constantEverywhere(quotient.getX()) == 1.0)
      return DivOp::create(builder, loc, g, quotient.getY());
  return MulOp::create(builder, loc, g, partial);
}

// ---------------------------------------------------------------- select: each side has a say where it was taken

SmallVector<Value> SelectOp::jvp(OpBuilder &builder, ValueRange tangents) {
  Value x = tangents[1], y = tangents[2];
  if (!x && !y)
    return {Value()};
  x = x ? x : buildZeros(builder, getLoc(), getX());
  y = y ? y : buildZeros(builder, getLoc(), getY());
  return {SelectOp::create(builder, getLoc(), getCondition(), x, y)};
}

// x̄ = select(c, r̄, 0), ȳ = select(c, 0, r̄)
SmallVector<Value> SelectOp::vjp(OpBuilder &builder, ValueRange cotangents, ArrayRef<bool> wanted, bool masked) {
  Value zeros = buildZeros(builder, getLoc(), cotangents[0]), x, y;
  if (wanted[1])
    x = SelectOp::create(builder, getLoc(), getCondition(), cotangents[0], zeros);
  if (wanted[2])
    y = SelectOp::create(builder, getLoc(), getCondition(), zeros, cotangents[0]);
  return {Value(), x, y};
}

// ---------------------------------------------------------------- convert: linear between floats, constant otherwise

static Value convertLike(OpBuilder &builder, Location loc, Value g, Value like) {
  if (!g || !isa<FloatType>(getElementTypeOrSelf(like)))
    return {};
  return ConvertOp::create(builder, loc, like.getType(), g);
}

SmallVector<Value> ConvertOp::jvp(OpBuilder &builder, ValueRange tangents) {
  return {convertLike(builder, getLoc(), tangents[0], getR())};
}

SmallVector<Value> ConvertOp::vjp(OpBuilder &builder, ValueRange cotangents, ArrayRef<bool> wanted, bool masked) {
  return {convertLike(builder, getLoc(), cotangents[0], getX())};
}

// ---------------------------------------------------------------- stop_grad: a constant

SmallVector<Value> StopGradOp::jvp(OpBuilder &builder, ValueRange tangents) { return {Value()}; }

SmallVector<Value> StopGradOp::vjp(OpBuilder &builder, ValueRange cotangents, ArrayRef<bool> wanted, bool masked) {
  return {Value()};
}

// ---------------------------------------------------------------- reshape: linear, undone by its inverse

SmallVector<Value> ReshapeOp::jvp(OpBuilder &builder, ValueRange tangents) {
  return {ReshapeOp::create(builder, getLoc(), getType(), tangents[0], getDims())};
}

SmallVector<Value> ReshapeOp::vjp(OpBuilder &builder, ValueRange cotangents, ArrayRef<bool> wanted, bool masked) {
  SmallVector<Value> dims = buildDynamicDims(builder, getLoc(), getInput());
  return {ReshapeOp::create(builder, getLoc(), getInput().getType(), cotangents[0], dims)};
}
