// The reductions and the way of summing are fdlibm's (Sun, 1993: e_exp.c, s_expm1.c, e_log.c, s_log1p.c), without
// branches; the polynomials are our own. Every select keeps a NaN because comparisons with one are false.
#include "VectorMathFunctions.h"

#include "VectorMathPolynomials.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/TypeUtilities.h"

#include <limits>
#include <numbers>

using namespace mlir;

namespace ricci::lower {

namespace {

// What differs between f32 and f64.
struct Format {
  int mantissaBits, bias;
  double shifter;               // 1.5 * 2^mantissaBits: adding it rounds to an integer, left in the low bits
  int64_t shifterBits;
  double ln2High, ln2Low;       // ln2High has so few bits that its product with an exponent is exact
  double expLow, expHigh;       // beyond, exp is 0 or infinite
  double expm1Low, tanhHigh;    // beyond, expm1 is -1 and tanh is 1
  int64_t oneBits, rootHalfBits; // of 1 and of sqrt(1/2)
  double rootTwo;               // twice the latter
  double denormalScale;         // lifts every denormal into the normal range
  int denormalExponent;
  double minNormal;
  llvm::ArrayRef<double> exp, log, tanh;
};

const Format &formatOf(bool isSingle) {
  static const Format single{23, 127, 0x1.8p23, 0x4b400000, 0.693359375, -2.12194440054690582767e-4, -104, 89, -20, 10,
                             0x3f800000, 0x3f3504f3, 0x1.6a09e6p0, 0x1p25, -25, 0x1p-126,
                             polynomials::expF32, polynomials::logF32, polynomials::tanhF32};
  static const Format twice{52, 1023, 0x1.8p52, 0x4338000000000000, 6.93147180369123816490e-01,
                            1.90821492927058770002e-10, -746, 710, -40, 22, 0x3ff0000000000000, 0x3fe6a09e667f3bcd,
                            0x1.6a09e667f3bcdp0, 0x1p54, -54, 0x1p-1022, polynomials::expF64, polynomials::logF64, polynomials::tanhF64};
  return isSingle ? single : twice;
}

// Arithmetic on one float type, scalar or vector.
class FloatMath {
public:
  FloatMath(OpBuilder &builder, Location loc, Type type, const VectorTarget &target)
      : b(loc, builder), type(type), integer(type), format(formatOf(getElementTypeOrSelf(type).isF32())),
        target(target) {
    integer = b.getIntegerType(getElementTypeOrSelf(type).getIntOrFloatBitWidth());
    if (auto vector = dyn_cast<VectorType>(type))
      integer = VectorType::get(vector.getShape(), integer);
  }

  Value exp(Value x) {
    // What comes out as 0 is not computed: underflow takes a hundred cycles, and what masks scores has all of it (a
    // causal attention's gradient took 1.5 times as long).
    Value low = real(format.expLow), high = real(format.expHigh), zero = real(0);
    Value bounded = select(less(high, x), high, x);
    if (hasExponentInstructions()) {
      Reduced reduced = reduce(bounded);
      Value counts = arith::CmpFOp::create(b, arith::CmpFPredicate::UGE, x, low);
      return instruction("scalef", {expReduced(reduced.r), reduced.whole, zero}, counts);
    }
    Value isZero = less(x, low);
    Reduced reduced = reduce(select(isZero, zero, bounded));
    Value value = expReduced(reduced.r);
    // 2^n in two factors, as n reaches from the denormals to past the largest exponent; the first product is exact.
    Value biased = addInt(reduced.n, 2 * format.bias);
    Value half = arith::ShRUIOp::create(b, biased, whole(1));
    Value rest = arith::SubIOp::create(b, biased, half);
    return mul(mul(value, powerOfTwo(half)), select(isZero, zero, powerOfTwo(rest)));
  }

  // 2^n (1 + t) - 1 with t = e^r - 1, as 2 (2^(n-1) t + (2^(n-1) - 1/2)), which does not overflow early.
  Value expm1(Value x) {
    Reduced reduced = reduce(clamp(x, format.expm1Low, format.expHigh));
    Value scale = powerOfTwo(addInt(reduced.n, format.bias - 1));
    Value half = fma(scale, expTail(reduced.r), sub(scale, real(0.5)));
    return copySign(add(half, half), x);
  }

