#include "Kernel.h"

#include "ContractionLowering.h"
#include "Moves.h"
#include "Nest.h"
#include "Reductions.h"

#include "dialects/Ricci.h"

namespace ricci::lower {

using namespace mlir;

namespace {

bool sameSizes(ArrayRef<Value> x, ArrayRef<Value> y) {
  return llvm::equal(x, y, [](Value left, Value right) {
    std::optional<int64_t> number = constantIndex(left);
    return left == right || (number && number == constantIndex(right));
  });
}

// Whether computing `value` inside a nest reads `other`, a value of the same kernel.
bool uses(Value value, Value other, const Environment &env) {
  if (value == other)
    return true;
  Operation *op = value.getDefiningOp();
  if (env.find(value) || !op || op->getBlock() != other.getDefiningOp()->getBlock())
    return false;
  return llvm::any_of(op->getOperands(), [&](Value operand) { return uses(operand, other, env); });
}

class KernelLowering {
public:
  KernelLowering(Environment &env, Location loc, ArrayRef<Operation *> ops, ArrayRef<Value> results,
                 const Destination &destination)
      : env(env), loc(loc), ops(ops), results(results), destination(destination) {}

  LogicalResult run() {
    for (Operation *op : ops)
      if (failed(add(op)))
        return failure();
    flush();
    for (Value temporary : temporaries)
      env.free(loc, env.find(temporary)->pointer);
    return success();
  }

private:
  bool isResult(Value value) const { return llvm::is_contained(results, value); }

  LogicalResult add(Operation *op) {
    if (isa<YieldOp>(op))
      return success();
    if (isMove(op)) {
      flush();
      return lowerToPlace(op);
    }
    if (isContraction(op, env)) {
      addContraction(cast<EinsumOp>(op));
      return success();
    }
    if (isReduction(op) || (isInlinable(op) && isResult(op->getResult(0)))) {
      addRoot(op);
      return success();
    }
    if (isInlinable(op))
      return success();
    return op->emitOpError("has no lowering to loops");
  }

  LogicalResult lowerToPlace(Operation *op) {
    Value result = op->getResult(0);
    auto type = cast<RankedTensorType>(result.getType());
    if (type.getRank() > 0)
      return lowerMove(env, op, place(result));
    Emit emit = env.at(op->getLoc());
    Value slot = env.stackSlots(op->getLoc(), env.builder.getI64Type(), 1);
    if (failed(lowerMove(env, op, {type.getElementType(), {}, {}, slot})))
      return failure();
    env.define(result, {type.getElementType(), {}, emit.loadScalar(slot, type.getElementType()), {}});
    return success();
  }

  // Memory for a value: where the result is wanted, or for the time of the kernel.
  Storage place(Value value) {
    if (isResult(value))
      return destination(value);
    auto type = cast<RankedTensorType>(value.getType());
    Storage storage = env.allocate(loc, type.getElementType(), env.sizesOf(value));
    temporaries.push_back(value);
    return storage;
  }

  void addContraction(EinsumOp op) {
    for (Value operand : op.getInputs())
      if (!env.find(operand) && !isPending(operand))
        addRoot(operand.getDefiningOp());
    flush();
    Storage storage = place(op.getResult());
    lowerContraction(env, op, storage);
    env.define(op.getResult(), storage);
  }

  bool isPending(Value value) const {
    return llvm::any_of(pending.roots, [&](const Root &root) { return root.result == value; });
  }

  void addRoot(Operation *op) {
    Value result = op->getResult(0);
    SmallVector<Value> extents = env.sizesOf(result), reduced;
    const bool reduces = isReduction(op);
    if (reduces)
      reduced = reducedExtents(op, env);
    const bool joins = !pending.roots.empty() && pending.roots.front().reduces == reduces &&
                       sameSizes(pending.extents, extents) && sameSizes(pending.reducedExtents, reduced) &&
                       !isArgReduction(op) && !isArgReduction(pending.roots.front().op) &&
                       llvm::none_of(pending.roots, [&](const Root &root) { return uses(result, root.result, env); });
    if (!joins)
      flush();
    pending.extents = extents;
    pending.reducedExtents = reduced;
    pending.roots.push_back({op, result, reduces, std::nullopt});
  }

  void flush() {
    if (pending.roots.empty())
      return;
    for (Root &root : pending.roots)
      if (cast<RankedTensorType>(root.result.getType()).getRank() > 0)
        root.memory = place(root.result);
    Evaluator evaluator(env, pending.roots.front().op->getLoc());
    emitNest(env, evaluator, pending);
    for (const Root &root : pending.roots)
      env.define(root.result, root.memory ? *root.memory
                                          : Storage{cast<RankedTensorType>(root.result.getType()).getElementType(),
                                                    {},
                                                    evaluator.element({root.result, {}}).value,
                                                    {}});
    pending = {};
  }

  Environment &env;
  Location loc;
  ArrayRef<Operation *> ops;
  ArrayRef<Value> results;
  const Destination &destination;
  Group pending;
  SmallVector<Value> temporaries;
};

} // namespace

LogicalResult lowerKernel(Environment &env, Location loc, ArrayRef<Operation *> ops, ArrayRef<Value> results,
                          const Destination &destination) {
  return KernelLowering(env, loc, ops, results, destination).run();
}

} // namespace ricci::lower
