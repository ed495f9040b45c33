#include "Moves.h"

#include "Descriptor.h"
#include "Nest.h"

#include "dialects/Ricci.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

namespace ricci::lower {

using namespace mlir;

namespace {

constexpr StringLiteral argsortName = "ricci_argsort";

// result[target(p)] = or += value[p] for every point p.
void writePoints(Environment &env, Operation *op, Value value, const Storage &result) {
  Group group{{{value.getDefiningOp(), value, false, result}}, {}, env.sizesOf(value), {}, {}, op};
  Evaluator evaluator(env, op->getLoc());
  emitNest(env, evaluator, group);
}

// Everything from the axis on is consecutive in an input and in the result, which is written from front to back.
void lowerConcat(Environment &env, ConcatOp op, const Storage &result) {
  Location loc = op.getLoc();
  Emit emit = env.at(loc);
  const int64_t axis = op.getAxis();
  Value rows = emit.product(ArrayRef(result.sizes).take_front(axis));
  Value inner = emit.product(ArrayRef(result.sizes).drop_front(axis + 1));
  Value rowLength = emit.mul(result.sizes[axis], inner);
  SmallVector<Value> lengths, starts{emit.index(0)};
  for (Value input : op.getInputs()) {
    lengths.push_back(emit.mul(env.find(input)->sizes[axis], inner));
    starts.push_back(emit.add(starts.back(), lengths.back()));
  }
  auto loop = scf::ForOp::create(env.builder, loc, emit.index(0), rows, emit.index(1));
  env.builder.setInsertionPointToStart(loop.getBody());
  Value row = loop.getInductionVar(), rowStart = emit.mul(row, rowLength);
  for (auto [input, start, length] : llvm::zip(op.getInputs(), starts, lengths)) {
    const Storage source = *env.find(input);
    Value to = emit.address(result.pointer, emit.add(rowStart, start), result.element);
    Value from = emit.address(source.pointer, emit.mul(row, length), source.element);
    env.copy(loc, to, from, emit.mul(length, emit.index(byteSize(result.element))));
  }
  env.builder.setInsertionPointAfter(loop);
}

} // namespace

bool isMove(Operation *op) { return isa<ScatterOp, UpdateOp, ConcatOp, ArgsortOp>(op); }

LogicalResult lowerMove(Environment &env, Operation *op, const Storage &result) {
  Location loc = op->getLoc();
  if (auto scatter = dyn_cast<ScatterOp>(op)) {
    env.clear(loc, result);
    writePoints(env, op, scatter.getValue(), result);
  } else if (auto update = dyn_cast<UpdateOp>(op)) {
    const Storage *base = env.find(update.getBase());
    if (base->scalar)
      env.at(loc).storeScalar(base->scalar, result.pointer);
    else if (base->pointer != result.pointer)
      env.copy(loc, result.pointer, base->pointer, env.byteCount(loc, result));
    writePoints(env, op, update.getValue(), result);
  } else if (auto concat = dyn_cast<ConcatOp>(op)) {
    lowerConcat(env, concat, result);
  } else {
    auto argsort = cast<ArgsortOp>(op);
    Emit emit = env.at(loc);
    const Storage *keys = env.find(argsort.getInput());
    Value rows = emit.product(ValueRange(keys->sizes).drop_back());
    Value dtype = emit.constant(env.builder.getI32Type(), dtypeNumber(keys->element));
    Value descending = emit.constant(env.builder.getI32Type(), argsort.getDescending());
    env.call(loc, argsortName, {},
             {env.context, keys->pointer, dtype, emit.toI64(rows), emit.toI64(keys->sizes.back()),
              emit.toI64(result.sizes.back()), descending, result.pointer});
  }
  env.define(op->getResult(0), result);
  return success();
}

} // namespace ricci::lower
