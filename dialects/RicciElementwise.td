// Scalar functions lifted over arrays of equal shape: one entry each.
//
// An entry says three things. `partials`: the derivative by each operand, comma-separated, as an expression over
// tensors in the operands' names and `r`, the result (dialects/TensorExpr.h gives the operators and functions; `none`
// where an operand carries no derivative). `body`: the function itself, an expression that must compile both for
// plain numbers (interpreter) and for scalars and vectors under construction (dialects/ScalarExpr.h).
#ifndef RICCI_ELEMENTWISE_TD
#define RICCI_ELEMENTWISE_TD

include "dialects/RicciDialect.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Ricci_FloatTensor : RankedTensorOf<[F32, F64]>;
def Ricci_NumTensor : RankedTensorOf<[F32, F64, I32, I64]>;
def Ricci_I64Tensor : RankedTensorOf<[I64]>;
def Ricci_I1Tensor : RankedTensorOf<[I1]>;
def Ricci_AnyTensor : RankedTensorOf<[F32, F64, I32, I64, I1]>;

// The element types a function is defined on; `name` is the class of dialects/Scalar.h that lists them.
class Ricci_Domain<Type t, string n> {
  Type type = t;
  string name = n;
}
def Ricci_Floats : Ricci_Domain<Ricci_FloatTensor, "Floats">;
def Ricci_Numbers : Ricci_Domain<Ricci_NumTensor, "Numbers">;
def Ricci_Integers : Ricci_Domain<RankedTensorOf<[I32, I64]>, "Integers">;
def Ricci_Words : Ricci_Domain<Ricci_I64Tensor, "Words">;
def Ricci_Booleans : Ricci_Domain<Ricci_I1Tensor, "Booleans">;

class Ricci_Elementwise<string mnemonic, string text, list<Trait> traits = []>
    : Ricci_Op<mnemonic, [Pure, DeclareOpInterfaceMethods<ElementwiseOpInterface>] # traits> {
  let summary = text;
}

class Ricci_Unary<string mnemonic, string text, string partial, string body, Ricci_Domain domain = Ricci_Floats>
    : Ricci_Elementwise<mnemonic, text, [SameOperandsAndResultType]> {
  let arguments = (ins domain.type:$x);
  let results = (outs domain.type:$r);
  let assemblyFormat = "$x attr-dict `:` type($r)";
  let hasFolder = 1;
  let extraClassDefinition = [{
    template <> struct Body<$cppClass> {
      auto operator()(auto x) const {
        using namespace ::ricci::numbers;
        return }] # body # [{;
      }
    };
    ::llvm::SmallVector<::mlir::Value> $cppClass::partials(::mlir::OpBuilder &builder) {
      ::ricci::TensorRules rules(builder, getOperation());
      if (!rules.differentiable())
        return {::mlir::Value()};
      [[maybe_unused]] auto x = rules.operand(0), r = rules.result(), none = ::ricci::TensorExpr::none();
      return rules.values(}] # partial # [{);
    }
    ::mlir::Value $cppClass::buildScalar(::mlir::OpBuilder &builder, ::mlir::Location loc, ::mlir::ValueRange operands) {
      return Body<$cppClass>()(::ricci::ScalarExpr(builder, loc, operands[0])).value();
    }
    ::ricci::Scalar $cppClass::evaluate(::llvm::ArrayRef<::ricci::Scalar> operands) {
      return ::ricci::evaluateUnary<::ricci::}] # domain.name # [{>(operands, Body<$cppClass>());
    }
    ::mlir::OpFoldResult $cppClass::fold(FoldAdaptor adaptor) {
      return ::ricci::foldElementwise(getOperation(), adaptor.getOperands());
    }
  }];
}

class Ricci_Binary<string mnemonic, string text, string partials, string body, Ricci_Domain domain = Ricci_Numbers, list<Trait> traits = []>
    : Ricci_Elementwise<mnemonic, text, [SameOperandsAndResultType] # traits> {
  let arguments = (ins domain.type:$x, domain.type:$y);
  let results = (outs domain.type:$r);
  let assemblyFormat = "$x `,` $y attr-dict `:` type($r)";
  let hasFolder = 1;
  let extraClassDefinition = [{
    template <> struct Body<$cppClass> {
      auto operator()(auto x, auto y) const {
        using namespace ::ricci::numbers;
        return }] # body # [{;
      }
    };
    ::llvm::SmallVector<::mlir::Value> $cppClass::partials(::mlir::OpBuilder &builder) {
      ::ricci::TensorRules rules(builder, getOperation());
      if (!rules.differentiable())
        return {::mlir::Value(), ::mlir::Value()};
      [[maybe_unused]] auto x = rules.operand(0), y = rules.operand(1), r = rules.result(), none = ::ricci::TensorExpr::none();
      return rules.values(}] # partials # [{);
    }
    ::mlir::Value $cppClass::buildScalar(::mlir::OpBuilder &builder, ::mlir::Location loc, ::mlir::ValueRange operands) {
      ::ricci::ScalarExpr x(builder, loc, operands[0]), y(builder, loc, operands[1]);
      return Body<$cppClass>()(x, y).value();
    }
    ::ricci::Scalar $cppClass::evaluate(::llvm::ArrayRef<::ricci::Scalar> operands) {
      return ::ricci::evaluateBinary<::ricci::}] # domain.name # [{>(operands, Body<$cppClass>());
    }
    ::mlir::OpFoldResult $cppClass::fold(FoldAdaptor adaptor) {
      return ::ricci::foldElementwise(getOperation(), adaptor.getOperands());
    }
  }];
}

