#include "KernelRoots.h"

#include "Reductions.h"

#include "dialects/Ricci.h"

namespace ricci::lower {

using namespace mlir;

namespace {

class Grouping {
public:
  Grouping(Environment &env, ArrayRef<Operation *> ops, ArrayRef<Value> results)
      : env(env), ops(ops), inKernel(ops.begin(), ops.end()), results(results) {}

  std::vector<Group> form(const DenseSet<Operation *> &stored) {
    groups.clear();
    groupOf.clear();
    for (Operation *op : ops)
      if (isReduction(op) || (isInlinable(op) && (llvm::is_contained(results, op->getResult(0)) || stored.contains(op))))
        add(op);
    return groups;
  }

  // Values that several groups would compute, each for itself.
  DenseSet<Operation *> worthStoring() {
    DenseSet<Operation *> stored;
    DenseMap<Operation *, DenseSet<size_t>> users; // groups that compute it
    DenseSet<Operation *> expensive;
    for (Operation *op : ops) {
      bool costs = isExpensive(op);
      for (Value operand : op->getOperands())
        if (Operation *producer = operand.getDefiningOp())
          costs |= expensive.contains(producer) && !groupOf.contains(producer);
      if (costs)
        expensive.insert(op);
    }
    for (Operation *op : llvm::reverse(ops)) {
      DenseSet<size_t> &mine = users[op];
      if (auto group = groupOf.find(op); group != groupOf.end()) {
        mine = {group->second};
        continue;
      }
      if (!isInlinable(op))
        continue;
      unsigned direct = 0;
      for (Operation *user : op->getUsers())
        if (inKernel.contains(user)) {
          ++direct;
          const DenseSet<size_t> theirs = users.lookup(user);
          users[op].insert(theirs.begin(), theirs.end());
        }
      if (direct > 1 && users[op].size() > 1 && expensive.contains(op) &&
          cast<RankedTensorType>(op->getResult(0).getType()).getRank() > 0)
        stored.insert(op);
    }
    return stored;
  }

private:
  void add(Operation *op) {
    Value result = op->getResult(0);
    Group fresh{{{op, result, isReduction(op), std::nullopt}}, {}, env.sizesOf(result), {}, {}};
    if (isReduction(op))
      fresh.reducedExtents = reducedExtents(op, env);
    if (!groups.empty() && fits(fresh, groups.back()))
      groups.back().roots.push_back(fresh.roots.front());
    else
      groups.push_back(std::move(fresh));
    groupOf[op] = groups.size() - 1;
  }

  // One nest serves both if the loops are the same and what the new root needs of the group is at hand: an element at
  // the same position, not a finished reduction.
  bool fits(const Group &fresh, const Group &group) const {
    const Root &root = fresh.roots.front();
    if (group.roots.front().reduces != root.reduces || !sameSizes(group.extents, fresh.extents) ||
        !sameSizes(group.reducedExtents, fresh.reducedExtents))
      return false;
    for (const Root &other : group.roots) {
      if (isArgReduction(other.op) || isArgReduction(root.op))
        return false;
      DenseSet<Operation *> seen;
      if (reaches(root.op, other.op, /*samePosition=*/!root.reduces, seen))
        return false;
    }
    return true;
  }

  // Whether computing `from` reads `to`; with `samePosition`, other than at its own position.
  bool reaches(Operation *from, Operation *to, bool samePosition, DenseSet<Operation *> &seen) const {
    if (from == to)
      return !samePosition;
    if (!seen.insert(from).second)
      return false;
    const bool keeps = samePosition && isa<ElementwiseOpInterface>(from);
    return llvm::any_of(from->getOperands(), [&](Value operand) {
      Operation *producer = operand.getDefiningOp();
      return producer && inKernel.contains(producer) && !env.find(operand) && reaches(producer, to, keeps, seen);
    });
  }

  Environment &env;
  ArrayRef<Operation *> ops;
  DenseSet<Operation *> inKernel;
  ArrayRef<Value> results;
  std::vector<Group> groups;
  DenseMap<Operation *, size_t> groupOf;
};

} // namespace

bool sameSize(Value x, Value y) {
  std::optional<int64_t> number = constantIndex(x);
  return x == y || (number && number == constantIndex(y));
}

bool sameSizes(ArrayRef<Value> x, ArrayRef<Value> y) { return llvm::equal(x, y, sameSize); }

std::vector<Group> formGroups(Environment &env, ArrayRef<Operation *> ops, ArrayRef<Value> results) {
  Grouping grouping(env, ops, results);
  std::vector<Group> groups = grouping.form({});
  DenseSet<Operation *> stored = grouping.worthStoring();
  return stored.empty() ? groups : grouping.form(stored);
}

} // namespace ricci::lower
