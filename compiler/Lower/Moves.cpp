#include "Moves.h"

#include "Descriptor.h"
#include "Evaluator.h"

#include "dialects/Ricci.h"


namespace ricci::lower {

using namespace mlir;

namespace {

constexpr StringLiteral argsortName = "ricci_argsort";

// Loops over all points of `extents`, one after the other.
void forEach(Evaluator &evaluator, ArrayRef<Value> extents, Position &at, llvm::function_ref<void()> body) {
  if (at.size() == extents.size())
    return body();
  Emit emit = evaluator.emit();
  AffineExpr dim = evaluator.space.newDim();
  Value extent = extents[at.size()];
  at.push_back(dim);
  evaluator.loop(dim, emit.index(0), extent, 1, constantIndex(extent).value_or(0) == 0, {}, [&](ValueRange) {
    forEach(evaluator, extents, at, body);
    return SmallVector<Value>();
  });
}

// result[target(p)] = or += value[p], point by point: different points of a scatter may meet.
void writePoints(Environment &env, Operation *op, Value value, const Storage &result, bool accumulate) {
  Evaluator evaluator(env, op->getLoc());
  Position at;
  forEach(evaluator, env.sizesOf(value), at, [&] {
    Target target = targetOf(op, at, evaluator.space, env);
    Computed element = evaluator.element({value, at});
    if (accumulate)
      evaluator.accumulate(result, target.at, target.guard, element);
    else
      evaluator.store(result, target.at, target.guard, element);
  });
}

LogicalResult lowerConcat(Environment &env, ConcatOp op, const Storage &result) {
  Emit emit = env.at(op.getLoc());
  Value start = emit.index(0);
  for (Value input : op.getInputs()) {
    Evaluator evaluator(env, op.getLoc());
    SmallVector<Value> sizes = env.sizesOf(input);
    Position at;
    forEach(evaluator, sizes, at, [&] {
      Position to = at;
      to[op.getAxis()] = to[op.getAxis()] + evaluator.space.size(start);
      evaluator.store(result, to, 0, evaluator.element({input, at}));
    });
    start = emit.add(start, sizes[op.getAxis()]);
  }
  return success();
}

} // namespace

bool isMove(Operation *op) { return isa<ScatterOp, UpdateOp, ConcatOp, ArgsortOp>(op); }

LogicalResult lowerMove(Environment &env, Operation *op, const Storage &result) {
  Location loc = op->getLoc();
  if (auto scatter = dyn_cast<ScatterOp>(op)) {
    env.clear(loc, result);
    writePoints(env, op, scatter.getValue(), result, /*accumulate=*/true);
  } else if (auto update = dyn_cast<UpdateOp>(op)) {
    const Storage *base = env.find(update.getBase());
    if (base->scalar)
      env.at(loc).storeScalar(base->scalar, result.pointer);
    else if (base->pointer != result.pointer)
      env.copy(loc, result.pointer, base->pointer, env.byteCount(loc, result));
    writePoints(env, op, update.getValue(), result, /*accumulate=*/false);
  } else if (auto concat = dyn_cast<ConcatOp>(op)) {
    if (failed(lowerConcat(env, concat, result)))
      return failure();
  } else {
    auto argsort = cast<ArgsortOp>(op);
    Emit emit = env.at(loc);
    const Storage *keys = env.find(argsort.getInput());
    Value rows = emit.product(ValueRange(keys->sizes).drop_back());
    Value dtype = emit.constant(env.builder.getI32Type(), dtypeNumber(keys->element));
    env.call(loc, argsortName, {},
             {env.context, keys->pointer, dtype, emit.toI64(rows), emit.toI64(keys->sizes.back()), result.pointer});
  }
  env.define(op->getResult(0), result);
  return success();
}

} // namespace ricci::lower