  Value log(Value x) {
    Split split = splitExponent(x, /*mayBeDenormal=*/true);
    return logSpecials(logTail(sub(split.mantissa, real(1)), split.exponent, real(0)), x, x);
  }

  // log(u) + c / u with u = 1 + x rounded and c what the rounding lost; exact x instead of u - 1 where that is used.
  Value log1p(Value x) {
    Value one = real(1), u = add(x, one);
    Split split = splitExponent(u, /*mayBeDenormal=*/false);
    Value direct = equal(split.exponent, real(0));
    Value lost = select(less(one, x), sub(one, sub(u, x)), sub(x, sub(u, one)));
    Value correction = select(direct, real(0), div(lost, u));
    Value f = select(direct, x, sub(split.mantissa, one));
    return copySign(logSpecials(logTail(f, split.exponent, correction), u, x), x);
  }

  // x + x^3 P(x^2) below 1, from there on 1 - 2 / (e^(2|x|) + 1).
  Value tanh(Value x) {
    Value size = math::AbsFOp::create(b, x), one = real(1), square = mul(x, x);
    Value below = fma(mul(size, square), polynomial(format.tanh, square), size);
    Value bounded = select(less(real(format.tanhHigh), size), real(format.tanhHigh), size);
    Reduced reduced = reduce(add(bounded, bounded));
    Value power = mul(expReduced(reduced.r), powerOfTwo(addInt(reduced.n, format.bias)));
    Value above = sub(one, div(real(2), add(power, one)));
    return copySign(select(less(size, one), below, above), x);
  }

  // With t = e^-|x| = 2^n (1 + p): t / (1 + t) left of 0 and 1 / (1 + t) right of it. t and 1 + t are sums of two numbers,
  // and a step of Newton's puts into the quotient what its roundings lost.
  Value sigmoid(Value x) {
    Value size = math::AbsFOp::create(b, x), one = real(1), zero = real(0), most = real(-format.expLow);
    Reduced reduced = reduce(sub(zero, select(less(most, size), most, size)));
    Value r = reduced.r, rounded = add(one, r);
    Value tail = fma(mul(r, r), polynomial(format.exp, r), sub(r, sub(rounded, one)));
    Value high = add(rounded, tail), low = sub(tail, sub(high, rounded));
    // 2^n in two factors, as t may be a denormal; 1 + t does not see the second.
    Value bounded = arith::MaxSIOp::create(b, reduced.n, whole(-(format.bias + 1) / 2));
    Value scale = powerOfTwo(addInt(bounded, format.bias));
    Value rest = powerOfTwo(addInt(arith::SubIOp::create(b, reduced.n, bounded), format.bias));
    Value t = mul(high, scale), tLow = mul(low, scale);
    Value sum = add(one, t), sumLow = add(sub(t, sub(sum, one)), tLow);
    Value isLeft = less(x, zero), top = select(isLeft, t, one), topLow = select(isLeft, tLow, zero);
    Value inverse = div(one, sum), quotient = mul(top, inverse), negative = sub(zero, quotient);
    Value lost = add(fma(negative, sum, top), fma(negative, sumLow, topLow));
    return mul(fma(lost, inverse, quotient), select(isLeft, rest, one));
  }

private:
  // x = n ln 2 + r with |r| <= ln(2) / 2.
  struct Reduced {
    Value n;     // integer
    Value whole; // n as a float
    Value r;
  };
  Reduced reduce(Value x) {
    Value shifted = fma(x, real(std::numbers::log2e), real(format.shifter));
    Value n = sub(shifted, real(format.shifter));
    Value r = fma(n, real(-format.ln2Low), fma(n, real(-format.ln2High), x));
    return {addInt(bits(shifted), -format.shifterBits), n, r};
  }

