// Loops that carry arrays. A carried array is memory that the loop owns: the body replaces it, in place where the plan
// allows, and gives the old one back.
#include "FunctionLowering.h"

#include "dialects/Ricci.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace ricci::lower {

using namespace mlir;

namespace {

Value handle(const Storage &storage) { return storage.scalar ? storage.scalar : storage.pointer; }

// Storage like `shape`, at another handle.
Storage at(const Storage &shape, Value handle) {
  Storage result = shape;
  (shape.scalar ? result.scalar : result.pointer) = handle;
  return result;
}

// Whether the body of `op` reads the memory of `value`: a loop must not then carry it, for every turn reads it anew.
bool isReadInside(Operation *op, Value value) {
  Value owner = MemoryPlan::owner(value);
  WalkResult found = op->walk([&](Operation *inner) {
    bool reads = inner != op && llvm::any_of(inner->getOperands(), [&](Value operand) {
      return MemoryPlan::owner(operand) == owner;
    });
    return reads ? WalkResult::interrupt() : WalkResult::advance();
  });
  return found.wasInterrupted();
}

} // namespace

Storage FunctionLowering::acquire(Value value, Operation *user, MemoryPlan &plan) {
  const Storage storage = *env.find(value);
  if (storage.scalar || (!isReadInside(user, value) && plan.take(value, user)))
    return storage;
  return env.clone(user->getLoc(), storage);
}

LogicalResult FunctionLowering::lowerFor(ForOp op, MemoryPlan &plan) {
  Location loc = op.getLoc();
  OpBuilder &builder = env.builder;
  const size_t carriedCount = op.getInits().size();
  SmallVector<Storage> shapes;
  SmallVector<Value> inits;
  for (Value init : op.getInits()) {
    shapes.push_back(acquire(init, op, plan));
    inits.push_back(handle(shapes.back()));
  }
  // Stacked results: one slice a turn.
  SmallVector<Storage> stacks;
  auto dims = op.getDims().begin();
  for (Value result : op.getResults().drop_front(carriedCount)) {
    auto type = cast<RankedTensorType>(result.getType());
    SmallVector<Value> sizes;
    for (int64_t size : type.getShape())
      sizes.push_back(ShapedType::isDynamic(size) ? env.indexOf(*dims++) : env.at(loc).index(size));
    stacks.push_back(env.allocate(loc, type.getElementType(), std::move(sizes)));
    env.define(result, stacks.back());
  }

  Value lower = env.indexOf(op.getLower()), upper = env.indexOf(op.getUpper());
  auto loop = scf::ForOp::create(builder, loc, lower, upper, env.at(loc).index(1), inits);
  if (!loop.getBody()->empty())
    loop.getBody()->getTerminator()->erase();
  builder.setInsertionPointToEnd(loop.getBody());

  Block &body = op.getBody().front();
  Emit emit = env.at(loc);
  env.define(body.getArgument(0), Storage{builder.getI64Type(), {}, emit.toI64(loop.getInductionVar()), {}});
  for (size_t number = 0; number < carriedCount; ++number)
    env.define(body.getArgument(number + 1), at(shapes[number], loop.getRegionIterArgs()[number]));
  MemoryPlan bodyPlan(body, /*ownsArguments=*/true);
  for (Value unused : bodyPlan.unusedArguments())
    env.free(loc, env.find(unused)->pointer);
  if (failed(lowerBlock(body, bodyPlan)))
    return failure();

  auto yield = cast<YieldOp>(body.getTerminator());
  Value turn = emit.sub(loop.getInductionVar(), lower);
  for (auto [stack, value] : llvm::zip_equal(stacks, yield.getValues().drop_front(carriedCount))) {
    const Storage slice = *env.find(value);
    Value offset = emit.mul(turn, emit.product(ValueRange(stack.sizes).drop_front()));
    Value target = emit.address(stack.pointer, offset, stack.element);
    if (slice.scalar)
      emit.storeScalar(slice.scalar, target);
    else
      env.copy(loc, target, slice.pointer, env.byteCount(loc, slice));
  }
  SmallVector<Value> next;
  for (Value value : yield.getValues().take_front(carriedCount))
    next.push_back(handle(acquire(value, yield, bodyPlan)));
  freeEnding(yield, bodyPlan);
  scf::YieldOp::create(builder, loc, next);

  builder.setInsertionPointAfter(loop);
  for (size_t number = 0; number < carriedCount; ++number)
    env.define(op.getResults()[number], at(shapes[number], loop.getResult(number)));
  return success();
}

} // namespace ricci::lower
