// Values watched for NaN and infinity, where the program asks for that: each that an operation of the source made, with
// what it was made of, and only where the program gets.
#include "compiler/Frontend/Emitter.h"

using namespace mlir;
using namespace ricci;
using namespace ricci::frontend;

// The names of a leaf's axes, if all are indices that count from 0.
SmallVector<StringRef> Emitter::axisNames(const Leaf &leaf) {
  SmallVector<StringRef> names;
  for (IndexId id : leaf.context) {
    auto found = indexNames.find(id);
    if (found == indexNames.end() || !tensors.lower(id).is(0))
      return {};
    names.push_back(found->second);
  }
  return leaf.own.empty() ? names : SmallVector<StringRef>();
}

Leaf Emitter::watched(StringRef what, Leaf value, ArrayRef<Leaf> sources, bool pointwise) {
  if (!watches || !isa<FloatType>(value.element()))
    return value;
  SmallVector<Value> operands;
  SmallVector<Attribute> axes;
  auto addAxes = [&](const Leaf &leaf, bool own) {
    SmallVector<int64_t> numbers;
    for (IndexId id : leaf.context)
      numbers.push_back(value.dependsOn(id) ? llvm::find(value.context, id) - value.context.begin() : -1);
    for (size_t axis = 0; axis < leaf.own.size(); ++axis)
      numbers.push_back(own ? value.context.size() + axis : -1);
    axes.push_back(builder.getDenseI64ArrayAttr(numbers));
  };
  for (const Leaf &source : sources)
    if (isa<FloatType>(source.element())) {
      operands.push_back(source.tensor);
      addAxes(source, pointwise);
    }
  Value where;
  if (reach) {
    // The value counts if the program gets there for any element that it is computed for.
    Leaf when = *reach;
    SmallVector<IndexId> others;
    for (IndexId id : when.context)
      if (!value.dependsOn(id))
        others.push_back(id);
    if (!others.empty())
      when = tensors.reduce(ReduceKind::any, when, others);
    if (!when.own.empty())
      when = reduceOwn(ReduceKind::any, when, when.own.size());
    where = when.tensor;
    addAxes(when, false);
  }
  WatchOp::create(builder, tensors.location, what, value.tensor, operands, where, builder.getArrayAttr(axes),
                  builder.getStrArrayAttr(axisNames(value)), /*along=*/0);
  return value;
}
