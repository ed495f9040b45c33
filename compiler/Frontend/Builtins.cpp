// The structural functions.
#include "compiler/Frontend/Emitter.h"

using namespace mlir;
using namespace ricci;
using namespace ricci::frontend;

// Every own axis as an index, so that what follows is written for one element.
static SmallVector<IndexId> indicesFor(Tensors &tensors, const Leaf &leaf) {
  SmallVector<IndexId> ids;
  for (const Size &size : leaf.own)
    ids.push_back(tensors.newIndex(size, 0));
  return ids;
}

Leaves Emitter::builtin(const lang::BuiltinExpr &expr) {
  StringRef name = expr.name;
  checkSizes(expr.checks);
  if (name == "einsum")
    return {einsum(expr)};
  if (name == "concat")
    return {concat(expr)};
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

  Type type = element(expr.type.element);
  Sizes own = extents(expr.type);
  if (name == "full")
    return {tensors.broadcast(arguments[0].front(), arguments[0].front().context, own)};
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
    return {argsort(bits(arguments[0].front(), counters(own)))};
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
  if (name == "argsort")
    return {argsort(first)};
  if (name == "sort")
    return {sorted(first)};
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

// The numbers of an array literal in order; false if one of them is computed.
static bool collectNumbers(const lang::Expr &expr, SmallVectorImpl<lang::LiteralExpr> &numbers) {
  if (expr.kind == lang::ExprKind::Literal) {
    numbers.push_back(static_cast<const lang::LiteralExpr &>(expr));
    return true;
  }
  if (expr.kind != lang::ExprKind::Builtin)
    return false;
  const auto &builtin = static_cast<const lang::BuiltinExpr &>(expr);
  bool row = builtin.name == "full" || builtin.name == "reshape";
  bool stack = builtin.name == "concat" && builtin.axis == 0;
  if (!builtin.checks.empty() || !(row || stack))
    return false;
  return llvm::all_of(builtin.arguments, [&](const lang::Expr *part) { return collectNumbers(*part, numbers); });
}

std::optional<Leaf> Emitter::arrayLiteral(const lang::BuiltinExpr &expr) {
  SmallVector<lang::LiteralExpr, 0> numbers;
  Sizes own = extents(expr.type);
  Size count = tensors.product(own);
  if (!collectNumbers(expr, numbers) || !count.is(int64_t(numbers.size())))
    return std::nullopt;
  SmallVector<Attribute> elements;
  Type type = element(expr.type.element);
  for (const lang::LiteralExpr &number : numbers) {
    if (const double *real = std::get_if<double>(&number.value))
      elements.push_back(builder.getFloatAttr(type, *real));
    else if (const int64_t *integer = std::get_if<int64_t>(&number.value))
      elements.push_back(builder.getIntegerAttr(type, *integer));
    else
      elements.push_back(builder.getBoolAttr(std::get<bool>(number.value)));
  }
  auto value = DenseElementsAttr::get(tensors.type(type, own), elements);
  return Leaf{ConstantOp::create(builder, tensors.location, value.getType(), value), {}, own};
}

Leaf Emitter::concat(const lang::BuiltinExpr &expr) {
  if (std::optional<Leaf> literal = arrayLiteral(expr))
    return *literal;
  Leaves parts;
  for (const lang::Expr *argument : expr.arguments)
    parts.push_back(emitArray(*argument));
  Context context = unite(parts);
  Sizes own = extents(expr.type);
  Size declared = own[expr.axis], total = 0;
  SmallVector<Value> inputs;
  for (const Leaf &part : parts) {
    Sizes sizes = own;
    sizes[expr.axis] = part.own[expr.axis];
    inputs.push_back(tensors.broadcast(part, context, sizes).tensor);
    total = tensors.add(total, sizes[expr.axis]);
  }
  own[expr.axis] = total;
  Leaf whole{ConcatOp::create(builder, tensors.location, tensors.type(element(expr.type.element), tensors.sizesOf(context, own)),
                              context.size() + expr.axis, inputs),
             context, own};
  // Slices that a check will refuse need not add up.
  own[expr.axis] = declared;
  return tensors.resize(whole, own);
}

// exp(x − m) / Σ exp(x − m) and x − m − log Σ exp(x − m) over the last axis, m = max x
Leaf Emitter::softmax(const Leaf &array, bool logarithm) {
  SmallVector<IndexId> ids = indicesFor(tensors, array);
  Leaf x = tensors.ownToIndices(array, ids);
  Leaf greatest = tensors.reduce(ReduceKind::max, tensors.stopGradient(x), ids.back());
  Leaf shifted = tensors.sub(x, greatest);
  Leaf power = tensors.apply("exp", {shifted});
  Leaf total = tensors.sum(power, ids.back());
  Leaf result = logarithm ? tensors.sub(shifted, tensors.apply("log", {total})) : tensors.div(power, total);
  return tensors.indicesToOwn(result, ids, true);
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

Leaf Emitter::argsort(const Leaf &array) {
  RankedTensorType type = tensors.type(builder.getI64Type(), tensors.sizesOf(array));
  return {ArgsortOp::create(builder, tensors.location, type, array.tensor), array.context, array.own};
}

Leaf Emitter::sorted(const Leaf &array) {
  SmallVector<IndexId> ids = indicesFor(tensors, array);
  Leaf order = tensors.ownToIndices(argsort(array), ids);
  Leaf rows{array.tensor, unite(array.context, ArrayRef(ids).drop_back()), {array.own.back()}};
  AxisForm form;
  form.numbers.push_back({order, Size(1)});
  return tensors.indicesToOwn(tensors.gather(rows, form, {}), ids, true);
}
