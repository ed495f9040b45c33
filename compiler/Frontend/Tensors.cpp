// Layout: labels, broadcasts, einsum.
#include "compiler/Frontend/Tensors.h"

#include "mlir/IR/Diagnostics.h"

#include <algorithm>
#include <limits>

using namespace mlir;
using namespace ricci;
using namespace ricci::frontend;

void Tensors::fail(const Twine &message) {
  emitError(location) << message;
  throw Failure();
}

Context ricci::frontend::unite(ArrayRef<IndexId> x, ArrayRef<IndexId> y) {
  Context result;
  std::set_union(x.begin(), x.end(), y.begin(), y.end(), std::back_inserter(result));
  return result;
}

Context ricci::frontend::unite(ArrayRef<Leaf> leaves) {
  Context result;
  for (const Leaf &leaf : leaves)
    result = unite(result, leaf.context);
  return result;
}

IndexId Tensors::newIndex(Size extent, Size lower) {
  indices.push_back({extent, lower});
  return indices.size() - 1;
}

SmallVector<IndexId> Tensors::indicesFor(ArrayRef<Size> own) {
  SmallVector<IndexId> ids;
  for (const Size &size : own)
    ids.push_back(newIndex(size, 0));
  return ids;
}

// ---------------------------------------------------------------- types

RankedTensorType Tensors::type(Type element, ArrayRef<Size> sizes) {
  // The rank that compiled code and the runtime agree on.
  constexpr size_t maxRank = 32;
  if (sizes.size() > maxRank)
    fail("this needs an array of " + Twine(sizes.size()) + " axes, indices of the scope included; at most " + Twine(maxRank) +
         " are possible");
  SmallVector<int64_t> shape;
  for (const Size &size : sizes)
    shape.push_back(size.dimension());
  return RankedTensorType::get(shape, element);
}

SmallVector<Value> Tensors::dynamicSizes(ArrayRef<Size> sizes) {
  SmallVector<Value> result;
  for (const Size &size : sizes)
    if (!size.isStatic())
      result.push_back(size.value());
  return result;
}

Sizes Tensors::sizesOf(ArrayRef<IndexId> context, ArrayRef<Size> own) {
  Sizes result;
  for (IndexId id : context)
    result.push_back(extent(id));
  result.append(own.begin(), own.end());
  return result;
}

// ---------------------------------------------------------------- new leaves

static Leaf fillWith(Tensors &tensors, TypedAttr value, ArrayRef<Size> own) {
  RankedTensorType type = tensors.type(value.getType(), own);
  return {FillOp::create(tensors.builder, tensors.location, type, value, tensors.dynamicSizes(own)), {}, Sizes(own)};
}

Leaf Tensors::fill(double value, Type element, ArrayRef<Size> own) {
  if (isa<IntegerType>(element))
    return fillInteger(int64_t(value), element, own);
  return fillWith(*this, builder.getFloatAttr(element, value), own);
}

Leaf Tensors::fillInteger(int64_t value, Type element, ArrayRef<Size> own) {
  if (isa<FloatType>(element))
    return fill(double(value), element, own);
  return fillWith(*this, builder.getIntegerAttr(element, value), own);
}

Leaf Tensors::extreme(bool largest, Type element) {
  if (isa<FloatType>(element))
    return fill(largest ? INFINITY : -INFINITY, element);
  bool wide = element.isInteger(64);
  return fillInteger(largest ? (wide ? std::numeric_limits<int64_t>::max() : std::numeric_limits<int32_t>::max())
                             : (wide ? std::numeric_limits<int64_t>::min() : std::numeric_limits<int32_t>::min()),
                     element);
}

Leaf Tensors::iota(Size extent) {
  RankedTensorType result = type(builder.getI64Type(), {extent});
  return {IotaOp::create(builder, location, result, dynamicSizes({extent})), {}, {extent}};
}

Leaf Tensors::indexValue(IndexId id) {
  Leaf value{iota(extent(id)).tensor, {id}, {}};
  return lower(id).is(0) ? value : add(value, number(lower(id)));
}

// "->abab": a product of deltas, one for each label.
Value Tensors::identity(Type element, ArrayRef<Label> labels, ArrayRef<Size> sizes) {
  SmallVector<Label> twice(labels);
  twice.append(labels.begin(), labels.end());
  Sizes extents(sizes);
  extents.append(sizes.begin(), sizes.end());
  return einsum({}, twice, extents, element);
}

// ---------------------------------------------------------------- layout

std::string Tensors::equation(ArrayRef<Operand> operands, ArrayRef<Label> to) {
  static constexpr StringLiteral letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  SmallVector<Label> named;
  std::string text;
  auto append = [&](ArrayRef<Label> labels) {
    for (Label label : labels) {
      auto *found = llvm::find(named, label);
      size_t position = found - named.begin();
      if (found == named.end())
        named.push_back(label);
      if (position < letters.size())
        text += letters[position];
    }
  };
  for (auto [position, operand] : llvm::enumerate(operands)) {
    if (position)
      text += ',';
    append(operand.labels);
  }
  text += "->";
  append(to);
  if (named.size() > letters.size())
    fail("this expression names more than " + Twine(letters.size()) + " indices");
  return text;
}

