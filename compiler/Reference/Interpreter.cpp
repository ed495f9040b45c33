#include "compiler/Reference/Interpreter.h"

#include "compiler/Reference/Execution.h"
#include "runtime/Host.h"

using namespace mlir;
using namespace ricci;
using namespace ricci::reference;

runtime::DType reference::dtypeOf(Type element) {
  if (element.isF64())
    return runtime::DType::F64;
  if (element.isF32())
    return runtime::DType::F32;
  if (element.isInteger(64))
    return runtime::DType::I64;
  if (element.isInteger(32))
    return runtime::DType::I32;
  return runtime::DType::Bool;
}

Scalar reference::load(const runtime::Array &array, int64_t position) {
  return runtime::dispatch(array.dtype(), [&](auto zero) -> Scalar { return array.as<decltype(zero)>()[position]; });
}

void reference::store(runtime::Array &array, int64_t position, Scalar value) {
  runtime::dispatch(array.dtype(),
                    [&](auto zero) { array.as<decltype(zero)>()[position] = value.as<decltype(zero)>(); });
}

int64_t reference::positionOf(const runtime::Shape &shape, ArrayRef<int64_t> subscripts) {
  int64_t position = 0;
  for (size_t axis = 0; axis < shape.size(); ++axis)
    position = position * shape[axis] + subscripts[axis];
  return position;
}

LogicalResult Execution::fail(Operation *op, StringRef code, const Twine &message) {
  if (!error)
    error = InterpreterError{code.str(), message.str(), op->getLoc()};
  return failure();
}

FailureOr<runtime::Array> Execution::allocate(Operation *op, Type element, runtime::Shape shape) {
  for (int64_t size : shape)
    if (size < 0)
      return fail(op, malformedCode, "a size is negative");
  auto array = runtime::Array::create(dtypeOf(element), std::move(shape));
  if (!array)
    return fail(op, memoryCode, array.error().message);
  return std::move(*array);
}

FailureOr<runtime::Array> Execution::allocate(Operation *op, RankedTensorType type, ValueRange dims) {
  runtime::Shape shape(type.getShape());
  for (int64_t &size : shape)
    if (ShapedType::isDynamic(size)) {
      size = index(dims.front());
      dims = dims.drop_front();
    }
  return allocate(op, type.getElementType(), std::move(shape));
}

LogicalResult Execution::run(Block &block) {
  for (Operation &op : block.without_terminator())
    if (failed(execute(op)))
      return failure();
  return success();
}

LogicalResult Execution::execute(Operation &op) {
  return TypeSwitch<Operation *, LogicalResult>(&op)
      .Case<ElementwiseOpInterface>([&](auto op) { return execute(op); })
      .Case<ConstantOp, FillOp, IotaOp, DimOp, ToIndexOp, ToTensorOp, EinsumOp, ReduceOp, GatherOp, ScatterOp, UpdateOp,
            ConcatOp, ReshapeOp, ArgsortOp, RecurrenceOp, StopGradOp, BarrierOp, ForOp, KernelOp, CustomOp,
            CheckpointOp, CheckOp, WatchOp, HostOp>([&](auto op) { return execute(op); })
      .Case<JvpOp, VjpOp>([&](auto op) { return fail(op, malformedCode, "a derivative form is not expanded yet"); })
      .Default([&](Operation *op) { return executeIndex(*op); });
}

// Arithmetic on sizes.
LogicalResult Execution::executeIndex(Operation &op) {
  if (auto constant = dyn_cast<arith::ConstantOp>(op)) {
    if (auto number = dyn_cast<IntegerAttr>(constant.getValue())) {
      indices[constant] = number.getInt();
      return success();
    }
  }
  auto binary = [&](auto compute) {
    numbers::Wrapping<int64_t> x{index(op.getOperand(0))}, y{index(op.getOperand(1))};
    indices[op.getResult(0)] = compute(x, y).value;
    return success();
  };
  return TypeSwitch<Operation *, LogicalResult>(&op)
      .Case([&](arith::AddIOp) { return binary([](auto x, auto y) { return x + y; }); })
      .Case([&](arith::SubIOp) { return binary([](auto x, auto y) { return x - y; }); })
      .Case([&](arith::MulIOp) { return binary([](auto x, auto y) { return x * y; }); })
      .Case([&](arith::FloorDivSIOp) { return binary([](auto x, auto y) { return divide(x, y); }); })
      .Case([&](arith::MaxSIOp) { return binary([](auto x, auto y) { return maximum(x, y); }); })
      .Case([&](arith::MinSIOp) { return binary([](auto x, auto y) { return minimum(x, y); }); })
      .Default([&](Operation *op) {
        return fail(op, malformedCode, "'" + op->getName().getStringRef() + "' has no meaning before lowering");
      });
}

