// Gather, scatter and update: subscripts as one semi-affine map over the index space.
#include "compiler/Frontend/Tensors.h"

using namespace mlir;
using namespace ricci;
using namespace ricci::frontend;

Context ricci::frontend::contextOf(ArrayRef<AxisForm> forms) {
  Context result;
  for (const AxisForm &form : forms) {
    for (const auto &[id, coefficient] : form.indices)
      result = unite(result, {id});
    for (const auto &[number, coefficient] : form.numbers)
      result = unite(result, number.context);
  }
  return result;
}

std::optional<bool> Tensors::stays(const AxisForm &form, Size axis) {
  if (!form.numbers.empty() || !form.constant.isStatic() || !axis.isStatic())
    return std::nullopt;
  // 128 bits hold any sum of products of the sizes that fit into memory.
  __int128 least = form.constant.constant(), greatest = least;
  for (const auto &[id, coefficient] : form.indices) {
    if (!coefficient.isStatic() || !extent(id).isStatic())
      return std::nullopt;
    if (extent(id).constant() <= 0)
      return true;
    __int128 reach = __int128(coefficient.constant()) * (extent(id).constant() - 1);
    (reach < 0 ? least : greatest) += reach;
  }
  return least >= 0 && greatest < axis.constant();
}

Tensors::Addressing Tensors::address(ArrayRef<AxisForm> leading, ArrayRef<AxisForm> forms, ArrayRef<IndexId> context,
                                     unsigned ownRank) {
  Addressing result;
  SmallVector<Attribute> symbolAxes;
  SmallVector<int32_t> modes;
  auto position = [&](IndexId id) -> int64_t { return llvm::find(context, id) - context.begin(); };
  auto symbol = [&](const Leaf &number) {
    SmallVector<int64_t> axes;
    for (IndexId id : number.context)
      axes.push_back(position(id));
    Attribute attribute = builder.getDenseI64ArrayAttr(axes);
    for (size_t known = 0; known < result.symbols.size(); ++known)
      if (result.symbols[known] == number.tensor && symbolAxes[known] == attribute)
        return builder.getAffineSymbolExpr(known);
    result.symbols.push_back(number.tensor);
    symbolAxes.push_back(attribute);
    return builder.getAffineSymbolExpr(result.symbols.size() - 1);
  };
  auto factor = [&](Size size) {
    return size.isStatic() ? builder.getAffineConstantExpr(size.constant()) : symbol(number(size));
  };
  SmallVector<AffineExpr> subscripts;
  for (ArrayRef<AxisForm> group : {leading, forms})
    for (const AxisForm &form : group) {
      AffineExpr subscript = factor(form.constant);
      for (const auto &[id, coefficient] : form.indices)
        subscript = subscript + builder.getAffineDimExpr(position(id)) * factor(coefficient);
      for (const auto &[number, coefficient] : form.numbers)
        subscript = subscript + symbol(number) * factor(coefficient);
      if (form.own)
        subscript = subscript + builder.getAffineDimExpr(context.size() + *form.own) * factor(form.step);
      subscripts.push_back(subscript);
      modes.push_back(int32_t(form.mode));
    }
  result.map = AffineMap::get(context.size() + ownRank, result.symbols.size(), subscripts, builder.getContext());
  result.symbolAxes = builder.getArrayAttr(symbolAxes);
  result.modes = builder.getDenseI32ArrayAttr(modes);
  return result;
}

static SmallVector<AxisForm> identityForms(ArrayRef<IndexId> context) {
  SmallVector<AxisForm> result;
  for (IndexId id : context) {
    AxisForm form;
    form.indices.push_back({id, Size(1)});
    result.push_back(form);
  }
  return result;
}

Leaf Tensors::gather(const Leaf &source, ArrayRef<AxisForm> forms, ArrayRef<Size> own) {
  Context context = unite(source.context, contextOf(forms));
  Addressing to = address(identityForms(source.context), forms, context, own.size());
  Sizes sizes = sizesOf(context, own);
  return {GatherOp::create(builder, location, type(source.element(), sizes), source.tensor, to.symbols, dynamicSizes(sizes),
                           AffineMapAttr::get(to.map), to.symbolAxes, to.modes),
          context, Sizes(own)};
}

Leaf Tensors::scatter(const Leaf &value, ArrayRef<AxisForm> forms, ArrayRef<IndexId> into, ArrayRef<IndexId> summed) {
  Context needed = unite(value.context, contextOf(forms));
  Context sorted(summed);
  llvm::sort(sorted);
  Leaf full = broadcast(value, unite(needed, sorted));

  // Axes of the result in the order of the context it depends on; those of `into` are computed.
  Context kept;
  for (IndexId id : full.context)
    if (!llvm::is_contained(summed, id))
      kept.push_back(id);
  Context target(into);
  llvm::sort(target);
  Context context = unite(kept, target);
  SmallVector<AxisForm> leading;
  for (IndexId id : context) {
    const auto *found = llvm::find(into, id);
    leading.push_back(found == into.end() ? identityForms({id}).front() : forms[found - into.begin()]);
  }
  Addressing to = address(leading, forms.drop_front(into.size()), full.context, full.own.size());
  Sizes sizes = sizesOf(context, full.own);
  return {ScatterOp::create(builder, location, type(full.element(), sizes), full.tensor, to.symbols, dynamicSizes(sizes),
                            AffineMapAttr::get(to.map), to.symbolAxes, to.modes),
          context, full.own};
}

Leaf Tensors::update(const Leaf &base, const Leaf &value, ArrayRef<AxisForm> forms) {
  Context context = unite(unite(base.context, value.context), contextOf(forms));
  Leaf whole = broadcast(base, context);
  Leaf part = broadcast(value, context);
  Addressing to = address(identityForms(context), forms, context, part.own.size());
  return {UpdateOp::create(builder, location, whole.tensor.getType(), whole.tensor, part.tensor, to.symbols,
                           AffineMapAttr::get(to.map), to.symbolAxes, to.modes),
          context, whole.own};
}
