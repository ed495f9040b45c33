#include "FunctionLowering.h"

#include "Descriptor.h"
#include "Kernel.h"
#include "KernelRoots.h"
#include "Moves.h"
#include "OperandBlocks.h"
#include "RowBlocks.h"

#include "dialects/Decision.h"
#include "dialects/Lines.h"
#include "dialects/Ricci.h"
#include "dialects/RowBlocks.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace ricci::lower {

using namespace mlir;

FunctionLowering::FunctionLowering(Environment &env, ValueRange results, ricci_profile *profile)
    : env(env), profile(profile) {
  for (auto [number, value] : llvm::enumerate(results))
    if (llvm::count(results, value) == 1)
      returned[value] = static_cast<int64_t>(number);
}

// ---------------------------------------------------------------- blocks

LogicalResult FunctionLowering::lowerBlock(Block &block, MemoryPlan &plan) {
  // Lowering may add operations before the one at hand.
  for (Operation &op : llvm::make_early_inc_range(block.without_terminator())) {
    if (failed(lower(&op, plan)))
      return failure();
    freeEnding(&op, plan);
    mark(&op);
  }
  return success();
}

// Tells the profile what ran since the last step.
void FunctionLowering::mark(Operation *op) {
  const unsigned line = fusedLine(op->getLoc());
  if (!profile || !line)
    return;
  Emit emit = env.at(op->getLoc());
  Type pointer = LLVM::LLVMPointerType::get(env.builder.getContext());
  Value address = emit.constant(env.builder.getI64IntegerAttr(reinterpret_cast<intptr_t>(profile)));
  Value step = emit.constant(env.builder.getI64IntegerAttr(line));
  env.call(op->getLoc(), "ricci_mark", {}, {LLVM::IntToPtrOp::create(env.builder, op->getLoc(), pointer, address), step});
}

void FunctionLowering::freeEnding(Operation *op, MemoryPlan &plan) {
  for (Value ended : plan.endingAt(op))
    env.free(op->getLoc(), env.find(ended)->pointer);
}

LogicalResult FunctionLowering::lower(Operation *op, MemoryPlan &plan) {
  if (auto kernel = dyn_cast<KernelOp>(op))
    return lowerKernelOp(kernel, plan);
  if (auto loop = dyn_cast<ForOp>(op))
    return lowerFor(loop, plan);
  if (auto check = dyn_cast<CheckOp>(op))
    return lowerCheck(check);
  if (auto host = dyn_cast<HostOp>(op))
    return lowerHost(host);
  if (isa<ReshapeOp, StopGradOp>(op)) {
    lowerAlias(op);
    return success();
  }
  if (auto constant = dyn_cast<ConstantOp>(op)) {
    auto type = cast<RankedTensorType>(op->getResult(0).getType());
    auto elements = dyn_cast<DenseElementsAttr>(constant.getValue());
    if (!elements)
      return op->emitOpError("has elements that are not dense");
    Storage storage{type.getElementType(), env.sizesOf(op->getResult(0)), {}, {}};
    if (type.getRank() == 0)
      storage.scalar = env.at(op->getLoc()).constant(cast<TypedAttr>(*elements.value_begin<Attribute>()));
    else
      storage.pointer = env.constants(op->getLoc(), elements);
    env.define(op->getResult(0), std::move(storage));
    return success();
  }
  if (isa<ToTensorOp, ToIndexOp, DimOp>(op) ||
      llvm::all_of(op->getResultTypes(), [](Type type) { return !isa<RankedTensorType>(type); }))
    return lowerIndexOp(op);
  return lowerSingle(op, plan);
}

LogicalResult FunctionLowering::lowerIndexOp(Operation *op) {
  Emit emit = env.at(op->getLoc());
  if (auto dim = dyn_cast<DimOp>(op)) {
    env.define(dim.getResult(), env.sizesOf(dim.getSource())[dim.getAxis()]);
    return success();
  }
  if (auto toIndex = dyn_cast<ToIndexOp>(op)) {
    env.define(toIndex.getResult(), emit.toIndex(env.find(toIndex.getSource())->scalar));
    return success();
  }
  if (auto toTensor = dyn_cast<ToTensorOp>(op)) {
    env.define(toTensor.getResult(),
               Storage{env.builder.getI64Type(), {}, emit.toI64(env.indexOf(toTensor.getSource())), {}});
    return success();
  }
  if (op->getNumRegions() || !isMemoryEffectFree(op))
    return op->emitOpError("has no lowering");
  IRMapping mapping;
  for (Value operand : op->getOperands())
    mapping.map(operand, env.indexOf(operand));
  Operation *copy = env.builder.clone(*op, mapping);
  for (auto [result, lowered] : llvm::zip_equal(op->getResults(), copy->getResults()))
    env.define(result, lowered);
  return success();
}

