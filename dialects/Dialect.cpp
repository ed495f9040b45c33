#include "dialects/Ricci.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace ricci;

#include "dialects/RicciDialect.cpp.inc"
#include "dialects/RicciEnums.cpp.inc"
#include "dialects/RicciInterfaces.cpp.inc"

void RicciDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "dialects/RicciElementwise.cpp.inc"
      >();
  addOperations<
#define GET_OP_LIST
#include "dialects/RicciOps.cpp.inc"
      >();
}

// Folding yields sizes (index) and dense tensors; uniform tensors are ricci.fill and fold by patterns.
Operation *RicciDialect::materializeConstant(OpBuilder &builder, Attribute value, Type type, Location loc) {
  if (type.isIndex())
    return arith::ConstantOp::create(builder, loc, type, cast<TypedAttr>(value));
  if (auto elements = dyn_cast<ElementsAttr>(value))
    return ConstantOp::create(builder, loc, elements);
  return nullptr;
}

Type ricci::withElement(Type tensor, Type element) { return cast<RankedTensorType>(tensor).clone(element); }

std::optional<Scalar> ricci::uniformValue(Value tensor) {
  if (auto fill = tensor.getDefiningOp<FillOp>())
    return Scalar::fromAttribute(fill.getValue());
  if (auto constant = tensor.getDefiningOp<ConstantOp>())
    if (auto splat = dyn_cast<SplatElementsAttr>(constant.getValue()))
      return Scalar::fromAttribute(splat.getSplatValue<Attribute>());
  return std::nullopt;
}

bool ricci::isUniform(Value tensor, double number) {
  std::optional<Scalar> value = uniformValue(tensor);
  return value && value->as<double>() == number;
}
