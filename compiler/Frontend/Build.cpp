// Indices coming into scope, and arrays made of them.
#include "compiler/Frontend/Emitter.h"

using namespace mlir;
using namespace ricci;
using namespace ricci::frontend;
using lang::Dim;

IndexId Emitter::enter(const lang::Index &index, std::optional<Leaf> &inside) {
  llvm::SaveAndRestore<Location> here(tensors.location, locate(index.span));
  if (!index.ragged) {
    IndexId id = tensors.newIndex(extent(index.upper - index.lower), size(index.lower));
    symbols[index.symbol->id] = id;
    indexNames[id] = index.name;
    boxes[index.symbol->id] = {index.lower, index.upper};
    return id;
  }

  // A ragged range becomes the box around it and a guard.
  Leaf lower = number(index.lower), upper = number(index.upper);
  Size boxLower, extent;
  if (index.boxLower && index.boxUpper) {
    boxLower = size(*index.boxLower);
    extent = this->extent(*index.boxUpper - *index.boxLower);
    boxes[index.symbol->id] = {*index.boxLower, *index.boxUpper};
  } else {
    boxLower = tensors.size(tensors.reduce(ReduceKind::min, lower, lower.context));
    Size boxUpper = tensors.size(tensors.reduce(ReduceKind::max, upper, upper.context));
    extent = tensors.maximum(0, tensors.sub(boxUpper, boxLower));
    boxes.erase(index.symbol->id);
  }
  IndexId id = tensors.newIndex(extent, boxLower);
  raggedIndices.insert(id);
  indexNames[id] = index.name;
  symbols[index.symbol->id] = id;

  Leaf value = tensors.indexValue(id);
  if (!index.boxLower || !(*index.boxLower == index.lower))
    inside = tensors.compare(ComparePredicate::ge, value, lower);
  if (!index.boxUpper || !(*index.boxUpper == index.upper)) {
    Leaf below = tensors.compare(ComparePredicate::lt, value, upper);
    inside = inside ? tensors.conjunction(*inside, below) : below;
  }
  return id;
}

Leaves Emitter::build(const lang::BuildExpr &expr) {
  SmallVector<SmallVector<IndexId>> axes;
  SmallVector<IndexId> ids;
  bool merged = false;
  for (const lang::LeftAxis &axis : expr.axes) {
    axes.emplace_back();
    for (const lang::Index *index : axis.indices) {
      std::optional<Leaf> inside;
      axes.back().push_back(enter(*index, inside));
      if (inside)
        tensors.fail("the range of `" + index->name + "` depends on another index; an array has one size for all elements");
    }
    ids.append(axes.back());
    merged |= axis.indices.size() > 1;
  }

  Leaves result;
  for (const Leaf &leaf : emit(*expr.body)) {
    Context context;
    for (IndexId id : leaf.context)
      if (!llvm::is_contained(ids, id))
        context.push_back(id);
    SmallVector<Label> from(leaf.context.begin(), leaf.context.end()), to(context.begin(), context.end());
    for (size_t axis = 0; axis < leaf.own.size(); ++axis)
      from.push_back(ownLabel(axis));
    Sizes separate, together;
    size_t own = 0;
    for (ArrayRef<IndexId> axis : axes) {
      if (axis.empty()) {
        to.push_back(ownLabel(own));
        separate.push_back(leaf.own[own]);
        together.push_back(leaf.own[own++]);
        continue;
      }
      Size size = 1;
      for (IndexId id : axis) {
        to.push_back(id);
        separate.push_back(tensors.extent(id));
        size = tensors.mul(size, tensors.extent(id));
      }
      together.push_back(size);
    }
    for (; own < leaf.own.size(); ++own) { // of a field of a struct
      to.push_back(ownLabel(own));
      separate.push_back(leaf.own[own]);
      together.push_back(leaf.own[own]);
    }
    Leaf array{tensors.rearrange(leaf.tensor, from, to, tensors.sizesOf(context, separate)), context, separate};
    result.push_back(merged ? tensors.reshape(array, together) : array);
  }
  return result;
}
