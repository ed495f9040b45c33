#include "compiler/Autodiff/Loops.h"

#include "compiler/Autodiff/Rules.h"
#include "dialects/Build.h"

#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace ricci;
using namespace ricci::autodiff;

// ---------------------------------------------------------------- growing

ForOp autodiff::growLoop(ForOp loop, const LoopGrowth &growth) {
  unsigned carried = loop.getInits().size(), added = growth.inits.size();
  SmallVector<Value> inits(loop.getInits()), dims(loop.getDims());
  llvm::append_range(inits, growth.inits);
  auto types = llvm::to_vector(TypeRange(inits));
  llvm::append_range(types, TypeRange(loop.getResultTypes()).drop_front(carried));
  Operation *yield = loop.getBody().front().getTerminator();
  SmallVector<Value> yielded(yield->getOperands().take_front(carried));
  llvm::append_range(yielded, growth.next);
  llvm::append_range(yielded, yield->getOperands().drop_front(carried));
  for (const Stack &stack : growth.stacks) {
    types.push_back(stack.type);
    llvm::append_range(dims, stack.dims);
    yielded.push_back(stack.value);
  }
  OpBuilder builder(loop);
  auto grown = ForOp::create(builder, loop.getLoc(), types, loop.getLower(), loop.getUpper(), inits, dims,
                             loop.getConditional());
  grown->setDiscardableAttrs(loop->getDiscardableAttrDictionary());
  grown.getBody().takeBody(loop.getBody());
  yield->setOperands(yielded);
  for (unsigned i = 0; i < loop.getNumResults(); ++i)
    loop.getResult(i).replaceAllUsesWith(grown.getResult(i < carried ? i : i + added));
  loop.erase();
  return grown;
}

SmallVector<Value> autodiff::dimsOfStack(ForOp loop, unsigned result) {
  unsigned first = 0;
  for (unsigned i = loop.getInits().size(); i < result; ++i)
    first += cast<RankedTensorType>(loop.getResult(i).getType()).getNumDynamicDims();
  return loop.getDims().slice(first, cast<RankedTensorType>(loop.getResult(result).getType()).getNumDynamicDims());
}

std::pair<int64_t, Value> autodiff::tripCount(ForOp loop) {
  std::optional<int64_t> lower = getConstantIntValue(loop.getLower()), upper = getConstantIntValue(loop.getUpper());
  if (lower && upper)
    return {std::max<int64_t>(0, *upper - *lower), Value()};
  for (unsigned i = loop.getInits().size(); i < loop.getNumResults(); ++i) {
    int64_t size = cast<RankedTensorType>(loop.getResult(i).getType()).getDimSize(0);
    return {size, ShapedType::isDynamic(size) ? dimsOfStack(loop, i).front() : Value()};
  }
  if (lower == 0 && loop.getUpper().getDefiningOp<DimOp>())
    return {ShapedType::kDynamic, loop.getUpper()};
  OpBuilder builder(loop);
  Location loc = loop.getLoc();
  auto scalar = RankedTensorType::get({}, builder.getI64Type());
  Value count = ToTensorOp::create(builder, loc, scalar, loop.getUpper());
  if (lower != 0)
    count = SubOp::create(builder, loc, count, ToTensorOp::create(builder, loc, scalar, loop.getLower()));
  count = MaxOp::create(builder, loc, count, buildFill(builder, loc, scalar, {}, 0));
  return {ShapedType::kDynamic, ToIndexOp::create(builder, loc, builder.getIndexType(), count)};
}

Stack autodiff::stackOf(ForOp loop, Value value, ValueRange dims) {
  auto type = cast<RankedTensorType>(value.getType());
  auto [size, count] = tripCount(loop);
  SmallVector<int64_t> shape = {size};
  llvm::append_range(shape, type.getShape());
  Stack stack{value, type.clone(shape), {}};
  if (count)
    stack.dims.push_back(count);
  llvm::append_range(stack.dims, dims);
  return stack;
}

// ---------------------------------------------------------------- repeating

// Those of derivative rules stay: they have not happened yet.
static void dropEffects(Operation *op) {
  MutableArrayRef<Region> regions = op->getRegions();
  for (Region &region : isa<CustomOp>(op) ? regions.take_front() : regions)
    for (Operation &inner : llvm::make_early_inc_range(region.getOps()))
      if (isa<CheckOp, WatchOp, HostOp>(inner))
        inner.erase();
      else
        dropEffects(&inner);
}

Operation *autodiff::repeat(OpBuilder &builder, Operation *op, IRMapping &mapping) {
  Operation *copy = builder.clone(*op, mapping);
  dropEffects(copy);
  copy->walk([](Operation *inner) { inner->setLoc(ruleLocation("again", inner)); });
  return copy;
}

