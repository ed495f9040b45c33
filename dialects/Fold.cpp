// Identities that hold for every number, NaN and infinities included, up to the sign of a zero. x·0 is not 0 for x = inf,
// so it stays; Autodiff does not build products with the zeros it knows (a null tangent or cotangent).
#include "dialects/Fold.h"

#include "dialects/Ricci.h"

#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace ricci;

namespace {
// Shapes may differ in what the types tell; a fold keeps the type.
Value sameType(Operation *op, Value value) {
  return value.getType() == op->getResult(0).getType() ? value : Value();
}

Value foldSelect(SelectOp op) {
  if (op.getX() == op.getY())
    return op.getX();
  if (std::optional<Scalar> condition = uniformValue(op.getCondition()))
    return condition->as<bool>() ? op.getX() : op.getY();
  // select(c, select(c, a, b), d) -> select(c, a, d), and likewise on the other side
  bool changed = false;
  if (auto inner = op.getX().getDefiningOp<SelectOp>(); inner && inner.getCondition() == op.getCondition()) {
    op.getXMutable().assign(inner.getX());
    changed = true;
  }
  if (auto inner = op.getY().getDefiningOp<SelectOp>(); inner && inner.getCondition() == op.getCondition()) {
    op.getYMutable().assign(inner.getY());
    changed = true;
  }
  return changed ? op.getResult() : Value();
}

template <typename Inverse> Value foldInvolution(Inverse op) {
  // −(−x) = x, ¬¬x = x
  if (auto inner = op.getX().template getDefiningOp<Inverse>())
    return inner.getX();
  return {};
}
} // namespace

OpFoldResult ricci::foldElementwise(Operation *op, ArrayRef<Attribute>) {
  Value folded = TypeSwitch<Operation *, Value>(op)
      .Case([](AddOp add) -> Value { // x + 0 = x
        if (isUniform(add.getY(), 0))
          return add.getX();
        return isUniform(add.getX(), 0) ? add.getY() : Value();
      })
      .Case([](SubOp sub) -> Value { // x − 0 = x
        return isUniform(sub.getY(), 0) ? sub.getX() : Value();
      })
      .Case([](MulOp mul) -> Value { // x · 1 = x
        if (isUniform(mul.getY(), 1))
          return mul.getX();
        return isUniform(mul.getX(), 1) ? mul.getY() : Value();
      })
      .Case([](MaskMulOp mul) -> Value { // 0 annihilates here; x · 1 = x; 1 · y = y
        if (isUniform(mul.getX(), 0) || isUniform(mul.getY(), 1))
          return mul.getX();
        return isUniform(mul.getX(), 1) ? mul.getY() : Value();
      })
      .Case([](DivOp div) -> Value { // x / 1 = x
        return isUniform(div.getY(), 1) ? div.getX() : Value();
      })
      .Case([](PowOp pow) -> Value { // x¹ = x
        return isUniform(pow.getY(), 1) ? pow.getX() : Value();
      })
      .Case<AndOp, OrOp>([](auto both) -> Value {
        bool neutral = isa<AndOp>(both); // x ∧ true = x ∨ false = x; x ∧ false = false; x ∨ true = true
        if (both.getX() == both.getY())
          return both.getX();
        if (std::optional<Scalar> y = uniformValue(both.getY()))
          return y->template as<bool>() == neutral ? both.getX() : both.getY();
        if (std::optional<Scalar> x = uniformValue(both.getX()))
          return x->template as<bool>() == neutral ? both.getY() : both.getX();
        return {};
      })
      .Case<MaxOp, MinOp>([](auto both) -> Value { return both.getX() == both.getY() ? both.getX() : Value(); })
      .Case<NegOp, NotOp>([](auto inverse) { return foldInvolution(inverse); })
      .Case([](SelectOp select) { return foldSelect(select); })
      .Default(Value());
  return folded && sameType(op, folded) ? OpFoldResult(folded) : OpFoldResult();
}
