// Conditionals, calls, loops, blocks and statements.
#include "compiler/Frontend/Emitter.h"

#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace ricci;
using namespace ricci::frontend;
using lang::Dim;

// Both branches are computed, each for where it is reached; what they assign is selected as their values are.
Leaves Emitter::conditional(const lang::IfExpr &expr) {
  Leaf condition = emitArray(*expr.condition);
  if (std::optional<int64_t> known = tensors.constantInteger(condition))
    return emit(*known ? *expr.then : *expr.otherwise);

  struct Branch {
    Leaves value;
    llvm::MapVector<const lang::Variable *, Leaves> assigned;
  };
  auto run = [&](const lang::Expr &expr, const Leaf &taken) {
    Branch branch;
    Assignments log;
    llvm::SaveAndRestore<Assignments *> scope(assigned, &log);
    branch.value = under<Leaves>(taken, [&] { return emit(expr); });
    for (const auto &[variable, before] : log)
      branch.assigned[variable] = values[variable];
    for (const auto &[variable, before] : llvm::reverse(log))
      values[variable] = before;
    return branch;
  };
  Branch yes = run(*expr.then, condition);
  Branch no = run(*expr.otherwise, tensors.negation(condition));
  auto choose = [&](const Leaves &first, const Leaves &second) {
    Leaves result;
    for (auto [x, y] : llvm::zip_equal(first, second))
      result.push_back(tensors.select(condition, x, y));
    return result;
  };
  for (const auto &[variable, value] : yes.assigned) {
    auto other = no.assigned.find(variable);
    assign(*variable, choose(value, other == no.assigned.end() ? Leaves(values[variable]) : other->second));
  }
  for (const auto &[variable, value] : no.assigned)
    if (!yes.assigned.contains(variable))
      assign(*variable, choose(Leaves(values[variable]), value));
  return choose(yes.value, no.value);
}

void Emitter::assign(const lang::Variable &variable, Leaves leaves) {
  if (assigned)
    assigned->push_back({&variable, values[&variable]});
  bind(variable, std::move(leaves));
}

// ---------------------------------------------------------------- calls

void Emitter::checkSizes(ArrayRef<lang::SizeCheck> checks) {
  for (const lang::SizeCheck &sizes : checks) {
    llvm::SaveAndRestore<Location> here(tensors.location, locate(sizes.span));
    Leaf left = number(sizes.left), right = number(sizes.right);
    std::optional<int64_t> one = tensors.constantInteger(left), other = tensors.constantInteger(right);
    if (left.tensor == right.tensor || (one && one == other))
      continue;
    check(tensors.compare(ComparePredicate::eq, left, right), code::sizes, sizes.message);
  }
}

Leaves Emitter::call(const lang::CallExpr &expr) {
  constexpr unsigned depthLimit = 200;
  if (callDepth >= depthLimit)
    tensors.fail("calls are nested more than " + Twine(depthLimit) + " deep");
  checkSizes(expr.checks);
  SmallVector<Leaves> arguments;
  for (const lang::Expr *argument : expr.arguments)
    arguments.push_back(emit(*argument));
  SmallVector<std::pair<unsigned, Binding>> sizes;
  for (const auto &[symbol, dim] : expr.sizes)
    sizes.push_back({symbol->id, dependsOnIndex(dim) ? Binding(number(dim)) : Binding(extent(dim))});
  for (auto &[symbol, binding] : sizes)
    symbols[symbol] = binding;
  for (auto [leaves, parameter] : llvm::zip_equal(arguments, expr.callee->parameters))
    bind(*parameter, leaves);
  llvm::SaveAndRestore<unsigned> deeper(callDepth, callDepth + 1);
  llvm::SaveAndRestore<Assignments *> ownLog(assigned, nullptr); // it assigns its own variables only
  return expr.callee->vjp || expr.callee->jvp ? custom(*expr.callee) : emit(*expr.callee->body);
}

// ---------------------------------------------------------------- loops

// A carried value depends on the indices that its initial value and, in any turn, the body make it depend on. The body
// is emitted until that set no longer grows, which it does at most once for each index around.
struct Emitter::LoopBody {
  std::unique_ptr<Region> region = std::make_unique<Region>();
  SmallVector<Leaves> final;
  Leaves yielded;
};

Emitter::LoopBody Emitter::loopBody(const lang::ForExpr &expr, ArrayRef<Leaves> inits) {
  LoopBody body;
  auto *block = new Block;
  body.region->push_back(block);
  Tensors::RegionScope scope(tensors);
  builder.setInsertionPointToStart(block);
  Value counter = block->addArgument(RankedTensorType::get({}, builder.getI64Type()), tensors.location);
  bind(*expr.counter, {Leaf{counter, {}, {}}});
  for (auto [variable, init] : llvm::zip_equal(expr.carried, inits)) {
    Leaves leaves;
    Location location = NameLoc::get(builder.getStringAttr(variable->name), tensors.location);
    for (const Leaf &leaf : init)
      leaves.push_back({block->addArgument(leaf.tensor.getType(), location), leaf.context, leaf.own});
    bind(*variable, leaves);
  }
  llvm::SaveAndRestore<Assignments *> ownLog(assigned, nullptr);
  for (const lang::Stmt *stmt : expr.body)
    statement(*stmt);
  if (expr.yield)
    body.yielded = emit(*expr.yield);
  for (const lang::Variable *variable : expr.carried)
    body.final.push_back(values[variable]);
  return body;
}

