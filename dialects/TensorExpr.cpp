#include "dialects/TensorExpr.h"

#include "dialects/Build.h"
#include "dialects/Ricci.h"

using namespace mlir;
using namespace ricci;

bool TensorRules::differentiable() const { return isa<FloatType>(getElementTypeOrSelf(op->getResult(0))); }

Value TensorRules::materialize(const TensorExpr &expression) {
  if (expression.absent || expression.value)
    return expression.value;
  return buildFillLike(builder, op->getLoc(), op->getResult(0).getType(), op->getOperand(0), expression.number);
}

namespace ricci {
namespace {
template <typename Op, typename... Args> TensorExpr emit(TensorRules *rules, Args... args) {
  return {*rules, Op::create(rules->builder, rules->op->getLoc(), rules->materialize(args)...)};
}
TensorExpr compare(TensorRules *rules, ComparePredicate predicate, TensorExpr x, TensorExpr y) {
  Value left = rules->materialize(x), right = rules->materialize(y);
  return {*rules, CmpOp::create(rules->builder, rules->op->getLoc(), predicate, left, right)};
}
} // namespace

#define RICCI_BINARY(NAME, OP)                                                                                         \
  TensorExpr NAME(TensorExpr x, TensorExpr y) { return emit<OP>(x.rules ? x.rules : y.rules, x, y); }
#define RICCI_UNARY(NAME, OP)                                                                                          \
  TensorExpr NAME(TensorExpr x) { return emit<OP>(x.rules, x); }

RICCI_BINARY(operator+, AddOp)
RICCI_BINARY(operator-, SubOp)
RICCI_BINARY(operator*, MulOp)
RICCI_BINARY(operator/, DivOp)
RICCI_BINARY(pow, PowOp)
RICCI_UNARY(operator-, NegOp)
RICCI_UNARY(sign, SignOp)
RICCI_UNARY(floor, FloorOp)
RICCI_UNARY(sqrt, SqrtOp)
RICCI_UNARY(rsqrt, RsqrtOp)
RICCI_UNARY(exp, ExpOp)
RICCI_UNARY(log, LogOp)
RICCI_UNARY(sin, SinOp)
RICCI_UNARY(cos, CosOp)
RICCI_UNARY(sinh, SinhOp)
RICCI_UNARY(cosh, CoshOp)
RICCI_UNARY(sigmoid, SigmoidOp)
RICCI_UNARY(erfc, ErfcOp)
RICCI_UNARY(digamma, DigammaOp)
#undef RICCI_BINARY
#undef RICCI_UNARY

TensorExpr operator==(TensorExpr x, TensorExpr y) {
  return compare(x.rules ? x.rules : y.rules, ComparePredicate::eq, x, y);
}
TensorExpr operator<(TensorExpr x, TensorExpr y) {
  return compare(x.rules ? x.rules : y.rules, ComparePredicate::lt, x, y);
}
TensorExpr operator>(TensorExpr x, TensorExpr y) {
  return compare(x.rules ? x.rules : y.rules, ComparePredicate::gt, x, y);
}

TensorExpr select(TensorExpr condition, TensorExpr x, TensorExpr y) {
  return emit<SelectOp>(condition.rules, condition, x, y);
}

TensorExpr polygamma(TensorExpr x, int64_t order) {
  TensorRules &rules = *x.rules;
  return {rules, PolygammaOp::create(rules.builder, rules.op->getLoc(), x.value, order)};
}
} // namespace ricci
