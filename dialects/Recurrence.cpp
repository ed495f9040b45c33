// The linear recurrence r = L⁻¹ x, where L has ones on the diagonal and the factors, negated, below it. Reversed it is
// L⁻ᵀ x, so that transposition turns `reverse` over and keeps the factors.
#include "dialects/Build.h"
#include "dialects/Derivatives.h"
#include "dialects/Ricci.h"
#include "dialects/Verify.h"

#include <cmath>

using namespace mlir;
using namespace ricci;

LogicalResult RecurrenceOp::verify() {
  RankedTensorType input = getInput().getType(), factors = getFactors().getType();
  int64_t axis = getAxis();
  if (axis < 0 || axis >= input.getRank())
    return emitOpError() << "runs along axis " << axis << " of a tensor of rank " << input.getRank();
  if (input.getElementType().isInteger(1))
    return emitOpError("multiplies and adds, which booleans do not");
  SmallVector<int64_t> expected(input.getShape());
  if (!input.isDynamicDim(axis))
    expected[axis] = std::max<int64_t>(0, expected[axis] - 1);
  bool fits = input.getRank() == factors.getRank() && input.getElementType() == factors.getElementType();
  for (int64_t k = 0; fits && k < input.getRank(); ++k)
    fits = sizesAgree(expected[k], factors.getDimSize(k));
  if (!fits)
    return emitOpError() << "over " << input << " needs factors of type " << input.clone(expected) << ", not "
                         << factors;
  return success();
}

bool RecurrenceOp::isSum() { return isUniform(getFactors(), 1); }

OpFoldResult RecurrenceOp::fold(FoldAdaptor) {
  int64_t length = getType().getDimSize(getAxis());
  return length == 0 || length == 1 ? getInput() : Value();
}

// ---------------------------------------------------------------- derivatives

// tensor[…, i + shift, …], of the shape of `shaped`; outside the tensor 0, if it may be.
static Value shifted(OpBuilder &builder, RecurrenceOp op, Value tensor, int64_t shift, Value shaped, AccessMode mode) {
  auto type = cast<RankedTensorType>(shaped.getType());
  SmallVector<AffineExpr> subscripts;
  for (int64_t axis = 0; axis < type.getRank(); ++axis)
    subscripts.push_back(builder.getAffineDimExpr(axis));
  subscripts[op.getAxis()] = subscripts[op.getAxis()] + shift;
  SmallVector<int32_t> modes(type.getRank(), static_cast<int32_t>(AccessMode::exact));
  modes[op.getAxis()] = static_cast<int32_t>(mode);
  return GatherOp::create(
      builder, op.getLoc(), type, tensor, ValueRange(), buildDynamicDims(builder, op.getLoc(), shaped),
      AffineMap::get(type.getRank(), 0, subscripts, builder.getContext()), builder.getArrayAttr({}), modes);
}

// For each factor, the element of `tensor` that it is multiplied by, or the one that the product is added to.
static Value beside(OpBuilder &builder, RecurrenceOp op, Value tensor, bool multiplied) {
  int64_t shift = multiplied == op.getReverse() ? 1 : 0;
  return shifted(builder, op, tensor, shift, op.getFactors(), AccessMode::exact);
}

// ṙ[i+1] = (ẋ[i+1] + ȧ[i] r[i]) + a[i] ṙ[i]: the same recurrence again.
SmallVector<Value> RecurrenceOp::jvp(OpBuilder &builder, ValueRange tangents) {
  Value source = tangents[0];
  if (Value factors = tangents[1]) {
    Value r = beside(builder, *this, getResult(), /*multiplied=*/true);
    Value products = getMasked() ? Value(MaskMulOp::create(builder, getLoc(), r, factors))
                                 : Value(MulOp::create(builder, getLoc(), factors, r));
    Value added = shifted(builder, *this, products, getReverse() ? 0 : -1, getInput(), AccessMode::pad);
    source = buildSum(builder, getLoc(), source, added);
  }
  if (!source)
    return {Value()};
  return {RecurrenceOp::create(builder, getLoc(), getType(), getAxisAttr(), source, getFactors(), getReverseAttr(),
                               getMaskedAttr())};
}

// x̄ = L⁻ᵀ r̄, and ā[i] = x̄[i+1] r[i], with the transposed roles in the reversed direction.
SmallVector<Value> RecurrenceOp::vjp(OpBuilder &builder, ValueRange cotangents, ArrayRef<bool> wanted, bool masked) {
  // A factor that is a finite number cannot spoil a zero.
  std::optional<Scalar> number = uniformValue(getFactors());
  bool keepsZeros = masked && !(number && std::isfinite(number->as<double>()));
  Value x = RecurrenceOp::create(builder, getLoc(), getType(), getAxis(), cotangents[0], getFactors(), !getReverse(),
                                 keepsZeros);
  if (!wanted[1])
    return {x, Value()};
  Value r = beside(builder, *this, getResult(), /*multiplied=*/true);
  Value to = beside(builder, *this, x, /*multiplied=*/false);
  // Zero where r is, like the product itself.
  Value factors =
      getMasked() ? Value(MaskMulOp::create(builder, getLoc(), r, to)) : buildChain(builder, getLoc(), to, r, masked);
  return {x, factors};
}