// ---------------------------------------------------------------- arithmetic (float and integer)
// Integer division floors, the remainder has the divisor's sign, overflow wraps, and x / 0 = x % 0 = 0.

def Ricci_AddOp : Ricci_Binary<"add", "x + y", "1.0, 1.0", "x + y", Ricci_Numbers, [Commutative]>;
def Ricci_SubOp : Ricci_Binary<"sub", "x - y", "1.0, -1.0", "x - y">;
def Ricci_MulOp : Ricci_Binary<"mul", "x * y", "y, x", "x * y", Ricci_Numbers, [Commutative]>;
// d/dx x/y = 1/y, d/dy x/y = -(x/y)/y
def Ricci_DivOp : Ricci_Binary<"div", "x / y", "1.0 / y, -r / y", "divide(x, y)">;
// x % y = x - y·floor(x/y)
def Ricci_RemOp : Ricci_Binary<"rem", "remainder with the divisor's sign", "1.0, -floor(x / y)", "remainder(x, y)">;
def Ricci_PowOp : Ricci_Binary<"pow", "x to the power y",
  "select(y == 0.0, 0.0, y * pow(x, y - 1.0)), select(x == 0.0, 0.0, r * log(x))", "pow(x, y)", Ricci_Floats>;
// Ties share equally.
def Ricci_MaxOp : Ricci_Binary<"max", "larger of two; NaN if either is",
  "select(x > y, 1.0, select(x == y, 0.5, 0.0)), select(y > x, 1.0, select(x == y, 0.5, 0.0))", "maximum(x, y)">;
def Ricci_MinOp : Ricci_Binary<"min", "smaller of two; NaN if either is",
  "select(x < y, 1.0, select(x == y, 0.5, 0.0)), select(y < x, 1.0, select(x == y, 0.5, 0.0))", "minimum(x, y)">;
def Ricci_Atan2Op : Ricci_Binary<"atan2", "angle of the point (y-coordinate x, x-coordinate y)",
  "y / (x * x + y * y), -x / (x * x + y * y)", "atan2(x, y)", Ricci_Floats>;
// A product for cotangents: x = 0 gives 0, even against inf and NaN.
def Ricci_MaskMulOp : Ricci_Binary<"mask_mul", "x * y where a zero x annihilates", "y, x", "select(x == 0.0, 0.0, x * y)", Ricci_Floats>;
// Salmon et al. 2011, Threefry-2x32, 20 rounds: key and counter are pairs of 32-bit words, low word first.
def Ricci_ThreefryOp : Ricci_Binary<"threefry", "random bits from key x and counter y", "none, none", "threefry(x, y)", Ricci_Words>;
def Ricci_AndOp : Ricci_Binary<"and", "x and y", "none, none", "x & y", Ricci_Booleans, [Commutative]>;
def Ricci_OrOp : Ricci_Binary<"or", "x or y", "none, none", "x | y", Ricci_Booleans, [Commutative]>;
// Integer bit operations, for random numbers.
def Ricci_ShrOp : Ricci_Binary<"shr", "logical shift of x right by y bits, 0 ≤ y < 64", "none, none", "shiftRight(x, y)", Ricci_Words>;

def Ricci_NotOp : Ricci_Unary<"not", "not x", "none", "!x", Ricci_Booleans>;
def Ricci_NegOp : Ricci_Unary<"neg", "-x", "-1.0", "-x", Ricci_Numbers>;
def Ricci_AbsOp : Ricci_Unary<"abs", "|x|", "sign(x)", "absolute(x)", Ricci_Numbers>;
def Ricci_SignOp : Ricci_Unary<"sign", "-1, 0 or 1; NaN of NaN", "none", "signOf(x)", Ricci_Numbers>;
def Ricci_FloorOp : Ricci_Unary<"floor", "largest integer not above x", "none", "floor(x)">;
def Ricci_CeilOp : Ricci_Unary<"ceil", "smallest integer not below x", "none", "ceil(x)">;
def Ricci_RoundOp : Ricci_Unary<"round", "nearest integer, ties to even", "none", "roundeven(x)">;

// ---------------------------------------------------------------- powers, exponentials, logarithms

