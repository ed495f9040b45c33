// Index formulas and the memory they reach.
#include "Evaluator.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace ricci::lower {

using namespace mlir;

namespace {
// Marks in Key::tensor for what is not an array's element.
const int scalarIndexKey = 0, vectorIndexKey = 0, conditionKey = 0;

// An extent for code at `emit`: a constant may have been made deeper inside, so it is made again.
Value extentAt(const Emit &emit, Value extent) {
  std::optional<int64_t> number = constantIndex(extent);
  return number ? emit.index(*number) : extent;
}
} // namespace

// ---------------------------------------------------------------- index formulas

Computed Evaluator::binary(AffineExprKind kind, Computed left, Computed right) {
  return emitAt(std::max(left.depth, right.depth), [&](Emit emit) -> Value {
    if (kind == AffineExprKind::Add)
      return emit.add(left.value, right.value);
    if (kind == AffineExprKind::Mul)
      return emit.mul(left.value, right.value);
    // A divisor that only run time knows may be 0 where nothing is accessed; the processor must not trap.
    Value divisor = right.value;
    if (!constantIndex(divisor))
      divisor = emit.max(divisor, emit.constant(divisor.getType(), 1));
    if (kind == AffineExprKind::FloorDiv)
      return emit.floorDiv(left.value, divisor);
    if (kind == AffineExprKind::Mod)
      return emit.floorMod(left.value, divisor);
    // ceil(x / y) = -floor(-x / y)
    Value zero = emit.constant(left.value.getType(), 0);
    return emit.sub(zero, emit.floorDiv(emit.sub(zero, left.value), divisor));
  });
}

Computed Evaluator::symbolValue(unsigned position, bool vector) {
  const IndexSpace::Symbol symbol = space.symbol(position);
  if (symbol.kind == IndexSpace::Symbol::Size)
    return {symbol.extent, 0};
  if (symbol.kind == IndexSpace::Symbol::Element) {
    Computed value = element(symbol.element);
    return emitAt(value.depth, [&](Emit emit) { return vector ? asVector(value) : emit.toIndex(value.value); });
  }
  Computed value = vector ? vectorIndex(symbol.expr) : scalarIndex(symbol.expr);
  return emitAt(value.depth, [&](Emit emit) {
    Value extent = extentAt(emit, symbol.extent);
    if (vector)
      extent = emit.broadcast(emit.toI64(extent), lanes);
    Value zero = emit.constant(value.value.getType(), 0), one = emit.constant(value.value.getType(), 1);
    if (symbol.kind == IndexSpace::Symbol::Clamp)
      return emit.max(zero, emit.min(value.value, emit.sub(extent, one)));
    // The axis may be empty: its guard then keeps the access from happening.
    Value divisor = constantIndex(symbol.extent).value_or(0) > 0 ? extent : emit.max(extent, one);
    return emit.floorMod(value.value, divisor);
  });
}

Computed Evaluator::scalarIndex(AffineExpr expr) {
  const bool along = varies(expr);
  Key key{&scalarIndexKey, {expr}, 0, along ? copy : uniform};
  if (const Computed *known = lookup(key))
    return *known;
  Computed result;
  if (auto constant = dyn_cast<AffineConstantExpr>(expr)) {
    result = emitAt(0, [&](Emit emit) { return emit.index(constant.getValue()); });
  } else if (isa<AffineDimExpr>(expr)) {
    const Dim &dim = dims.at(positionOf(expr));
    result = {dim.value, dim.depth};
    if (along && copy) // the first lane of this vector
      result = emitAt(dim.depth, [&](Emit emit) { return emit.add(dim.value, emit.index(copy * lanes)); });
  } else if (auto symbol = dyn_cast<AffineSymbolExpr>(expr)) {
    result = symbolValue(symbol.getPosition(), false);
  } else {
    auto parts = cast<AffineBinaryOpExpr>(expr);
    Computed left = scalarIndex(parts.getLHS());
    result = binary(expr.getKind(), left, scalarIndex(parts.getRHS()));
  }
  frames[result.depth].known[key] = result;
  return result;
}

