#include "compiler/Simplify/Views.h"

#include "dialects/Build.h"

using namespace mlir;
using namespace ricci;
using namespace ricci::simplify;

std::optional<View> simplify::matchView(Value value) {
  if (auto einsum = value.getDefiningOp<EinsumOp>()) {
    Equation equation = einsum.parseEquation();
    if (equation.inputs.size() != 1 || !equation.summed().empty())
      return std::nullopt;
    return View{einsum.getInputs()[0], equation.inputs[0], equation.output};
  }
  auto gather = value.getDefiningOp<GatherOp>();
  if (!gather || !isBoolean(value) || !gather.getSymbols().empty())
    return std::nullopt;
  // Boolean: every subscript a coordinate, over the whole axis.
  View view{gather.getSource(), "", indexLetters(gather.getType().getRank())};
  for (auto [axis, subscript] : llvm::enumerate(gather.getMap().getResults())) {
    auto dim = dyn_cast<AffineDimExpr>(subscript);
    if (!dim || gather.mode(axis) != AccessMode::exact ||
        !(sizeOrigin(gather.getSource(), axis) == sizeOrigin(gather.getResult(), dim.getPosition())))
      return std::nullopt;
    view.from += view.to[dim.getPosition()];
  }
  return view;
}

View simplify::asBroadcast(Value value) {
  if (std::optional<View> view = matchView(value); view && view->isBroadcast())
    return *view;
  std::string letters = indexLetters(tensorType(value).getRank());
  return {value, letters, letters};
}

RankedTensorType simplify::typeOfAxes(Value tensor, StringRef axes, StringRef letters, Type element) {
  SmallVector<int64_t> shape;
  for (char letter : letters)
    shape.push_back(tensorType(tensor).getDimSize(axes.find(letter)));
  return RankedTensorType::get(shape, element);
}

SmallVector<Value> simplify::buildDimsOfAxes(OpBuilder &builder, Location loc, Value tensor, StringRef axes,
                                             StringRef letters) {
  SmallVector<Value> dims;
  for (char letter : letters)
    if (tensorType(tensor).isDynamicDim(axes.find(letter)))
      dims.push_back(buildDim(builder, loc, tensor, axes.find(letter)));
  return dims;
}

Value simplify::buildView(OpBuilder &builder, Location loc, Value source, StringRef from, StringRef to,
                          RankedTensorType type, ValueRange dims) {
  if (from == to && !hasRepeats(to) && source.getType() == type)
    return source;
  if (!isBoolean(source))
    return EinsumOp::create(builder, loc, type, (from + "->" + to).str(), source, dims);
  SmallVector<AffineExpr> subscripts;
  for (char letter : from)
    subscripts.push_back(builder.getAffineDimExpr(to.find(letter)));
  SmallVector<int32_t> modes(from.size(), static_cast<int32_t>(AccessMode::exact));
  return GatherOp::create(builder, loc, type, source, ValueRange(), dims,
                          AffineMap::get(to.size(), 0, subscripts, builder.getContext()), builder.getArrayAttr({}),
                          modes);
}

Value simplify::buildScaled(OpBuilder &builder, Location loc, Value value, double number) {
  if (number == 1)
    return value;
  if (number == -1)
    return NegOp::create(builder, loc, value);
  return MulOp::create(builder, loc, value, buildFillLike(builder, loc, value.getType(), value, number));
}

Value simplify::buildFactorOfSum(OpBuilder &builder, Location loc, Value factor, const Axes &summed) {
  if (!isa<FloatType>(tensorType(factor).getElementType()))
    return factor;
  Value any;
  for (auto [tensor, axis] : summed) {
    if (!tensorType(tensor).isDynamicDim(axis))
      continue;
    auto type = RankedTensorType::get({}, builder.getI64Type());
    Value size = ToTensorOp::create(builder, loc, type, buildDim(builder, loc, tensor, axis));
    Value some = CmpOp::create(builder, loc, ComparePredicate::ne, size, buildZeros(builder, loc, size));
    any = any ? AndOp::create(builder, loc, any, some) : some;
  }
  if (!any)
    return factor;
  RankedTensorType type = tensorType(factor).clone(builder.getI1Type());
  any = buildView(builder, loc, any, "", indexLetters(type.getRank()), type, buildDynamicDims(builder, loc, factor));
  return SelectOp::create(builder, loc, any, factor, buildZeros(builder, loc, factor));
}
