#include "Kernel.h"

#include "Chunks.h"
#include "ContractionLowering.h"
#include "KernelRoots.h"
#include "Moves.h"
#include "Recurrence.h"
#include "Reductions.h"
#include "Riders.h"
#include "Streaming.h"

#include "dialects/Ricci.h"
#include "dialects/RowBlocks.h"

namespace ricci::lower {

using namespace mlir;

namespace {

Type elementOf(Value tensor) { return cast<RankedTensorType>(tensor.getType()).getElementType(); }
unsigned rankOf(Value tensor) { return cast<RankedTensorType>(tensor.getType()).getRank(); }

// Has loops that no other operation shares.
bool standsAlone(Operation *op) { return isMove(op) || isa<RecurrenceOp>(op); }

class KernelLowering {
public:
  KernelLowering(Environment &env, Location loc, ArrayRef<Operation *> ops, ArrayRef<Value> results,
                 const Destination &destination)
      : env(env), loc(loc), ops(ops), results(results), destination(destination) {}

  LogicalResult run() {
    for (Operation *op : ops) {
      if (isa<YieldOp>(op))
        continue;
      if (standsAlone(op) || ((ops.size() == 1 || op->hasAttr(rowblocks::contraction)) && isContraction(op, env))) {
        lowerNests();
        if (failed(lowerToPlace(op)))
          return failure();
        continue;
      }
      if (!isReduction(op) && !isInlinable(op))
        return op->emitOpError("has no lowering to loops");
      pending.push_back(op);
    }
    lowerNests();
    for (Value pointer : temporaries)
      env.free(loc, pointer);
    return success();
  }

private:
  bool isResult(Value value) const { return llvm::is_contained(results, value); }

  LogicalResult lowerToPlace(Operation *op) {
    Value result = op->getResult(0);
    if (rankOf(result) > 0) {
      Storage memory = isResult(result) ? destination(result) : temporary(result, 0);
      if (isMove(op))
        return lowerMove(env, op, memory);
      if (auto recurrence = dyn_cast<RecurrenceOp>(op)) {
        lowerRecurrence(env, recurrence, memory);
        return success();
      }
      lowerContraction(env, cast<EinsumOp>(op), memory);
      env.define(result, memory);
      return success();
    }
    Value slot = env.stackSlots(op->getLoc(), env.builder.getI64Type(), 1);
    if (failed(lowerMove(env, op, {elementOf(result), {}, {}, slot})))
      return failure();
    env.define(result, {elementOf(result), {}, env.at(op->getLoc()).loadScalar(slot, elementOf(result)), {}});
    return success();
  }

  // Memory until the kernel's end, for the part of a value that lies inside `outer` loops; once for each chunk, if
  // there are chunks.
  Storage temporary(Value value, unsigned outer, Value chunks = {}) {
    SmallVector<Value> sizes = env.sizesOf(value);
    sizes.erase(sizes.begin(), sizes.begin() + outer);
    SmallVector<Value> all(sizes);
    if (chunks)
      all.insert(all.begin(), chunks);
    Storage storage = env.allocate(loc, elementOf(value), std::move(all));
    storage.sizes = std::move(sizes);
    storage.outer = outer;
    temporaries.push_back(storage.pointer);
    return storage;
  }

  void lowerNests() {
    SmallVector<Operation *> nested = std::exchange(pending, {});
    if (nested.empty())
      return;
    std::vector<Group> groups = formGroups(env, nested, results);
    // Rows of one nest end with it: where other operations follow in the kernel, all results have to be in memory.
    const unsigned outer = llvm::any_of(ops, standsAlone) ? 0 : sharedRank(env, groups);
    if (outer)
      return lowerRows(groups, outer);
    for (Group &group : groups)
      placeRoots(group, 0);
    for (size_t next = 0; next < groups.size();) {
      Group group = groups[next++];
      if (next < groups.size())
        if (std::optional<Group> sum = withRider(env, group, groups[next])) {
          group = std::move(*sum);
          ++next;
        }
      lowerNest(group);
    }
  }

  void lowerNest(const Group &group) {
    Evaluator evaluator(env, group.roots.front().op->getLoc());
    emitNest(env, evaluator, group);
    auto define = [&](const Root &root) {
      env.define(root.result,
                 root.memory ? *root.memory
                             : Storage{elementOf(root.result), {}, evaluator.element({root.result, {}}).value, {}});
    };
    llvm::for_each(group.roots, define);
    for (const Rider &rider : group.riders)
      llvm::for_each(rider.roots, define);
  }

