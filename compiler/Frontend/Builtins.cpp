// The built-in functions that are no scalar functions: what each is called, contractions, norms.
#include "compiler/Frontend/Emitter.h"

using namespace mlir;
using namespace ricci;
using namespace ricci::frontend;

Leaves Emitter::builtin(const lang::BuiltinExpr &expr) {
  StringRef name = expr.name;
  checkSizes(expr.checks);
  if (name == "einsum")
    return {einsum(expr)};
  if (name == "concat")
    return {concat(expr)};
  if (name == "checkpoint")
    return checkpoint(*expr.arguments.front());
  if (name == "zeros" || name == "ones") {
    Leaves result;
    for (const lang::Type *array : arraysOf(expr.type))
      result.push_back(tensors.fill(name == "ones", element(array->element), extents(*array)));
    return result;
  }

  SmallVector<Leaves> arguments;
  for (const lang::Expr *argument : expr.arguments)
    arguments.push_back(emit(*argument));
  if (name == "norm")
    return {watched("`norm`", norm(arguments[0]), arguments[0], /*pointwise=*/false)};
  if (name == "dot") {
    Leaves both = arguments[0];
    both.append(arguments[1]);
    return {watched("`dot`", dot(arguments[0], arguments[1]), both, /*pointwise=*/false)};
  }
  if (name == "stop_grad") {
    for (Leaf &leaf : arguments[0])
      leaf = tensors.stopGradient(leaf);
    return arguments[0];
  }
  if (name == "split")
    return splitKey(arguments[0].front(), expr.type);

  if (name == "full") {
    Leaf value = arguments[0].front();
    Leaves result;
    for (const lang::Type *array : arraysOf(expr.type))
      result.push_back(tensors.broadcast(tensors.convert(value, element(array->element)), value.context, extents(*array)));
    return result;
  }

  Type type = element(expr.type.element);
  Sizes own = extents(expr.type);
  if (name == "iota")
    return {tensors.convert(tensors.iota(own[0]), type)};
  if (name == "eye") {
    Leaf square{tensors.identity(type, {ownLabel(0)}, {own[0]}), {}, {own[0], own[0]}};
    return {expr.type.shape[0] == expr.type.shape[1] ? square : tensors.resize(square, own)};
  }
  if (name == "normal")
    return {normal(arguments[0].front(), type, own)};
  if (name == "uniform")
    return {uniform(arguments[0].front(), type, own)};
  if (name == "permutation")
    return {order(bits(arguments[0].front(), counters(own)), 0, own[0], /*descending=*/false)};
  Leaf first = arguments[0].front();
  if (name == "reshape") {
    if (first.own.size() == own.size() && first.own == own)
      return {first};
    Size before = tensors.product(first.own), after = tensors.product(own);
    if (before == after)
      return {tensors.reshape(first, own)};
    // Equal in number only if a check holds.
    return {tensors.reshape(tensors.resize(tensors.reshape(first, {before}), {after}), own)};
  }
  if (name == "softmax" || name == "log_softmax")
    return {watched(spelling(name), softmax(first, name == "log_softmax"), first, /*pointwise=*/false)};
  if (name == "flip")
    return {flipped(first, expr.axis)};
  if (name == "argsort")
    return {order(first, expr.axis, first.own[expr.axis], /*descending=*/false)};
  if (name == "sort")
    return {sorted(first, expr.axis)};
  if (name == "top_k")
    return largest(first, extent(expr.type.fields[0].shape.back()));
  if (name == "cumsum" || name == "cumprod")
    return {watched(spelling(name), cumulative(first, expr.axis, name == "cumprod"), first, /*pointwise=*/false)};
  if (name == "key")
    return {tensors.convert(first, builder.getI64Type())};
  if (name == "fold_in")
    return {foldIn(first, tensors.convert(arguments[1].front(), builder.getI64Type()))};
  tensors.fail("`" + name + "` has no code");
}

