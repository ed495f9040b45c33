// Bounded while loops. Inside indices each element has a condition of its own: the loop runs while any of them holds, and an
// element keeps its state from the turn on for which its own does not.
#include "compiler/Frontend/Emitter.h"

using namespace mlir;
using namespace ricci;
using namespace ricci::frontend;

// One attempt at the body, for state that depends on the indices it is given.
struct Emitter::WhileBody {
  std::unique_ptr<Region> region = std::make_unique<Region>();
  Leaf next; // the condition for the next turn
  SmallVector<Leaves> final;
};

// The condition as it counts here: a loop in a branch that is not taken does not run.
Leaf Emitter::whileCondition(const lang::ForExpr &expr, const std::optional<Leaf> &runs) {
  Leaf holds = runs ? under<Leaf>(*runs, [&] { return emitArray(*expr.condition); }) : emitArray(*expr.condition);
  return runs ? tensors.conjunction(*runs, holds) : reach ? tensors.conjunction(*reach, holds) : holds;
}

Emitter::WhileBody Emitter::whileBody(const lang::ForExpr &expr, const Leaf &first, ArrayRef<Leaves> inits) {
  WhileBody body;
  auto *block = new Block;
  body.region->push_back(block);
  Tensors::RegionScope scope(tensors);
  builder.setInsertionPointToStart(block);
  Value counter = block->addArgument(RankedTensorType::get({}, builder.getI64Type()), tensors.location);
  bind(*expr.counter, {Leaf{counter, {}, {}}});
  block->addArgument(RankedTensorType::get({}, builder.getI1Type()), tensors.location);
  // In a turn that runs, a condition for all elements at once is known to hold.
  std::optional<Leaf> runs;
  if (!first.context.empty())
    runs = Leaf{block->addArgument(first.tensor.getType(), tensors.location), first.context, {}};
  for (auto [variable, init] : llvm::zip_equal(expr.carried, inits)) {
    Leaves leaves;
    Location location = NameLoc::get(builder.getStringAttr(variable->name), tensors.location);
    for (const Leaf &leaf : init)
      leaves.push_back({block->addArgument(leaf.tensor.getType(), location), leaf.context, leaf.own});
    bind(*variable, leaves);
    body.final.push_back(leaves);
  }
  llvm::SaveAndRestore<Assignments *> ownLog(assigned, nullptr);
  llvm::SaveAndRestore<std::optional<Leaf>> ownReach(reach, runs);
  for (const lang::Stmt *stmt : expr.body)
    statement(*stmt);
  for (auto [variable, leaves] : llvm::zip_equal(expr.carried, body.final)) {
    for (auto [kept, changed] : llvm::zip_equal(leaves, values[variable]))
      kept = runs ? tensors.select(*runs, changed, kept) : changed;
    bind(*variable, leaves);
  }
  body.next = whileCondition(expr, runs);
  return body;
}

void Emitter::whileLoop(const lang::ForExpr &expr) {
  Leaf upper = tensors.convert(emitArray(*expr.upper), builder.getI64Type());
  if (!upper.context.empty())
    tensors.fail("the limit of a loop must not depend on an index: the loop runs once for all its elements");
  Value limit = tensors.materialize(tensors.maximum(0, tensors.size(upper)));
  SmallVector<Leaves> inits, before;
  for (const lang::Variable *carried : expr.carried) {
    inits.push_back(variable(*carried));
    before.push_back(values[carried]);
  }
  Leaf first = whileCondition(expr, std::nullopt);
  for (;;) {
    WhileBody body = whileBody(expr, first, inits);
    for (auto [variable, leaves] : llvm::zip_equal(expr.carried, before))
      bind(*variable, leaves);
    Context all = unite(first.context, body.next.context);
    bool grown = all != first.context;
    first = tensors.broadcast(first, all);
    for (auto [init, final] : llvm::zip_equal(inits, body.final))
      for (auto [from, to] : llvm::zip_equal(init, final)) {
        Context context = unite(from.context, to.context);
        grown |= context != from.context;
        from = tensors.broadcast(from, context);
      }
    if (!grown)
      return finishWhile(expr, limit, first, inits, body);
  }
}

void Emitter::finishWhile(const lang::ForExpr &expr, Value limit, const Leaf &first, ArrayRef<Leaves> inits, WhileBody &body) {
  bool batched = !first.context.empty();
  auto any = [&](const Leaf &condition) { return tensors.reduce(ReduceKind::any, condition, condition.context).tensor; };
  {
    Tensors::RegionScope scope(tensors);
    builder.setInsertionPointToEnd(&body.region->front());
    SmallVector<Value> yields{batched ? any(body.next) : body.next.tensor};
    if (batched)
      yields.push_back(tensors.broadcast(body.next, first.context).tensor);
    for (auto [init, final] : llvm::zip_equal(inits, body.final))
      for (auto [from, to] : llvm::zip_equal(init, final))
        yields.push_back(tensors.broadcast(to, from.context, from.own).tensor);
    YieldOp::create(builder, tensors.location, yields);
  }
  SmallVector<Value> carried{batched ? any(first) : first.tensor};
  if (batched)
    carried.push_back(first.tensor);
  for (const Leaves &init : inits)
    for (const Leaf &leaf : init)
      carried.push_back(leaf.tensor);
  auto op = ForOp::create(builder, tensors.location, TypeRange(ValueRange(carried)), tensors.materialize(0), limit, carried,
                          ValueRange(), /*conditional=*/true);
  op.getBody().takeBody(*body.region);
  unsigned position = batched ? 2 : 1;
  for (auto [variable, init] : llvm::zip_equal(expr.carried, inits)) {
    Leaves leaves;
    for (const Leaf &leaf : init)
      leaves.push_back({op.getResult(position++), leaf.context, leaf.own});
    assign(*variable, leaves);
  }
}