Scalar Execution::round(Scalar result, ArrayRef<Scalar> operands, bool isConversion) {
  if (!rounding.moves())
    return result;
  return result.visit([&](auto value) -> Scalar {
    using T = decltype(value);
    if constexpr (std::is_floating_point_v<T>) {
      for (const Scalar &operand : operands)
        if (std::abs(operand.as<double>()) == std::abs(value))
          return value;
      // What a conversion changed it rounded, whatever the number looks like.
      return static_cast<T>(isConversion ? rounding.move<T>(value) : rounding.apply<T>(value, {}));
    } else {
      return value;
    }
  });
}

LogicalResult Execution::execute(ElementwiseOpInterface op) {
  const runtime::Shape &shape = array(op->getOperand(0)).shape();
  for (Value operand : op->getOperands())
    if (array(operand).shape() != shape)
      return fail(op, malformedCode, "operands of an elementwise operation differ in shape");
  auto type = cast<RankedTensorType>(op->getResult(0).getType());
  FailureOr<runtime::Array> result = allocate(op, type.getElementType(), shape);
  if (failed(result))
    return failure();
  SmallVector<const runtime::Array *> sources;
  for (Value operand : op->getOperands())
    sources.push_back(&array(operand));
  SmallVector<Scalar> operands(sources.size(), false);
  for (int64_t position = 0; position < result->size(); ++position) {
    for (size_t i = 0; i < sources.size(); ++i)
      operands[i] = load(*sources[i], position);
    store(*result, position, round(op.evaluate(operands), operands, isa<ConvertOp>(*op)));
  }
  bind(op->getResult(0), std::move(*result));
  return success();
}

LogicalResult Execution::execute(ForOp op) {
  int64_t lower = index(op.getLower()), upper = index(op.getUpper()), count = 0;
  if (lower < upper && __builtin_sub_overflow(upper, lower, &count))
    return fail(op, malformedCode, "a loop runs more often than can be counted");
  size_t carried = op.getInits().size();
  Block &body = op.getBody().front();
  auto yield = cast<YieldOp>(body.back());

  SmallVector<Tensor> carries;
  for (Value init : op.getInits())
    carries.push_back(tensor(init));
  std::vector<runtime::Array> stacks;
  ValueRange dims = op.getDims();
  for (size_t i = carried; i < op.getNumResults(); ++i) {
    auto type = cast<RankedTensorType>(op.getResult(i).getType());
    FailureOr<runtime::Array> stack = allocate(op, type, dims.take_front(type.getNumDynamicDims()));
    if (failed(stack))
      return failure();
    dims = dims.drop_front(type.getNumDynamicDims());
    if (stack->shape()[0] != count)
      return fail(op, malformedCode, "a stack's first axis is not the number of iterations");
    stacks.push_back(std::move(*stack));
  }

  auto goesOn = [&] { return !op.getConditional() || carries.front()->as<bool>()[0]; };
  for (int64_t step = 0; step < count && goesOn(); ++step) {
    bind(body.getArgument(0), runtime::Array::scalar<int64_t>(lower + step));
    for (size_t i = 0; i < carried; ++i)
      bind(body.getArgument(i + 1), carries[i]);
    if (failed(run(body)))
      return failure();
    for (size_t i = 0; i < carried; ++i) {
      const Tensor &next = tensor(yield.getValues()[i]);
      if (next->shape() != carries[i]->shape())
        return fail(op, malformedCode, "a carried value changes its shape");
      carries[i] = next;
    }
    for (size_t i = 0; i < stacks.size(); ++i) {
      const runtime::Array &value = array(yield.getValues()[carried + i]);
      if (value.size() * count != stacks[i].size())
        return fail(op, malformedCode, "a stacked value has another shape than its stack");
      for (int64_t position = 0; position < value.size(); ++position)
        store(stacks[i], step * value.size() + position, load(value, position));
    }
  }
  for (size_t i = 0; i < carried; ++i)
    bind(op.getResult(i), carries[i]);
  for (size_t i = 0; i < stacks.size(); ++i)
    bind(op.getResult(carried + i), std::move(stacks[i]));
  return success();
}

