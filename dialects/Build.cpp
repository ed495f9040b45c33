#include "dialects/Build.h"

#include "dialects/Ricci.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"

using namespace mlir;
using namespace ricci;

Value ricci::buildDim(OpBuilder &builder, Location loc, Value tensor, int64_t axis) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (!type.isDynamicDim(axis))
    return arith::ConstantIndexOp::create(builder, loc, type.getDimSize(axis));
  return builder.createOrFold<DimOp>(loc, builder.getIndexType(), tensor, builder.getI64IntegerAttr(axis));
}

SmallVector<Value> ricci::buildDynamicDims(OpBuilder &builder, Location loc, Value tensor) {
  SmallVector<Value> dims;
  auto type = cast<RankedTensorType>(tensor.getType());
  for (int64_t axis = 0; axis < type.getRank(); ++axis)
    if (type.isDynamicDim(axis))
      dims.push_back(buildDim(builder, loc, tensor, axis));
  return dims;
}

Value ricci::buildFill(OpBuilder &builder, Location loc, Type type, ValueRange dims, double number) {
  Type element = cast<RankedTensorType>(type).getElementType();
  return FillOp::create(builder, loc, type, Scalar::of(element, number).toAttribute(element), dims);
}

Value ricci::buildFillLike(OpBuilder &builder, Location loc, Type type, Value shaped, double number) {
  return buildFill(builder, loc, type, buildDynamicDims(builder, loc, shaped), number);
}

Value ricci::buildEinsum(OpBuilder &builder, Location loc, StringRef equation, ValueRange inputs,
                         std::function<OpFoldResult(char)> sizeOf) {
  Equation parsed = llvm::cantFail(Equation::parse(equation));
  if (parsed.inputs.empty() && inputs.size() == 1)
    parsed.inputs.push_back("");
  // The size of a letter: a static one if any operand tells it.
  auto sizeIn = [&](char letter) -> OpFoldResult {
    OpFoldResult dynamic;
    for (auto [letters, input] : llvm::zip_equal(parsed.inputs, inputs)) {
      auto type = cast<RankedTensorType>(input.getType());
      for (auto [axis, own] : llvm::enumerate(letters)) {
        if (own != letter)
          continue;
        if (!type.isDynamicDim(axis))
          return builder.getIndexAttr(type.getDimSize(axis));
        if (!dynamic)
          dynamic = buildDim(builder, loc, input, axis);
      }
    }
    return dynamic ? dynamic : sizeOf(letter);
  };
  SmallVector<OpFoldResult> sizes;
  for (char letter : parsed.output)
    sizes.push_back(sizeIn(letter));
  auto [shape, dims] = decomposeMixedValues(sizes);
  Type element = cast<RankedTensorType>(inputs.front().getType()).getElementType();
  return EinsumOp::create(builder, loc, RankedTensorType::get(shape, element), equation, inputs, dims);
}