Leaves Emitter::loop(const lang::ForExpr &expr) {
  if (expr.condition) {
    whileLoop(expr);
    return {};
  }
  auto bound = [&](const lang::Expr &expr) {
    Leaf leaf = tensors.convert(emitArray(expr), builder.getI64Type());
    if (!leaf.context.empty())
      tensors.fail("the bounds of a loop must not depend on an index: the loop runs once for all its elements");
    return tensors.size(leaf);
  };
  Size lower = bound(*expr.lower), upper = bound(*expr.upper);
  Size trips = tensors.maximum(0, tensors.sub(upper, lower));
  SmallVector<Leaves> inits;
  for (const lang::Variable *carried : expr.carried)
    inits.push_back(variable(*carried));
  SmallVector<Sizes> stackSizes;
  if (expr.yield)
    for (const lang::Type *array : arraysOf(expr.type)) {
      Sizes own{trips};
      for (const Dim &dim : ArrayRef(array->shape).drop_front())
        own.push_back(extent(dim));
      stackSizes.push_back(own);
    }

  SmallVector<Leaves> before;
  for (const lang::Variable *carried : expr.carried)
    before.push_back(values[carried]);
  for (;;) {
    LoopBody body = loopBody(expr, inits);
    for (auto [variable, leaves] : llvm::zip_equal(expr.carried, before))
      bind(*variable, leaves);
    bool grown = false;
    for (auto [init, final] : llvm::zip_equal(inits, body.final))
      for (auto [before, after] : llvm::zip_equal(init, final)) {
        Context context = unite(before.context, after.context);
        grown |= context != before.context;
        before = tensors.broadcast(before, context);
      }
    if (!grown)
      return finishLoop(expr, lower, upper, inits, stackSizes, body);
  }
}

Leaves Emitter::finishLoop(const lang::ForExpr &expr, Size lower, Size upper, ArrayRef<Leaves> inits,
                           ArrayRef<Sizes> stackSizes, LoopBody &body) {
  SmallVector<Value> carried, yields, dims;
  SmallVector<Type> types;
  Leaves stacks;
  {
    Tensors::RegionScope scope(tensors);
    builder.setInsertionPointToEnd(&body.region->front());
    for (auto [init, final] : llvm::zip_equal(inits, body.final))
      for (auto [before, after] : llvm::zip_equal(init, final))
        yields.push_back(tensors.broadcast(after, before.context, before.own).tensor);
    for (auto [leaf, own] : llvm::zip_equal(body.yielded, stackSizes))
      yields.push_back(tensors.broadcast(leaf, leaf.context, ArrayRef(own).drop_front()).tensor);
    YieldOp::create(builder, tensors.location, yields);
  }
  for (const Leaves &init : inits)
    for (const Leaf &leaf : init) {
      carried.push_back(leaf.tensor);
      types.push_back(leaf.tensor.getType());
    }
  for (auto [leaf, own] : llvm::zip_equal(body.yielded, stackSizes)) {
    Sizes sizes{own.front()};
    sizes.append(tensors.sizesOf(leaf.context, ArrayRef(own).drop_front()));
    types.push_back(tensors.type(leaf.element(), sizes));
    dims.append(tensors.dynamicSizes(sizes));
  }
  auto op = ForOp::create(builder, tensors.location, types, tensors.materialize(lower), tensors.materialize(upper), carried, dims);
  op.getBody().takeBody(*body.region);

  unsigned position = 0;
  for (auto [variable, init] : llvm::zip_equal(expr.carried, inits)) {
    Leaves leaves;
    for (const Leaf &leaf : init)
      leaves.push_back({op.getResult(position++), leaf.context, leaf.own});
    assign(*variable, leaves);
  }
  for (auto [leaf, own] : llvm::zip_equal(body.yielded, stackSizes)) {
    SmallVector<Label> labels{ownLabel(0)};
    labels.append(leaf.context.begin(), leaf.context.end());
    for (size_t axis = 1; axis < own.size(); ++axis)
      labels.push_back(ownLabel(axis));
    stacks.push_back(tensors.label(op.getResult(position++), labels, own));
  }
  return stacks;
}

// ---------------------------------------------------------------- blocks and statements

Leaves Emitter::block(const lang::BlockExpr &expr) {
  for (const lang::Stmt *stmt : expr.statements)
    statement(*stmt);
  return expr.value ? emit(*expr.value) : Leaves();
}

void Emitter::statement(const lang::Stmt &stmt) {
  llvm::SaveAndRestore<Location> here(tensors.location, locate(stmt.span));
  switch (stmt.kind) {
  case lang::StmtKind::Let: {
    const auto &let = static_cast<const lang::LetStmt &>(stmt);
    checkSizes(let.checks);
    bind(*let.variable, emit(*let.value));
    return;
  }
  case lang::StmtKind::Assign: {
    const auto &assignment = static_cast<const lang::AssignStmt &>(stmt);
    assign(*assignment.variable, emit(*assignment.value));
    return;
  }
  case lang::StmtKind::Assert:
    return assertion(static_cast<const lang::AssertStmt &>(stmt));
  case lang::StmtKind::Effect:
    return effect(static_cast<const lang::EffectStmt &>(stmt));
  case lang::StmtKind::Expr:
    emit(*static_cast<const lang::ExprStmt &>(stmt).value);
    return;
  }
}