  // All groups inside the same outer loops: what one leaves for a row, the next finds in registers or cache. Threads
  // share the rows.
  void lowerRows(std::vector<Group> &groups, unsigned outer) {
    const SmallVector<Value> extents(ArrayRef(groups.front().extents).take_front(outer));
    for (Group &group : groups)
      group.extents.erase(group.extents.begin(), group.extents.begin() + outer);
    const unsigned shared = loopToShare(extents, -1).value_or(0);
    SmallVector<Value> others(extents);
    others.erase(others.begin() + shared);
    Emit emit = env.at(loc);
    const Chunks chunks = planChunks(env, loc, extents[shared], emit.mul(emit.product(others), rowWork(env, loc, groups, outer)));
    for (Group &group : groups)
      placeRoots(group, outer, chunks.count);
    SmallVector<unsigned> order{shared};
    for (unsigned axis = 0; axis < outer; ++axis)
      if (axis != shared)
        order.push_back(axis);
    emitChunks(emit, chunks, [&](Value first, Value end, Value chunk) {
      if (chunks.count)
        for (Group &group : groups)
          ownPart(group, chunk);
      std::vector<Group> rows = withRiders(env, groups, outer);
      const std::optional<LateGroup> late = chunks.count ? lateGroup(env, rows, outer) : std::nullopt;
      planPrefetch(env, MutableArrayRef(rows).drop_back(late ? 1 : 0), outer, order.back());
      inFewVectors(env, loc, rows, outer, [&](const std::optional<FewVectors> &few) {
        Evaluator evaluator(env, loc);
        Position dims;
        for (unsigned axis = 0; axis < outer; ++axis)
          dims.push_back(evaluator.space.newDim());
        openRows(evaluator, extents, dims, order, first, end, [&](unsigned axis, Value first, Value end) {
          if (late && !few)
            return emitLateRows(env, evaluator, rows, *late, dims, axis, first, end);
          rowLoop(evaluator, extents, dims, axis, first, end, [&] { emitRow(env, evaluator, rows, dims, few); });
        });
      });
      if (llvm::any_of(groups, [](const Group &group) { return static_cast<bool>(group.streams); }))
        env.at(loc).fence();
    });
    for (const Group &group : groups)
      for (const Root &root : group.roots)
        if (root.memory && isResult(root.result))
          env.define(root.result, *root.memory);
  }

  // Of the memory that there is for each chunk, this one's.
  void ownPart(Group &group, Value chunk) {
    Emit emit = env.at(loc);
    for (Root &root : group.roots)
      if (root.memory && root.memory->outer) {
        Value offset = emit.mul(chunk, emit.product(root.memory->sizes));
        root.memory->pointer = emit.address(root.memory->pointer, offset, root.memory->element);
      }
  }

  // Loops in this order, but the last, which `rows` emits.
  void openRows(Evaluator &evaluator, ArrayRef<Value> extents, const Position &dims, ArrayRef<unsigned> order,
                Value first, Value end, llvm::function_ref<void(unsigned axis, Value first, Value end)> rows) {
    if (order.size() == 1)
      return rows(order.front(), first, end);
    rowLoop(evaluator, extents, dims, order.front(), first, end, [&] {
      openRows(evaluator, extents, dims, order.drop_front(), evaluator.emit().index(0), extents[order[1]], rows);
    });
  }

  void rowLoop(Evaluator &evaluator, ArrayRef<Value> extents, const Position &dims, unsigned axis, Value first,
               Value end, llvm::function_ref<void()> body) {
    evaluator.loop(dims[axis], first, end, 1, constantIndex(extents[axis]).value_or(0) == 0, {}, [&](ValueRange) {
      body();
      return SmallVector<Value>();
    });
  }

  // A result goes where it is wanted; another value needs memory if it has dimensions besides the outer ones.
  void placeRoots(Group &group, unsigned outer, Value chunks = {}) {
    for (Root &root : group.roots)
      if (isResult(root.result) && rankOf(root.result) > 0)
        root.memory = destination(root.result);
      else if (rankOf(root.result) > outer)
        root.memory = temporary(root.result, outer, chunks);
    planStreaming(env, loc, group);
  }

  Environment &env;
  Location loc;
  ArrayRef<Operation *> ops;
  ArrayRef<Value> results;
  const Destination &destination;
  SmallVector<Operation *> pending;
  SmallVector<Value> temporaries;
};

} // namespace

LogicalResult lowerKernel(Environment &env, Location loc, ArrayRef<Operation *> ops, ArrayRef<Value> results,
                          const Destination &destination) {
  return KernelLowering(env, loc, ops, results, destination).run();
}

} // namespace ricci::lower
