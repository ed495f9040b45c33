#include "Evaluator.h"

#include "dialects/Ricci.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace ricci::lower {

using namespace mlir;

bool Evaluator::Key::operator<(const Key &other) const {
  auto rank = [](const Key &key) { return std::tuple(key.tensor, key.guard, key.copy, key.at.size()); };
  if (rank(*this) != rank(other))
    return rank(*this) < rank(other);
  for (auto [left, right] : llvm::zip_equal(at, other.at))
    if (left != right)
      return left.getAsOpaquePointer() < right.getAsOpaquePointer();
  return false;
}

const Computed *Evaluator::lookup(const Key &key) const {
  for (const Frame &frame : llvm::reverse(frames))
    if (auto known = frame.known.find(key); known != frame.known.end())
      return &known->second;
  return nullptr;
}

Computed Evaluator::emitAt(unsigned depth, llvm::function_ref<Value(Emit)> make) {
  OpBuilder::InsertionGuard restore(builder);
  if (depth + 1 < frames.size())
    builder.setInsertionPoint(frames[depth].inner);
  return {make(Emit{builder, loc}), depth};
}

// ---------------------------------------------------------------- loops

SmallVector<Value> Evaluator::loop(AffineExpr dim, Value lower, Value upper, int64_t step, bool mayBeEmpty,
                                   ValueRange carried, Body body) {
  auto loop = scf::ForOp::create(builder, loc, lower, upper, emit().index(step), carried);
  if (!loop.getBody()->empty())
    loop.getBody()->getTerminator()->erase();
  frames.back().inner = loop;
  frames.back().mayBeEmpty = mayBeEmpty;
  frames.emplace_back();
  dims[positionOf(dim)] = {loop.getInductionVar(), depth()};
  {
    OpBuilder::InsertionGuard restore(builder);
    builder.setInsertionPointToEnd(loop.getBody());
    SmallVector<Value> next = body(loop.getRegionIterArgs());
    scf::YieldOp::create(builder, loc, next);
  }
  frames.pop_back();
  frames.back().inner = nullptr;
  builder.setInsertionPointAfter(loop);
  return loop.getResults();
}

SmallVector<Value> Evaluator::fixed(AffineExpr dim, Value value, ValueRange carried, Body body) {
  dims[positionOf(dim)] = {value, depth()};
  return body(carried);
}

// What one branch computes the other does not have.
void Evaluator::either(Value condition, llvm::function_ref<void()> yes, llvm::function_ref<void()> no) {
  if (std::optional<int64_t> known = constantIndex(condition))
    return *known ? yes() : no();
  const auto before = frames;
  auto alone = [&](llvm::function_ref<void()> body) {
    body();
    frames = before;
  };
  emit().either(condition, [&] { alone(yes); }, [&] { alone(no); });
}

// ---------------------------------------------------------------- elements

Evaluator::Key Evaluator::keyOf(const Element &element) const {
  const bool along =
      vectorDim >= 0 && (space.depends(element.at, vectorDim) || space.depends(element.guard, vectorDim));
  return {element.tensor.getAsOpaquePointer(), element.at, element.guard, along ? copy : uniform};
}

void Evaluator::remember(const Element &element, Computed computed) {
  frames[computed.depth].known[keyOf(element)] = computed;
}

Computed Evaluator::element(const Element &element) {
  const Key key = keyOf(element);
  if (const Computed *known = lookup(key))
    return *known;
  if (element.guard && !env.find(element.tensor)) { // a finished reduction holds whether the guard does or not
    Key unguarded{key.tensor, element.at, 0, uniform};
    if (const Computed *known = lookup(unguarded))
      return *known;
  }
  Computed result = compute(element);
  frames[result.depth].known[key] = result;
  return result;
}

Computed Evaluator::compute(const Element &element) {
  if (const Storage *array = env.find(element.tensor))
    return load(*array, element);
  Operation *op = element.tensor.getDefiningOp();
  auto type = cast<RankedTensorType>(element.tensor.getType()).getElementType();
  if (auto fill = dyn_cast<FillOp>(op))
    return emitAt(0, [&](Emit emit) { return emit.constant(cast<TypedAttr>(fill.getValue())); });
  if (isa<IotaOp>(op)) {
    if (varies(element.at[0]))
      return vectorIndex(element.at[0]);
    Computed index = scalarIndex(element.at[0]);
    return emitAt(index.depth, [&](Emit emit) { return emit.toI64(index.value); });
  }
  Guard guard = 0;
  SmallVector<Element> reads = readsOf(element, {}, space, env, guard);
  if (isa<EinsumOp>(op)) {
    Computed result;
    for (const Element &read : reads) {
      Computed factor = this->element(read);
      result = result.value ? product(result, factor) : factor;
    }
    if (!result.value)
      result = emitAt(0, [&](Emit emit) { return emit.constant(type, 1); });
    return guard == element.guard ? result : selectOrZero(guard, result);
  }
  if (isa<GatherOp>(op)) {
    Computed result = this->element(reads[0]);
    // Memory already gives zeros where the guard fails.
    return guard == element.guard || env.find(reads[0].tensor) ? result : selectOrZero(guard, result);
  }
  SmallVector<Computed> operands;
  for (const Element &read : reads)
    operands.push_back(this->element(read));
  return combine(op, operands);
}

// Puts the operands on one footing and emits the operation's body.
Computed Evaluator::combine(Operation *op, ArrayRef<Computed> operands) {
  const bool vector = llvm::any_of(operands, [](const Computed &operand) { return operand.isVector(); });
  SmallVector<Value> values;
  unsigned depth = 0;
  for (const Computed &operand : operands) {
    values.push_back(vector ? asVector(operand) : operand.value);
    depth = std::max(depth, operand.depth);
  }
  return emitAt(depth, [&](Emit emit) {
    return cast<ElementwiseOpInterface>(op).buildScalar(emit.builder, op->getLoc(), values);
  });
}

Value Evaluator::asVector(Computed computed) {
  if (computed.isVector())
    return computed.value;
  return emitAt(computed.depth, [&](Emit emit) { return emit.broadcast(computed.value, lanes); }).value;
}

Computed Evaluator::product(Computed left, Computed right) {
  if (left.isVector() || right.isVector()) {
    left.value = asVector(left);
    right.value = asVector(right);
  }
  return emitAt(std::max(left.depth, right.depth), [&](Emit emit) -> Value {
    if (isa<FloatType>(getElementTypeOrSelf(left.value)))
      return arith::MulFOp::create(emit.builder, loc, left.value, right.value);
    return arith::MulIOp::create(emit.builder, loc, left.value, right.value);
  });
}

Computed Evaluator::selectOrZero(Guard guard, Computed value) {
  Computed holds = condition(guard);
  if (!holds.value)
    return value;
  if (value.isVector() || holds.isVector()) {
    value.value = asVector(value);
    holds.value = asVector(holds);
  }
  return emitAt(std::max(holds.depth, value.depth), [&](Emit emit) -> Value {
    Value zero = emit.constant(value.value.getType(), 0);
    return arith::SelectOp::create(emit.builder, loc, holds.value, value.value, zero);
  });
}

Computed Evaluator::contribution(Operation *op, const Position &at, ArrayRef<AffineExpr> reduced) {
  Guard guard = 0;
  SmallVector<Element> reads = readsOf({op->getResult(0), at}, reduced, space, env, guard);
  Computed result;
  for (const Element &read : reads) {
    Computed factor = element(read);
    result = result.value ? product(result, factor) : factor;
  }
  return guard ? selectOrZero(guard, result) : result;
}

} // namespace ricci::lower
