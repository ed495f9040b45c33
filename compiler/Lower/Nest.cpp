#include "Nest.h"

#include "ArgReduction.h"
#include "Recurrence.h"
#include "Reductions.h"

#include "dialects/Ricci.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

namespace ricci::lower {

using namespace mlir;

namespace {

class NestEmitter {
public:
  NestEmitter(Environment &env, Evaluator &evaluator, const Group &group)
      : env(env), evaluator(evaluator), group(group), at(group.outer) {
    for (size_t i = 0; i < group.extents.size(); ++i)
      parallel.push_back(evaluator.space.newDim());
    for (size_t i = 0; i < group.reducedExtents.size(); ++i)
      reduced.push_back(evaluator.space.newDim());
    llvm::append_range(at, parallel);
    choice = chooseVector(env, evaluator.space, group, parallel, reduced);
    if (choice.dim >= 0)
      vectorDim = static_cast<size_t>(choice.dim) < parallel.size() ? parallel[choice.dim]
                                                                    : reduced[choice.dim - parallel.size()];
    for (const Root &root : group.roots)
      if (root.reduces && !isArgReduction(root.op))
        reductions.emplace_back(root.op);
  }

  void emit() {
    emitParallel(0);
    evaluator.noVector();
  }

private:
  using Values = SmallVector<Value>;

  // Plain loops over the result's dimensions, the vectorised one innermost.
  void emitParallel(size_t number) {
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
    if (parallel[number] == vectorDim)
      return emitParallel(number + 1);
    emitScalarLoop(parallel[number], group.extents[number], {}, [&](ValueRange) {
      emitParallel(number + 1);
      return Values();
    });
  }

  Values emitScalarLoop(AffineExpr dim, Value extent, ValueRange carried, Evaluator::Body body) {
    Emit emit = evaluator.emit();
    const std::optional<int64_t> size = constantIndex(extent);
    if (size == 0)
      return Values(carried);
    if (size == 1)
      return evaluator.fixed(dim, emit.index(0), carried, body);
    return evaluator.loop(dim, emit.index(0), extent, 1, /*mayBeEmpty=*/!size, carried, body);
  }

  // The vectorised loop: full steps of all copies first, then single vectors, the last one masked. `carried` holds a
  // value a copy for each reduction (reduction-major); single vectors use the first copy.
  Values emitVectors(AffineExpr dim, Value extent, Values carried, llvm::function_ref<Values(ValueRange)> body) {
    Emit emit = evaluator.emit();
    const int64_t lanes = choice.lanes, step = lanes * choice.copies;
    evaluator.vectorise(dim, choice.lanes);
    const std::optional<int64_t> size = constantIndex(extent);
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
    if (!size) {
      Value whole = emit.sub(extent, emit.floorMod(extent, emit.index(step)));
      carried = evaluator.loop(dim, emit.index(0), whole, step, true, carried,
                               [&](ValueRange values) { return unmasked(choice.copies, values); });
      return evaluator.loop(dim, whole, extent, lanes, true, carried, [&](ValueRange values) {
        return masked(tailMask(evaluator.scalarIndex(dim).value, extent), values);
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

  Value tailMask(Value first, Value extent) {
    Emit emit = evaluator.emit();
    return emit.firstLanes(emit.sub(extent, first), choice.lanes);
  }

  // Inside all loops over the results' dimensions.
  void emitBody() {
    if (group.roots.front().reduces && isArgReduction(group.roots.front().op))
      return finish(0, {emitArgReduction(evaluator, group.roots.front().op, at, reduced, group.reducedExtents),
                        evaluator.depth()});
    if (group.roots.front().reduces)
      return emitReduction();
    // First read, then write: a result may take the place of an operand.
    SmallVector<Computed> values;
    for (unsigned copy = 0; copy < copiesHere(); ++copy) {
      evaluator.useCopy(copy);
      for (const Root &root : group.roots)
        values.push_back(evaluator.element({root.result, at}));
    }
    for (unsigned copy = 0; copy < copiesHere(); ++copy) {
      evaluator.useCopy(copy);
      for (size_t number = 0; number < group.roots.size(); ++number)
        finish(number, values[copy * group.roots.size() + number]);
    }
    evaluator.useCopy(0);
  }

  bool vectorIsParallel() const { return vectorDim && llvm::is_contained(parallel, vectorDim); }
  unsigned copiesHere() const { return vectorIsParallel() ? activeCopies : 1; }

  void emitReduction() {
    const bool acrossLanes = vectorDim && !vectorIsParallel();
    const unsigned copies = vectorIsParallel() ? activeCopies : acrossLanes ? choice.copies : 1;
    Values sums;
    for (auto [number, root] : llvm::enumerate(group.roots)) {
      Type type = cast<RankedTensorType>(root.result.getType()).getElementType();
      if (vectorDim)
        type = VectorType::get(choice.lanes, type);
      for (unsigned copy = 0; copy < copies; ++copy)
        sums.push_back(reductions[number].identity(env.builder, root.op->getLoc(), type));
    }
    sums = emitReducedLoop(0, copies, sums);
    for (size_t number = 0; number < group.roots.size(); ++number) {
      const Reduction &reduction = reductions[number];
      Location loc = group.roots[number].op->getLoc();
      if (!acrossLanes) {
        for (unsigned copy = 0; copy < copies; ++copy) {
          evaluator.useCopy(copy);
          finish(number, {sums[number * copies + copy], evaluator.depth()});
        }
        evaluator.useCopy(0);
        continue;
      }
      // Pairwise over the copies, then over the lanes.
      SmallVector<Value> parts(ArrayRef(sums).slice(number * copies, copies));
      for (unsigned half = copies / 2; half; half /= 2)
        for (unsigned copy = 0; copy < half; ++copy)
          parts[copy] = reduction.combine(env.builder, loc, parts[copy], parts[copy + half]);
      finish(number, {reduction.acrossLanes(env.builder, loc, parts[0]), evaluator.depth()});
    }
  }

  // Loops over the reduced dimensions, the vectorised one innermost; gives the sums at their end.
  Values emitReducedLoop(size_t number, unsigned copies, ValueRange sums) {
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

  Values accumulate(unsigned copies, ValueRange sums) {
    Values next(sums);
    OpBuilder &builder = env.builder;
    for (unsigned copy = 0; copy < std::min(copies, activeCopies); ++copy) {
      evaluator.useCopy(copy);
      for (auto [number, root] : llvm::enumerate(group.roots)) {
        Value &sum = next[number * copies + copy];
        Computed term = evaluator.contribution(root.op, at, reduced);
        if (vectorDim)
          term.value = evaluator.asVector(term);
        Value combined = reductions[number].combine(builder, root.op->getLoc(), sum, term.value);
        // Lanes past the end keep what they have; those of a result's dimension are never stored.
        if (evaluator.currentMask() && !vectorIsParallel())
          combined = arith::SelectOp::create(builder, root.op->getLoc(), evaluator.currentMask(), combined, sum);
        sum = combined;
      }
    }
    evaluator.useCopy(0);
    return next;
  }

  void finish(size_t number, Computed value) {
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

  Environment &env;
  Evaluator &evaluator;
  const Group &group;
  Position at; // of a result
  SmallVector<AffineExpr> parallel, reduced;
  VectorChoice choice;
  AffineExpr vectorDim;
  SmallVector<Reduction> reductions;
  unsigned activeCopies = 1;
};

} // namespace

void emitNest(Environment &env, Evaluator &evaluator, const Group &group) { NestEmitter(env, evaluator, group).emit(); }

} // namespace ricci::lower
