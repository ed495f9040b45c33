// Joining, turning round, sorting; sums and products along an axis.
#include "compiler/Frontend/Emitter.h"

using namespace mlir;
using namespace ricci;
using namespace ricci::frontend;

// The numbers of an array literal in order; false if one of them is computed.
static bool collectNumbers(const lang::Expr &expr, SmallVectorImpl<lang::LiteralExpr> &numbers) {
  if (expr.kind == lang::ExprKind::Literal) {
    numbers.push_back(static_cast<const lang::LiteralExpr &>(expr));
    return true;
  }
  if (expr.kind != lang::ExprKind::Builtin)
    return false;
  const auto &builtin = static_cast<const lang::BuiltinExpr &>(expr);
  bool isOne = llvm::all_of(builtin.type.shape, [](const lang::Dim &size) { return size.constant() == 1; });
  bool row = (builtin.name == "full" && isOne) || builtin.name == "reshape";
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
  Leaf whole{ConcatOp::create(builder, tensors.location,
                              tensors.type(element(expr.type.element), tensors.sizesOf(context, own)),
                              context.size() + expr.axis, inputs),
             context, own};
  // Slices that a check will refuse need not add up.
  own[expr.axis] = declared;
  return tensors.resize(whole, own);
}

// Every own axis as it is.
static SmallVector<AxisForm> identityForms(size_t rank) {
  SmallVector<AxisForm> forms(rank);
  for (size_t axis = 0; axis < rank; ++axis)
    forms[axis].own = axis;
  return forms;
}

// x[…, n − 1 − i, …]
Leaf Emitter::flipped(const Leaf &x, unsigned axis) {
  SmallVector<AxisForm> forms = identityForms(x.own.size());
  forms[axis].constant = tensors.sub(x.own[axis], 1);
  forms[axis].step = -1;
  return tensors.gather(x, forms, x.own);
}

// The axis as the only own one, the others as these indices.
static Leaf lineOf(Tensors &tensors, const Leaf &x, ArrayRef<IndexId> ids, unsigned axis) {
  SmallVector<Label> labels(x.context.begin(), x.context.end());
  for (unsigned k = 0; k < ids.size(); ++k)
    labels.push_back(k == axis ? ownLabel(0) : Label(ids[k]));
  return tensors.label(x.tensor, labels, {x.own[axis]});
}

// The first `count` places along the axis in ascending or descending order.
Leaf Emitter::order(const Leaf &x, unsigned axis, Size count, bool descending) {
  SmallVector<IndexId> ids = tensors.indicesFor(x.own);
  ids[axis] = tensors.newIndex(count, 0);
  Leaf line = lineOf(tensors, x, ids, axis);
  Sizes sizes = tensors.sizesOf(line.context, {count});
  Value places = ArgsortOp::create(builder, tensors.location, tensors.type(builder.getI64Type(), sizes), line.tensor,
                                   tensors.dynamicSizes(sizes), descending);
  return tensors.indicesToOwn(tensors.ownToIndices({places, line.context, {count}}, ids[axis]), ids, true);
}

// x[…, place, …] for each place along the axis: what the order depends on is a constant to differentiation.
Leaf Emitter::pick(const Leaf &x, unsigned axis, const Leaf &places, AccessMode mode) {
  SmallVector<IndexId> ids = tensors.indicesFor(places.own);
  AxisForm form;
  form.numbers.push_back({tensors.ownToIndices(places, ids), Size(1)});
  form.mode = mode;
  return tensors.indicesToOwn(tensors.gather(lineOf(tensors, x, ids, axis), form, {}), ids, true);
}

Leaf Emitter::sorted(const Leaf &x, unsigned axis) {
  return pick(x, axis, order(x, axis, x.own[axis], /*descending=*/false), AccessMode::exact);
}

// The values and their places along the last axis. More than there are read as zero, and a check says so.
Leaves Emitter::largest(const Leaf &x, Size count) {
  unsigned axis = x.own.size() - 1;
  Size size = x.own[axis];
  bool enough = count == size || (count.isStatic() && size.isStatic() && count.constant() <= size.constant());
  Leaf places = order(x, axis, count, /*descending=*/true);
  return {pick(x, axis, places, enough ? AccessMode::exact : AccessMode::pad), places};
}

// Sums are the recurrence r[i+1] = x[i+1] + r[i]; products r[i+1] = x[i+1] r[i] from x[0] on, whose derivatives are
// products again and divide by nothing.
Leaf Emitter::cumulative(const Leaf &x, unsigned axis, bool products) {
  Sizes steps = x.own;
  steps[axis] = tensors.maximum(0, tensors.sub(x.own[axis], 1));
  Leaf input = x, factors;
  if (products) {
    SmallVector<IndexId> ids = tensors.indicesFor(x.own);
    Leaf isFirst = tensors.compare(ComparePredicate::eq, tensors.indexValue(ids[axis]), tensors.number(0));
    Leaf start = tensors.select(isFirst, tensors.ownToIndices(x, ids), tensors.fill(0, x.element()));
    input = tensors.indicesToOwn(start, ids, true);
    SmallVector<AxisForm> forms = identityForms(x.own.size());
    forms[axis].constant = 1;
    factors = tensors.gather(x, forms, steps);
  } else {
    factors = tensors.broadcast(tensors.fill(1, x.element()), x.context, steps);
  }
  Value result = RecurrenceOp::create(builder, tensors.location, input.tensor.getType(), x.context.size() + axis,
                                      input.tensor, factors.tensor, /*reverse=*/false, /*masked=*/false);
  return {result, x.context, x.own};
}