// ---------------------------------------------------------------- arrays

void FunctionLowering::lowerAlias(Operation *op) {
  Location loc = op->getLoc();
  const Storage source = *env.find(op->getOperand(0));
  Value result = op->getResult(0);
  Storage target{source.element, env.sizesOf(result), source.scalar, source.pointer};
  const bool isScalar = cast<RankedTensorType>(result.getType()).getRank() == 0;
  if (isScalar && source.pointer) { // one element out of [1, …]
    target.scalar = env.at(loc).loadScalar(source.pointer, source.element);
    target.pointer = {};
  } else if (!isScalar && source.scalar) {
    target = env.allocate(loc, source.element, target.sizes);
    env.at(loc).storeScalar(source.scalar, target.pointer);
  }
  env.define(result, std::move(target));
}

Storage FunctionLowering::destinationOf(Operation *op, Value result, ArrayRef<Value> reusable, MemoryPlan &plan) {
  auto type = cast<RankedTensorType>(result.getType());
  for (Value operand : reusable) {
    const Storage *storage = env.find(operand);
    // Equal types and, as elements correspond, equal sizes.
    if (operand.getType() != type || !plan.take(operand, op))
      continue;
    decide(op->getLoc(), [&] {
      Operation *source = operand.getDefiningOp();
      return Decision{.kind = Decision::Kind::Memory,
                      .what = "a result of " + spelling(op) + " takes the memory of " +
                              (source ? "the value of " + spelling(source) : std::string("a carried value")),
                      .reason = "that is read for the last time here, at the same places"};
    });
    return {type.getElementType(), storage->sizes, {}, storage->pointer};
  }
  auto number = returned.find(result);
  return env.allocate(op->getLoc(), type.getElementType(), env.sizesOf(result),
                      number == returned.end() ? std::nullopt : std::optional(number->second));
}

namespace {

// A sum that shares its loops with nothing row by row.
bool sumsAcrossRows(Operation *op) {
  if (auto reduce = dyn_cast<ReduceOp>(op))
    return llvm::is_contained(reduce.getAxes(), 0);
  auto einsum = dyn_cast<EinsumOp>(op);
  if (!einsum)
    return false;
  const Equation equation = einsum.parseEquation();
  const auto isLarger = [&](StringRef input) { return input.size() > equation.output.size(); };
  return llvm::any_of(equation.inputs, isLarger) && llvm::all_of(equation.inputs, [&](StringRef input) {
    return !isLarger(input) || !StringRef(equation.output).contains(input.front());
  });
}

// Arrays that the operations read only at the very place of their results, so that what is elementwise may take their
// memory. Sums may be among the operations: they read what is stored, while or after it is, and nothing that was there
// before.
SmallVector<Value> readInPlace(ArrayRef<Operation *> ops, ArrayRef<Value> stored = {}) {
  auto isOutside = [&](Value value) { return !llvm::is_contained(ops, value.getDefiningOp()); };
  SmallVector<Value> values, summed;
  for (Operation *op : ops) {
    const bool isElementwise = isa<ElementwiseOpInterface, YieldOp, FillOp>(op);
    if (!isElementwise && !sumsAcrossRows(op))
      return {};
    for (Value operand : op->getOperands())
      if (!isElementwise)
        summed.push_back(operand);
      else if (isOutside(operand) && !llvm::is_contained(values, operand))
        values.push_back(operand);
  }
  for (size_t next = 0; next < summed.size(); ++next)
    if (!isOutside(summed[next]) && !llvm::is_contained(stored, summed[next]))
      for (Value operand : summed[next].getDefiningOp()->getOperands())
        if (!llvm::is_contained(summed, operand))
          summed.push_back(operand);
  llvm::erase_if(values, [&](Value value) {
    return llvm::is_contained(llvm::map_range(summed, MemoryPlan::owner), MemoryPlan::owner(value));
  });
  return values;
}

} // namespace

LogicalResult FunctionLowering::lowerSingle(Operation *op, MemoryPlan &plan) {
  SmallVector<Value> reusable = readInPlace({op});
  if (auto recurrence = dyn_cast<RecurrenceOp>(op);
      recurrence && MemoryPlan::owner(recurrence.getFactors()) != MemoryPlan::owner(recurrence.getInput()))
    reusable = {recurrence.getInput()};
  if (auto update = dyn_cast<UpdateOp>(op)) {
    // The value and the subscripts must not lie in the base.
    bool apart = MemoryPlan::owner(update.getValue()) != MemoryPlan::owner(update.getBase());
    for (Value symbol : update.getSymbols())
      apart &= MemoryPlan::owner(symbol) != MemoryPlan::owner(update.getBase());
    if (apart)
      reusable = {update.getBase()};
  }
  return lowerKernel(env, op->getLoc(), {op}, SmallVector<Value>(op->getResults()),
                     [&](Value result) { return destinationOf(op, result, reusable, plan); });
}

