// Arithmetic of sizes: constants fold, the rest becomes index arithmetic.
#include "compiler/Frontend/Tensors.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace ricci;
using namespace ricci::frontend;

namespace {

// Wraps like i64 arithmetic: what overflows is caught where memory is asked for.
int64_t wrappingAdd(int64_t x, int64_t y) { return int64_t(uint64_t(x) + uint64_t(y)); }
int64_t wrappingSub(int64_t x, int64_t y) { return int64_t(uint64_t(x) - uint64_t(y)); }
int64_t wrappingMul(int64_t x, int64_t y) { return int64_t(uint64_t(x) * uint64_t(y)); }

int64_t floorDivideInteger(int64_t x, int64_t y) {
  if (y == 0)
    return 0;
  if (y == -1)
    return wrappingSub(0, x);
  int64_t quotient = x / y;
  return quotient - (x % y != 0 && (x < 0) != (y < 0));
}

} // namespace

Value Tensors::once(StringRef name, Size x, Size y, llvm::function_ref<Value()> compute) {
  Computation key{name, x.value().getAsOpaquePointer(), x.constant(), y.value().getAsOpaquePointer(), y.constant()};
  for (auto &scope : llvm::reverse(known))
    if (auto found = scope.find(key); found != scope.end())
      return found->second;
  Value value = compute();
  known.back()[key] = value;
  return value;
}

Value Tensors::materialize(Size size) {
  if (!size.isStatic())
    return size.value();
  return once("constant", size, 0, [&] { return arith::ConstantIndexOp::create(builder, location, size.constant()); });
}

Size Tensors::add(Size x, Size y) {
  if (x.isStatic() && y.isStatic())
    return wrappingAdd(x.constant(), y.constant());
  if (x.is(0))
    return y;
  if (y.is(0))
    return x;
  return once("add", x, y, [&] { return arith::AddIOp::create(builder, location, materialize(x), materialize(y)); });
}

Size Tensors::sub(Size x, Size y) {
  if (x.isStatic() && y.isStatic())
    return wrappingSub(x.constant(), y.constant());
  if (y.is(0))
    return x;
  if (x == y)
    return 0;
  return once("sub", x, y, [&] { return arith::SubIOp::create(builder, location, materialize(x), materialize(y)); });
}

Size Tensors::mul(Size x, Size y) {
  if (x.isStatic() && y.isStatic())
    return wrappingMul(x.constant(), y.constant());
  if (x.is(0) || y.is(0))
    return 0;
  if (x.is(1))
    return y;
  if (y.is(1))
    return x;
  return once("mul", x, y, [&] { return arith::MulIOp::create(builder, location, materialize(x), materialize(y)); });
}

Size Tensors::minimum(Size x, Size y) {
  if (x == y)
    return x;
  if (x.isStatic() && y.isStatic())
    return std::min(x.constant(), y.constant());
  return once("min", x, y, [&] { return arith::MinSIOp::create(builder, location, materialize(x), materialize(y)); });
}

Size Tensors::maximum(Size x, Size y) {
  if (x == y)
    return x;
  if (x.isStatic() && y.isStatic())
    return std::max(x.constant(), y.constant());
  return once("max", x, y, [&] { return arith::MaxSIOp::create(builder, location, materialize(x), materialize(y)); });
}

// Through ricci.div, which is total: a size's divisor may be zero where the program does not go.
Size Tensors::floorDivide(Size x, Size y) {
  if (x.isStatic() && y.isStatic())
    return floorDivideInteger(x.constant(), y.constant());
  if (y.is(1))
    return x;
  return once("div", x, y, [&] { return materialize(size(div(number(x), number(y)))); });
}

Size Tensors::remainder(Size x, Size y) {
  if (x.isStatic() && y.isStatic())
    return y.is(0) ? Size(0) : Size(wrappingSub(x.constant(), wrappingMul(floorDivideInteger(x.constant(), y.constant()), y.constant())));
  if (y.is(1))
    return 0;
  return once("rem", x, y, [&] { return materialize(size(apply("rem", {number(x), number(y)}))); });
}

Leaf Tensors::number(Size size) {
  if (size.isStatic())
    return fillInteger(size.constant(), builder.getI64Type());
  if (auto convert = size.value().getDefiningOp<ToIndexOp>())
    return {convert.getSource(), {}, {}};
  auto scalar = RankedTensorType::get({}, builder.getI64Type());
  return {once("number", size, 0, [&] { return ToTensorOp::create(builder, location, scalar, size.value()); }), {}, {}};
}

std::optional<int64_t> Tensors::constantInteger(const Leaf &leaf) {
  if (auto fill = leaf.tensor.getDefiningOp<FillOp>())
    if (auto value = dyn_cast<IntegerAttr>(fill.getValue()))
      return value.getType().isInteger(1) ? value.getValue().getZExtValue() : value.getInt();
  DenseElementsAttr elements;
  if (matchPattern(leaf.tensor, m_Constant(&elements)) && elements.isSplat() && isa<IntegerType>(elements.getElementType())) {
    APInt value = elements.getSplatValue<APInt>();
    return value.getBitWidth() == 1 ? value.getZExtValue() : value.getSExtValue();
  }
  return std::nullopt;
}

Size Tensors::size(const Leaf &scalar) {
  if (!scalar.context.empty())
    fail("a size must not depend on an index");
  if (std::optional<int64_t> constant = constantInteger(scalar))
    return *constant;
  if (auto convert = scalar.tensor.getDefiningOp<ToTensorOp>())
    return convert.getSource();
  return once("size", scalar.tensor, 0,
              [&] { return ToIndexOp::create(builder, location, builder.getIndexType(), scalar.tensor); });
}

Size Tensors::product(ArrayRef<Size> sizes) {
  Size result = 1;
  for (const Size &size : sizes)
    result = mul(result, size);
  return result;
}
