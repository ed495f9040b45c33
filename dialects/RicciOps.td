// The structural operations. Elementwise functions are in RicciElementwise.td.
#ifndef RICCI_OPS_TD
#define RICCI_OPS_TD

include "dialects/RicciDialect.td"
include "mlir/IR/BuiltinAttributeInterfaces.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/EnumAttr.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Ricci_Tensor : RankedTensorOf<[F32, F64, I32, I64, I1]>;
def Ricci_IntTensor : RankedTensorOf<[I64]>;
def Ricci_BoolTensor : RankedTensorOf<[I1]>;
defvar Ricci_Dims = Variadic<Index>;

// ---------------------------------------------------------------- constants and sizes

def Ricci_ConstantOp : Ricci_Op<"constant", [Pure, ConstantLike, AllTypesMatch<["value", "result"]>]> {
  let summary = "dense constant of static shape";
  let arguments = (ins ElementsAttr:$value);
  let results = (outs Ricci_Tensor:$result);
  let assemblyFormat = "attr-dict $value";
  let hasFolder = 1;
}

def Ricci_FillOp : Ricci_Op<"fill", [Pure]> {
  let summary = "one number everywhere, any shape";
  let arguments = (ins TypedAttrInterface:$value, Ricci_Dims:$dims);
  let results = (outs Ricci_Tensor:$result);
  let assemblyFormat = "$value (`dims` `(` $dims^ `)`)? attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Ricci_IotaOp : Ricci_Op<"iota", [Pure]> {
  let summary = "0, 1, 2, … along one axis";
  let arguments = (ins Ricci_Dims:$dims);
  let results = (outs Ricci_IntTensor:$result);
  let assemblyFormat = "(`dims` `(` $dims^ `)`)? attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def Ricci_DimOp : Ricci_Op<"dim", [Pure]> {
  let summary = "size of one axis";
  let arguments = (ins Ricci_Tensor:$source, I64Attr:$axis);
  let results = (outs Index:$result);
  let assemblyFormat = "$source `,` $axis attr-dict `:` type($source)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Ricci_ToIndexOp : Ricci_Op<"to_index", [Pure]> {
  let summary = "i64 scalar as a size or loop bound";
  let arguments = (ins Ricci_IntTensor:$source);
  let results = (outs Index:$result);
  let assemblyFormat = "$source attr-dict `:` type($source)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Ricci_ToTensorOp : Ricci_Op<"to_tensor", [Pure]> {
  let summary = "size or loop counter as an i64 scalar";
  let arguments = (ins Index:$source);
  let results = (outs Ricci_IntTensor:$result);
  let assemblyFormat = "$source attr-dict `:` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

// ---------------------------------------------------------------- the heart

def Ricci_EinsumOp : Ricci_Op<"einsum", [Pure, AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<DifferentiableOpInterface>]> {
  let summary = "sum of products over indices";
  let description = [{
    `equation` is NumPy's, always with `->`, one letter an index, and may name an index in the output alone (the
    result is repeated along it: broadcast) or repeatedly on either side (diagonal; embedding on a diagonal, zero
    elsewhere). No operands gives ones. So it is sum, transpose, broadcast, outer product, trace, diagonal and
    contraction, and its transpose with respect to an operand is an einsum again.

    `dims` are the dynamic sizes of the result, one for each `?`, in order. Boolean operands are not allowed.
  }];
  let arguments = (ins StrAttr:$equation, Variadic<Ricci_Tensor>:$inputs, Ricci_Dims:$dims);
  let results = (outs Ricci_Tensor:$result);
  let extraClassDeclaration = [{
    // `equation` taken apart; valid once the operation is verified.
    ::ricci::Equation parseEquation();
  }];
  let assemblyFormat = [{
    $equation (`(` $inputs^ `)`)? (`dims` `(` $dims^ `)`)? attr-dict `:` functional-type($inputs, $result)
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Ricci_ReduceKind : I32EnumAttr<"ReduceKind", "reductions other than +", [
  I32EnumAttrCase<"prod", 0>, I32EnumAttrCase<"max", 1>, I32EnumAttrCase<"min", 2>,
  I32EnumAttrCase<"any", 3>, I32EnumAttrCase<"all", 4>,
  I32EnumAttrCase<"argmax", 5>, I32EnumAttrCase<"argmin", 6>]> {
  let cppNamespace = "::ricci";
}

def Ricci_ReduceOp : Ricci_Op<"reduce", [Pure, DeclareOpInterfaceMethods<DifferentiableOpInterface>]> {
  let summary = "reduction over the listed axes";
  let description = [{
    Empty: prod 1, max −inf (least integer), min +inf, any false, all true, argmax/argmin 0. NaN propagates through max and min;
    argmax takes the first NaN, else the first largest. argmax and argmin give the row-major position (i64) within the
    reduced axes taken in the order listed. `mask`, of the input's shape, only for argmax and argmin: elements that
    count; with none, 0.
  }];
  let arguments = (ins Ricci_ReduceKind:$kind, DenseI64ArrayAttr:$axes, Ricci_Tensor:$input, Optional<Ricci_BoolTensor>:$mask);
  let results = (outs Ricci_Tensor:$result);
  let assemblyFormat = "$kind $axes $input (`where` $mask^ `:` type($mask))? attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
}

// ---------------------------------------------------------------- reading and writing by subscript

// What gather, scatter and update share. With P the index space (shape of the result of gather; of the value of
// scatter and update), `map` takes a point of P (dims) and symbol values to one subscript per axis of the array;
// it may be semi-affine (d0 * s1). Symbol k at point p is symbols[k] read at the coordinates symbol_axes[k] of p:
// rank 0 for a run-time offset or coefficient, higher for data-dependent subscripts (x[tok[t], d]).
// Modes, one per axis of the array: `exact` is proven to be inside; outside, `pad` reads zero and writes nothing,
// `clamp` uses the nearest position, `wrap` the one congruent to it. On an axis of size 0, clamp and wrap act as pad.
def Ricci_AccessMode : I32EnumAttr<"AccessMode", "what a subscript outside an axis means", [
  I32EnumAttrCase<"exact", 0>, I32EnumAttrCase<"pad", 1>, I32EnumAttrCase<"clamp", 2>, I32EnumAttrCase<"wrap", 3>]> {
  let cppNamespace = "::ricci";
}

// One list of coordinates of P for each symbol.
def Ricci_SymbolAxes : TypedArrayAttrBase<DenseI64ArrayAttr, "a list of coordinates for each symbol">;
defvar Ricci_AccessDeclaration = [{
  ::llvm::ArrayRef<int64_t> symbolAxes(unsigned symbol) {
    return ::llvm::cast<::mlir::DenseI64ArrayAttr>(getSymbolAxes()[symbol]).asArrayRef();
  }
  ::ricci::AccessMode mode(unsigned axis) { return static_cast<::ricci::AccessMode>(getModes()[axis]); }
}];

def Ricci_GatherOp : Ricci_Op<"gather", [Pure, AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<DifferentiableOpInterface>]> {
  let summary = "array read at computed subscripts: result[p] = source[map(p, symbols(p))]";
  let arguments = (ins Ricci_Tensor:$source, Variadic<Ricci_IntTensor>:$symbols, Ricci_Dims:$dims,
                       AffineMapAttr:$map, Ricci_SymbolAxes:$symbol_axes, DenseI32ArrayAttr:$modes);
  let results = (outs Ricci_Tensor:$result);
  let assemblyFormat = [{
    $source (`[` $symbols^ `:` type($symbols) `]`)? (`dims` `(` $dims^ `)`)? attr-dict `:` type($source) `->` type($result)
  }];
  let extraClassDeclaration = Ricci_AccessDeclaration;
  let hasVerifier = 1;
}

def Ricci_ScatterOp : Ricci_Op<"scatter", [Pure, AttrSizedOperandSegments,
    DeclareOpInterfaceMethods<DifferentiableOpInterface>]> {
  let summary = "transpose of gather: result = zeros; for every p, result[map(p, symbols(p))] += value[p]";
  let arguments = (ins Ricci_Tensor:$value, Variadic<Ricci_IntTensor>:$symbols, Ricci_Dims:$dims,
                       AffineMapAttr:$map, Ricci_SymbolAxes:$symbol_axes, DenseI32ArrayAttr:$modes);
  let results = (outs Ricci_Tensor:$result);
  let assemblyFormat = [{
    $value (`[` $symbols^ `:` type($symbols) `]`)? (`dims` `(` $dims^ `)`)? attr-dict `:` type($value) `->` type($result)
  }];
  let extraClassDeclaration = Ricci_AccessDeclaration;
  let hasVerifier = 1;
}

def Ricci_UpdateOp : Ricci_Op<"update", [Pure, DeclareOpInterfaceMethods<DifferentiableOpInterface>]> {
  let summary = "base with a part replaced: result = base; for every p, result[map(p, symbols(p))] = value[p]";
  let description = [{ The map takes different points to different places. }];
  let arguments = (ins Ricci_Tensor:$base, Ricci_Tensor:$value, Variadic<Ricci_IntTensor>:$symbols,
                       AffineMapAttr:$map, Ricci_SymbolAxes:$symbol_axes, DenseI32ArrayAttr:$modes);
  let results = (outs Ricci_Tensor:$result);
  let assemblyFormat = [{
    $base `,` $value (`[` $symbols^ `:` type($symbols) `]`)? attr-dict `:` type($base) `,` type($value) `->` type($result)
  }];
  let extraClassDeclaration = Ricci_AccessDeclaration;
  let hasVerifier = 1;
}

def Ricci_ConcatOp : Ricci_Op<"concat", [Pure, DeclareOpInterfaceMethods<DifferentiableOpInterface>]> {
  let summary = "arrays one after the other along an axis";
  let arguments = (ins I64Attr:$axis, Variadic<Ricci_Tensor>:$inputs);
  let results = (outs Ricci_Tensor:$result);
  let assemblyFormat = "$axis `(` $inputs `)` attr-dict `:` functional-type($inputs, $result)";
  let hasVerifier = 1;
}

def Ricci_ReshapeOp : Ricci_Op<"reshape", [Pure, DeclareOpInterfaceMethods<DifferentiableOpInterface>]> {
  let summary = "the same elements in row-major order under another shape";
  let arguments = (ins Ricci_Tensor:$input, Ricci_Dims:$dims);
  let results = (outs Ricci_Tensor:$result);
  let assemblyFormat = "$input (`dims` `(` $dims^ `)`)? attr-dict `:` type($input) `->` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Ricci_ArgsortOp : Ricci_Op<"argsort", [Pure]> {
  let summary = "places in ascending or descending order along the last axis";
  let description = [{
    Equal elements keep their order, -0 equals 0, and NaN is larger than any number, so it stands last, or first in
    descending order. The last axis of the result holds as many places as it has room for: the first ones of the order,
    and 0 where the input has no more elements.
  }];
  let arguments = (ins Ricci_Tensor:$input, Ricci_Dims:$dims, UnitAttr:$descending);
  let results = (outs Ricci_IntTensor:$result);
  let assemblyFormat = [{
    (`descending` $descending^)? $input (`dims` `(` $dims^ `)`)? attr-dict `:` type($input) `->` type($result)
  }];
  let hasVerifier = 1;
}

def Ricci_RecurrenceOp : Ricci_Op<"recurrence", [Pure, AllTypesMatch<["input", "result"]>,
    DeclareOpInterfaceMethods<DifferentiableOpInterface>]> {
  let summary = "linear recurrence along an axis: r[0] = x[0], r[i+1] = x[i+1] + a[i] r[i]";
  let description = [{
    `factors` is a: as `input`, with one element less along the axis, none if that has none, for a factor belongs to the
    step between two elements. `reverse` goes from the last element to the first, r[i] = x[i] + a[i] r[i+1]: the
    transpose, with the same factors. `masked`: an element of r that is zero annihilates the factor behind it, even
    one that is infinite or NaN, as in mask_mul.
  }];
  let arguments = (ins I64Attr:$axis, Ricci_Tensor:$input, Ricci_Tensor:$factors, UnitAttr:$reverse, UnitAttr:$masked);
  let results = (outs Ricci_Tensor:$result);
  let assemblyFormat = [{
    $axis (`reverse` $reverse^)? (`masked` $masked^)? $input `,` $factors attr-dict `:` type($input) `,` type($factors)
  }];
  let extraClassDeclaration = [{
    // Whether all factors are 1: a cumulative sum.
    bool isSum();
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
}

def Ricci_StopGradOp : Ricci_Op<"stop_grad", [Pure, AllTypesMatch<["input", "result"]>, DeclareOpInterfaceMethods<DifferentiableOpInterface>]> {
  let summary = "the value itself, a constant to differentiation";
  let arguments = (ins Ricci_Tensor:$input);
  let results = (outs Ricci_Tensor:$result);
  let assemblyFormat = "$input attr-dict `:` type($input)";
}

def Ricci_BarrierOp : Ricci_Op<"barrier", [Pure, AllTypesMatch<["input", "result"]>, DeclareOpInterfaceMethods<DifferentiableOpInterface>]> {
  let summary = "the value itself, known only after others are: what is computed from it again is not what was computed before";
  let arguments = (ins Ricci_Tensor:$input, Variadic<Ricci_Tensor>:$after);
  let results = (outs Ricci_Tensor:$result);
  let assemblyFormat = "$input (`after` $after^ `:` type($after))? attr-dict `:` type($input)";
}

// ---------------------------------------------------------------- control

// Its derivatives need the chain rule on its body: compiler/Autodiff has them.
def Ricci_ForOp : Ricci_Op<"for", [AttrSizedOperandSegments, SingleBlock, RecursiveMemoryEffects]> {
  let summary = "counted loop with carried values and stacked results, or bounded while";
  let description = [{
    The body takes the counter (an i64 scalar, from `lower` to `upper` − 1) and the carried values, and yields the next
    carried values, then the stacked ones. Results: the final carried values, then the stacks, each with a new first
    axis of max(0, upper − lower). Types of carried values do not change. `dims`: the dynamic sizes of the stacked
    results in order, first axis included. The body may use values defined outside.

    With `while` the first carried value is a boolean scalar, the condition: the loop ends before the first iteration
    for which it is false. There are no stacks then. The first result is true where `upper` ended the loop.
  }];
  let arguments = (ins Index:$lower, Index:$upper, Variadic<Ricci_Tensor>:$inits, Ricci_Dims:$dims, UnitAttr:$conditional);
  let results = (outs Variadic<Ricci_Tensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $lower `to` $upper (`while` $conditional^)? (`init` `(` $inits^ `:` type($inits) `)`)? (`dims` `(` $dims^ `)`)? $body
    attr-dict (`:` type($results)^)?
  }];
  let hasVerifier = 1;
}

def Ricci_YieldOp : Ricci_Op<"yield", [Pure, Terminator, ReturnLike]> {
  let summary = "what a region gives back";
  let arguments = (ins Variadic<Ricci_Tensor>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}

def Ricci_KernelOp : Ricci_Op<"kernel", [SingleBlock, Pure]> {
  let summary = "operations that become one loop nest";
  let description = [{
    Fusion's result: the body uses values defined outside and yields those of its values that are needed outside; only
    they are stored. It has the meaning of its body.
  }];
  let arguments = (ins);
  let results = (outs Variadic<Ricci_Tensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$body attr-dict `:` type($results)";
  let hasVerifier = 1;
}

// ---------------------------------------------------------------- derivative rules, applied by Autodiff

def Ricci_CheckpointOp : Ricci_Op<"checkpoint", [SingleBlock, RecursiveMemoryEffects]> {
  let summary = "values that reverse mode computes again rather than keeps";
  let description = [{
    It has the meaning of its body, which uses values defined outside. Reverse mode keeps those, and nothing of what the
    body computes.
  }];
  let arguments = (ins);
  let results = (outs Variadic<Ricci_Tensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$body attr-dict (`:` type($results)^)?";
  let hasVerifier = 1;
}

def Ricci_CustomOp : Ricci_Op<"custom", [SingleBlock, RecursiveMemoryEffects]> {
  let summary = "a function that says its derivative itself";
  let description = [{
    The value is the body's, a function of its block arguments at `args`. Differentiation sees the rules instead:
    - `vjp` takes the arguments, the results, and the cotangents of the floating results; it yields those of the
      floating arguments.
    - `jvp` takes the arguments, the results, and the tangents of the floating arguments; it yields those of the
      floating results.

    A rule is linear in its cotangents or tangents. One of the two is enough: the other mode is its transpose, for which
    every operation between them and what the rule yields must be linear too. Values from outside, in the body and in
    the rules, are constants to differentiation.
  }];
  let arguments = (ins StrAttr:$name, Variadic<Ricci_Tensor>:$args);
  let results = (outs Variadic<Ricci_Tensor>:$results);
  let regions = (region SizedRegion<1>:$body, MaxSizedRegion<1>:$vjp, MaxSizedRegion<1>:$jvp);
  let assemblyFormat = [{
    $name `(` $args `)` $body (`vjp` $vjp^)? (`jvp` $jvp^)? attr-dict `:` functional-type($args, $results)
  }];
  let extraClassDeclaration = [{
    // The arguments and results that have tangents and cotangents.
    ::llvm::SmallVector<::mlir::Value> floatingArgs();
    ::llvm::SmallVector<::mlir::Value> floatingResults();
  }];
  let hasVerifier = 1;
}

// ---------------------------------------------------------------- derivative forms, expanded by Autodiff

def Ricci_JvpOp : Ricci_Op<"jvp", [AttrSizedOperandSegments, SingleBlock, RecursiveMemoryEffects]> {
  let summary = "values and tangents of a body along a direction";
  let description = [{
    The body is a function of its block arguments, at `primals`; values from outside are constants. Results: the
    body's values, then their tangents.
  }];
  let arguments = (ins Variadic<Ricci_Tensor>:$primals, Variadic<Ricci_Tensor>:$tangents);
  let results = (outs Variadic<Ricci_Tensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    `(` $primals `)` `along` `(` $tangents `)` $body attr-dict `:` functional-type(operands, $results)
  }];
  let hasVerifier = 1;
}

def Ricci_VjpOp : Ricci_Op<"vjp", [AttrSizedOperandSegments, SingleBlock, RecursiveMemoryEffects]> {
  let summary = "values of a body and the pullback of cotangents";
  let description = [{
    As `jvp`; `cotangents` are those of the body's values, in order and of the same types. Results: the body's values,
    then the cotangents of the primals.
  }];
  let arguments = (ins Variadic<Ricci_Tensor>:$primals, Variadic<Ricci_Tensor>:$cotangents);
  let results = (outs Variadic<Ricci_Tensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    `(` $primals `)` `from` `(` $cotangents `)` $body attr-dict `:` functional-type(operands, $results)
  }];
  let hasVerifier = 1;
}

// ---------------------------------------------------------------- effects

def Ricci_CheckOp : Ricci_Op<"check"> {
  let summary = "ends the program with a located error unless every element holds";
  let arguments = (ins Ricci_BoolTensor:$condition, StrAttr:$code, StrAttr:$message);
  let assemblyFormat = "$condition `,` $code `,` $message attr-dict `:` type($condition)";
}

def Ricci_HostOp : Ricci_Op<"host"> {
  let summary = "print, save, plot: an effect the runtime carries out";
  let description = [{
    `spec` is as ricci_host takes it. With `guarded` the first value is a boolean scalar, not part of the spec: the
    effect happens only if it holds.
  }];
  let arguments = (ins StrAttr:$what, StrAttr:$spec, Variadic<Ricci_Tensor>:$values, UnitAttr:$guarded);
  let assemblyFormat = "$what `,` $spec (`guarded` $guarded^)? (`(` $values^ `:` type($values) `)`)? attr-dict";
  let hasVerifier = 1;
}

// Made where a program is to stop at the first NaN; derivatives are watched like values.
def Ricci_WatchOp : Ricci_Op<"watch", [AttrSizedOperandSegments]> {
  let summary = "ends the program where a value is NaN or infinite and its sources are not to blame";
  let description = [{
    An element of `value` is at fault if it is NaN and none of its sources is, or infinite and all of them are finite:
    so what is given as infinite may pass, and inf - inf is found. Its sources are those elements of `sources` that
    have its coordinates: axis k of source s runs along axis `axes[s][k]` of the value; along −1 all elements are meant.
    Elements for which `where` is false do not count; its axes are the last list, and have no −1.

    The error calls the operation `what` and the element's coordinates `names`, or nothing if there are none. If every
    source is one element, their values are told, the last `along` ones as a direction.
  }];
  let arguments = (ins StrAttr:$what, RankedTensorOf<[F32, F64]>:$value, Variadic<RankedTensorOf<[F32, F64]>>:$sources,
                       Optional<Ricci_BoolTensor>:$where, Ricci_SymbolAxes:$axes, DefaultValuedAttr<StrArrayAttr, "{}">:$names,
                       DefaultValuedAttr<I64Attr, "0">:$along);
  let assemblyFormat = [{
    $what $value (`of` `(` $sources^ `:` type($sources) `)`)? (`where` $where^ `:` type($where))? attr-dict `:` type($value)
  }];
  let extraClassDeclaration = [{
    ::llvm::ArrayRef<int64_t> axesOf(unsigned source) {
      return ::llvm::cast<::mlir::DenseI64ArrayAttr>(getAxes()[source]).asArrayRef();
    }
    // Whether every element comes from one element of each source.
    bool isPointwise();
    // The error as a text for ricci_host, over the element, its coordinates and, if pointwise, its sources.
    std::string report();
  }];
  let hasVerifier = 1;
}

#endif
