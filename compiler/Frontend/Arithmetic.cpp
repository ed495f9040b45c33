// Elementwise expressions: by name, leaf by leaf; what needs a check or has no operation of its own is spelled out.
#include "compiler/Frontend/Emitter.h"

#include "llvm/ADT/StringSwitch.h"

using namespace mlir;
using namespace ricci;
using namespace ricci::frontend;

static std::optional<ComparePredicate> predicateOf(StringRef name) { return symbolizeComparePredicate(name); }

Leaves Emitter::elementwise(const lang::ElementwiseExpr &expr) {
  SmallVector<Leaves> operands;
  // The right side of `and` and `or` is reached only where the left one does not decide; behind an array, if any of its
  // elements does not, since what is there need not go element by element.
  bool lazy = (expr.name == "and" || expr.name == "or") && expr.operands.size() == 2;
  for (const lang::Expr *operand : expr.operands) {
    if (lazy && operands.size() == 1) {
      Leaf left = operands[0].front();
      Leaf open = expr.name == "and" ? left : tensors.negation(left);
      if (!open.own.empty())
        open = reduceOwn(ReduceKind::any, open, open.own.size());
      operands.push_back(under<Leaves>(open, [&] { return emit(*operand); }));
    } else {
      operands.push_back(emit(*operand));
    }
  }
  size_t count = 1;
  for (auto [operand, leaves] : llvm::zip_equal(expr.operands, operands))
    if (operand->type.isAggregate())
      count = leaves.size();
  SmallVector<const lang::Type *> results = arraysOf(expr.type);
  Leaves result;
  for (size_t position = 0; position < count; ++position) {
    SmallVector<Leaf> leaves;
    for (auto [operand, values] : llvm::zip_equal(expr.operands, operands))
      leaves.push_back(operand->type.isAggregate() ? values[position] : values.front());
    // A conversion is written as the type's name.
    lang::Scalar type = results[position]->element;
    bool converts = expr.name == "convert";
    Leaf value = converts ? tensors.convert(leaves[0], element(type)) : elementwiseLeaf(expr, leaves);
    result.push_back(watched(spelling(converts ? lang::scalarName(type) : std::string_view(expr.name)), value, leaves, /*pointwise=*/true));
  }
  return result;
}

Leaf Emitter::elementwiseLeaf(const lang::ElementwiseExpr &expr, ArrayRef<Leaf> operands) {
  StringRef name = expr.name;
  bool integer = isa<IntegerType>(operands[0].element());
  if (std::optional<ComparePredicate> predicate = predicateOf(name))
    return tensors.compare(*predicate, operands[0], operands[1]);
  if (integer && (name == "div" || name == "rem")) {
    Leaf zero = tensors.fillInteger(0, operands[1].element());
    std::optional<int64_t> divisor = tensors.constantInteger(operands[1]);
    if (!divisor || *divisor == 0)
      check(tensors.compare(ComparePredicate::ne, operands[1], zero), code::division, "division by zero");
    return tensors.apply(name, operands);
  }
  if (name == "powi" || (name == "pow" && isa<IntegerType>(operands[1].element())))
    return integerPower(operands[0], tensors.convert(operands[1], builder.getI64Type()));
  if (name == "clamp")
    return tensors.apply("min", {tensors.apply("max", {operands[0], operands[1]}), operands[2]});
  if (name == "isnan" || name == "isfinite") {
    if (integer)
      return tensors.broadcast(tensors.boolean(name == "isfinite"), operands[0].context, operands[0].own);
  }
  if (integer && (name == "floor" || name == "ceil" || name == "round"))
    return operands[0];
  return tensors.apply(name, operands);
}

Leaf Emitter::integerPower(const Leaf &base, const Leaf &exponent) {
  std::optional<int64_t> known = tensors.constantInteger(exponent);
  // Small powers as products: cheaper, and their derivatives simplify.
  constexpr int64_t productLimit = 4;
  if (known && *known >= 1 && *known <= productLimit) {
    Leaf result = base;
    for (int64_t power = 1; power < *known; ++power)
      result = tensors.mul(result, base);
    return result;
  }
  if (known && *known == 0)
    return tensors.broadcast(tensors.fillInteger(1, base.element()), base.context, base.own);
  if (isa<FloatType>(base.element()))
    return tensors.apply("powi", {base, exponent});

  // Integers, by repeated squaring over the bits of the exponent. A negative one gives 1/xⁿ rounded towards −∞ as `/` does.
  Type type = base.element(), wide = builder.getI64Type();
  Leaf one = tensors.fillInteger(1, type), zero = tensors.fillInteger(0, wide);
  Leaf power = base, rest = tensors.apply("abs", {exponent});
  Leaf result = tensors.broadcast(one, unite({base, exponent}), base.own);
  constexpr int bits = 63;
  for (int bit = 0; bit < (known ? 64 - int(llvm::countl_zero(uint64_t(std::abs(*known)))) : bits); ++bit) {
    Leaf odd = tensors.compare(ComparePredicate::ne, tensors.apply("rem", {rest, tensors.number(2)}), zero);
    result = tensors.select(odd, tensors.mul(result, power), result);
    power = tensors.mul(power, power);
    rest = tensors.div(rest, tensors.number(2));
  }
  Leaf negative = tensors.compare(ComparePredicate::lt, exponent, zero);
  check(tensors.apply("or", {tensors.negation(negative), tensors.compare(ComparePredicate::ne, base, tensors.fillInteger(0, type))}),
        code::division, "division by zero: 0 to a negative power");
  return tensors.select(negative, tensors.div(one, result), result);
}