def Ricci_SqrtOp : Ricci_Unary<"sqrt", "square root", "0.5 / r", "sqrt(x)">;
def Ricci_RsqrtOp : Ricci_Unary<"rsqrt", "1/√x", "-0.5 * r / x", "1.0 / sqrt(x)">;
def Ricci_CbrtOp : Ricci_Unary<"cbrt", "cube root", "1.0 / (3.0 * r * r)", "cbrt(x)">;
def Ricci_ExpOp : Ricci_Unary<"exp", "eˣ", "r", "exp(x)">;
def Ricci_Expm1Op : Ricci_Unary<"expm1", "eˣ − 1", "exp(x)", "expm1(x)">;
def Ricci_LogOp : Ricci_Unary<"log", "natural logarithm", "1.0 / x", "log(x)">;
def Ricci_Log1pOp : Ricci_Unary<"log1p", "log(1 + x)", "1.0 / (1.0 + x)", "log1p(x)">;
def Ricci_Log2Op : Ricci_Unary<"log2", "binary logarithm", "1.4426950408889634 / x", "log2(x)">;

// ---------------------------------------------------------------- trigonometric and hyperbolic

def Ricci_SinOp : Ricci_Unary<"sin", "sine", "cos(x)", "sin(x)">;
def Ricci_CosOp : Ricci_Unary<"cos", "cosine", "-sin(x)", "cos(x)">;
def Ricci_TanOp : Ricci_Unary<"tan", "tangent", "1.0 + r * r", "tan(x)">;
def Ricci_AsinOp : Ricci_Unary<"asin", "inverse sine", "rsqrt(1.0 - x * x)", "asin(x)">;
def Ricci_AcosOp : Ricci_Unary<"acos", "inverse cosine", "-rsqrt(1.0 - x * x)", "acos(x)">;
def Ricci_AtanOp : Ricci_Unary<"atan", "inverse tangent", "1.0 / (1.0 + x * x)", "atan(x)">;
def Ricci_SinhOp : Ricci_Unary<"sinh", "hyperbolic sine", "cosh(x)", "sinh(x)">;
def Ricci_CoshOp : Ricci_Unary<"cosh", "hyperbolic cosine", "sinh(x)", "cosh(x)">;
def Ricci_TanhOp : Ricci_Unary<"tanh", "hyperbolic tangent", "1.0 - r * r", "tanh(x)">;
def Ricci_AsinhOp : Ricci_Unary<"asinh", "inverse hyperbolic sine", "rsqrt(x * x + 1.0)", "asinh(x)">;
def Ricci_AcoshOp : Ricci_Unary<"acosh", "inverse hyperbolic cosine", "rsqrt(x * x - 1.0)", "acosh(x)">;
def Ricci_AtanhOp : Ricci_Unary<"atanh", "inverse hyperbolic tangent", "1.0 / (1.0 - x * x)", "atanh(x)">;

// ---------------------------------------------------------------- activations

def Ricci_SigmoidOp : Ricci_Unary<"sigmoid", "1/(1 + e⁻ˣ)", "r * (1.0 - r)", "sigmoid(x)">;
def Ricci_SoftplusOp : Ricci_Unary<"softplus", "log(1 + eˣ), without overflow", "sigmoid(x)", "maximum(x, 0.0) + log1p(exp(-absolute(x)))">;
def Ricci_ReluOp : Ricci_Unary<"relu", "max(x, 0)", "select(x > 0.0, 1.0, 0.0)", "maximum(x, 0.0)">;
// Φ(x) = erfc(-x/√2)/2, φ(x) = e^(-x²/2)/√(2π); gelu = xΦ, gelu' = Φ + xφ. By erf, Φ = (1 + erf(x/√2))/2 would lose
// its digits left of 0.
def Ricci_GeluOp : Ricci_Unary<"gelu", "x Φ(x)", "0.5 * erfc(x * -0.7071067811865476) + x * exp(-0.5 * x * x) * 0.3989422804014327",
  "0.5 * x * erfc(x * -0.7071067811865476)">;
def Ricci_SiluOp : Ricci_Unary<"silu", "x sigmoid(x)", "sigmoid(x) + r * (1.0 - sigmoid(x))", "x * sigmoid(x)">;

// ---------------------------------------------------------------- special functions

// 2/√π
def Ricci_ErfOp : Ricci_Unary<"erf", "error function", "1.1283791670955126 * exp(-x * x)", "erf(x)">;
def Ricci_ErfcOp : Ricci_Unary<"erfc", "1 − erf(x)", "-1.1283791670955126 * exp(-x * x)", "erfc(x)">;
def Ricci_LgammaOp : Ricci_Unary<"lgamma", "log |Γ(x)|", "digamma(x)", "lgamma(x)">;
def Ricci_DigammaOp : Ricci_Unary<"digamma", "d/dx log Γ(x)", "polygamma(x, 1)", "digamma(x)">;

// ---------------------------------------------------------------- integers

// Modulo 2^bits; a negative power is 0 unless x is 1 or -1.
def Ricci_IpowOp : Ricci_Binary<"ipow", "integer x to the integer power y", "none, none", "power(x, y)", Ricci_Integers>;

#endif
