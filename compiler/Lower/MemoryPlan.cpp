#include "MemoryPlan.h"

#include "dialects/Ricci.h"

namespace ricci::lower {

using namespace mlir;

namespace {

bool isArray(Value value) {
  auto type = dyn_cast<RankedTensorType>(value.getType());
  return type && type.getRank() > 0;
}

} // namespace

bool isAlias(Operation *op) {
  return op && isa<ReshapeOp, StopGradOp>(op) && isArray(op->getResult(0)) && isArray(op->getOperand(0));
}

Value MemoryPlan::owner(Value value) {
  while (Operation *op = value.getDefiningOp()) {
    if (!isAlias(op))
      break;
    value = op->getOperand(0);
  }
  return value;
}

bool MemoryPlan::isOwned(Value owner) const {
  if (!isArray(owner) || owner.getParentBlock() != &block)
    return false;
  if (Operation *op = owner.getDefiningOp())
    return !isa<ConstantOp>(op);
  // The first argument of a loop's body is its counter, a scalar.
  return ownsArguments;
}

MemoryPlan::MemoryPlan(Block &block, bool ownsArguments) : block(block), ownsArguments(ownsArguments) {
  for (Operation &op : block) {
    for (Value result : op.getResults())
      if (owner(result) == result)
        lastUse[result] = &op;
    op.walk([&](Operation *inner) {
      for (Value operand : inner->getOperands())
        if (Value used = owner(operand); used.getParentBlock() == &block)
          lastUse[used] = &op;
    });
  }
  for (auto [value, op] : lastUse)
    if (isOwned(value))
      ending[op].push_back(value);
}

bool MemoryPlan::canTake(Value value, Operation *op) const {
  Value used = owner(value);
  auto last = lastUse.find(used);
  return isOwned(used) && last != lastUse.end() && last->second == op && !taken.contains(used);
}

bool MemoryPlan::take(Value value, Operation *op) {
  if (!canTake(value, op))
    return false;
  taken.insert(owner(value));
  return true;
}

SmallVector<Value> MemoryPlan::endingAt(Operation *op) const {
  SmallVector<Value> result;
  if (auto found = ending.find(op); found != ending.end())
    llvm::copy_if(found->second, std::back_inserter(result), [&](Value value) { return !taken.contains(value); });
  return result;
}

SmallVector<Value> MemoryPlan::unusedArguments() const {
  SmallVector<Value> result;
  for (Value argument : block.getArguments())
    if (isOwned(argument) && !lastUse.contains(argument))
      result.push_back(argument);
  return result;
}

} // namespace ricci::lower
