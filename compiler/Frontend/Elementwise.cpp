// Scalar functions lifted over leaves, and reductions.
#include "compiler/Frontend/Tensors.h"

using namespace mlir;
using namespace ricci;
using namespace ricci::frontend;

// The own axes of the result: those of the operands that have any; a size known at compile time wins.
Sizes Tensors::ownSizes(ArrayRef<Leaf> leaves) {
  Sizes result;
  for (const Leaf &leaf : leaves) {
    if (leaf.own.empty())
      continue;
    if (result.empty()) {
      result = leaf.own;
      continue;
    }
    if (result.size() != leaf.own.size())
      fail("arrays of rank " + Twine(result.size()) + " and " + Twine(leaf.own.size()) + " meet elementwise");
    for (auto [mine, other] : llvm::zip_equal(result, leaf.own))
      if (!mine.isStatic() && other.isStatic())
        mine = other;
  }
  return result;
}

static SmallVector<Leaf> align(Tensors &tensors, ArrayRef<Leaf> leaves, ArrayRef<Size> own) {
  Context context = unite(leaves);
  SmallVector<Leaf> result;
  for (const Leaf &leaf : leaves)
    result.push_back(tensors.broadcast(leaf, context, own));
  return result;
}

Leaf Tensors::apply(StringRef name, ArrayRef<Leaf> operands) {
  Sizes own = ownSizes(operands);
  SmallVector<Leaf> aligned = align(*this, operands, own);
  OperationState state(location, ("ricci." + name).str());
  for (const Leaf &operand : aligned)
    state.addOperands(operand.tensor);
  bool predicate = name == "isnan" || name == "isfinite";
  state.addTypes(type(predicate ? builder.getI1Type() : aligned[0].element(), sizesOf(aligned[0])));
  if (!state.name.isRegistered())
    fail("no operation is called " + name);
  return {builder.create(state)->getResult(0), aligned[0].context, own};
}

Leaf Tensors::compare(ComparePredicate predicate, const Leaf &x, const Leaf &y) {
  Sizes own = ownSizes({x, y});
  SmallVector<Leaf> aligned = align(*this, {x, y}, own);
  return {CmpOp::create(builder, location, type(builder.getI1Type(), sizesOf(aligned[0])), predicate, aligned[0].tensor,
                        aligned[1].tensor),
          aligned[0].context, own};
}

Leaf Tensors::select(const Leaf &condition, const Leaf &yes, const Leaf &no) {
  if (std::optional<int64_t> known = constantInteger(condition)) {
    // The other side may have more axes.
    Sizes own = ownSizes({yes, no});
    return broadcast(*known ? yes : no, unite({condition, yes, no}), own);
  }
  Sizes own = ownSizes({condition, yes, no});
  SmallVector<Leaf> aligned = align(*this, {condition, yes, no}, own);
  return {SelectOp::create(builder, location, aligned[1].tensor.getType(), aligned[0].tensor, aligned[1].tensor,
                           aligned[2].tensor),
          aligned[0].context, own};
}

Leaf Tensors::convert(const Leaf &leaf, Type element) {
  if (leaf.element() == element)
    return leaf;
  if (auto fill = leaf.tensor.getDefiningOp<FillOp>(); fill && isa<FloatType>(element)) {
    if (auto integer = dyn_cast<IntegerAttr>(fill.getValue()); integer && !integer.getType().isInteger(1)) {
      Leaf scalar = this->fill(double(integer.getInt()), element);
      return broadcast(scalar, leaf.context, leaf.own);
    }
  }
  return {ConvertOp::create(builder, location, type(element, sizesOf(leaf)), leaf.tensor), leaf.context, leaf.own};
}

Leaf Tensors::conjunction(const Leaf &x, const Leaf &y) {
  if (std::optional<int64_t> known = constantInteger(x); known && *known)
    return y;
  if (std::optional<int64_t> known = constantInteger(y); known && *known)
    return x;
  return apply("and", {x, y});
}

Leaf Tensors::negation(const Leaf &x) {
  if (std::optional<int64_t> known = constantInteger(x))
    return broadcast(boolean(!*known), x.context, x.own);
  return apply("not", {x});
}

Leaf Tensors::isFinite(const Leaf &x) { return apply("isfinite", {x}); }

Leaf Tensors::stopGradient(const Leaf &x) {
  if (!isa<FloatType>(x.element()))
    return x;
  return {StopGradOp::create(builder, location, x.tensor.getType(), x.tensor), x.context, x.own};
}

// ---------------------------------------------------------------- reductions

static Context without(ArrayRef<IndexId> context, ArrayRef<IndexId> ids) {
  Context result;
  for (IndexId id : context)
    if (!llvm::is_contained(ids, id))
      result.push_back(id);
  return result;
}

static Leaf dependOn(Tensors &tensors, const Leaf &leaf, ArrayRef<IndexId> ids) {
  Context sorted(ids);
  llvm::sort(sorted);
  return tensors.broadcast(leaf, unite(leaf.context, sorted));
}

Leaf Tensors::sum(const Leaf &leaf, ArrayRef<IndexId> ids) {
  if (ids.empty())
    return leaf;
  Leaf full = dependOn(*this, leaf, ids);
  Context kept = without(full.context, ids);
  SmallVector<Label> from(full.context.begin(), full.context.end()), to(kept.begin(), kept.end());
  for (size_t axis = 0; axis < full.own.size(); ++axis) {
    from.push_back(ownLabel(axis));
    to.push_back(ownLabel(axis));
  }
  return {einsum({{full.tensor, from}}, to, sizesOf(kept, full.own), full.element()), kept, full.own};
}

Leaf Tensors::reduce(ReduceKind kind, const Leaf &leaf, ArrayRef<IndexId> ids, const Leaf *mask) {
  Leaf full = dependOn(*this, leaf, ids);
  Value maskTensor;
  if (mask) {
    full = broadcast(full, unite(full.context, mask->context));
    maskTensor = broadcast(*mask, full.context, full.own).tensor;
  }
  SmallVector<int64_t> axes;
  for (IndexId id : ids)
    axes.push_back(llvm::find(full.context, id) - full.context.begin());
  Context kept = without(full.context, ids);
  bool position = kind == ReduceKind::argmax || kind == ReduceKind::argmin;
  RankedTensorType result = type(position ? builder.getI64Type() : full.element(), sizesOf(kept, full.own));
  return {ReduceOp::create(builder, location, result, kind, axes, full.tensor, maskTensor), kept, full.own};
}