  // AVX-512 has instructions for x 2^n, rounded once like the two products that stand for it elsewhere, for the exponent and the
  // mantissa of whatever is positive and finite, and for results by the kind of an argument.
  bool hasExponentInstructions() const {
    auto vector = dyn_cast<VectorType>(type);
    return vector && target.hasExponentInstructions &&
           vector.getNumElements() * vector.getElementTypeBitWidth() == target.vectorBytes * 8;
  }
  // The instruction on whole registers: its operands, the last of them for lanes that do not count, then which count,
  // all if null, and the rounding.
  Value instruction(StringRef name, SmallVector<Value> operands, Value counts = {}) {
    constexpr int currentRounding = 4;
    Type mask = b.getIntegerType(cast<VectorType>(type).getNumElements());
    operands.push_back(counts ? Value(LLVM::BitcastOp::create(b, mask, counts))
                              : arith::ConstantOp::create(b, b.getIntegerAttr(mask, -1)));
    operands.push_back(number(currentRounding));
    const StringRef suffix = getElementTypeOrSelf(type).isF32() ? ".ps.512" : ".pd.512";
    auto full = b.getStringAttr("llvm.x86.avx512.mask." + name + suffix);
    return LLVM::CallIntrinsicOp::create(b, type, full, operands).getResult(0);
  }
  Value number(int value) { return arith::ConstantOp::create(b, b.getI32IntegerAttr(value)); }

  // e^r as 1 + r (1 + r q(r)): rounds less than 1 + (r + r^2 q(r)).
  Value expReduced(Value r) {
    Value one = real(1);
    return fma(r, fma(r, polynomial(format.exp, r), one), one);
  }

  // e^r - 1
  Value expTail(Value r) { return fma(mul(r, r), polynomial(format.exp, r), r); }

  // x = 2^exponent mantissa with the mantissa in [sqrt(1/2), sqrt(2)); x is positive and finite.
  struct Split {
    Value exponent, mantissa;
  };
  Split splitExponent(Value x, bool mayBeDenormal) {
    if (hasExponentInstructions()) {
      constexpr int fromOneToTwo = 0;
      Value exponent = instruction("getexp", {x, x}), mantissa = instruction("getmant", {x, number(fromOneToTwo), x});
      Value low = less(mantissa, real(format.rootTwo));
      return {select(low, exponent, add(exponent, real(1))), select(low, mantissa, mul(mantissa, real(0.5)))};
    }
    if (!mayBeDenormal)
      return splitNormal(x);
    Value small = less(x, real(format.minNormal));
    Split split = splitNormal(select(small, mul(x, real(format.denormalScale)), x));
    return {add(split.exponent, select(small, real(format.denormalExponent), real(0))), split.mantissa};
  }
  Split splitNormal(Value x) {
    Value shifted = addInt(bits(x), format.oneBits - format.rootHalfBits);
    Value exponent = addInt(arith::ShRUIOp::create(b, shifted, whole(format.mantissaBits)), -format.bias);
    Value fraction = arith::AndIOp::create(b, shifted, whole((int64_t(1) << format.mantissaBits) - 1));
    // Integer to float by way of the shifter's low bits: one code path for every instruction set.
    Value asFloat = sub(floatOf(addInt(exponent, format.shifterBits)), real(format.shifter));
    return {asFloat, floatOf(addInt(fraction, format.rootHalfBits))};
  }

  // exponent ln 2 + log(1 + f) + correction, with s = f / (2 + f) and log(1 + f) = f - (f^2/2 - s (f^2/2 + R(s^2))).
  Value logTail(Value f, Value exponent, Value correction) {
    Value s = div(f, add(f, real(2))), square = mul(s, s);
    Value rest = mul(square, polynomial(format.log, square));
    Value half = mul(mul(f, real(0.5)), f);
    Value low = fma(exponent, real(format.ln2Low), correction);
    Value tail = sub(half, fma(s, add(half, rest), low));
    return fma(exponent, real(format.ln2High), sub(f, tail));
  }