LogicalResult Execution::runInPlace(Operation *op, Block &body) {
  if (failed(run(body)))
    return failure();
  for (auto [result, value] : llvm::zip_equal(op->getResults(), cast<YieldOp>(body.back()).getValues()))
    bind(result, tensor(value));
  return success();
}

LogicalResult Execution::execute(KernelOp op) { return runInPlace(op, op.getBody().front()); }

LogicalResult Execution::execute(CheckpointOp op) { return runInPlace(op, op.getBody().front()); }

LogicalResult Execution::execute(CustomOp op) {
  Block &body = op.getBody().front();
  for (auto [argument, value] : llvm::zip_equal(body.getArguments(), op.getArgs()))
    bind(argument, tensor(value));
  return runInPlace(op, body);
}

LogicalResult Execution::execute(CheckOp op) {
  const runtime::Array &condition = array(op.getCondition());
  if (llvm::all_of(condition.as<bool>(), [](bool holds) { return holds; }))
    return success();
  return fail(op, op.getCode(), op.getMessage());
}

LogicalResult Execution::execute(HostOp op) {
  ValueRange values = op.getValues();
  if (op.getGuarded()) {
    if (!array(values.front()).as<bool>()[0])
      return success();
    values = values.drop_front();
  }
  std::vector<runtime::Array> arguments;
  for (Value value : values) {
    auto copy = runtime::Array::copyOf(array(value).view());
    if (!copy)
      return fail(op, memoryCode, copy.error().message);
    arguments.push_back(std::move(*copy));
  }
  if (op.getWhat() == "nonfinite") {
    auto outcome = runtime::performEffect(op.getWhat().str(), op.getSpec().str(), arguments, {});
    return fail(op, outcome.error().code, outcome.error().message);
  }
  host(op.getWhat(), op.getSpec(), arguments);
  return success();
}

std::variant<std::vector<runtime::Array>, InterpreterError>
ricci::interpret(func::FuncOp function, ArrayRef<runtime::Array> arguments, const HostEffect &host, Noise noise) {
  Execution execution(host, noise);
  Block &body = function.getBody().front();
  if (arguments.size() != body.getNumArguments())
    return InterpreterError{malformedCode.str(), "the function takes another number of arguments", function.getLoc()};
  for (auto [parameter, argument] : llvm::zip_equal(body.getArguments(), arguments)) {
    auto type = dyn_cast<RankedTensorType>(parameter.getType());
    bool fits = type && dtypeOf(type.getElementType()) == argument.dtype() && type.getRank() == argument.rank();
    for (int64_t axis = 0; fits && axis < type.getRank(); ++axis)
      fits = type.isDynamicDim(axis) || type.getDimSize(axis) == argument.shape()[axis];
    if (!fits)
      return InterpreterError{malformedCode.str(), "argument " + std::to_string(parameter.getArgNumber()) + " is " +
                                                       runtime::describe(argument.type()) +
                                                       ", which is not what the function takes",
                              parameter.getLoc()};
    execution.bind(parameter, runtime::Array::borrow(argument.type(), argument.data()));
  }
  if (failed(execution.run(body)))
    return *execution.error;
  std::vector<runtime::Array> results;
  for (Value value : body.getTerminator()->getOperands()) {
    auto copy = runtime::Array::copyOf(execution.array(value).view());
    if (!copy)
      return InterpreterError{memoryCode.str(), copy.error().message, function.getLoc()};
    results.push_back(std::move(*copy));
  }
  return results;
}