Leaf Emitter::einsum(const lang::BuiltinExpr &expr) {
  auto [inputs, output] = StringRef(expr.equation).split("->");
  SmallVector<StringRef> terms;
  if (!expr.arguments.empty())
    inputs.split(terms, ',');
  Leaves operands;
  for (const lang::Expr *argument : expr.arguments)
    operands.push_back(emitArray(*argument));

  // The size of a letter: one known at compile time, or else the first.
  llvm::DenseMap<char, Size> extents;
  for (auto [term, leaf] : llvm::zip_equal(terms, operands))
    for (auto [letter, size] : llvm::zip_equal(term, leaf.own)) {
      auto [found, inserted] = extents.try_emplace(letter, size);
      if (!inserted && !found->second.isStatic() && size.isStatic())
        found->second = size;
    }
  for (auto [letter, dim] : llvm::zip_equal(output, expr.type.shape))
    if (!extents.contains(letter))
      extents[letter] = extent(dim);

  SmallVector<Tensors::Operand> labelled;
  for (auto [term, leaf] : llvm::zip_equal(terms, operands)) {
    Sizes own;
    SmallVector<Label> labels(leaf.context.begin(), leaf.context.end());
    for (char letter : term) {
      own.push_back(extents[letter]);
      labels.push_back(ownLabel(letter));
    }
    labelled.push_back({tensors.resize(leaf, own).tensor, labels});
  }
  Context context = unite(operands);
  SmallVector<Label> to(context.begin(), context.end());
  Sizes own;
  for (char letter : output) {
    to.push_back(ownLabel(letter));
    own.push_back(extents[letter]);
  }
  Leaf result{tensors.einsum(labelled, to, tensors.sizesOf(context, own), element(expr.type.element)), context, own};
  return watched("the sum of products", result, operands, /*pointwise=*/false);
}

// exp(x − m) · (1 / Σ exp(x − m)) and x − m − log Σ exp(x − m) over the last axis, m = max x. One division a row: of
// each element it would take as long as its exponential. The sum is at least 1, so its inverse is in range; that of an
// empty row counts as 1, for a sum over nothing may be taken before the product.
Leaf Emitter::softmax(const Leaf &array, bool logarithm) {
  SmallVector<IndexId> ids = tensors.indicesFor(array.own);
  Leaf x = tensors.ownToIndices(array, ids);
  Leaf greatest = tensors.reduce(ReduceKind::max, tensors.stopGradient(x), ids.back());
  Leaf shifted = tensors.sub(x, greatest);
  Leaf power = tensors.apply("exp", {shifted});
  Leaf total = tensors.sum(power, ids.back());
  if (logarithm)
    return tensors.indicesToOwn(tensors.sub(shifted, tensors.apply("log", {total})), ids, true);
  const Leaf one = tensors.fill(1, total.element());
  if (const Size length = tensors.extent(ids.back()); !length.isStatic() || length.is(0))
    total = tensors.select(tensors.compare(ComparePredicate::eq, total, tensors.fill(0, total.element())), one, total);
  return tensors.indicesToOwn(tensors.mul(power, tensors.div(one, total)), ids, true);
}

Leaf Emitter::dot(ArrayRef<Leaf> x, ArrayRef<Leaf> y) {
  std::optional<Leaf> total;
  for (auto [left, right] : llvm::zip_equal(x, y)) {
    Leaf term = sumOwn(tensors.mul(left, right), left.own.size());
    total = total ? tensors.add(*total, term) : term;
  }
  return *total;
}

// √Σx², and at 0 a constant: its derivative there is 0 by definition.
Leaf Emitter::norm(ArrayRef<Leaf> leaves) {
  Leaf square = dot(leaves, leaves);
  Type type = square.element();
  Leaf zero = tensors.compare(ComparePredicate::eq, square, tensors.fill(0, type));
  Leaf safe = tensors.select(zero, tensors.fill(1, type), square);
  return tensors.select(zero, tensors.fill(0, type), tensors.apply("sqrt", {safe}));
}
