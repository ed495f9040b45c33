// The state of one interpreted call: what every SSA value holds, and the error that ended it.
#pragma once

#include "compiler/Reference/Interpreter.h"
#include "dialects/Ricci.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "llvm/ADT/TypeSwitch.h"

#include <memory>
#include <optional>

namespace ricci::reference {

using Tensor = std::shared_ptr<const runtime::Array>;

runtime::DType dtypeOf(mlir::Type element);
Scalar load(const runtime::Array &array, int64_t position);
void store(runtime::Array &array, int64_t position, Scalar value);

// Calls body(subscripts) for every subscript of a shape, in row-major order.
template <typename Body> void forEach(const runtime::Shape &shape, Body body) {
  for (int64_t size : shape)
    if (size <= 0)
      return;
  std::vector<int64_t> subscripts(shape.size(), 0);
  for (;;) {
    body(subscripts);
    size_t axis = shape.size();
    while (axis > 0 && ++subscripts[axis - 1] == shape[axis - 1])
      subscripts[--axis] = 0;
    if (axis == 0)
      return;
  }
}

// Row-major position; every subscript is inside.
int64_t positionOf(const runtime::Shape &shape, llvm::ArrayRef<int64_t> subscripts);

class Execution {
public:
  Execution(const HostEffect &host, Noise noise) : host(host), rounding(noise) {}

  mlir::LogicalResult run(mlir::Block &block);

  void bind(mlir::Value value, Tensor tensor) { tensors[value] = std::move(tensor); }
  void bind(mlir::Value value, runtime::Array array) { bind(value, std::make_shared<runtime::Array>(std::move(array))); }
  const runtime::Array &array(mlir::Value value) const { return *tensors.find(value)->second; }
  const Tensor &tensor(mlir::Value value) const { return tensors.find(value)->second; }
  int64_t index(mlir::Value value) const { return indices.find(value)->second; }

  // Records the error; the first one stays.
  mlir::LogicalResult fail(mlir::Operation *op, llvm::StringRef code, const llvm::Twine &message);
  std::optional<InterpreterError> error;

private:
  // The result of an elementwise function, as noise leaves it.
  Scalar round(Scalar result, llvm::ArrayRef<Scalar> operands, bool isConversion);

  // A new array of the operation's result type, its dynamic sizes from `dims`.
  mlir::FailureOr<runtime::Array> allocate(mlir::Operation *op, mlir::RankedTensorType type, mlir::ValueRange dims);
  mlir::FailureOr<runtime::Array> allocate(mlir::Operation *op, mlir::Type element, runtime::Shape shape);

  // Runs the body of the operation and gives the operation's results what the body yields.
  mlir::LogicalResult runInPlace(mlir::Operation *op, mlir::Block &body);
  mlir::LogicalResult execute(mlir::Operation &op);
  mlir::LogicalResult executeIndex(mlir::Operation &op);
  mlir::LogicalResult execute(ElementwiseOpInterface op);
  mlir::LogicalResult execute(ConstantOp op);
  mlir::LogicalResult execute(FillOp op);
  mlir::LogicalResult execute(IotaOp op);
  mlir::LogicalResult execute(DimOp op);
  mlir::LogicalResult execute(ToIndexOp op);
  mlir::LogicalResult execute(ToTensorOp op);
  mlir::LogicalResult execute(EinsumOp op);
  mlir::LogicalResult execute(ReduceOp op);
  mlir::LogicalResult execute(GatherOp op);
  mlir::LogicalResult execute(ScatterOp op);
  mlir::LogicalResult execute(UpdateOp op);
  mlir::LogicalResult execute(ConcatOp op);
  mlir::LogicalResult execute(ReshapeOp op);
  mlir::LogicalResult execute(ArgsortOp op);
  mlir::LogicalResult execute(RecurrenceOp op);
  mlir::LogicalResult execute(StopGradOp op);
  mlir::LogicalResult execute(BarrierOp op);
  mlir::LogicalResult execute(ForOp op);
  mlir::LogicalResult execute(KernelOp op);
  mlir::LogicalResult execute(CustomOp op);
  mlir::LogicalResult execute(CheckpointOp op);
  mlir::LogicalResult execute(CheckOp op);
  mlir::LogicalResult execute(WatchOp op);
  mlir::LogicalResult execute(HostOp op);

  const HostEffect &host;
  Rounding rounding;
  llvm::DenseMap<mlir::Value, Tensor> tensors;
  llvm::DenseMap<mlir::Value, int64_t> indices;
};

// Codes of the interpreter's own errors. A malformed program is the compiler's fault, not the user's.
inline constexpr llvm::StringLiteral malformedCode = "internal";
inline constexpr llvm::StringLiteral memoryCode = "R0100";

} // namespace ricci::reference
