// Elementwise functions whose operand and result types differ, or that take an attribute. Their derivatives and
// bodies are in Mixed.cpp.
#ifndef RICCI_MIXED_TD
#define RICCI_MIXED_TD

include "dialects/RicciElementwise.td"
include "mlir/IR/EnumAttr.td"

// The operand's shape over another element type.
class Ricci_BoolsLike<string operand, string result>
    : TypesMatchWith<"'" # result # "' has the shape of '" # operand # "' and element type i1", operand, result,
                     "::ricci::withElement($_self, ::mlir::IntegerType::get($_self.getContext(), 1))">;
class Ricci_IntegersLike<string operand, string result>
    : TypesMatchWith<"'" # result # "' has the shape of '" # operand # "' and element type i64", operand, result,
                     "::ricci::withElement($_self, ::mlir::IntegerType::get($_self.getContext(), 64))">;

def Ricci_ComparePredicate : I32EnumAttr<"ComparePredicate", "how two numbers compare", [
  I32EnumAttrCase<"eq", 0>, I32EnumAttrCase<"ne", 1>, I32EnumAttrCase<"lt", 2>,
  I32EnumAttrCase<"le", 3>, I32EnumAttrCase<"gt", 4>, I32EnumAttrCase<"ge", 5>]> {
  let cppNamespace = "::ricci";
}

def Ricci_CmpOp : Ricci_Elementwise<"cmp", "comparison; with NaN only ne holds", [SameTypeOperands, Ricci_BoolsLike<"x", "r">]> {
  let arguments = (ins Ricci_ComparePredicate:$predicate, Ricci_AnyTensor:$x, Ricci_AnyTensor:$y);
  let results = (outs Ricci_I1Tensor:$r);
  let assemblyFormat = "$predicate $x `,` $y attr-dict `:` type($x)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

// The cotangent reaches each side only where it was taken: select(c, r̄, 0) and select(c, 0, r̄).
def Ricci_SelectOp : Ricci_Elementwise<"select", "x where the condition holds, y elsewhere",
    [DeclareOpInterfaceMethods<DifferentiableOpInterface>, AllTypesMatch<["x", "y", "r"]>, Ricci_BoolsLike<"x", "condition">]> {
  let arguments = (ins Ricci_I1Tensor:$condition, Ricci_AnyTensor:$x, Ricci_AnyTensor:$y);
  let results = (outs Ricci_AnyTensor:$r);
  let assemblyFormat = "$condition `,` $x `,` $y attr-dict `:` type($x)";
  let hasFolder = 1;
}

// Float to integer truncates, saturates and maps NaN to 0; to bool it asks for non-zero. Only float to float carries
// a derivative: the cotangent is converted back.
def Ricci_ConvertOp : Ricci_Elementwise<"convert", "the same numbers in another element type",
    [DeclareOpInterfaceMethods<DifferentiableOpInterface>, SameOperandsAndResultShape]> {
  let arguments = (ins Ricci_AnyTensor:$x);
  let results = (outs Ricci_AnyTensor:$r);
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($r)";
  let hasFolder = 1;
  let hasVerifier = 1;
}

class Ricci_Predicate<string mnemonic, string text> : Ricci_Elementwise<mnemonic, text, [Ricci_BoolsLike<"x", "r">]> {
  let arguments = (ins Ricci_FloatTensor:$x);
  let results = (outs Ricci_I1Tensor:$r);
  let assemblyFormat = "$x attr-dict `:` type($x)";
  let hasFolder = 1;
}
def Ricci_IsNanOp : Ricci_Predicate<"isnan", "whether x is not a number">;
def Ricci_IsFiniteOp : Ricci_Predicate<"isfinite", "whether x is neither infinite nor NaN">;

// d/dx xⁿ = n xⁿ⁻¹, and 0 for n = 0 even at x = 0
def Ricci_PowiOp : Ricci_Elementwise<"powi", "float x to the integer power n, by repeated squaring",
    [AllTypesMatch<["x", "r"]>, Ricci_IntegersLike<"x", "n">]> {
  let arguments = (ins Ricci_FloatTensor:$x, Ricci_I64Tensor:$n);
  let results = (outs Ricci_FloatTensor:$r);
  let assemblyFormat = "$x `,` $n attr-dict `:` type($x)";
  let hasFolder = 1;
}

// d/dx ψ⁽ⁿ⁾(x) = ψ⁽ⁿ⁺¹⁾(x)
def Ricci_PolygammaOp : Ricci_Elementwise<"polygamma", "derivative of digamma of an order ≥ 0", [AllTypesMatch<["x", "r"]>]> {
  let arguments = (ins Ricci_FloatTensor:$x, I64Attr:$order);
  let results = (outs Ricci_FloatTensor:$r);
  let assemblyFormat = "$x `order` $order attr-dict `:` type($r)";
  let hasFolder = 1;
  let hasVerifier = 1;
}

// The 53 (f64) or 24 (f32) high bits, times 2⁻⁵³ or 2⁻²⁴: every value is exact.
def Ricci_UnitOp : Ricci_Elementwise<"unit", "random bits to a float in [0, 1)", [SameOperandsAndResultShape]> {
  let arguments = (ins Ricci_I64Tensor:$bits);
  let results = (outs Ricci_FloatTensor:$r);
  let assemblyFormat = "$bits attr-dict `:` type($bits) `->` type($r)";
  let hasFolder = 1;
  let hasVerifier = 1;
}

#endif