ForOp autodiff::repeatCounted(ForOp loop) {
  Location loc = loop.getLoc();
  OpBuilder builder(loop);
  auto scalar = RankedTensorType::get({}, builder.getI64Type());
  builder.setInsertionPointAfter(loop);
  IRMapping mapping;
  auto counted = cast<ForOp>(repeat(builder, loop, mapping));
  counted.setConditional(false);

  LoopGrowth growth;
  builder.setInsertionPoint(loop);
  growth.inits.push_back(buildFill(builder, loc, scalar, {}, 0));
  Block &body = loop.getBody().front();
  Value done = body.addArgument(scalar, loc);
  builder.setInsertionPoint(body.getTerminator());
  growth.next.push_back(AddOp::create(builder, loc, done, buildFill(builder, loc, scalar, {}, 1)));
  loop = growLoop(loop, growth);

  builder.setInsertionPoint(counted);
  // That it depends on data must not make the iterations' own numbers depend on it.
  Value upper = StopGradOp::create(builder, loc, loop.getResults().back());
  if (getConstantIntValue(loop.getLower()) != 0)
    upper = AddOp::create(builder, loc, upper, ToTensorOp::create(builder, loc, scalar, loop.getLower()));
  counted.getUpperMutable().assign(ToIndexOp::create(builder, loc, builder.getIndexType(), upper));
  // So that only what the condition needs is computed twice.
  for (auto [result, again] : llvm::zip(loop.getResults(), counted.getResults()))
    if (isFloat(result))
      result.replaceAllUsesWith(again);
  return counted;
}

// ---------------------------------------------------------------- shrinking

// The results of a loop that are used, or that the used ones need, or that its condition needs.
static llvm::BitVector neededResults(ForOp loop) {
  Block &body = loop.getBody().front();
  llvm::BitVector needed(loop.getNumResults());
  DenseSet<Operation *> seen;
  SmallVector<Value> work;
  auto needOperands = [&](Operation *op) {
    if (!seen.insert(op).second)
      return;
    llvm::append_range(work, op->getOperands());
    llvm::append_range(work, capturedBy(op));
  };
  auto needResult = [&](unsigned i) {
    if (!needed.test(i)) {
      needed.set(i);
      work.push_back(nextOf(loop, i));
    }
  };
  if (loop.getConditional())
    needResult(0);
  for (unsigned i = 0; i < loop.getNumResults(); ++i)
    if (!loop.getResult(i).use_empty())
      needResult(i);
  for (Operation &op : body.without_terminator())
    if (!isMemoryEffectFree(&op))
      needOperands(&op);
  while (!work.empty()) {
    Value value = work.pop_back_val();
    if (value.getParentBlock() != &body)
      continue;
    if (auto argument = dyn_cast<BlockArgument>(value)) {
      if (argument.getArgNumber() > 0)
        needResult(argument.getArgNumber() - 1);
    } else {
      needOperands(value.getDefiningOp());
    }
  }
  return needed;
}

static void shrinkLoop(ForOp loop) {
  llvm::BitVector needed = neededResults(loop);
  if (needed.all())
    return;
  unsigned carried = loop.getInits().size();
  SmallVector<Value> inits, dims, yielded;
  SmallVector<Type> types;
  for (unsigned i : needed.set_bits()) {
    types.push_back(loop.getResult(i).getType());
    yielded.push_back(nextOf(loop, i));
    if (i < carried)
      inits.push_back(loop.getInits()[i]);
    else
      llvm::append_range(dims, dimsOfStack(loop, i));
  }
  Block &body = loop.getBody().front();
  body.getTerminator()->setOperands(yielded);
  eraseDead(body);
  for (unsigned i = carried; i-- > 0;)
    if (!needed.test(i))
      body.eraseArgument(i + 1);
  OpBuilder builder(loop);
  auto shrunk = ForOp::create(builder, loop.getLoc(), types, loop.getLower(), loop.getUpper(), inits, dims,
                              loop.getConditional());
  shrunk->setDiscardableAttrs(loop->getDiscardableAttrDictionary());
  shrunk.getBody().takeBody(loop.getBody());
  for (auto [position, i] : llvm::enumerate(needed.set_bits()))
    loop.getResult(i).replaceAllUsesWith(shrunk.getResult(position));
  loop.erase();
}

void autodiff::eraseDead(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block))) {
    if (isOpTriviallyDead(&op)) {
      op.erase();
      continue;
    }
    for (Region &region : op.getRegions())
      for (Block &inner : region)
        eraseDead(inner);
    if (auto loop = dyn_cast<ForOp>(op))
      shrinkLoop(loop);
  }
}