Value Tensors::einsum(ArrayRef<Operand> operands, ArrayRef<Label> to, ArrayRef<Size> sizes, Type element) {
  std::string text = equation(operands, to);
  SmallVector<Value> inputs;
  for (const Operand &operand : operands)
    inputs.push_back(operand.tensor);
  return EinsumOp::create(builder, location, type(element, sizes), text, inputs, dynamicSizes(sizes));
}

Value Tensors::rearrange(Value tensor, ArrayRef<Label> from, ArrayRef<Label> to, ArrayRef<Size> sizes) {
  if (from == to)
    return tensor;
  auto source = cast<RankedTensorType>(tensor.getType());
  if (auto fill = tensor.getDefiningOp<FillOp>())
    return fillWith(*this, fill.getValue(), sizes).tensor;
  if (!source.getElementType().isInteger(1))
    return einsum({{tensor, SmallVector<Label>(from)}}, to, sizes, source.getElementType());

  // Einsum multiplies; truth values are read instead.
  SmallVector<AffineExpr> subscripts;
  for (Label label : from)
    subscripts.push_back(builder.getAffineDimExpr(llvm::find(to, label) - to.begin()));
  auto map = AffineMap::get(to.size(), 0, subscripts, builder.getContext());
  SmallVector<int32_t> modes(from.size(), int32_t(AccessMode::exact));
  return GatherOp::create(builder, location, type(source.getElementType(), sizes), tensor, ValueRange(),
                          dynamicSizes(sizes), AffineMapAttr::get(map), builder.getArrayAttr({}),
                          builder.getDenseI32ArrayAttr(modes));
}

static SmallVector<Label> labelsOf(ArrayRef<IndexId> context, size_t ownRank) {
  SmallVector<Label> result(context.begin(), context.end());
  for (size_t axis = 0; axis < ownRank; ++axis)
    result.push_back(ownLabel(axis));
  return result;
}

Leaf Tensors::label(Value tensor, ArrayRef<Label> labels, ArrayRef<Size> own) {
  Context context;
  for (Label label : labels)
    if (label < ownLabel(0) && !llvm::is_contained(context, label))
      context.push_back(label);
  llvm::sort(context);
  Value result = rearrange(tensor, labels, labelsOf(context, own.size()), sizesOf(context, own));
  return {result, context, Sizes(own)};
}

Leaf Tensors::broadcast(const Leaf &leaf, ArrayRef<IndexId> context, ArrayRef<Size> own) {
  Value tensor = leaf.tensor;
  Sizes from = leaf.own;
  if (!from.empty())
    tensor = resize(leaf, own).tensor;
  Value result = rearrange(tensor, labelsOf(leaf.context, from.size()), labelsOf(context, own.size()), sizesOf(context, own));
  return {result, Context(context), Sizes(own)};
}

Leaf Tensors::resize(const Leaf &leaf, ArrayRef<Size> own) {
  if (leaf.own == Sizes(own))
    return leaf;
  SmallVector<AxisForm> forms(own.size());
  for (auto [axis, form] : llvm::enumerate(forms)) {
    form.own = axis;
    form.mode = leaf.own[axis] == own[axis] ? AccessMode::exact : AccessMode::pad;
  }
  return gather(leaf, forms, own);
}

Leaf Tensors::reshape(const Leaf &leaf, ArrayRef<Size> own) {
  if (leaf.own == Sizes(own))
    return leaf;
  Sizes sizes = sizesOf(leaf.context, own);
  return {ReshapeOp::create(builder, location, type(leaf.element(), sizes), leaf.tensor, dynamicSizes(sizes)), leaf.context,
          Sizes(own)};
}

Leaf Tensors::ownToIndices(const Leaf &leaf, ArrayRef<IndexId> ids) {
  SmallVector<Label> labels(leaf.context.begin(), leaf.context.end());
  labels.append(ids.begin(), ids.end());
  for (size_t axis = ids.size(); axis < leaf.own.size(); ++axis)
    labels.push_back(ownLabel(axis - ids.size()));
  return label(leaf.tensor, labels, ArrayRef(leaf.own).drop_front(ids.size()));
}

Leaf Tensors::indicesToOwn(const Leaf &leaf, ArrayRef<IndexId> ids, bool first) {
  Context context;
  for (IndexId id : leaf.context)
    if (!llvm::is_contained(ids, id))
      context.push_back(id);
  SmallVector<Label> to(context.begin(), context.end()), axes;
  for (size_t axis = 0; axis < leaf.own.size(); ++axis)
    axes.push_back(ownLabel(axis));
  Sizes own = sizesOf(ids);
  own.insert(first ? own.end() : own.begin(), leaf.own.begin(), leaf.own.end());
  axes.insert(first ? axes.begin() : axes.end(), ids.begin(), ids.end());
  to.append(axes);
  return {rearrange(leaf.tensor, labelsOf(leaf.context, leaf.own.size()), to, sizesOf(context, own)), context, own};
}
