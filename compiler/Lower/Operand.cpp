#include "Operand.h"

#include "Nest.h"

#include "dialects/KeptSlices.h"
#include "dialects/StridedView.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

namespace ricci::lower {

using namespace mlir;

namespace {

Value both(const Emit &emit, Value x, Value y) { return emit.builder.createOrFold<arith::AndIOp>(emit.loc, x, y); }

// start + Σ step·axis stays in 0 … size − 1. The steps alone cannot overflow, the start may be anything.
Value staysInside(const Emit &emit, Value start, ArrayRef<int64_t> steps, ArrayRef<Value> extents, Value size) {
  Value below = emit.index(0), above = emit.index(0);
  for (auto [step, extent] : llvm::zip_equal(steps, extents))
    if (step != 0) {
      Value &side = step < 0 ? below : above;
      side = emit.add(side, emit.mul(emit.index(std::abs(step)), emit.sub(extent, emit.index(1))));
    }
  auto compare = [&](Value x, Value y) {
    return emit.builder.createOrFold<arith::CmpIOp>(emit.loc, arith::CmpIPredicate::sge, x, y);
  };
  return both(emit, compare(start, below), compare(emit.sub(emit.sub(size, emit.index(1)), above), start));
}

} // namespace

SmallVector<Value> rowMajorStrides(const Emit &emit, ArrayRef<Value> sizes) {
  SmallVector<Value> strides(sizes.size());
  Value next = emit.index(1);
  for (size_t axis = sizes.size(); axis-- > 0;) {
    strides[axis] = next;
    next = emit.mul(next, sizes[axis]);
  }
  return strides;
}

bool isInPlace(const Environment &env, Value tensor) {
  if (env.find(tensor))
    return true;
  if (std::optional<KeptSlices> slices = matchKeptSlices(tensor.getDefiningOp()))
    return allKept(*slices) && isInPlace(env, slices->source);
  std::optional<StridedView> view = matchStridedView(tensor.getDefiningOp());
  return view && isInPlace(env, view->source);
}

std::optional<Innermost> innermostOf(const Environment &env, Value tensor) {
  const auto rank = static_cast<unsigned>(cast<RankedTensorType>(tensor.getType()).getRank());
  if (env.find(tensor))
    return rank ? std::optional(Innermost{rank - 1, 1}) : std::nullopt;
  if (std::optional<KeptSlices> slices = matchKeptSlices(tensor.getDefiningOp()))
    return innermostOf(env, slices->source);
  std::optional<StridedView> view = matchStridedView(tensor.getDefiningOp());
  std::optional<Innermost> source = view ? innermostOf(env, view->source) : std::nullopt;
  for (unsigned axis = 0; source && axis < rank; ++axis) {
    const int64_t steps = view->subscripts[source->axis].ofAxes[axis];
    if (steps != 0 &&
        llvm::count_if(view->subscripts, [&](const auto &subscript) { return subscript.ofAxes[axis] != 0; }) == 1)
      return Innermost{axis, steps * source->step};
  }
  return std::nullopt;
}

Operand operandOf(Environment &env, Location loc, Value tensor) {
  Emit emit = env.at(loc);
  if (const Storage *storage = env.find(tensor))
    return {storage->element, storage->pointer, storage->sizes, rowMajorStrides(emit, storage->sizes), {}};
  if (std::optional<KeptSlices> slices = matchKeptSlices(tensor.getDefiningOp())) {
    Operand result = operandOf(env, loc, slices->source);
    Value all = env.find(allKept(*slices)->getResult(0))->scalar;
    result.inside = result.inside ? both(emit, result.inside, all) : all;
    return result;
  }
  const StridedView view = *matchStridedView(tensor.getDefiningOp());
  const Operand source = operandOf(env, loc, view.source);
  Operand result{source.element, source.pointer, env.sizesOf(tensor), {}, source.inside};
  result.strides.resize(result.sizes.size());
  Value offset;
  auto addTo = [&](Value &sum, Value term, int64_t times) {
    if (times == 0)
      return;
    term = emit.mul(term, emit.index(times));
    sum = sum ? emit.add(sum, term) : term;
  };
  for (auto [axis, subscript] : llvm::enumerate(view.subscripts)) {
    Value start = emit.index(subscript.start);
    for (auto [symbol, times] : llvm::zip(view.symbols, subscript.ofSymbols))
      addTo(start, emit.toIndex(env.find(symbol)->scalar), times);
    Value way = emit.mul(start, source.strides[axis]);
    offset = offset ? emit.add(offset, way) : way;
    for (auto [stride, step] : llvm::zip_equal(result.strides, subscript.ofAxes))
      addTo(stride, source.strides[axis], step);
    if (subscript.isInside)
      continue;
    Value inside = staysInside(emit, start, subscript.ofAxes, result.sizes, source.sizes[axis]);
    result.inside = result.inside ? both(emit, result.inside, inside) : inside;
  }
  result.pointer = emit.address(source.pointer, offset, source.element);
  return result;
}

Value allInside(Environment &env, Location loc, ArrayRef<Operand> operands) {
  Value all;
  for (const Operand &operand : operands)
    if (operand.inside)
      all = all ? both(env.at(loc), all, operand.inside) : operand.inside;
  return all;
}

Storage copyOf(Environment &env, Location loc, Value view) {
  Storage copy = env.allocate(loc, cast<RankedTensorType>(view.getType()).getElementType(), env.sizesOf(view));
  const Group group{{{view.getDefiningOp(), view, false, copy}}, {}, copy.sizes, {}, {}};
  Evaluator evaluator(env, loc);
  emitNest(env, evaluator, group);
  return copy;
}

} // namespace ricci::lower
