#include "dialects/Ricci.h"
#include "dialects/Verify.h"

using namespace mlir;
using namespace ricci;

namespace {
// The region's block ends in ricci.yield; its operands.
FailureOr<OperandRange> yieldedBy(Operation *op, unsigned region = 0) {
  Block &block = op->getRegion(region).front();
  auto yield = block.empty() ? YieldOp() : dyn_cast<YieldOp>(block.back());
  if (!yield)
    return op->emitOpError("has a body that does not end in ricci.yield");
  return yield.getValues();
}

bool isBoolScalar(Type type) {
  auto tensor = cast<RankedTensorType>(type);
  return tensor.getRank() == 0 && tensor.getElementType().isInteger(1);
}

SmallVector<Value> floatingOf(ValueRange values) {
  return llvm::filter_to_vector(values, [](Value value) { return isa<FloatType>(getElementTypeOrSelf(value)); });
}

LogicalResult verifySame(Operation *op, Type left, const Twine &leftName, Type right, const Twine &rightName) {
  if (left == right)
    return success();
  return op->emitOpError() << leftName << " has type " << left << ", " << rightName << " " << right;
}

// The body takes nothing and yields the results.
LogicalResult verifyInPlace(Operation *op) {
  FailureOr<OperandRange> yielded = yieldedBy(op);
  if (failed(yielded) || failed(verifyCount(op, op->getNumResults(), yielded->size(), "yielded values")) ||
      failed(verifyCount(op, 0, op->getRegion(0).getNumArguments(), "body arguments")))
    return failure();
  for (auto [i, value] : llvm::enumerate(*yielded))
    if (failed(verifySame(op, value.getType(), "yielded value " + Twine(i), op->getResult(i).getType(), "the result")))
      return failure();
  return success();
}
} // namespace

LogicalResult ForOp::verify() {
  size_t carried = getInits().size();
  if (getNumResults() < carried)
    return emitOpError() << "has " << carried << " carried values and only " << getNumResults() << " results";
  Block &body = getBody().front();
  if (failed(verifyCount(*this, carried + 1, body.getNumArguments(), "body arguments, the counter and the carried values")))
    return failure();
  auto counter = RankedTensorType::get({}, IntegerType::get(getContext(), 64));
  if (failed(verifySame(*this, body.getArgument(0).getType(), "the counter", counter, "it must have")))
    return failure();
  FailureOr<OperandRange> yielded = yieldedBy(*this);
  if (failed(yielded) || failed(verifyCount(*this, getNumResults(), yielded->size(), "yielded values")))
    return failure();
  for (size_t i = 0; i < carried; ++i) {
    Type type = getInits()[i].getType();
    std::string name = ("carried value " + Twine(i)).str();
    if (failed(verifySame(*this, type, name, body.getArgument(i + 1).getType(), "its argument in the body")) ||
        failed(verifySame(*this, type, name, (*yielded)[i].getType(), "its next value")) ||
        failed(verifySame(*this, type, name, getResult(i).getType(), "its result")))
      return failure();
  }
  if (getConditional() && (carried == 0 || !isBoolScalar(getInits().front().getType())))
    return emitOpError("has a condition and needs a boolean scalar as its first carried value");
  if (getConditional() && getNumResults() > carried)
    return emitOpError() << "has a condition and stacks nothing, there are " << getNumResults() - carried << " stacks";
  size_t dynamic = 0;
  for (size_t i = carried; i < getNumResults(); ++i) {
    auto stack = cast<RankedTensorType>(getResult(i).getType()), value = cast<RankedTensorType>((*yielded)[i].getType());
    if (stack.getRank() != value.getRank() + 1 || stack.getElementType() != value.getElementType() ||
        stack.getShape().drop_front() != value.getShape())
      return emitOpError() << "stacks " << value << " into result " << i << " of type " << stack;
    dynamic += stack.getNumDynamicDims();
  }
  return verifyCount(*this, dynamic, getDims().size(), "sizes for the dynamic axes of the stacked results");
}

LogicalResult KernelOp::verify() { return verifyInPlace(*this); }

LogicalResult CheckpointOp::verify() { return verifyInPlace(*this); }

// ---------------------------------------------------------------- derivative rules

SmallVector<Value> CustomOp::floatingArgs() { return floatingOf(getArgs()); }
SmallVector<Value> CustomOp::floatingResults() { return floatingOf(getResults()); }

