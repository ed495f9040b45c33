// What operations of the dialect compute and move, counted in any numbers that add and multiply: integers that saturate
// (Cost.h), formulas in the sizes (Kernels.h).
#pragma once

#include "dialects/Ricci.h"
#include "runtime/ContractionSummary.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/ADT/SetVector.h"

#include <algorithm>
#include <functional>

namespace ricci::inspect {

template <typename Number> struct Work {
  Number flops = 0;       // floating-point additions, multiplications, comparisons and function values, one each
  Number doubleFlops = 0; // those of them that are on f64
  Number bytes = 0;       // read and written by operations, or by kernels once they are fused

  Work operator+(const Work &other) const {
    return {flops + other.flops, doubleFlops + other.doubleFlops, bytes + other.bytes};
  }
  Work times(const Number &count) const { return {flops * count, doubleFlops * count, bytes * count}; }
};

template <typename Number> class Counter {
public:
  // The size of an axis of a tensor; how often a loop turns.
  using SizeOf = std::function<Number(mlir::Value tensor, int64_t axis)>;
  using TurnsOf = std::function<Number(ForOp loop)>;
  Counter(SizeOf sizeOf, TurnsOf turnsOf) : sizeOf(std::move(sizeOf)), turnsOf(std::move(turnsOf)) {}

  Work<Number> count(mlir::Block &block) const {
    Work<Number> sum;
    for (mlir::Operation &op : block)
      sum = sum + count(op);
    return sum;
  }

  Work<Number> count(mlir::Operation &op) const {
    if (auto loop = mlir::dyn_cast<ForOp>(op))
      return count(loop.getBody().front()).times(turnsOf(loop));
    if (mlir::isa<CustomOp, CheckpointOp>(op))
      return count(op.getRegion(0).front());
    if (auto kernel = mlir::dyn_cast<KernelOp>(op)) {
      llvm::SmallSetVector<mlir::Value, 8> outside;
      kernel.getBody().walk([&](mlir::Operation *inner) {
        for (mlir::Value operand : inner->getOperands())
          if (!kernel.getBody().isAncestor(operand.getParentRegion()))
            outside.insert(operand);
      });
      Work<Number> body = count(kernel.getBody().front());
      body.bytes = traffic(outside.getArrayRef(), kernel.getResults());
      return body;
    }
    Number flops = flopsOf(op);
    const bool isDouble = llvm::any_of(op.getOperandTypes(), [](mlir::Type type) { return mlir::getElementTypeOrSelf(type).isF64(); });
    return {flops, isDouble ? flops : Number(0), movesNothing(op) ? Number(0) : traffic(op.getOperands(), op.getResults())};
  }

  Number elements(mlir::Value tensor) const {
    auto type = mlir::dyn_cast<mlir::RankedTensorType>(tensor.getType());
    Number product = type ? 1 : 0;
    for (int64_t axis = 0; type && axis < type.getRank(); ++axis)
      product = product * sizeOf(tensor, axis);
    return product;
  }

  Number bytes(mlir::Value tensor) const {
    auto type = mlir::dyn_cast<mlir::RankedTensorType>(tensor.getType());
    return type ? elements(tensor) * Number((type.getElementTypeBitWidth() + 7) / 8) : Number(0);
  }

  static bool movesNothing(mlir::Operation &op) {
    return mlir::isa<ConstantOp, FillOp, IotaOp, DimOp, ToIndexOp, ToTensorOp, ReshapeOp, StopGradOp, BarrierOp, YieldOp,
                     mlir::func::ReturnOp>(op);
  }

private:
  static bool isFloating(mlir::Type type) { return mlir::isa<mlir::FloatType>(mlir::getElementTypeOrSelf(type)); }

  Number traffic(mlir::ValueRange operands, mlir::ValueRange results) const {
    Number sum = 0;
    for (mlir::Value operand : llvm::SmallSetVector<mlir::Value, 8>(operands.begin(), operands.end()))
      sum = sum + bytes(operand);
    for (mlir::Value result : results)
      sum = sum + bytes(result);
    return sum;
  }

  // The product of an array with its transpose, as the runtime's kernels compute it: up to the diagonal, from so many
  // rows on.
  bool isSymmetric(EinsumOp op, const Equation &equation) const {
    if (op.getInputs().size() != 2 || op.getInputs()[0] != op.getInputs()[1] || equation.output.size() != 2)
      return false;
    const char row = equation.output[0], column = equation.output[1];
    std::string turned = equation.inputs[0];
    std::ranges::replace(turned, row, column);
    const int64_t rows = mlir::cast<mlir::RankedTensorType>(op.getType()).getDimSize(0);
    return row != column && llvm::StringRef(equation.inputs[0]).count(row) == 1 &&
           !contains(equation.inputs[0], column) && turned == equation.inputs[1] &&
           (mlir::ShapedType::isDynamic(rows) || rows >= runtime::leastSymmetricRows);
  }

  // Every point of the index space: one multiplication less than there are operands, and an addition if it is summed.
  Number einsumFlops(EinsumOp op) const {
    if (!isFloating(op.getType()))
      return 0;
    Equation equation = op.parseEquation();
    std::string seen;
    Number space = 1;
    auto collect = [&](llvm::StringRef letters, mlir::Value tensor) {
      for (auto [axis, letter] : llvm::enumerate(letters))
        if (seen.find(letter) == std::string::npos) {
          seen += letter;
          space = space * sizeOf(tensor, axis);
        }
    };
    for (auto [letters, input] : llvm::zip(equation.inputs, op.getInputs()))
      collect(letters, input);
    collect(equation.output, op.getResult());
    const int64_t perPoint = std::max<int64_t>(0, static_cast<int64_t>(equation.inputs.size()) - 1);
    if (isSymmetric(op, equation))
      return space; // half of two
    return space * Number(perPoint + (equation.summed().empty() ? 0 : 1));
  }

  Number flopsOf(mlir::Operation &op) const {
    if (auto einsum = mlir::dyn_cast<EinsumOp>(op))
      return einsumFlops(einsum);
    if (auto reduce = mlir::dyn_cast<ReduceOp>(op))
      return isFloating(reduce.getInput().getType()) ? elements(reduce.getInput()) : Number(0);
    if (mlir::isa<ElementwiseOpInterface>(op) && llvm::any_of(op.getOperandTypes(), isFloating))
      return elements(op.getResult(0));
    if (mlir::isa<RecurrenceOp>(op))
      return isFloating(op.getResult(0).getType()) ? elements(op.getResult(0)) * Number(2) : Number(0);
    if (auto scatter = mlir::dyn_cast<ScatterOp>(op))
      return isFloating(scatter.getType()) ? elements(op.getOperand(0)) : Number(0);
    return 0;
  }

  SizeOf sizeOf;
  TurnsOf turnsOf;
};

} // namespace ricci::inspect
