#include "dialects/Ricci.h"
#include "dialects/Verify.h"

#include "mlir/IR/Matchers.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace ricci;

// ---- constants and sizes

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValue(); }

LogicalResult FillOp::verify() {
  if (getValue().getType() != getType().getElementType())
    return emitOpError() << "fills " << getType() << " with a number of type " << getValue().getType();
  return verifyDims(*this, getDims(), getType());
}

LogicalResult IotaOp::verify() {
  if (getType().getRank() != 1)
    return emitOpError() << "counts along one axis, its result has rank " << getType().getRank();
  return verifyDims(*this, getDims(), getType());
}

LogicalResult DimOp::verify() {
  int64_t rank = getSource().getType().getRank(), axis = getAxis();
  if (axis < 0 || axis >= rank)
    return emitOpError() << "asks for axis " << axis << " of a tensor of rank " << rank;
  return success();
}

namespace {
// The dims operand of an operation that carries its result's sizes.
Value carriedDim(RankedTensorType type, ValueRange dims, int64_t axis) {
  return dims[llvm::count(type.getShape().take_front(axis), ShapedType::kDynamic)];
}

// A tensor and axis of the same size as this one's, nearer to the arguments; null where there is none.
std::pair<Value, int64_t> sizeSource(Value tensor, int64_t axis) {
  if (auto argument = dyn_cast<BlockArgument>(tensor)) {
    // Shapes of carried values do not change. A loop that is being given more of them has arguments without initial values.
    Operation *parent = argument.getOwner()->getParentOp();
    unsigned number = argument.getArgNumber();
    if (auto loop = dyn_cast_or_null<ForOp>(parent); loop && number > 0 && number <= loop.getInits().size())
      return {loop.getInits()[number - 1], axis};
    if (auto jvp = dyn_cast_or_null<JvpOp>(parent))
      return {jvp.getPrimals()[number], axis};
    if (auto vjp = dyn_cast_or_null<VjpOp>(parent))
      return {vjp.getPrimals()[number], axis};
    if (auto custom = dyn_cast_or_null<CustomOp>(parent); custom && number < custom.getArgs().size())
      return {custom.getArgs()[number], axis};
    return {};
  }
  Operation *op = tensor.getDefiningOp();
  if (isa<ElementwiseOpInterface, RecurrenceOp, StopGradOp, BarrierOp, UpdateOp>(op))
    return {op->getOperand(0), axis};
  if (auto loop = dyn_cast<ForOp>(op)) {
    unsigned number = cast<OpResult>(tensor).getResultNumber();
    if (number < loop.getInits().size())
      return {loop.getInits()[number], axis};
  }
  if (auto concat = dyn_cast<ConcatOp>(op); concat && static_cast<int64_t>(concat.getAxis()) != axis)
    return {concat.getInputs().front(), axis};
  if (auto reduce = dyn_cast<ReduceOp>(op)) {
    int64_t source = 0;
    for (;; ++source) {
      if (llvm::is_contained(reduce.getAxes(), source))
        continue;
      if (axis-- == 0)
        return {reduce.getInput(), source};
    }
  }
  return {};
}
} // namespace

SizeOrigin ricci::sizeOrigin(Value tensor, int64_t axis) {
  for (;;) {
    auto type = cast<RankedTensorType>(tensor.getType());
    if (!type.isDynamicDim(axis))
      return {Value(), type.getDimSize(axis)};
    Value size;
    if (Operation *op = tensor.getDefiningOp()) {
      if (isa<FillOp, IotaOp, EinsumOp, GatherOp, ScatterOp, ReshapeOp, ArgsortOp>(op)) {
        ValueRange dims = TypeSwitch<Operation *, ValueRange>(op)
                              .Case<FillOp, IotaOp, EinsumOp, GatherOp, ScatterOp, ReshapeOp, ArgsortOp>(
                                  [](auto sized) { return ValueRange(sized.getDims()); });
        size = carriedDim(type, dims, axis);
      } else if (auto loop = dyn_cast<ForOp>(op)) {
        unsigned number = cast<OpResult>(tensor).getResultNumber(), carried = loop.getInits().size();
        if (number >= carried) {
          size_t before = 0;
          for (unsigned stack = carried; stack < number; ++stack)
            before += cast<RankedTensorType>(loop.getResultTypes()[stack]).getNumDynamicDims();
          size = carriedDim(type, loop.getDims().drop_front(before), axis);
        }
      }
    }
    if (size) {
      APInt number;
      if (matchPattern(size, m_ConstantInt(&number)))
        return {Value(), number.getSExtValue()};
      auto dim = size.getDefiningOp<DimOp>();
      if (!dim)
        return {size, -1};
      tensor = dim.getSource();
      axis = dim.getAxis();
      continue;
    }
    auto [source, sourceAxis] = sizeSource(tensor, axis);
    if (!source)
      return {tensor, axis};
    tensor = source;
    axis = sourceAxis;
  }
}

OpFoldResult DimOp::fold(FoldAdaptor) {
  SizeOrigin origin = sizeOrigin(getSource(), getAxis());
  if (!origin.value)
    return IntegerAttr::get(IndexType::get(getContext()), origin.number);
  if (origin.value.getType().isIndex())
    return origin.value;
  if (origin.value == getSource())
    return {};
  getSourceMutable().assign(origin.value);
  setAxis(origin.number);
  return getResult();
}

LogicalResult ToIndexOp::verify() {
  if (getSource().getType().getRank() != 0)
    return emitOpError() << "takes a scalar, not " << getSource().getType();
  return success();
}