Computed Evaluator::vectorIndex(AffineExpr expr) {
  const bool along = varies(expr);
  Key key{&vectorIndexKey, {expr}, 0, along ? copy : uniform};
  if (const Computed *known = lookup(key))
    return *known;
  Computed result;
  AffineExpr slope = along ? space.coefficient(expr, vectorDim) : space.constant(0);
  if (slope && !varies(slope)) {
    Computed base = scalarIndex(expr);
    Computed step = scalarIndex(slope);
    result = emitAt(std::max(base.depth, step.depth), [&](Emit emit) {
      Value first = emit.broadcast(emit.toI64(base.value), lanes);
      if (!along)
        return first;
      Value ramp = emit.lanesFromZero(builder.getI64Type(), lanes);
      return emit.add(first, emit.mul(ramp, emit.broadcast(emit.toI64(step.value), lanes)));
    });
  } else if (auto symbol = dyn_cast<AffineSymbolExpr>(expr)) {
    result = symbolValue(symbol.getPosition(), true);
  } else {
    auto parts = cast<AffineBinaryOpExpr>(expr);
    Computed left = vectorIndex(parts.getLHS());
    result = binary(expr.getKind(), left, vectorIndex(parts.getRHS()));
  }
  frames[result.depth].known[key] = result;
  return result;
}

// ---------------------------------------------------------------- guards

Computed Evaluator::condition(Guard guard) {
  if (!guard)
    return {};
  Key key{&conditionKey, {}, guard, vectorDim >= 0 && space.depends(guard, vectorDim) ? copy : uniform};
  if (const Computed *known = lookup(key))
    return *known;
  const IndexSpace::Bound bound = space.bound(guard);
  Computed index = varies(bound.expr) ? vectorIndex(bound.expr) : scalarIndex(bound.expr);
  Computed result = emitAt(index.depth, [&](Emit emit) -> Value {
    Value extent = extentAt(emit, bound.extent);
    if (index.isVector())
      extent = emit.broadcast(emit.toI64(extent), lanes);
    // Unsigned, so that one comparison covers both ends.
    return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ult, index.value, extent);
  });
  if (Computed rest = condition(bound.rest); rest.value) {
    if (rest.isVector() || result.isVector()) {
      rest.value = asVector(rest);
      result.value = asVector(result);
    }
    result = emitAt(std::max(result.depth, rest.depth), [&](Emit emit) -> Value {
      return arith::AndIOp::create(builder, loc, result.value, rest.value);
    });
  }
  frames[result.depth].known[key] = result;
  return result;
}

// ---------------------------------------------------------------- places in memory

