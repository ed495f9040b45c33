// What a function does besides computing: checks and the runtime's effects.
#include "Descriptor.h"
#include "FunctionLowering.h"
#include "Kernel.h"

#include "dialects/Ricci.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

namespace ricci::lower {

using namespace mlir;

LogicalResult FunctionLowering::lowerCheck(CheckOp op) {
  Location loc = op.getLoc();
  Value condition = op.getCondition();
  if (const int64_t rank = op.getCondition().getType().getRank()) {
    OpBuilder before(op);
    SmallVector<int64_t> axes(llvm::to_vector(llvm::seq<int64_t>(0, rank)));
    auto all = ReduceOp::create(before, loc, RankedTensorType::get({}, before.getI1Type()), ReduceKind::all, axes,
                                condition, Value());
    if (failed(lowerKernel(env, loc, {all}, {all.getResult()}, {})))
      return failure();
    condition = all.getResult();
  }
  Emit emit = env.at(loc);
  Value holds = env.find(condition)->scalar;
  Value fails = arith::XOrIOp::create(env.builder, loc, holds, emit.constant(env.builder.getI1Type(), 1));
  auto branch = scf::IfOp::create(env.builder, loc, fails, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard restore(env.builder);
  env.builder.setInsertionPointToStart(branch.thenBlock());
  Value where = env.text(loc, describe(loc)), code = env.text(loc, op.getCode()), message = env.text(loc, op.getMessage());
  env.call(loc, "ricci_fail", {}, {env.context, where, code, message});
  return success();
}

LogicalResult FunctionLowering::lowerHost(HostOp op) {
  Location loc = op.getLoc();
  OpBuilder::InsertionGuard restore(env.builder);
  SmallVector<Value> values(op.getValues());
  if (op.getGuarded()) {
    auto branch = scf::IfOp::create(env.builder, loc, env.find(values.front())->scalar, /*withElseRegion=*/false);
    env.builder.setInsertionPointToStart(branch.thenBlock());
    values.erase(values.begin());
  }
  Value descriptors = env.stackSlots(loc, descriptorType(env.builder.getContext()), values.size());
  for (auto [number, value] : llvm::enumerate(values)) {
    const Storage storage = *env.find(value);
    Value data = storage.pointer;
    if (storage.scalar) {
      data = env.stackSlots(loc, env.builder.getI64Type(), 1);
      env.at(loc).storeScalar(storage.scalar, data);
    }
    writeDescriptor(env, loc, descriptors, number, storage, data);
  }
  Value what = env.text(loc, op.getWhat()), spec = env.text(loc, op.getSpec()), where = env.text(loc, describe(loc));
  Value count = env.at(loc).constant(env.builder.getI32Type(), values.size());
  env.call(loc, "ricci_host", {}, {env.context, what, spec, where, count, descriptors});
  return success();
}

} // namespace ricci::lower
