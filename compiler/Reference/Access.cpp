// Reading and writing by subscript: gather, scatter, update.
#include "compiler/Reference/Execution.h"

using namespace mlir;
using namespace ricci;
using namespace ricci::reference;
using runtime::Array;
using runtime::Shape;

namespace {
using Number = numbers::Wrapping<int64_t>;

// Value of a semi-affine expression; division is total, as everywhere.
int64_t evaluate(AffineExpr expression, ArrayRef<int64_t> dims, ArrayRef<int64_t> symbols) {
  if (auto constant = dyn_cast<AffineConstantExpr>(expression))
    return constant.getValue();
  if (auto dim = dyn_cast<AffineDimExpr>(expression))
    return dims[dim.getPosition()];
  if (auto symbol = dyn_cast<AffineSymbolExpr>(expression))
    return symbols[symbol.getPosition()];
  auto binary = cast<AffineBinaryOpExpr>(expression);
  Number x{evaluate(binary.getLHS(), dims, symbols)}, y{evaluate(binary.getRHS(), dims, symbols)};
  switch (expression.getKind()) {
  case AffineExprKind::Add: return (x + y).value;
  case AffineExprKind::Mul: return (x * y).value;
  case AffineExprKind::Mod: return remainder(x, y).value;
  case AffineExprKind::FloorDiv: return divide(x, y).value;
  default: return (-divide(-x, y)).value; // ceildiv
  }
}

// Where `subscript` lies on an axis; -1 for nowhere, -2 for a broken promise.
int64_t place(int64_t subscript, int64_t size, AccessMode mode) {
  if (subscript >= 0 && subscript < size)
    return subscript;
  switch (mode) {
  case AccessMode::exact: return -2;
  case AccessMode::pad: return -1;
  case AccessMode::clamp: return size == 0 ? -1 : subscript < 0 ? 0 : size - 1;
  case AccessMode::wrap: return size == 0 ? -1 : remainder(Number{subscript}, Number{size}).value;
  }
  return -1;
}

// Calls visit(p, position in the array or -1) for every point p of the index space, numbered in row-major order.
template <typename Op, typename Visit>
LogicalResult access(Execution &execution, Op op, const Shape &points, const Shape &arrayShape, Visit visit) {
  AffineMap map = op.getMap();
  SmallVector<const Array *> sources;
  for (auto [number, symbol] : llvm::enumerate(op.getSymbols())) {
    sources.push_back(&execution.array(symbol));
    for (auto [axis, coordinate] : llvm::enumerate(op.symbolAxes(number)))
      if (sources.back()->shape()[axis] != points[coordinate])
        return execution.fail(op, malformedCode, "a symbol's shape is not that of its coordinates");
  }
  bool isExact = true;
  int64_t point = 0;
  forEach(points, [&](ArrayRef<int64_t> p) {
    SmallVector<int64_t> symbols;
    for (auto [number, source] : llvm::enumerate(sources)) {
      SmallVector<int64_t> at;
      for (int64_t coordinate : op.symbolAxes(number))
        at.push_back(p[coordinate]);
      symbols.push_back(source->template as<int64_t>()[positionOf(source->shape(), at)]);
    }
    SmallVector<int64_t> subscripts;
    bool inside = true;
    for (unsigned axis = 0; axis < map.getNumResults(); ++axis) {
      int64_t subscript = place(evaluate(map.getResult(axis), p, symbols), arrayShape[axis], op.mode(axis));
      inside &= subscript >= 0;
      isExact &= subscript != -2;
      subscripts.push_back(subscript);
    }
    visit(point++, inside ? positionOf(arrayShape, subscripts) : -1);
  });
  return isExact ? success() : execution.fail(op, malformedCode, "an access said to be exact is outside its array");
}

void clear(Array &array) {
  for (int64_t position = 0; position < array.size(); ++position)
    store(array, position, false);
}
} // namespace

LogicalResult Execution::execute(GatherOp op) {
  const Array &source = array(op.getSource());
  FailureOr<Array> result = allocate(op, op.getType(), op.getDims());
  if (failed(result))
    return failure();
  clear(*result);
  Shape points = result->shape();
  if (failed(access(*this, op, points, source.shape(), [&](int64_t point, int64_t position) {
        if (position >= 0)
          store(*result, point, load(source, position));
      })))
    return failure();
  bind(op, std::move(*result));
  return success();
}

LogicalResult Execution::execute(ScatterOp op) {
  const Array &value = array(op.getValue());
  FailureOr<Array> result = allocate(op, op.getType(), op.getDims());
  if (failed(result))
    return failure();
  clear(*result);
  // Floating sums in f64, rounded once.
  std::vector<double> sums(result->size(), 0.0);
  bool isFloat = isa<FloatType>(op.getType().getElementType());
  if (failed(access(*this, op, value.shape(), result->shape(), [&](int64_t point, int64_t position) {
        if (position < 0)
          return;
        if (isFloat) {
          double &sum = sums[position], term = load(value, point).as<double>();
          sum = result->dtype() == runtime::DType::F32 ? rounding.apply<float>(sum + term, {sum, term})
                                                       : rounding.apply<double>(sum + term, {sum, term});
          return;
        }
        Number sum = Number{load(*result, position).as<int64_t>()} + Number{load(value, point).as<int64_t>()};
        store(*result, position, sum.value);
      })))
    return failure();
  for (int64_t position = 0; isFloat && position < result->size(); ++position)
    store(*result, position, sums[position]);
  bind(op, std::move(*result));
  return success();
}

LogicalResult Execution::execute(UpdateOp op) {
  const Array &value = array(op.getValue());
  auto copy = Array::copyOf(array(op.getBase()).view());
  if (!copy)
    return fail(op, memoryCode, copy.error().message);
  if (failed(access(*this, op, value.shape(), copy->shape(), [&](int64_t point, int64_t position) {
        if (position >= 0)
          store(*copy, position, load(value, point));
      })))
    return failure();
  bind(op, std::move(*copy));
  return success();
}