OpFoldResult ToIndexOp::fold(FoldAdaptor) {
  if (auto origin = getSource().getDefiningOp<ToTensorOp>())
    return origin.getSource();
  if (std::optional<Scalar> value = uniformValue(getSource()))
    return IntegerAttr::get(IndexType::get(getContext()), value->as<int64_t>());
  return {};
}

LogicalResult ToTensorOp::verify() {
  if (getType().getRank() != 0)
    return emitOpError() << "gives a scalar, not " << getType();
  return success();
}

OpFoldResult ToTensorOp::fold(FoldAdaptor adaptor) {
  if (auto origin = getSource().getDefiningOp<ToIndexOp>())
    return origin.getSource();
  if (auto value = dyn_cast_or_null<IntegerAttr>(adaptor.getSource()))
    return DenseElementsAttr::get(getType(), value.getInt());
  return {};
}

// ---- reductions

LogicalResult ReduceOp::verify() {
  RankedTensorType input = getInput().getType(), result = getType();
  Type element = input.getElementType();
  SmallVector<bool> reduced(input.getRank(), false);
  for (int64_t axis : getAxes()) {
    if (axis < 0 || axis >= input.getRank())
      return emitOpError() << "reduces axis " << axis << " of a tensor of rank " << input.getRank();
    if (reduced[axis])
      return emitOpError() << "reduces axis " << axis << " twice";
    reduced[axis] = true;
  }
  SmallVector<int64_t> kept;
  for (auto [axis, size] : llvm::enumerate(input.getShape()))
    if (!reduced[axis])
      kept.push_back(size);
  if (ArrayRef<int64_t>(kept) != result.getShape())
    return emitOpError() << "keeps the shape " << RankedTensorType::get(kept, element) << ", its result is " << result;

  ReduceKind kind = getKind();
  bool isArg = kind == ReduceKind::argmax || kind == ReduceKind::argmin;
  bool isLogical = kind == ReduceKind::any || kind == ReduceKind::all;
  if (isLogical != element.isInteger(1))
    return emitOpError() << "'" << stringifyReduceKind(kind) << "' does not reduce " << element;
  Type expected = isArg ? Type(IntegerType::get(getContext(), 64)) : element;
  if (result.getElementType() != expected)
    return emitOpError() << "'" << stringifyReduceKind(kind) << "' of " << element << " gives " << expected
                         << ", its result has " << result.getElementType();
  if (Value mask = getMask()) {
    if (!isArg)
      return emitOpError() << "'" << stringifyReduceKind(kind) << "' takes no mask: select its neutral element instead";
    if (cast<RankedTensorType>(mask.getType()).getShape() != input.getShape())
      return emitOpError() << "has a mask of type " << mask.getType() << " on an input of type " << input;
  }
  return success();
}

// ---- structure

LogicalResult ConcatOp::verify() {
  if (getInputs().empty())
    return emitOpError("needs an operand");
  RankedTensorType result = getType();
  int64_t axis = getAxis();
  if (axis < 0 || axis >= result.getRank())
    return emitOpError() << "joins along axis " << axis << " of a tensor of rank " << result.getRank();
  int64_t total = 0;
  for (auto [position, input] : llvm::enumerate(getInputs())) {
    auto type = cast<RankedTensorType>(input.getType());
    if (type.getElementType() != result.getElementType() || type.getRank() != result.getRank())
      return emitOpError() << "operand " << position << " is " << type << ", the result " << result;
    for (int64_t other = 0; other < result.getRank(); ++other)
      if (other != axis && !sizesAgree(type.getDimSize(other), result.getDimSize(other)))
        return emitOpError() << "operand " << position << " has size " << type.getDimSize(other) << " on axis " << other
                             << ", the result " << result.getDimSize(other);
    total = ShapedType::isDynamic(total) || type.isDynamicDim(axis) ? ShapedType::kDynamic
                                                                     : total + type.getDimSize(axis);
  }
  if (!sizesAgree(total, result.getDimSize(axis)))
    return emitOpError() << "joins " << total << " along axis " << axis << ", the result has "
                         << result.getDimSize(axis);
  return success();
}

LogicalResult ReshapeOp::verify() {
  RankedTensorType input = getInput().getType(), result = getType();
  if (input.getElementType() != result.getElementType())
    return emitOpError() << "keeps element type " << input.getElementType() << ", its result has "
                         << result.getElementType();
  if (input.hasStaticShape() && result.hasStaticShape() && input.getNumElements() != result.getNumElements())
    return emitOpError() << "has " << input.getNumElements() << " elements going in and " << result.getNumElements()
                         << " coming out";
  return verifyDims(*this, getDims(), result);
}

OpFoldResult ReshapeOp::fold(FoldAdaptor) {
  RankedTensorType input = getInput().getType();
  // The same static shape, or the same shape with one dynamic axis, which the number of elements then fixes.
  if (input == getType() && input.getNumDynamicDims() <= 1 && !llvm::is_contained(input.getShape(), 0))
    return getInput();
  if (auto inner = getInput().getDefiningOp<ReshapeOp>()) {
    getInputMutable().assign(inner.getInput());
    return getResult();
  }
  return {};
}

LogicalResult ArgsortOp::verify() {
  RankedTensorType input = getInput().getType(), result = getType();
  if (input.getRank() == 0)
    return emitOpError("sorts along the last axis, a scalar has none");
  bool fits = input.getRank() == result.getRank();
  for (int64_t axis = 0; fits && axis + 1 < input.getRank(); ++axis)
    fits = sizesAgree(input.getDimSize(axis), result.getDimSize(axis));
  if (!fits)
    return emitOpError() << "of " << input << " does not give " << result;
  return verifyDims(*this, getDims(), result);
}
