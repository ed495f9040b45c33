// Loops that carry arrays. A carried array is memory that the loop owns: the body replaces it, in place where the plan
// allows, and gives the old one back.
#include "FunctionLowering.h"

#include "dialects/Ricci.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
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
  SmallVector<Storage> shapes;
  SmallVector<Value> inits;
  for (Value init : op.getInits()) {
    shapes.push_back(acquire(init, op, plan));
    inits.push_back(handle(shapes.back()));
  }
  // Stacked results: one slice a turn.
  SmallVector<Storage> stacks;
  auto dims = op.getDims().begin();
  for (Value result : op.getResults().drop_front(op.getInits().size())) {
    auto type = cast<RankedTensorType>(result.getType());
    SmallVector<Value> sizes;
    for (int64_t size : type.getShape())
      sizes.push_back(ShapedType::isDynamic(size) ? env.indexOf(*dims++) : env.at(loc).index(size));
    stacks.push_back(env.allocate(loc, type.getElementType(), std::move(sizes)));
    env.define(result, stacks.back());
  }

  FailureOr<SmallVector<Value>> last =
      op.getConditional() ? lowerConditional(op, shapes, inits) : lowerCounted(op, shapes, inits, stacks);
  if (failed(last))
    return failure();
  for (auto [result, shape, handle] : llvm::zip(op.getResults(), shapes, *last))
    env.define(result, at(shape, handle));
  return success();
}

FailureOr<SmallVector<Value>> FunctionLowering::lowerCounted(ForOp op, ArrayRef<Storage> shapes, ValueRange inits,
                                                             ArrayRef<Storage> stacks) {
  Location loc = op.getLoc();
  OpBuilder &builder = env.builder;
  Value lower = env.indexOf(op.getLower()), upper = env.indexOf(op.getUpper());
  auto loop = scf::ForOp::create(builder, loc, lower, upper, env.at(loc).index(1), inits);
  if (!loop.getBody()->empty())
    loop.getBody()->getTerminator()->erase();
  builder.setInsertionPointToEnd(loop.getBody());
  FailureOr<SmallVector<Value>> next = lowerTurn(op, loop.getInductionVar(), shapes, loop.getRegionIterArgs(), stacks);
  if (failed(next))
    return failure();
  scf::YieldOp::create(builder, loc, *next);
  builder.setInsertionPointAfter(loop);
  return SmallVector<Value>(loop.getResults());
}

// while counter < upper and the first carried value holds
FailureOr<SmallVector<Value>> FunctionLowering::lowerConditional(ForOp op, ArrayRef<Storage> shapes, ValueRange inits) {
  Location loc = op.getLoc();
  OpBuilder &builder = env.builder;
  SmallVector<Value> state = {env.indexOf(op.getLower())};
  llvm::append_range(state, inits);
  TypeRange types = ValueRange(state).getTypes();
  const SmallVector<Location> locations(state.size(), loc);
  auto loop = scf::WhileOp::create(builder, loc, types, state);

  Block *before = builder.createBlock(&loop.getBefore(), {}, types, locations);
  Value within = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt, before->getArgument(0),
                                       env.indexOf(op.getUpper()));
  Value goesOn = arith::AndIOp::create(builder, loc, within, before->getArgument(1));
  scf::ConditionOp::create(builder, loc, goesOn, before->getArguments());

  Block *after = builder.createBlock(&loop.getAfter(), {}, types, locations);
  Value counter = after->getArgument(0);
  FailureOr<SmallVector<Value>> next = lowerTurn(op, counter, shapes, after->getArguments().drop_front(), {});
  if (failed(next))
    return failure();
  next->insert(next->begin(), env.at(loc).add(counter, env.at(loc).index(1)));
  scf::YieldOp::create(builder, loc, *next);
  builder.setInsertionPointAfter(loop);
  return SmallVector<Value>(loop.getResults().drop_front());
}

// The context begins with the address of what the host sets (runtime/Abi.h).
void FunctionLowering::pollStop(Location loc) {
  OpBuilder &builder = env.builder;
  Type i32 = builder.getI32Type();
  Value address = LLVM::LoadOp::create(builder, loc, LLVM::LLVMPointerType::get(builder.getContext()), env.context);
  Value asked = LLVM::LoadOp::create(builder, loc, i32, address, /*alignment=*/4, /*isVolatile=*/true);
  Value isAsked = arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::ne, asked, env.at(loc).constant(i32, 0));
  auto branch = scf::IfOp::create(builder, loc, isAsked, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard restore(builder);
  builder.setInsertionPointToStart(branch.thenBlock());
  env.call(loc, "ricci_stopped", {}, {env.context});
}

FailureOr<SmallVector<Value>> FunctionLowering::lowerTurn(ForOp op, Value counter, ArrayRef<Storage> shapes,
                                                          ValueRange carried, ArrayRef<Storage> stacks) {
  Location loc = op.getLoc();
  Block &body = op.getBody().front();
  pollStop(loc);
  Emit emit = env.at(loc);
  env.define(body.getArgument(0), Storage{env.builder.getI64Type(), {}, emit.toI64(counter), {}});
  for (auto [argument, shape, handle] : llvm::zip_equal(body.getArguments().drop_front(), shapes, carried))
    env.define(argument, at(shape, handle));
  MemoryPlan plan(body, /*ownsArguments=*/true);
  for (Value unused : plan.unusedArguments())
    env.free(loc, env.find(unused)->pointer);
  if (failed(lowerBlock(body, plan)))
    return failure();

  auto yield = cast<YieldOp>(body.getTerminator());
  Value turn = emit.sub(counter, env.indexOf(op.getLower()));
  for (auto [stack, value] : llvm::zip_equal(stacks, yield.getValues().drop_front(carried.size()))) {
    const Storage slice = *env.find(value);
    Value offset = emit.mul(turn, emit.product(ValueRange(stack.sizes).drop_front()));
    Value target = emit.address(stack.pointer, offset, stack.element);
    if (slice.scalar)
      emit.storeScalar(slice.scalar, target);
    else
      env.copy(loc, target, slice.pointer, env.byteCount(loc, slice));
  }
  SmallVector<Value> next;
  for (Value value : yield.getValues().take_front(carried.size()))
    next.push_back(handle(acquire(value, yield, plan)));
  freeEnding(yield, plan);
  return next;
}

} // namespace ricci::lower
