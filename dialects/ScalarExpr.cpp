#include "dialects/ScalarExpr.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace ricci;

bool ScalarExpr::isFloat() const { return isa<FloatType>(getElementTypeOrSelf(type())); }

Type ScalarExpr::withElement(Type element) const {
  if (auto vector = dyn_cast<VectorType>(type()))
    return vector.clone(element);
  return element;
}

ScalarExpr ScalarExpr::like(ScalarExpr other) const {
  if (other.value_)
    return other;
  Type element = getElementTypeOrSelf(type());
  TypedAttr attribute = isa<FloatType>(element)
                            ? TypedAttr(builder->getFloatAttr(element, other.number))
                            : builder->getIntegerAttr(element, static_cast<int64_t>(other.number));
  if (auto vector = dyn_cast<VectorType>(type()))
    attribute = SplatElementsAttr::get(vector, Attribute(attribute));
  return emit<arith::ConstantOp>(attribute);
}

void ScalarExpr::unify(ScalarExpr &x, ScalarExpr &y) {
  if (x.value_)
    y = x.like(y);
  else
    x = y.like(x);
}

namespace ricci {

#define RICCI_ARITHMETIC(NAME, FLOAT, INTEGER)                                                                         \
  ScalarExpr NAME(ScalarExpr x, ScalarExpr y) {                                                                        \
    ScalarExpr::unify(x, y);                                                                                           \
    return x.isFloat() ? x.emit<arith::FLOAT>(x.value(), y.value()) : x.emit<arith::INTEGER>(x.value(), y.value());    \
  }
RICCI_ARITHMETIC(operator+, AddFOp, AddIOp)
RICCI_ARITHMETIC(operator-, SubFOp, SubIOp)
RICCI_ARITHMETIC(operator*, MulFOp, MulIOp)
RICCI_ARITHMETIC(maximum, MaximumFOp, MaxSIOp)
RICCI_ARITHMETIC(minimum, MinimumFOp, MinSIOp)
#undef RICCI_ARITHMETIC

#define RICCI_COMPARISON(NAME, FLOAT, INTEGER)                                                                         \
  ScalarExpr NAME(ScalarExpr x, ScalarExpr y) {                                                                        \
    ScalarExpr::unify(x, y);                                                                                           \
    return x.isFloat() ? x.emit<arith::CmpFOp>(arith::CmpFPredicate::FLOAT, x.value(), y.value())                      \
                       : x.emit<arith::CmpIOp>(arith::CmpIPredicate::INTEGER, x.value(), y.value());                   \
  }
RICCI_COMPARISON(operator==, OEQ, eq)
RICCI_COMPARISON(operator!=, UNE, ne)
RICCI_COMPARISON(operator<, OLT, slt)
RICCI_COMPARISON(operator<=, OLE, sle)
RICCI_COMPARISON(operator>, OGT, sgt)
RICCI_COMPARISON(operator>=, OGE, sge)
#undef RICCI_COMPARISON

#define RICCI_MATH(NAME, OP)                                                                                           \
  ScalarExpr NAME(ScalarExpr x) { return x.emit<math::OP>(x.value()); }
RICCI_MATH(floor, FloorOp)
RICCI_MATH(ceil, CeilOp)
RICCI_MATH(roundeven, RoundEvenOp)
RICCI_MATH(sqrt, SqrtOp)
RICCI_MATH(cbrt, CbrtOp)
RICCI_MATH(exp, ExpOp)
RICCI_MATH(expm1, ExpM1Op)
RICCI_MATH(log, LogOp)
RICCI_MATH(log1p, Log1pOp)
RICCI_MATH(log2, Log2Op)
RICCI_MATH(sin, SinOp)
RICCI_MATH(cos, CosOp)
RICCI_MATH(tan, TanOp)
RICCI_MATH(asin, AsinOp)
RICCI_MATH(acos, AcosOp)
RICCI_MATH(atan, AtanOp)
RICCI_MATH(sinh, SinhOp)
RICCI_MATH(cosh, CoshOp)
RICCI_MATH(tanh, TanhOp)
RICCI_MATH(asinh, AsinhOp)
RICCI_MATH(acosh, AcoshOp)
RICCI_MATH(atanh, AtanhOp)
RICCI_MATH(erf, ErfOp)
RICCI_MATH(erfc, ErfcOp)
#undef RICCI_MATH

ScalarExpr atan2(ScalarExpr y, ScalarExpr x) { return y.emit<math::Atan2Op>(y.value(), x.value()); }
ScalarExpr pow(ScalarExpr x, ScalarExpr y) { return x.emit<math::PowFOp>(x.value(), y.value()); }
ScalarExpr operator&(ScalarExpr x, ScalarExpr y) {
  ScalarExpr::unify(x, y);
  return x.emit<arith::AndIOp>(x.value(), y.value());
}
ScalarExpr operator|(ScalarExpr x, ScalarExpr y) { return x.emit<arith::OrIOp>(x.value(), y.value()); }
ScalarExpr operator!(ScalarExpr x) { return x.emit<arith::XOrIOp>(x.value(), x.constant(1).value()); }
ScalarExpr operator-(ScalarExpr x) {
  return x.isFloat() ? x.emit<arith::NegFOp>(x.value()) : x.constant(0) - x;
}
ScalarExpr operator/(ScalarExpr x, ScalarExpr y) {
  ScalarExpr::unify(x, y);
  return x.emit<arith::DivFOp>(x.value(), y.value());
}
ScalarExpr select(ScalarExpr condition, ScalarExpr x, ScalarExpr y) {
  ScalarExpr::unify(x, y);
  return condition.emit<arith::SelectOp>(condition.value(), x.value(), y.value());
}

// The machine divides only where it cannot trap: by anything but 0 and, for the least integer, -1.
ScalarExpr divide(ScalarExpr x, ScalarExpr y) {
  if (x.isFloat())
    return x / y;
  ScalarExpr zero = y == 0.0, minusOne = y == -1.0;
  ScalarExpr divisor = select(zero | minusOne, 1.0, y);
  ScalarExpr quotient = x.emit<arith::DivSIOp>(x.value(), divisor.value());
  ScalarExpr rest = x - quotient * divisor;
  ScalarExpr opposite = x.emit<arith::XOrIOp>(rest.value(), divisor.value()) < 0.0;
  ScalarExpr floored = select((rest != 0.0) & opposite, quotient - 1.0, quotient);
  return select(zero, 0.0, select(minusOne, -x, floored));
}

ScalarExpr remainder(ScalarExpr x, ScalarExpr y) {
  if (!x.isFloat())
    return select(y == 0.0, 0.0, x - y * divide(x, y));
  ScalarExpr rest = x.emit<arith::RemFOp>(x.value(), y.value());
  ScalarExpr opposite = (rest < 0.0) != (y < 0.0);
  return select((rest != 0.0) & opposite, rest + y, rest);
}

ScalarExpr absolute(ScalarExpr x) {
  return x.isFloat() ? x.emit<math::AbsFOp>(x.value()) : x.emit<math::AbsIOp>(x.value());
}

ScalarExpr signOf(ScalarExpr x) {
  // The innermost arm is NaN or, for integers, never taken.
  return select(x > 0.0, 1.0, select(x < 0.0, -1.0, select(x == 0.0, 0.0, x)));
}

ScalarExpr shiftRight(ScalarExpr x, ScalarExpr y) {
  ScalarExpr inside = (y >= 0.0) & (y < 64.0);
  ScalarExpr distance = select(inside, y, 0.0);
  return select(inside, x.emit<arith::ShRUIOp>(x.value(), distance.value()), 0.0);
}

// Salmon et al. 2011; see runtime/Threefry.h for the plain form.
ScalarExpr threefry(ScalarExpr key, ScalarExpr counter) {
  Type i32 = IntegerType::get(key.type().getContext(), 32), words = key.withElement(i32);
  auto low = [&](ScalarExpr x) { return x.emit<arith::TruncIOp>(words, x.value()); };
  auto high = [&](ScalarExpr x) { return low(x.emit<arith::ShRUIOp>(x.value(), x.constant(32).value())); };
  auto exclusiveOr = [](ScalarExpr x, ScalarExpr y) { return x.emit<arith::XOrIOp>(x.value(), y.value()); };
  auto rotateLeft = [](ScalarExpr x, int bits) {
    return x.emit<arith::ShLIOp>(x.value(), x.constant(bits).value()) |
           x.emit<arith::ShRUIOp>(x.value(), x.constant(32 - bits).value());
  };
  constexpr int rotations[8] = {13, 15, 26, 6, 17, 29, 16, 24};
  ScalarExpr key0 = low(key), key1 = high(key);
  ScalarExpr keys[3] = {key0, key1, exclusiveOr(exclusiveOr(key0, key1), key0.constant(0x1BD11BDA))};
  ScalarExpr x0 = low(counter) + keys[0], x1 = high(counter) + keys[1];
  for (int round = 0; round < 20; ++round) {
    x0 = x0 + x1;
    x1 = exclusiveOr(rotateLeft(x1, rotations[round % 8]), x0);
    if (round % 4 == 3) {
      int injection = round / 4 + 1;
      x0 = x0 + keys[injection % 3];
      x1 = x1 + keys[(injection + 1) % 3] + double(injection);
    }
  }
  auto widen = [&](ScalarExpr x) { return x.emit<arith::ExtUIOp>(key.type(), x.value()); };
  ScalarExpr upper = widen(x1);
  return upper.emit<arith::ShLIOp>(upper.value(), upper.constant(32).value()) | widen(x0);
}

// x^y by repeated squaring, negative y as the reciprocal (floats) or 0 unless |x| = 1 (integers).
ScalarExpr power(ScalarExpr x, ScalarExpr y) {
  ScalarExpr negative = y < 0.0;
  ScalarExpr magnitude = x.isFloat() ? select(negative, -y, y) : y;
  auto step = [](ScalarExpr result, ScalarExpr base, ScalarExpr bits) {
    return select((bits & 1.0) != 0.0, result * base, result);
  };
  auto shift = [](ScalarExpr bits) { return bits.emit<arith::ShRUIOp>(bits.value(), bits.constant(1).value()); };

  ScalarExpr result = x.constant(1);
  // Where the exponent is known the loop unrolls and folds away.
  APInt known;
  DenseElementsAttr splat;
  bool isKnown = matchPattern(y.value(), m_ConstantInt(&known)) ||
                 (matchPattern(y.value(), m_Constant(&splat)) && splat.isSplat() && (known = splat.getSplatValue<APInt>(), true));
  if (isKnown) {
    ScalarExpr base = x;
    bool first = true;
    APInt bits = x.isFloat() ? known.abs() : known;
    for (unsigned bit = 0; bit < bits.getActiveBits(); ++bit) {
      if (bit > 0)
        base = base * base;
      if (bits[bit]) {
        result = first ? base : result * base;
        first = false;
      }
    }
  } else {
    auto loop = x.emit<scf::WhileOp>(
        TypeRange{x.type(), x.type(), y.type()}, ValueRange{result.value(), x.value(), magnitude.value()},
        [&](OpBuilder &b, Location loc, ValueRange state) {
          ScalarExpr left = ScalarExpr(b, loc, state[2]) != 0.0;
          Value any = left.value();
          if (auto vector = dyn_cast<VectorType>(any.getType()))
            any = vector::ReductionOp::create(b, loc, vector::CombiningKind::OR, any);
          scf::ConditionOp::create(b, loc, any, state);
        },
        [&](OpBuilder &b, Location loc, ValueRange state) {
          ScalarExpr result(b, loc, state[0]), base(b, loc, state[1]), bits(b, loc, state[2]);
          scf::YieldOp::create(
              b, loc, ValueRange{step(result, base, bits).value(), (base * base).value(), shift(bits).value()});
        });
    result = loop;
  }
  if (x.isFloat())
    return select(negative, 1.0 / result, result);
  return select(negative & (x != 1.0) & (x != -1.0), 0.0, result);
}

namespace {
// Declares a function at the top of the module that is being built.
void declare(OpBuilder &builder, Location loc, StringRef symbol, FunctionType type) {
  auto module = builder.getInsertionBlock()->getParentOp()->getParentOfType<ModuleOp>();
  if (module.lookupSymbol(symbol))
    return;
  auto atTop = OpBuilder::atBlockBegin(module.getBody());
  func::FuncOp::create(atTop, loc, symbol, type).setPrivate();
}

// A function of the runtime on every lane.
ScalarExpr callRuntime(ScalarExpr x, StringRef name, ValueRange extra, OpBuilder &builder, Location loc) {
  Type element = getElementTypeOrSelf(x.type());
  std::string symbol = ("ricci_math_" + name + (element.isF32() ? "_f32" : "_f64")).str();
  SmallVector<Type> inputs = {element};
  llvm::append_range(inputs, extra.getTypes());
  declare(builder, loc, symbol, builder.getFunctionType(inputs, element));
  auto call = [&](Value lane) {
    SmallVector<Value> operands = {lane};
    llvm::append_range(operands, extra);
    return func::CallOp::create(builder, loc, symbol, element, operands).getResult(0);
  };
  auto vector = dyn_cast<VectorType>(x.type());
  if (!vector)
    return {builder, loc, call(x.value())};
  Value result = arith::ConstantOp::create(builder, loc, builder.getZeroAttr(vector));
  for (int64_t lane = 0; lane < vector.getNumElements(); ++lane) {
    Value value = vector::ExtractOp::create(builder, loc, x.value(), lane);
    result = vector::InsertOp::create(builder, loc, call(value), result, lane);
  }
  return {builder, loc, result};
}
} // namespace

ScalarExpr sigmoid(ScalarExpr x) {
  auto vector = dyn_cast<VectorType>(x.type());
  std::string symbol = ("ricci_math_sigmoid_" + Twine(vector ? vector.getNumElements() : 1) +
                        (getElementTypeOrSelf(x.type()).isF32() ? "xf32" : "xf64")).str();
  declare(*x.builder, *x.loc, symbol, x.builder->getFunctionType(x.type(), x.type()));
  return x.emit<func::CallOp>(symbol, x.type(), ValueRange(x.value()));
}
ScalarExpr lgamma(ScalarExpr x) { return callRuntime(x, "lgamma", {}, *x.builder, *x.loc); }
ScalarExpr digamma(ScalarExpr x) { return callRuntime(x, "digamma", {}, *x.builder, *x.loc); }
ScalarExpr polygamma(ScalarExpr x, int64_t order) {
  Value n = arith::ConstantOp::create(*x.builder, *x.loc, x.builder->getI64IntegerAttr(order));
  return callRuntime(x, "polygamma", n, *x.builder, *x.loc);
}

ScalarExpr convert(ScalarExpr x, Type element) {
  Type from = getElementTypeOrSelf(x.type()), to = x.withElement(element);
  if (from == element)
    return x;
  if (element.isInteger(1))
    return x != 0.0;
  if (isa<FloatType>(element)) {
    if (from.isF32())
      return x.emit<arith::ExtFOp>(to, x.value());
    if (from.isF64())
      return x.emit<arith::TruncFOp>(to, x.value());
    if (from.isInteger(1))
      return x.emit<arith::UIToFPOp>(to, x.value());
    return x.emit<arith::SIToFPOp>(to, x.value());
  }
  unsigned bits = element.getIntOrFloatBitWidth();
  if (!isa<FloatType>(from)) {
    if (from.isInteger(1))
      return x.emit<arith::ExtUIOp>(to, x.value());
    return from.getIntOrFloatBitWidth() < bits ? x.emit<arith::ExtSIOp>(to, x.value())
                                               : x.emit<arith::TruncIOp>(to, x.value());
  }
  // Out of range the machine's conversion is undefined: convert a harmless number there and select the bound.
  double bound = std::ldexp(1.0, bits - 1);
  ScalarExpr below = x < -bound, above = x >= bound, nan = x != x;
  ScalarExpr safe = select(below | above | nan, 0.0, x);
  ScalarExpr whole = x.emit<arith::FPToSIOp>(to, safe.value());
  Builder builder(element.getContext());
  auto limit = [&](APInt value) {
    TypedAttr attribute = builder.getIntegerAttr(element, value);
    if (auto vector = dyn_cast<VectorType>(to))
      attribute = SplatElementsAttr::get(vector, Attribute(attribute));
    return x.emit<arith::ConstantOp>(attribute);
  };
  return select(below, limit(APInt::getSignedMinValue(bits)),
                select(above, limit(APInt::getSignedMaxValue(bits)), whole));
}

} // namespace ricci