namespace {
// Types of the block arguments and of what is yielded; `what` names the region in errors.
LogicalResult verifyTypes(Operation *op, unsigned region, StringRef what, ArrayRef<Value> arguments, ArrayRef<Value> results) {
  Block &block = op->getRegion(region).front();
  if (failed(verifyCount(op, arguments.size(), block.getNumArguments(), what + " arguments")))
    return failure();
  for (auto [i, argument, expected] : llvm::enumerate(block.getArguments(), arguments))
    if (failed(verifySame(op, argument.getType(), what + " argument " + Twine(i), expected.getType(), "it must have")))
      return failure();
  FailureOr<OperandRange> yielded = yieldedBy(op, region);
  if (failed(yielded) || failed(verifyCount(op, results.size(), yielded->size(), "values yielded by its " + what)))
    return failure();
  for (auto [i, value, expected] : llvm::enumerate(*yielded, results))
    if (failed(verifySame(op, value.getType(), what + " value " + Twine(i), expected.getType(), "it must have")))
      return failure();
  return success();
}
} // namespace

LogicalResult CustomOp::verify() {
  SmallVector<Value> args(getArgs()), results(getResults());
  if (failed(verifyTypes(*this, 0, "body", args, results)))
    return failure();
  if (getVjp().empty() && getJvp().empty())
    return emitOpError("needs a rule, vjp or jvp");
  auto ruleArguments = [&](ArrayRef<Value> linear) {
    SmallVector<Value> arguments(args);
    llvm::append_range(arguments, results);
    llvm::append_range(arguments, linear);
    return arguments;
  };
  if (!getVjp().empty() && failed(verifyTypes(*this, 1, "vjp", ruleArguments(floatingResults()), floatingArgs())))
    return failure();
  if (!getJvp().empty() && failed(verifyTypes(*this, 2, "jvp", ruleArguments(floatingArgs()), floatingResults())))
    return failure();
  return success();
}

// ---------------------------------------------------------------- derivative forms

namespace {
// What both forms ask: floating primals, and a body that takes them.
LogicalResult verifyBody(Operation *op, OperandRange primals) {
  Block &body = op->getRegion(0).front();
  if (failed(verifyCount(op, primals.size(), body.getNumArguments(), "body arguments, one for each primal")))
    return failure();
  for (auto [i, primal] : llvm::enumerate(primals)) {
    if (!isa<FloatType>(getElementTypeOrSelf(primal)))
      return op->emitOpError() << "differentiates by primal " << i << " of type " << primal.getType()
                               << ", which carries no derivative";
    if (failed(verifySame(op, primal.getType(), "primal " + Twine(i), body.getArgument(i).getType(), "its argument")))
      return failure();
  }
  return success();
}
} // namespace

LogicalResult JvpOp::verify() {
  if (failed(verifyBody(*this, getPrimals())) ||
      failed(verifyCount(*this, getPrimals().size(), getTangents().size(), "tangents, one for each primal")))
    return failure();
  for (auto [i, primal, tangent] : llvm::enumerate(getPrimals(), getTangents()))
    if (failed(verifySame(*this, primal.getType(), "primal " + Twine(i), tangent.getType(), "its tangent")))
      return failure();
  FailureOr<OperandRange> yielded = yieldedBy(*this);
  if (failed(yielded) ||
      failed(verifyCount(*this, 2 * yielded->size(), getNumResults(), "results, values and tangents")))
    return failure();
  for (auto [i, value] : llvm::enumerate(*yielded)) {
    std::string name = ("value " + Twine(i)).str();
    if (failed(verifySame(*this, value.getType(), name, getResult(i).getType(), "its result")) ||
        failed(verifySame(*this, value.getType(), name, getResult(yielded->size() + i).getType(), "its tangent")))
      return failure();
  }
  return success();
}

LogicalResult VjpOp::verify() {
  FailureOr<OperandRange> yielded = yieldedBy(*this);
  if (failed(verifyBody(*this, getPrimals())) || failed(yielded) ||
      failed(verifyCount(*this, yielded->size(), getCotangents().size(), "cotangents, one for each value")) ||
      failed(verifyCount(*this, yielded->size() + getPrimals().size(), getNumResults(),
                         "results, values and cotangents of the primals")))
    return failure();
  for (auto [i, value] : llvm::enumerate(*yielded)) {
    std::string name = ("value " + Twine(i)).str();
    if (failed(verifySame(*this, value.getType(), name, getCotangents()[i].getType(), "its cotangent")) ||
        failed(verifySame(*this, value.getType(), name, getResult(i).getType(), "its result")))
      return failure();
  }
  for (auto [i, primal] : llvm::enumerate(getPrimals()))
    if (failed(verifySame(*this, primal.getType(), "primal " + Twine(i), getResult(yielded->size() + i).getType(),
                          "its cotangent")))
      return failure();
  return success();
}

LogicalResult HostOp::verify() {
  if (!getGuarded())
    return success();
  if (getValues().empty() || !isBoolScalar(getValues().front().getType()))
    return emitOpError("is guarded and needs a boolean scalar as its first value");
  return success();
}

#define GET_OP_CLASSES
#include "dialects/RicciOps.cpp.inc"
