#include "compiler/Inspect/Cost.h"

#include "dialects/Ricci.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/Matchers.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace ricci;

namespace {

int64_t times(int64_t a, int64_t b) { return llvm::SaturatingMultiply<uint64_t>(a, b) >> 63 ? INT64_MAX : a * b; }
int64_t plus(int64_t a, int64_t b) { return a > INT64_MAX - b ? INT64_MAX : a + b; }

int64_t elements(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor || !tensor.hasStaticShape())
    return 0;
  int64_t count = 1;
  for (int64_t size : tensor.getShape())
    count = times(count, size);
  return count;
}

int64_t bytes(Type type) {
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor)
    return 0;
  return times(elements(type), (tensor.getElementTypeBitWidth() + 7) / 8);
}

bool isFloating(Type type) { return isa<FloatType>(getElementTypeOrSelf(type)); }

// Every point of the index space: one multiplication less than there are operands, and an addition if it is summed.
int64_t einsumFlops(EinsumOp op) {
  if (!isFloating(op.getType()))
    return 0;
  Equation equation = op.parseEquation();
  llvm::SmallDenseMap<char, int64_t> sizes;
  auto collect = [&](StringRef letters, Type type) {
    for (auto [letter, size] : llvm::zip(letters, cast<RankedTensorType>(type).getShape()))
      sizes[letter] = size;
  };
  for (auto [letters, input] : llvm::zip(equation.inputs, op.getInputs()))
    collect(letters, input.getType());
  collect(equation.output, op.getType());
  int64_t space = 1;
  for (auto [letter, size] : sizes)
    space = times(space, ShapedType::isDynamic(size) ? 0 : size);
  int64_t perPoint = std::max<int64_t>(0, static_cast<int64_t>(equation.inputs.size()) - 1);
  return times(space, perPoint + (equation.summed().empty() ? 0 : 1));
}

int64_t turns(ForOp op) {
  APInt lower, upper;
  if (op.getConditional() || !matchPattern(op.getLower(), m_ConstantInt(&lower)) ||
      !matchPattern(op.getUpper(), m_ConstantInt(&upper)))
    return 1;
  return std::max<int64_t>(0, upper.getSExtValue() - lower.getSExtValue());
}

bool movesNothing(Operation &op) {
  return isa<ConstantOp, FillOp, IotaOp, DimOp, ToIndexOp, ToTensorOp, ReshapeOp, StopGradOp, BarrierOp, YieldOp,
             func::ReturnOp>(op);
}

int64_t traffic(ValueRange operands, ValueRange results) {
  int64_t sum = 0;
  for (Value operand : llvm::SmallSetVector<Value, 8>(operands.begin(), operands.end()))
    sum = plus(sum, bytes(operand.getType()));
  for (Value result : results)
    sum = plus(sum, bytes(result.getType()));
  return sum;
}

int64_t flopsOf(Operation &op) {
  if (auto einsum = dyn_cast<EinsumOp>(op))
    return einsumFlops(einsum);
  if (auto reduce = dyn_cast<ReduceOp>(op))
    return isFloating(reduce.getInput().getType()) ? elements(reduce.getInput().getType()) : 0;
  if (isa<ElementwiseOpInterface>(op) && llvm::any_of(op.getOperandTypes(), isFloating))
    return elements(op.getResult(0).getType());
  if (isa<RecurrenceOp>(op))
    return isFloating(op.getResult(0).getType()) ? times(2, elements(op.getResult(0).getType())) : 0;
  if (auto scatter = dyn_cast<ScatterOp>(op))
    return isFloating(scatter.getType()) ? elements(op.getOperand(0).getType()) : 0;
  return 0;
}

Cost operator+(const Cost &a, const Cost &b) {
  return {plus(a.flops, b.flops), plus(a.doubleFlops, b.doubleFlops), plus(a.bytes, b.bytes)};
}

Cost costOf(Block &block);

Cost costOf(Operation &op) {
  if (auto loop = dyn_cast<ForOp>(op)) {
    Cost once = costOf(loop.getBody().front());
    int64_t count = turns(loop);
    return {times(once.flops, count), times(once.doubleFlops, count), times(once.bytes, count)};
  }
  if (isa<CustomOp, CheckpointOp>(op))
    return costOf(op.getRegion(0).front());
  if (auto kernel = dyn_cast<KernelOp>(op)) {
    llvm::SmallSetVector<Value, 8> outside;
    kernel.getBody().walk([&](Operation *inner) {
      for (Value operand : inner->getOperands())
        if (!kernel.getBody().isAncestor(operand.getParentRegion()))
          outside.insert(operand);
    });
    Cost body = costOf(kernel.getBody().front());
    body.bytes = traffic(outside.getArrayRef(), kernel.getResults());
    return body;
  }
  int64_t flops = flopsOf(op);
  bool isDouble = llvm::any_of(op.getOperandTypes(), [](Type type) { return getElementTypeOrSelf(type).isF64(); });
  return {flops, isDouble ? flops : 0, movesNothing(op) ? 0 : traffic(op.getOperands(), op.getResults())};
}

Cost costOf(Block &block) {
  Cost sum;
  for (Operation &op : block)
    sum = sum + costOf(op);
  return sum;
}

} // namespace

Cost ricci::measureCost(ModuleOp module) {
  Cost sum;
  for (func::FuncOp function : module.getOps<func::FuncOp>())
    for (Block &block : function.getBody())
      sum = sum + costOf(block);
  return sum;
}