Evaluator::Place Evaluator::place(const Storage &array, const Position &position) {
  ArrayRef<AffineExpr> at = ArrayRef(position).drop_front(array.outer);
  // Row-major strides, innermost first; terms of shallow depth are added first so that their sum stays outside.
  SmallVector<Computed> terms;
  bool linear = true;
  AffineExpr slope = space.constant(0);
  for (AffineExpr expr : at)
    if (varies(expr)) {
      AffineExpr coefficient = space.coefficient(expr, vectorDim);
      linear &= coefficient && !varies(coefficient);
    }
  const bool scattered = !linear;
  Value stride = emitAt(0, [&](Emit emit) { return emit.index(1); }).value;
  for (size_t axis = at.size(); axis-- > 0;) {
    if (varies(at[axis]) && linear)
      slope = slope + space.coefficient(at[axis], vectorDim) * space.size(stride);
    Computed index = scattered && varies(at[axis]) ? vectorIndex(at[axis]) : scalarIndex(at[axis]);
    terms.push_back(emitAt(index.depth, [&](Emit emit) {
      Value factor = index.isVector() ? emit.broadcast(emit.toI64(stride), lanes) : stride;
      return emit.mul(index.value, factor);
    }));
    if (axis)
      stride = emitAt(0, [&](Emit emit) { return emit.mul(stride, array.sizes[axis]); }).value;
  }
  llvm::stable_sort(terms, [](const Computed &x, const Computed &y) {
    return std::tuple(x.depth, x.isVector()) < std::tuple(y.depth, y.isVector());
  });
  // What the innermost of these loops changes is added last, to a pointer made outside it: without that every vector
  // takes an addition of its own, as a processor's address has room for one index.
  const unsigned innermost = terms.empty() ? 0 : terms.back().depth;
  const Computed zero = emitAt(0, [&](Emit emit) { return emit.index(0); });
  Computed outer = zero, inner = zero;
  for (const Computed &term : terms) {
    Computed &sum = term.depth < innermost && !term.isVector() ? outer : inner;
    sum = emitAt(std::max(sum.depth, term.depth), [&](Emit emit) {
      if (term.isVector() || sum.isVector()) {
        Value left = emit.broadcast(emit.toI64(sum.value), lanes), right = emit.broadcast(emit.toI64(term.value), lanes);
        return emit.add(left, right);
      }
      return emit.add(sum.value, term.value);
    });
  }
  auto after = [&](Computed pointer, Computed offset) {
    return emitAt(std::max(pointer.depth, offset.depth),
                  [&](Emit emit) { return emit.address(pointer.value, offset.value, array.element); });
  };
  const Computed row = after({array.pointer, array.outer}, outer);
  auto place = [&](auto kind, Computed pointer, Computed offset) {
    return Place{kind, pointer.value, offset.value, std::max(pointer.depth, offset.depth)};
  };
  if (inner.isVector())
    return place(Place::Scattered, row, inner);
  if (slope == space.constant(0))
    return place(Place::Same, row, inner);
  if (slope == space.constant(1))
    return place(Place::Consecutive, row, inner);
  if (slope == space.constant(-1))
    return place(Place::Reversed, row, inner);
  Computed step = scalarIndex(slope);
  Computed offsets = emitAt(step.depth, [&](Emit emit) {
    return emit.mul(emit.lanesFromZero(builder.getI64Type(), lanes), emit.broadcast(emit.toI64(step.value), lanes));
  });
  return place(Place::Scattered, after(row, inner), offsets);
}

Value Evaluator::loadVector(const Emit &emit, const Storage &array, const Place &place, Value wanted) {
  if (place.kind == Place::Consecutive)
    return emit.loadVector(emit.address(place.pointer, place.offset, array.element), array.element, lanes, wanted);
  if (place.kind == Place::Reversed) {
    Value lowest = emit.address(place.pointer, emit.sub(place.offset, emit.index(lanes - 1)), array.element);
    return emit.reversed(emit.loadVector(lowest, array.element, lanes, emit.reversed(wanted)));
  }
  return emit.gather(place.pointer, emit.broadcast(emit.toI64(place.offset), lanes), array.element, wanted);
}

void Evaluator::storeVector(const Emit &emit, Value vector, const Storage &array, const Place &place, Value wanted) {
  if (place.kind == Place::Consecutive)
    return emit.storeVector(vector, emit.address(place.pointer, place.offset, array.element), wanted);
  if (place.kind == Place::Reversed) {
    Value lowest = emit.address(place.pointer, emit.sub(place.offset, emit.index(lanes - 1)), array.element);
    return emit.storeVector(emit.reversed(vector), lowest, emit.reversed(wanted));
  }
  emit.scatter(vector, place.pointer, place.offset, wanted);
}

// A load may move out of a loop that runs at least once. Out of one that may be empty only if the position is made of
// plain loop indices, which are inside whatever happens further in.
unsigned Evaluator::safeDepth(const Position &at, unsigned depth) const {
  if (llvm::all_of(at, [](AffineExpr expr) { return isa<AffineDimExpr>(expr); }))
    return depth;
  for (unsigned outer = frames.size() - 1; outer-- > depth;)
    if (frames[outer].mayBeEmpty)
      return outer + 1;
  return depth;
}

