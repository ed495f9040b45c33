#include "NestEmitter.h"

#include "ArgReduction.h"
#include "Recurrence.h"

#include "dialects/Ricci.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

namespace ricci::lower {

using namespace mlir;

NestEmitter::NestEmitter(Environment &env, Evaluator &evaluator, const Group &group)
    : env(env), evaluator(evaluator), group(group), at(group.outer) {
  Loops loops = openLoops(evaluator.space, group);
  parallel = std::move(loops.parallel);
  reduced = std::move(loops.reduced);
  choice = chooseVector(env, evaluator.space, group, parallel, reduced);
  if (!group.few || constantIndex(group.few->extent))
    explainVector(evaluator.emit().loc, group, choice);
  const size_t number = choice.dim, kept = parallel.size();
  if (choice.dim >= 0)
    vectorDim = number < kept ? parallel[number] : reduced[number - kept];
  if (vectorDim && group.few) {
    (number < kept ? parallel[number] : reduced[number - kept]) = vectorDim = group.few->dim;
    choice.copies = group.few->masks.size();
  }
  for (auto [axis, dim] : llvm::enumerate(parallel))
    at.push_back(group.firsts.empty() ? dim : dim + evaluator.space.size(group.firsts[axis]));
  for (const Root &root : group.roots)
    if (root.reduces && !isArgReduction(root.op))
      reductions.emplace_back(root.op);
}

void NestEmitter::emit() {
  auto plain = [&] {
    planFetches(/*large=*/false);
    emitLoops();
  };
  if (!group.streams)
    return plain();
  auto past = [&] {
    planFetches(/*large=*/true);
    evaluator.streamStores(true);
    isPast = true;
    streaming = group.outer.empty(); // inside other loops the fence stands behind those
    emitLoops();
    if (streaming)
      evaluator.emit().fence();
    streaming = isPast = false;
    evaluator.streamStores(false);
  };
  evaluator.either(group.streams, past, plain);
}

void NestEmitter::emitLoops() {
  if (!isShared())
    emitParallel(0);
  else if (!parallel.empty())
    emitShared();
  else
    emitSharedReduction();
  evaluator.noVector();
}

void NestEmitter::planFetches(bool large) {
  Position order(ArrayRef(isRowByRow ? reduced : parallel));
  llvm::append_range(order, isRowByRow ? parallel : reduced);
  if (vectorDim && !group.few)
    fetches = fetchesOf(env, evaluator.space, group, parallel, reduced, choice, order, large);
}

void NestEmitter::fetchAhead(unsigned copy) {
  if (isLead)
    return;
  for (const Fetch &fetch : fetches)
    emitFetch(evaluator, fetch, vectorDim, copy);
}

NestEmitter::Range NestEmitter::rangeOf(AffineExpr dim, Value extent) {
  return dim == sharedDim ? share : Range{evaluator.emit().index(0), extent};
}

void NestEmitter::emitParallel(size_t number) {
  if (number == parallel.size()) {
    if (vectorDim && llvm::is_contained(parallel, vectorDim))
      emitVectors(vectorDim, group.extents[choice.dim], {}, [&](ValueRange) {
        emitBody();
        return Values();
      });
    else
      emitBody();
    return;
  }
  const size_t axis = axisAt(number);
  if (parallel[axis] == vectorDim)
    return emitParallel(number + 1);
  emitScalarLoop(parallel[axis], group.extents[axis], {}, [&](ValueRange) {
    emitParallel(number + 1);
    return Values();
  });
}

size_t NestEmitter::axisAt(size_t number) const {
  const size_t shared = llvm::find(parallel, sharedDim) - parallel.begin();
  if (!sharedDim || shared == parallel.size() || number > shared)
    return number;
  return number == 0 ? shared : number - 1;
}

NestEmitter::Values NestEmitter::emitScalarLoop(AffineExpr dim, Value extent, ValueRange carried,
                                                Evaluator::Body body) {
  Emit emit = evaluator.emit();
  if (dim == sharedDim && isRowByRow)
    return body(carried);
  if (dim == sharedDim)
    return evaluator.loop(dim, share.first, share.end, 1, /*mayBeEmpty=*/false, carried, body);
  const std::optional<int64_t> size = constantIndex(extent);
  if (size == 0)
    return Values(carried);
  if (size == 1)
    return evaluator.fixed(dim, emit.index(0), carried, body);
  return evaluator.loop(dim, emit.index(0), extent, 1, /*mayBeEmpty=*/!size, carried, body);
}

NestEmitter::Values NestEmitter::emitVectors(AffineExpr dim, Value extent, Values carried,
                                             llvm::function_ref<Values(ValueRange)> body) {
  Emit emit = evaluator.emit();
  const int64_t lanes = choice.lanes, step = lanes * choice.copies;
  evaluator.vectorise(dim, choice.lanes);
  if (group.few) {
    activeCopies = choice.copies;
    carried = evaluator.fixed(dim, emit.index(0), carried, body);
    evaluator.useMask({});
    return carried;
  }
  Range range = rangeOf(dim, extent);
  auto unmasked = [&](unsigned copies, ValueRange values) {
    activeCopies = copies;
    evaluator.useMask({});
    return body(values);
  };
  auto masked = [&](Value lanesThatCount, ValueRange values) {
    activeCopies = 1;
    evaluator.useMask(lanesThatCount);
    Values next = body(values);
    evaluator.useMask({});
    return next;
  };
  if (Value lead = leadOf(dim)) {
    Value begin = emit.sub(emit.index(0), lead);
    range.first = emit.floorMod(begin, emit.index(lanes));
    isLead = true;
    carried = evaluator.loop(dim, begin, range.first, lanes, true, carried, [&](ValueRange values) {
      Emit inside = evaluator.emit();
      Value before = inside.firstLanes(lead, lanes), all = inside.constant(before.getType(), 1);
      return masked(arith::XOrIOp::create(env.builder, inside.loc, before, all), values);
    });
    isLead = false;
  }
  const std::optional<int64_t> size = constantIndex(range.first) == 0 ? constantIndex(range.end) : std::nullopt;
  if (!size) {
    Value whole = emit.sub(range.end, emit.floorMod(emit.sub(range.end, range.first), emit.index(step)));
    carried = evaluator.loop(dim, range.first, whole, step, true, carried,
                             [&](ValueRange values) { return unmasked(choice.copies, values); });
    return evaluator.loop(dim, whole, range.end, lanes, true, carried, [&](ValueRange values) {
      return masked(tailMask(evaluator.scalarIndex(dim).value, range.end), values);
    });
  }
  const int64_t whole = *size - *size % step;
  const int64_t rest = *size - whole;
  // A dimension is fixed without a loop only where nothing else follows: what is known of the full vectors would
  // otherwise be used for the rest.
  if (whole == step && rest == 0)
    carried = evaluator.fixed(dim, emit.index(0), carried,
                              [&](ValueRange values) { return unmasked(choice.copies, values); });
  else if (whole)
    carried = evaluator.loop(dim, emit.index(0), emit.index(whole), step, false, carried,
                             [&](ValueRange values) { return unmasked(choice.copies, values); });
  if (rest >= lanes && rest % lanes == 0)
    return evaluator.loop(dim, emit.index(whole), emit.index(*size), lanes, false, carried,
                          [&](ValueRange values) { return unmasked(1, values); });
  if (rest > lanes)
    return evaluator.loop(dim, emit.index(whole), emit.index(*size), lanes, false, carried, [&](ValueRange values) {
      return masked(tailMask(evaluator.scalarIndex(dim).value, emit.index(*size)), values);
    });
  if (rest == 0)
    return carried;
  auto last = [&](ValueRange values) {
    SmallVector<bool> flags;
    for (int64_t lane = 0; lane < lanes; ++lane)
      flags.push_back(lane < rest);
    auto type = VectorType::get(lanes, env.builder.getI1Type());
    return masked(evaluator.emit().constant(DenseElementsAttr::get(type, flags)), values);
  };
  if (!whole)
    return evaluator.fixed(dim, emit.index(0), carried, last);
  return evaluator.loop(dim, emit.index(whole), emit.index(*size), lanes, false, carried, last);
}

Value NestEmitter::leadOf(AffineExpr dim) {
  const Storage *array = nullptr;
  Position place;
  if (isPast && group.offLines) {
    array = &*group.roots.front().memory;
    place = at;
  }
  for (const Rider &rider : group.riders)
    if (isStreamed(rider) && rider.offLines && !array) {
      array = &*rider.roots.front().memory;
      place = placeOf(rider, group, parallel, reduced);
    }
  if (!array || place.pop_back_val() != dim)
    return {};
  AffineExpr first = evaluator.space.constant(0);
  for (auto [expr, size] : llvm::zip(place, array->sizes))
    first = first * evaluator.space.size(size) + expr;
  return evaluator.scalarIndex(first * evaluator.space.size(array->sizes.back()) % choice.lanes).value;
}

Value NestEmitter::tailMask(Value first, Value extent) {
  Emit emit = evaluator.emit();
  return emit.firstLanes(emit.sub(extent, first), choice.lanes);
}

void NestEmitter::useCopy(unsigned copy) {
  evaluator.useCopy(copy);
  if (group.few && vectorDim)
    evaluator.useMask(group.few->masks[copy]);
}

void NestEmitter::emitBody() {
  if (group.roots.front().reduces && isArgReduction(group.roots.front().op))
    return finish(
        0, {emitArgReduction(evaluator, group.roots.front().op, at, reduced, group.reducedExtents), evaluator.depth()});
  if (group.roots.front().reduces)
    return emitReduction();
  // First read, then write: a result may take the place of an operand.
  SmallVector<Computed> values;
  for (unsigned copy = 0; copy < copiesHere(); ++copy) {
    useCopy(copy);
    fetchAhead(copy);
    for (const Root &root : group.roots)
      values.push_back(evaluator.element({root.result, at}));
  }
  for (unsigned copy = 0; copy < copiesHere(); ++copy) {
    useCopy(copy);
    for (size_t number = 0; number < group.roots.size(); ++number)
      finish(number, values[copy * group.roots.size() + number]);
  }
  evaluator.useCopy(0);
}

void NestEmitter::emitReduction() {
  if (vectorDim && !vectorIsParallel()) {
    for (auto [number, sum] : llvm::enumerate(reducedSums()))
      finishReduction(number, sum);
    return;
  }
  const unsigned copies = sumCopies();
  const Values sums = emitSums();
  for (size_t number = 0; number < group.roots.size(); ++number)
    for (unsigned copy = 0; copy < copies; ++copy) {
      useCopy(copy);
      finishReduction(number, sums[number * copies + copy]);
    }
  evaluator.useCopy(0);
}

void NestEmitter::finishReduction(size_t number, Value total) {
  if (!parts.empty()) {
    Computed before = evaluator.load(parts[number], {group.roots[number].result, at, 0});
    Value sum = reductions[number].combine(env.builder, group.roots[number].op->getLoc(), before.value, total);
    return evaluator.store(parts[number], at, 0, {sum, evaluator.depth()});
  }
  finish(number, {reductions[number].leave(env.builder, group.roots[number].op->getLoc(), total), evaluator.depth()});
}

NestEmitter::Values NestEmitter::reducedSums() {
  const unsigned copies = sumCopies();
  const Values sums = emitSums();
  if (!vectorDim)
    return sums;
  Values results;
  for (size_t number = 0; number < group.roots.size(); ++number) {
    const Reduction &reduction = reductions[number];
    Location loc = group.roots[number].op->getLoc();
    // Pairwise over the copies, then over the lanes.
    Values parts(ArrayRef(sums).slice(number * copies, copies));
    for (unsigned half = copies / 2; half; half /= 2)
      for (unsigned copy = 0; copy < half; ++copy)
        parts[copy] = reduction.combine(env.builder, loc, parts[copy], parts[copy + half]);
    results.push_back(reduction.acrossLanes(env.builder, loc, parts[0]));
  }
  return results;
}

NestEmitter::Values NestEmitter::emitSums() {
  const unsigned copies = sumCopies();
  Values sums;
  for (auto [number, root] : llvm::enumerate(group.roots)) {
    Type type = elementOf(root);
    if (vectorDim)
      type = VectorType::get(choice.lanes, type);
    for (unsigned copy = 0; copy < copies; ++copy)
      sums.push_back(reductions[number].identity(env.builder, root.op->getLoc(), type));
  }
  return emitReducedLoop(0, copies, sums);
}

NestEmitter::Values NestEmitter::emitReducedLoop(size_t number, unsigned copies, ValueRange sums) {
  if (number == reduced.size()) {
    if (vectorDim && !vectorIsParallel())
      return emitVectors(vectorDim, group.reducedExtents[choice.dim - parallel.size()], sums,
                         [&](ValueRange values) { return accumulate(copies, values); });
    return accumulate(copies, sums);
  }
  if (reduced[number] == vectorDim)
    return emitReducedLoop(number + 1, copies, sums);
  return emitScalarLoop(reduced[number], group.reducedExtents[number], sums,
                        [&](ValueRange values) { return emitReducedLoop(number + 1, copies, values); });
}

NestEmitter::Values NestEmitter::accumulate(unsigned copies, ValueRange sums) {
  Values next(sums);
  OpBuilder &builder = env.builder;
  for (unsigned copy = 0; copy < std::min(copies, activeCopies); ++copy) {
    useCopy(copy);
    fetchAhead(copy);
    const SmallVector<Computed> ridden = computeRiders();
    for (auto [number, root] : llvm::enumerate(group.roots)) {
      Value &sum = next[number * copies + copy];
      Computed term = evaluator.contribution(root.op, at, reduced);
      if (vectorDim)
        term.value = evaluator.asVector(term);
      term.value = reductions[number].enter(builder, root.op->getLoc(), term.value);
      Value combined = reductions[number].combine(builder, root.op->getLoc(), sum, term.value);
      // Lanes past the end keep what they have; those of a result's dimension are never stored.
      if (evaluator.currentMask() && !vectorIsParallel())
        combined = arith::SelectOp::create(builder, root.op->getLoc(), evaluator.currentMask(), combined, sum);
      sum = combined;
    }
    storeRiders(ridden);
  }
  evaluator.useCopy(0);
  return next;
}

Position placeOf(const Rider &rider, const Group &group, ArrayRef<AffineExpr> parallel, ArrayRef<AffineExpr> reduced) {
  Position place(rider.row.empty() ? group.outer : rider.row);
  for (unsigned loop : rider.loops)
    place.push_back(loop < parallel.size() ? parallel[loop] : reduced[loop - parallel.size()]);
  return place;
}

SmallVector<Computed> NestEmitter::computeRiders() {
  SmallVector<Computed> values;
  for (const Rider &rider : group.riders) {
    const Position place = placeOf(rider, group, parallel, reduced);
    for (const auto &[value, memory] : rider.elements)
      evaluator.remember({value, place}, evaluator.load(memory, {value, place}));
    for (const Root &root : rider.roots)
      values.push_back(evaluator.element({root.result, place}));
  }
  return values;
}

// Where vectors go down several rows that begin within one, none is whole in all of them.
bool NestEmitter::isStreamed(const Rider &rider) const {
  return rider.streams || (isPast && (!rider.offLines || !vectorIsParallel() || isRowByRow));
}

void NestEmitter::storeRiders(ArrayRef<Computed> values) {
  for (const Rider &rider : group.riders) {
    evaluator.streamStores(isStreamed(rider));
    for (const Root &root : rider.roots) {
      evaluator.store(*root.memory, placeOf(rider, group, parallel, reduced), 0, values.front());
      values = values.drop_front();
    }
    evaluator.streamStores(isPast);
  }
}

void NestEmitter::finish(size_t number, Computed value) {
  const Root &root = group.roots[number];
  if (group.writer) {
    const Target target = targetOf(group.writer, at, evaluator.space, env);
    if (isa<ScatterOp>(group.writer))
      return evaluator.accumulate(*root.memory, target.at, target.guard, value);
    if (auto recurrence = dyn_cast<RecurrenceOp>(group.writer))
      value = followElement(evaluator, recurrence, at, value);
    return evaluator.store(*root.memory, target.at, target.guard, value);
  }
  if (root.memory)
    evaluator.store(*root.memory, at, 0, value);
  if (parallel.empty())
    evaluator.remember({root.result, at}, value);
}

void emitNest(Environment &env, Evaluator &evaluator, const Group &group) { NestEmitter(env, evaluator, group).emit(); }

} // namespace ricci::lower
