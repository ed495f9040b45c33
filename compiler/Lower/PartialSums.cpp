#include "PartialSums.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

namespace ricci::lower {

using namespace mlir;

namespace {

// Combines what `load` gives for each part, starting from the neutral element of a scalar or vector type.
Value overParts(Environment &env, Location loc, const Reduction &reduction, Type type, Value count,
                llvm::function_ref<Value(Value part)> load) {
  Emit emit = env.at(loc);
  Value identity = reduction.identity(env.builder, loc, type);
  auto loop = scf::ForOp::create(env.builder, loc, emit.index(0), count, emit.index(1), ValueRange{identity});
  OpBuilder::InsertionGuard restore(env.builder);
  env.builder.setInsertionPointToStart(loop.getBody());
  Value next = reduction.combine(env.builder, loc, loop.getRegionIterArg(0), load(loop.getInductionVar()));
  scf::YieldOp::create(env.builder, loc, next);
  return loop.getResult(0);
}

} // namespace

Value sumOfParts(Environment &env, Location loc, const Reduction &reduction, const Storage &parts, Value count) {
  Emit emit = env.at(loc);
  return overParts(env, loc, reduction, parts.element, count, [&](Value part) {
    return emit.loadScalar(emit.address(parts.pointer, part, parts.element), parts.element);
  });
}

void addParts(Environment &env, Location loc, const Reduction &reduction, const Storage &parts, Value count, Value elements,
              unsigned lanes, Value to) {
  Emit emit = env.at(loc);
  auto loop = scf::ForOp::create(env.builder, loc, emit.index(0), elements, emit.index(lanes));
  OpBuilder::InsertionGuard restore(env.builder);
  env.builder.setInsertionPointToStart(loop.getBody());
  Value place = loop.getInductionVar(), wanted = emit.firstLanes(emit.sub(elements, place), lanes);
  Value total = overParts(env, loc, reduction, VectorType::get(lanes, parts.element), count, [&](Value part) {
    Value offset = emit.add(emit.mul(part, elements), place);
    return emit.loadVector(emit.address(parts.pointer, offset, parts.element), parts.element, lanes, wanted);
  });
  total = reduction.leave(env.builder, loc, total);
  emit.storeVector(total, emit.address(to, place, parts.element), wanted);
}

void fill(Environment &env, Location loc, const Reduction &reduction, Type element, Value to, Value elements, unsigned lanes) {
  Emit emit = env.at(loc);
  auto loop = scf::ForOp::create(env.builder, loc, emit.index(0), elements, emit.index(lanes));
  OpBuilder::InsertionGuard restore(env.builder);
  env.builder.setInsertionPointToStart(loop.getBody());
  Value place = loop.getInductionVar();
  Value identity = reduction.identity(env.builder, loc, VectorType::get(lanes, element));
  emit.storeVector(identity, emit.address(to, place, element), emit.firstLanes(emit.sub(elements, place), lanes));
}

} // namespace ricci::lower
