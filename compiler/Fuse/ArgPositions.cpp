#include "ArgPositions.h"

#include "dialects/Build.h"

namespace ricci::fuse {

using namespace mlir;

namespace {

// What no element of the type beats.
TypedAttr weakest(Type element, bool largest) {
  if (auto real = dyn_cast<FloatType>(element))
    return FloatAttr::get(real, llvm::APFloat::getInf(real.getFloatSemantics(), /*Negative=*/largest));
  const unsigned bits = element.getIntOrFloatBitWidth();
  return IntegerAttr::get(element, largest ? llvm::APInt::getSignedMinValue(bits) : llvm::APInt::getSignedMaxValue(bits));
}

} // namespace

// m = max x; argmax = min { j : x_j = m or x_j is NaN }: m is NaN if any x_j is, and then equals none. Elements that the
// mask leaves out are as weak as can be, and never the position; without any position it is 0.
void expandArgReduction(ReduceOp op) {
  const bool largest = op.getKind() == ReduceKind::argmax;
  if ((!largest && op.getKind() != ReduceKind::argmin) || op.getAxes().size() != 1)
    return;
  OpBuilder builder(op);
  Location loc = op.getLoc();
  const int64_t axis = op.getAxes().front();
  Value x = op.getInput(), mask = op.getMask();
  auto full = op.getInput().getType();
  Type element = full.getElementType();
  auto bools = cast<RankedTensorType>(withElement(full, builder.getI1Type()));
  auto numbers = cast<RankedTensorType>(withElement(full, builder.getI64Type()));
  SmallVector<Value> dims = buildDynamicDims(builder, loc, x);
  auto fill = [&](RankedTensorType type, TypedAttr value, ValueRange sizes) {
    return FillOp::create(builder, loc, type, value, sizes).getResult();
  };

  if (mask)
    x = SelectOp::create(builder, loc, mask, x, fill(full, weakest(element, largest), dims));
  auto extremes = cast<RankedTensorType>(withElement(op.getType(), element));
  Value extreme = ReduceOp::create(builder, loc, extremes, largest ? ReduceKind::max : ReduceKind::min,
                                   ArrayRef<int64_t>{axis}, x, Value());
  // Back along the axis.
  const std::string letters = indexLetters(full.getRank());
  std::string kept = letters;
  kept.erase(axis, 1);
  Value spread = EinsumOp::create(builder, loc, full, kept + "->" + letters, ValueRange{extreme}, dims);
  Value hit = CmpOp::create(builder, loc, bools, ComparePredicate::eq, x, spread);
  if (isa<FloatType>(element))
    hit = OrOp::create(builder, loc, hit, IsNanOp::create(builder, loc, bools, x).getResult());
  if (mask)
    hit = AndOp::create(builder, loc, hit, mask);

  auto line = RankedTensorType::get({full.getDimSize(axis)}, builder.getI64Type());
  SmallVector<Value> length;
  if (line.isDynamicDim(0))
    length.push_back(buildDim(builder, loc, op.getInput(), axis));
  Value position = IotaOp::create(builder, loc, line, length);
  position = EinsumOp::create(builder, loc, numbers, std::string(1, letters[axis]) + "->" + letters, ValueRange{position}, dims);
  TypedAttr none = builder.getI64IntegerAttr(std::numeric_limits<int64_t>::max());
  Value candidate = SelectOp::create(builder, loc, hit, position, fill(numbers, none, dims));
  Value first = ReduceOp::create(builder, loc, op.getType(), ReduceKind::min, ArrayRef<int64_t>{axis}, candidate, Value());
  SmallVector<Value> resultDims = buildDynamicDims(builder, loc, first);
  auto flags = cast<RankedTensorType>(withElement(op.getType(), builder.getI1Type()));
  Value empty = CmpOp::create(builder, loc, flags, ComparePredicate::eq, first, fill(op.getType(), none, resultDims));
  Value result = SelectOp::create(builder, loc, empty, fill(op.getType(), builder.getI64IntegerAttr(0), resultDims), first);
  op.getResult().replaceAllUsesWith(result);
  op.erase();
}

} // namespace ricci::fuse