Computed Evaluator::load(const Storage &array, const Element &element) {
  if (array.scalar)
    return {array.scalar, 0};
  Place place = this->place(array, element.at);
  Computed holds = condition(element.guard);
  // A row is another one at every turn of the loops outside it, wherever in it the element lies.
  const unsigned outermost = std::max({array.outer, place.depth, holds.value ? holds.depth : 0});
  const unsigned depth = safeDepth(element.at, outermost);
  if (place.kind == Place::Same && !(holds.value && holds.isVector()))
    return emitAt(depth, [&](Emit emit) {
      Value address = emit.address(place.pointer, place.offset, array.element);
      if (holds.value)
        address = arith::SelectOp::create(builder, loc, holds.value, address, env.zeros(loc));
      return emit.loadScalar(address, array.element);
    });
  Value wanted = holds.value ? asVector(holds) : Value();
  return emitAt(mask ? std::max(depth, maskDepth) : depth, [&](Emit emit) {
    if (mask)
      wanted = wanted ? arith::AndIOp::create(builder, loc, wanted, mask) : mask;
    return loadVector(emit, array, place, wanted);
  });
}

void Evaluator::store(const Storage &array, const Position &at, Guard guard, Computed computed) {
  Place place = this->place(array, at);
  Computed holds = condition(guard);
  Emit emit = this->emit();
  const bool vector = place.kind != Place::Same;
  if (!vector) {
    auto write = [&](OpBuilder &builder, Location loc) {
      Emit inside{builder, loc};
      inside.storeScalar(computed.value, inside.address(place.pointer, place.offset, array.element));
    };
    if (!holds.value)
      return write(builder, loc);
    scf::IfOp::create(builder, loc, holds.value, [&](OpBuilder &builder, Location loc) {
      write(builder, loc);
      scf::YieldOp::create(builder, loc);
    });
    return;
  }
  Value wanted = holds.value ? asVector(holds) : Value();
  if (mask)
    wanted = wanted ? arith::AndIOp::create(builder, loc, wanted, mask) : mask;
  if (streaming && !wanted && array.isFresh && place.kind == Place::Consecutive)
    return emit.streamVector(asVector(computed), emit.address(place.pointer, place.offset, array.element));
  storeVector(emit, asVector(computed), array, place, wanted);
}

void Evaluator::prefetch(const Element &element, Value elementsAhead, bool intoFirstLevel) {
  const Storage &array = *env.find(element.tensor);
  const Place place = this->place(array, element.at);
  assert((place.kind == Place::Same || place.kind == Place::Consecutive) && "one address is fetched");
  Emit emit = this->emit();
  emit.prefetch(emit.address(place.pointer, emit.add(place.offset, elementsAhead), array.element), intoFirstLevel);
}

void Evaluator::accumulate(const Storage &array, const Position &at, Guard guard, Computed computed) {
  Place place = this->place(array, at);
  Computed holds = condition(guard);
  auto sum = [&](Value old, Value term) -> Value {
    if (isa<FloatType>(array.element))
      return arith::AddFOp::create(builder, loc, old, term);
    return arith::AddIOp::create(builder, loc, old, term);
  };
  const bool vector = place.kind == Place::Consecutive || place.kind == Place::Reversed;
  // A branch where the guard is the same for all lanes: the next addition may be to the same row, and what is stored under a mask
  // has to reach the cache before it can be loaded again.
  Value wanted = vector && holds.value && holds.isVector() ? holds.value : Value();
  if (vector && mask)
    wanted = wanted ? arith::AndIOp::create(builder, loc, wanted, mask) : mask;
  auto add = [&](Emit emit) {
    if (vector) {
      Value old = loadVector(emit, array, place, wanted);
      return storeVector(emit, sum(old, asVector(computed)), array, place, wanted);
    }
    Value target = emit.address(place.pointer, place.offset, array.element);
    emit.storeScalar(sum(emit.loadScalar(target, array.element), computed.value), target);
  };
  if (!holds.value || holds.isVector())
    return add(emit());
  auto branch = scf::IfOp::create(builder, loc, holds.value);
  OpBuilder::InsertionGuard restore(builder);
  builder.setInsertionPointToStart(branch.thenBlock());
  add(emit());
}

} // namespace ricci::lower