  // The logarithm of `argument` where that is 0, negative, infinite (as `x` tells) or NaN.
  Value logSpecials(Value value, Value argument, Value x) {
    if (hasExponentInstructions()) {
      // Four bits for each kind, from the lowest: quiet and signalling NaN, 0, 1, −∞, ∞, negative and positive numbers. They mean
      // 0 `value`, 2 the NaN, 3 a NaN, 4 −∞, 5 ∞.
      return instruction("fixupimm", {value, argument, whole(0x03530422), number(0)});
    }
    Value infinity = real(std::numeric_limits<double>::infinity());
    Value nan = real(std::numeric_limits<double>::quiet_NaN());
    Value atMost = select(equal(argument, real(0)), real(-std::numeric_limits<double>::infinity()), nan);
    value = select(less(real(0), argument), value, atMost);
    return select(equal(x, infinity), infinity, value);
  }

  Value polynomial(ArrayRef<double> coefficients, Value x) {
    Value value = real(coefficients.back());
    for (double coefficient : llvm::reverse(coefficients.drop_back()))
      value = fma(value, x, real(coefficient));
    return value;
  }

  Value clamp(Value x, double low, double high) {
    x = select(less(x, real(low)), real(low), x);
    return select(less(real(high), x), real(high), x);
  }

  Value real(double value) {
    return arith::ConstantOp::create(b, splat(FloatAttr::get(getElementTypeOrSelf(type), value), type));
  }
  Value whole(int64_t value) {
    return arith::ConstantOp::create(b, splat(IntegerAttr::get(getElementTypeOrSelf(integer), value), integer));
  }
  static TypedAttr splat(TypedAttr value, Type type) {
    if (auto vector = dyn_cast<VectorType>(type))
      return DenseElementsAttr::get(vector, Attribute(value));
    return value;
  }
  Value add(Value x, Value y) { return arith::AddFOp::create(b, x, y); }
  Value sub(Value x, Value y) { return arith::SubFOp::create(b, x, y); }
  Value mul(Value x, Value y) { return arith::MulFOp::create(b, x, y); }
  Value div(Value x, Value y) { return arith::DivFOp::create(b, x, y); }
  // x y + z
  Value fma(Value x, Value y, Value z) {
    return target.hasFma ? Value(math::FmaOp::create(b, x, y, z)) : add(mul(x, y), z);
  }
  Value copySign(Value size, Value sign) { return math::CopySignOp::create(b, size, sign); }
  Value less(Value x, Value y) { return arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, x, y); }
  Value equal(Value x, Value y) { return arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, x, y); }
  Value select(Value condition, Value x, Value y) { return arith::SelectOp::create(b, condition, x, y); }
  Value addInt(Value x, int64_t y) { return arith::AddIOp::create(b, x, whole(y)); }
  Value bits(Value x) { return arith::BitcastOp::create(b, integer, x); }
  Value floatOf(Value x) { return arith::BitcastOp::create(b, type, x); }
  // 2^(biased - bias); `biased` is a valid exponent field.
  Value powerOfTwo(Value biased) {
    return floatOf(arith::ShLIOp::create(b, biased, whole(format.mantissaBits)));
  }

  ImplicitLocOpBuilder b;
  Type type, integer;
  const Format &format;
  const VectorTarget &target;
};

} // namespace

Value emitExp(OpBuilder &builder, Location loc, Value x, const VectorTarget &target) {
  return FloatMath(builder, loc, x.getType(), target).exp(x);
}
Value emitExpm1(OpBuilder &builder, Location loc, Value x, const VectorTarget &target) {
  return FloatMath(builder, loc, x.getType(), target).expm1(x);
}
Value emitLog(OpBuilder &builder, Location loc, Value x, const VectorTarget &target) {
  return FloatMath(builder, loc, x.getType(), target).log(x);
}
Value emitLog1p(OpBuilder &builder, Location loc, Value x, const VectorTarget &target) {
  return FloatMath(builder, loc, x.getType(), target).log1p(x);
}
Value emitSigmoid(OpBuilder &builder, Location loc, Value x, const VectorTarget &target) {
  return FloatMath(builder, loc, x.getType(), target).sigmoid(x);
}
Value emitTanh(OpBuilder &builder, Location loc, Value x, const VectorTarget &target) {
  return FloatMath(builder, loc, x.getType(), target).tanh(x);
}

} // namespace ricci::lower
