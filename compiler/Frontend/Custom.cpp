// What differentiation treats as a whole: functions that bring their own derivative become ricci.custom, checkpoint(e)
// becomes ricci.checkpoint.
#include "compiler/Frontend/Emitter.h"

using namespace mlir;
using namespace ricci;
using namespace ricci::frontend;

// The parameters are bound. Inside indices the rule holds at each of their values: arguments, value and cotangents depend on all
// the indices that any argument depends on.
Leaves Emitter::custom(const lang::CheckedFn &function) {
  SmallVector<Leaves> given;
  Leaves arguments;
  for (const lang::Variable *parameter : function.parameters) {
    given.push_back(values[parameter]);
    arguments.append(variable(*parameter));
  }
  Context context = unite(arguments);
  for (Leaf &argument : arguments)
    argument = tensors.broadcast(argument, context);
  Leaves results;
  for (const lang::Type *array : arraysOf(function.result))
    results.push_back({Value(), context, extents(*array)});

  // A region that takes leaves like `like` for the variables, and gives `value` with sizes like `wanted`.
  auto region = [&](Region &target, ArrayRef<const lang::Variable *> variables, ArrayRef<Type> types, ArrayRef<Leaf> like,
                    const lang::Expr &value, ArrayRef<Leaf> wanted) {
    Tensors::RegionScope scope(tensors);
    Block *block = builder.createBlock(&target);
    for (Type type : types)
      block->addArgument(type, tensors.location);
    unsigned position = 0;
    for (const lang::Variable *variable : variables) {
      Leaves leaves;
      for (unsigned leaf = 0, count = leafCount(variable->type); leaf < count; ++leaf, ++position)
        leaves.push_back({block->getArgument(position), context, like[position].own});
      bind(*variable, leaves);
    }
    SmallVector<Value> yielded;
    for (auto [leaf, result] : llvm::zip_equal(emit(value), wanted))
      yielded.push_back(tensors.broadcast(leaf, context, result.own).tensor);
    YieldOp::create(builder, tensors.location, yielded);
  };

  SmallVector<Value> operands;
  SmallVector<Type> operandTypes, resultTypes;
  Leaves floating;
  for (const Leaf &argument : arguments) {
    operands.push_back(argument.tensor);
    operandTypes.push_back(argument.tensor.getType());
    if (isa<FloatType>(argument.element()))
      floating.push_back(argument);
  }
  SmallVector<Type> floatingTypes;
  for (const Leaf &argument : floating)
    floatingTypes.push_back(argument.tensor.getType());
  for (auto [result, array] : llvm::zip_equal(results, arraysOf(function.result)))
    resultTypes.push_back(tensors.type(element(array->element), tensors.sizesOf(result)));
  auto op = CustomOp::create(builder, tensors.location, resultTypes, function.name, operands);
  region(op.getBody(), function.parameters, operandTypes, arguments, *function.body, results);

  auto rule = [&](const std::optional<lang::CheckedFn::Rule> &rule, Region &target, ArrayRef<Type> seedTypes, ArrayRef<Leaf> seeds,
                  ArrayRef<Leaf> wanted) {
    if (!rule)
      return;
    SmallVector<Type> types(operandTypes);
    Leaves like(arguments);
    types.append(resultTypes);
    like.append(results);
    types.append(seedTypes.begin(), seedTypes.end());
    like.append(seeds.begin(), seeds.end());
    region(target, rule->arguments, types, like, *rule->value, wanted);
  };
  rule(function.vjp, op.getVjp(), resultTypes, results, floating);
  rule(function.jvp, op.getJvp(), floatingTypes, floating, results);

  for (auto [parameter, leaves] : llvm::zip_equal(function.parameters, given))
    bind(*parameter, leaves);
  for (auto [position, result] : llvm::enumerate(results))
    result.tensor = op.getResult(position);
  return results;
}

// The values and what the expression assigns, computed in a region.
Leaves Emitter::checkpoint(const lang::Expr &expr) {
  SmallVector<Sizes> sizes;
  for (const lang::Type *array : arraysOf(expr.type))
    sizes.push_back(extents(*array));
  Region region;
  Leaves results;
  SmallVector<std::pair<const lang::Variable *, Leaves>> changed;
  SmallVector<Value> yielded;
  auto yield = [&](Leaf &leaf, ArrayRef<Size> own) {
    leaf = tensors.broadcast(leaf, leaf.context, own);
    yielded.push_back(leaf.tensor);
  };
  {
    Tensors::RegionScope scope(tensors);
    builder.createBlock(&region);
    Assignments log;
    llvm::SaveAndRestore<Assignments *> ownLog(assigned, &log);
    results = emit(expr);
    for (auto [leaf, own] : llvm::zip_equal(results, sizes))
      yield(leaf, own);
    llvm::SmallPtrSet<const lang::Variable *, 4> seen;
    for (const auto &[variable, before] : log) {
      if (!seen.insert(variable).second)
        continue;
      changed.push_back({variable, values[variable]});
      for (auto [leaf, old] : llvm::zip_equal(changed.back().second, before))
        yield(leaf, old.own);
    }
    for (const auto &[variable, before] : llvm::reverse(log))
      bind(*variable, before);
    YieldOp::create(builder, tensors.location, yielded);
  }
  auto op = CheckpointOp::create(builder, tensors.location, TypeRange(ValueRange(yielded)));
  op.getBody().takeBody(region);
  auto next = op.getResults().begin();
  for (Leaf &leaf : results)
    leaf.tensor = *next++;
  for (auto &[variable, leaves] : changed) {
    for (Leaf &leaf : leaves)
      leaf.tensor = *next++;
    assign(*variable, leaves);
  }
  return results;
}