LogicalResult FunctionLowering::lowerKernelOp(KernelOp op, MemoryPlan &plan) {
  SmallVector<Operation *> ops;
  for (Operation &inner : op.getBody().front())
    ops.push_back(&inner);
  auto yield = cast<YieldOp>(ops.back());
  SmallVector<Value> stored;
  for (Value value : yield.getValues())
    if (!env.find(value) && !llvm::is_contained(stored, value))
      stored.push_back(value);
  for (auto [result, value] : llvm::zip_equal(op.getResults(), yield.getValues()))
    if (auto number = returned.find(result); number != returned.end() && llvm::count(yield.getValues(), value) == 1)
      returned[value] = int64_t(number->second);
  auto outer = op->getAttrOfType<IntegerAttr>(rowblocks::outerAxes);
  EinsumOp inBlocks = outer ? EinsumOp() : contractionInBlocks(env, ops);
  // In one nest, or one root might overwrite what the next still reads.
  SmallVector<Value> reusable = outer || inBlocks ? SmallVector<Value>() : readInPlace(ops, stored);
  auto storesElements = [](const Group &group) { return !group.roots.front().reduces; };
  if (!reusable.empty() && llvm::count_if(formGroups(env, ArrayRef(ops).drop_back(), stored), storesElements) > 1)
    reusable.clear();
  auto destination = [&](Value result) {
    const bool isSum = sumsAcrossRows(result.getDefiningOp());
    return destinationOf(op, result, isSum ? ArrayRef<Value>() : reusable, plan);
  };
  if (failed(outer      ? lowerRowBlocks(env, op.getLoc(), ops, stored, outer.getInt(), destination)
             : inBlocks ? lowerOperandBlocks(env, ops, inBlocks, destination)
                        : lowerKernel(env, op.getLoc(), ops, stored, destination)))
    return failure();
  // A value from outside, or one given twice, needs memory of its own.
  for (auto [result, value] : llvm::zip_equal(op.getResults(), yield.getValues())) {
    auto *first = llvm::find(stored, value);
    Storage storage = *env.find(value);
    if (first == stored.end())
      storage = env.clone(op.getLoc(), storage);
    else
      *first = Value();
    env.define(result, std::move(storage));
  }
  return success();
}

// ---------------------------------------------------------------- entry

LogicalResult FunctionLowering::lowerReturn(func::ReturnOp op, Value outputs) {
  for (auto [number, value] : llvm::enumerate(op.getOperands())) {
    const Storage storage = *env.find(value);
    Value data = storage.pointer;
    if (storage.scalar) {
      Type pointer = LLVM::LLVMPointerType::get(env.builder.getContext());
      Emit emit = env.at(op.getLoc());
      Type i64 = env.builder.getI64Type();
      data = env.call(op.getLoc(), "ricci_result", pointer,
                      {env.context, emit.constant(i64, static_cast<int64_t>(number)), emit.constant(i64, byteSize(storage.element))});
      env.at(op.getLoc()).storeScalar(storage.scalar, data);
    }
    writeDescriptor(env, op.getLoc(), outputs, number, storage, data);
  }
  func::ReturnOp::create(env.builder, op.getLoc());
  return success();
}

LogicalResult lowerFunction(func::FuncOp function, const LowerOptions &options) {
  Location loc = function.getLoc();
  if (!function.getBody().hasOneBlock())
    return function.emitOpError("must have one block");
  auto module = function->getParentOfType<ModuleOp>();
  OpBuilder builder(function);
  Type pointer = LLVM::LLVMPointerType::get(builder.getContext());
  auto entry = func::FuncOp::create(builder, loc, (function.getName() + ".lowered").str(),
                                    builder.getFunctionType({pointer, pointer, pointer}, {}));
  Block *body = entry.addEntryBlock();
  builder.setInsertionPointToStart(body);

  Environment env(module, builder, body->getArgument(0), options);
  Block &source = function.getBody().front();
  for (BlockArgument argument : source.getArguments())
    env.define(argument, readDescriptor(env, loc, body->getArgument(1), argument.getArgNumber(),
                                        cast<RankedTensorType>(argument.getType())));
  FunctionLowering lowering(env, source.getTerminator()->getOperands(), options.profile);
  MemoryPlan plan(source, /*ownsArguments=*/false);
  if (failed(lowering.lowerBlock(source, plan)) ||
      failed(lowering.lowerReturn(cast<func::ReturnOp>(source.getTerminator()), body->getArgument(2))))
    return failure();
  StringAttr name = function.getNameAttr();
  function.erase();
  entry.setName(name);
  return success();
}

} // namespace ricci::lower
