#include "compiler/Autodiff/Activity.h"

#include "llvm/ADT/SetVector.h"

using namespace mlir;
using namespace ricci;
using namespace ricci::autodiff;

bool autodiff::isFloat(Value value) { return isa<FloatType>(getElementTypeOrSelf(value)); }

static SmallVector<Value> capturedBy(MutableArrayRef<Region> regions) {
  llvm::SetVector<Value> captured;
  for (Region &region : regions)
    region.walk([&](Operation *inner) {
      for (Value operand : inner->getOperands())
        if (!region.isAncestor(operand.getParentRegion()))
          captured.insert(operand);
    });
  return captured.takeVector();
}

SmallVector<Value> autodiff::capturedBy(Region &region) { return ::capturedBy(MutableArrayRef(region)); }
SmallVector<Value> autodiff::capturedBy(Operation *op) { return ::capturedBy(op->getRegions()); }

// ---------------------------------------------------------------- forward

static void addDependentsOfLoop(ForOp loop, Values &values, Flow flow) {
  Block &body = loop.getBody().front();
  auto carries = [&](Value value) { return values.contains(value) && (flow != Flow::Derivative || isFloat(value)); };
  bool bounds = flow != Flow::Derivative && (values.contains(loop.getLower()) || values.contains(loop.getUpper()));
  if (bounds) {
    values.insert_range(body.getArguments());
    values.insert_range(loop.getResults());
  }
  // What an iteration gives depends on what the one before gave.
  size_t known;
  do {
    known = values.size();
    for (unsigned i = 0; i < loop.getInits().size(); ++i)
      if (carries(loop.getInits()[i]) || carries(nextOf(loop, i)))
        values.insert_range(ValueRange{argumentOf(loop, i), loop.getResult(i)});
    addDependents(body, values, flow);
  } while (values.size() != known);
  for (unsigned i = loop.getInits().size(); i < loop.getNumResults(); ++i)
    if (carries(nextOf(loop, i)))
      values.insert(loop.getResult(i));
  // The condition decides which iteration is the last, not what an iteration gives.
  if (loop.getConditional() && carries(loop.getResult(0)))
    values.insert_range(loop.getResults());
}

// The derivative of each floating result is said by the rule; what else the body gives depends on what it does. What
// is captured is constant to both.
static void addDependentsOfCustom(CustomOp op, Values &values, Flow flow) {
  Block &body = op.getBody().front();
  Values inside;
  bool moves = false;
  for (auto [operand, argument] : llvm::zip_equal(op.getArgs(), body.getArguments()))
    if (values.contains(operand)) {
      inside.insert(argument);
      moves |= isFloat(operand);
    }
  if (flow == Flow::Data)
    addDependents(body, inside, flow);
  for (auto [result, value] : llvm::zip_equal(op.getResults(), body.getTerminator()->getOperands()))
    if ((moves && isFloat(result)) || (flow == Flow::Data && inside.contains(value)))
      values.insert(result);
}

static void addDependentsOfCheckpoint(CheckpointOp op, Values &values, Flow flow) {
  Block &body = op.getBody().front();
  addDependents(body, values, flow);
  for (auto [result, value] : llvm::zip_equal(op.getResults(), body.getTerminator()->getOperands()))
    if (values.contains(value) && (flow != Flow::Derivative || isFloat(value)))
      values.insert(result);
}

void autodiff::addDependents(Operation &op, Values &values, Flow flow) {
  if (auto loop = dyn_cast<ForOp>(op))
    return addDependentsOfLoop(loop, values, flow);
  if (auto custom = dyn_cast<CustomOp>(op))
    return addDependentsOfCustom(custom, values, flow);
  if (auto checkpoint = dyn_cast<CheckpointOp>(op))
    return addDependentsOfCheckpoint(checkpoint, values, flow);
  if (isa<StopGradOp>(op))
    return;
  // A barrier only waits for the others.
  SmallVector<Value> operands(isa<BarrierOp>(op) ? op.getOperands().take_front() : op.getOperands());
  llvm::append_range(operands, capturedBy(&op));
  if (llvm::none_of(operands, [&](Value operand) {
        return values.contains(operand) && (flow != Flow::Derivative || isFloat(operand));
      }))
    return;
  for (Value result : op.getResults())
    if (flow != Flow::Derivative || isFloat(result))
      values.insert(result);
}

void autodiff::addDependents(Block &block, Values &values, Flow flow) {
  for (Operation &op : block)
    addDependents(op, values, flow);
}

// ---------------------------------------------------------------- backward

static void addSourcesOfLoop(ForOp loop, Values &values) {
  auto wants = [&](Value value) { return isFloat(value) && values.contains(value); };
  size_t known;
  do {
    known = values.size();
    for (unsigned i = 0; i < loop.getNumResults(); ++i)
      if (wants(loop.getResult(i)) || (i < loop.getInits().size() && wants(argumentOf(loop, i))))
        values.insert(nextOf(loop, i));
    addSources(loop.getBody().front(), values);
  } while (values.size() != known);
  for (unsigned i = 0; i < loop.getInits().size(); ++i)
    if (wants(loop.getResult(i)) || wants(argumentOf(loop, i)))
      values.insert(loop.getInits()[i]);
}

void autodiff::addSources(Operation &op, Values &values) {
  if (auto loop = dyn_cast<ForOp>(op))
    return addSourcesOfLoop(loop, values);
  if (auto checkpoint = dyn_cast<CheckpointOp>(op)) {
    Block &body = checkpoint.getBody().front();
    for (auto [result, value] : llvm::zip_equal(op.getResults(), body.getTerminator()->getOperands()))
      if (isFloat(result) && values.contains(result))
        values.insert(value);
    return addSources(body, values);
  }
  if (isa<StopGradOp>(op))
    return;
  if (llvm::none_of(op.getResults(), [&](Value result) { return isFloat(result) && values.contains(result); }))
    return;
  for (Value operand : isa<BarrierOp>(op) ? op.getOperands().take_front() : op.getOperands())
    if (isFloat(operand))
      values.insert(operand);
}

void autodiff::addSources(Block &block, Values &values) {
  for (Operation &op : llvm::reverse(block))
    addSources(op, values);
}
