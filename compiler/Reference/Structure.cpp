// Constants, sizes, einsum, reductions and what moves elements about.
#include "compiler/Reference/Execution.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>

using namespace mlir;
using namespace ricci;
using namespace ricci::reference;
using runtime::Array;
using runtime::Shape;

LogicalResult Execution::execute(ConstantOp op) {
  FailureOr<Array> result = allocate(op, cast<RankedTensorType>(op.getType()), {});
  if (failed(result))
    return failure();
  int64_t position = 0;
  for (Attribute element : op.getValue().getValues<Attribute>())
    store(*result, position++, Scalar::fromAttribute(element));
  bind(op, std::move(*result));
  return success();
}

LogicalResult Execution::execute(FillOp op) {
  FailureOr<Array> result = allocate(op, op.getType(), op.getDims());
  if (failed(result))
    return failure();
  for (int64_t position = 0; position < result->size(); ++position)
    store(*result, position, Scalar::fromAttribute(op.getValue()));
  bind(op, std::move(*result));
  return success();
}

LogicalResult Execution::execute(IotaOp op) {
  FailureOr<Array> result = allocate(op, op.getType(), op.getDims());
  if (failed(result))
    return failure();
  std::iota(result->as<int64_t>().begin(), result->as<int64_t>().end(), int64_t(0));
  bind(op, std::move(*result));
  return success();
}

LogicalResult Execution::execute(DimOp op) {
  indices[op] = array(op.getSource()).shape()[op.getAxis()];
  return success();
}

LogicalResult Execution::execute(ToIndexOp op) {
  indices[op] = array(op.getSource()).as<int64_t>()[0];
  return success();
}

LogicalResult Execution::execute(ToTensorOp op) {
  bind(op, Array::scalar<int64_t>(index(op.getSource())));
  return success();
}

namespace {
// What sums and products of T are computed in before they are rounded once.
template <typename T> struct Accumulator { using Type = numbers::Wrapping<T>; };
template <> struct Accumulator<float> { using Type = double; };
template <> struct Accumulator<double> { using Type = long double; };

template <typename T> auto widen(T value) { return typename Accumulator<T>::Type{value}; }
} // namespace

// result[output letters] = Σ over the other letters of Π operands
LogicalResult Execution::execute(EinsumOp op) {
  Equation equation = op.parseEquation();
  FailureOr<Array> result = allocate(op, op.getType(), op.getDims());
  if (failed(result))
    return failure();

  std::string letters = equation.letters();
  std::map<char, int64_t> sizes;
  auto collect = [&](StringRef own, const Shape &shape) {
    for (auto [letter, size] : llvm::zip_equal(own, shape)) {
      auto [known, isNew] = sizes.try_emplace(letter, size);
      if (!isNew && known->second != size)
        return fail(op, malformedCode,
                    "index '" + Twine(letter) + "' has sizes " + Twine(known->second) + " and " + Twine(size));
    }
    return success();
  };
  for (auto [own, input] : llvm::zip_equal(equation.inputs, op.getInputs()))
    if (failed(collect(own, array(input).shape())))
      return failure();
  if (failed(collect(equation.output, result->shape())))
    return failure();

  // The step of each letter in an array: a repeated letter moves along several axes at once.
  auto strides = [&](StringRef own, const Shape &shape) {
    SmallVector<int64_t> steps(letters.size(), 0);
    int64_t step = 1;
    for (size_t axis = own.size(); axis-- > 0; step *= shape[axis])
      steps[letters.find(own[axis])] += step;
    return steps;
  };
  SmallVector<SmallVector<int64_t>> steps;
  for (auto [own, input] : llvm::zip_equal(equation.inputs, op.getInputs()))
    steps.push_back(strides(own, array(input).shape()));
  SmallVector<int64_t> resultSteps = strides(equation.output, result->shape());
  Shape space;
  for (char letter : letters)
    space.push_back(sizes[letter]);
  runtime::dispatch(result->dtype(), [&](auto zero) {
    using T = decltype(zero);
    if constexpr (!std::is_same_v<T, bool>) {
      using Wide = typename Accumulator<T>::Type;
      SmallVector<const T *> sources;
      for (Value input : op.getInputs())
        sources.push_back(array(input).as<T>().data());
      std::vector<Wide> sums(result->size(), widen(T(0)));
      forEach(space, [&](ArrayRef<int64_t> point) {
        auto at = [&](ArrayRef<int64_t> own) {
          return std::inner_product(own.begin(), own.end(), point.begin(), int64_t(0));
        };
        Wide product = widen(T(1));
        for (size_t i = 0; i < sources.size(); ++i) {
          Wide factor = widen(sources[i][at(steps[i])]);
          product = rounding.apply<T>(product * factor, {product, factor});
        }
        Wide &sum = sums[at(resultSteps)];
        sum = rounding.apply<T>(sum + product, {sum, product});
      });
      llvm::transform(sums, result->as<T>().begin(), [](Wide sum) { return ricci::detail::narrow<T>(sum); });
    }
  });
  bind(op, std::move(*result));
  return success();
}

namespace {
// The neutral element of a reduction.
Scalar neutral(ReduceKind kind, Type element) {
  double infinity = std::numeric_limits<double>::infinity(); // saturates to an integer type's bounds
  switch (kind) {
  case ReduceKind::prod:
  case ReduceKind::all: return Scalar::of(element, 1);
  case ReduceKind::max: return Scalar::of(element, -infinity);
  case ReduceKind::min: return Scalar::of(element, infinity);
  default: return Scalar::of(element, 0);
  }
}

Scalar combine(ReduceKind kind, Scalar left, Scalar right, Rounding &rounding) {
  return left.visit([&](auto x) -> Scalar {
    using T = decltype(x);
    T y = right.as<T>();
    if constexpr (std::is_same_v<T, bool>) {
      return kind == ReduceKind::any ? x || y : x && y;
    } else {
      auto wideX = ricci::detail::widen(x), wideY = ricci::detail::widen(y);
      using namespace numbers;
      switch (kind) {
      case ReduceKind::max: return ricci::detail::narrow<T>(maximum(wideX, wideY));
      case ReduceKind::min: return ricci::detail::narrow<T>(minimum(wideX, wideY));
      default: return ricci::detail::narrow<T>(rounding.apply<T>(wideX * wideY, {wideX, wideY}));
      }
    }
  });
}

// Whether y takes the place of x, the first of the best so far: NaN is best, ties stay.
bool beats(ReduceKind kind, Scalar left, Scalar right) {
  return left.visit([&](auto x) -> bool {
    auto y = right.as<decltype(x)>();
    if (x != x)
      return false;
    return y != y || (kind == ReduceKind::argmax ? y > x : y < x);
  });
}
} // namespace

LogicalResult Execution::execute(ReduceOp op) {
  const Array &input = array(op.getInput());
  ReduceKind kind = op.getKind();
  bool isArg = kind == ReduceKind::argmax || kind == ReduceKind::argmin;
  SmallVector<bool> reduced(input.rank(), false);
  for (int64_t axis : op.getAxes())
    reduced[axis] = true;
  Shape keptShape, reducedShape;
  SmallVector<int64_t> keptAxes;
  for (int64_t axis = 0; axis < input.rank(); ++axis)
    if (!reduced[axis]) {
      keptAxes.push_back(axis);
      keptShape.push_back(input.shape()[axis]);
    }
  for (int64_t axis : op.getAxes())
    reducedShape.push_back(input.shape()[axis]);
  FailureOr<Array> result = allocate(op, op.getType().getElementType(), keptShape);
  if (failed(result))
    return failure();

  const Array *mask = op.getMask() ? &array(op.getMask()) : nullptr;
  std::vector<int64_t> subscripts(input.rank(), 0);
  int64_t kept = 0;
  forEach(keptShape, [&](ArrayRef<int64_t> outer) {
    for (auto [axis, subscript] : llvm::zip_equal(keptAxes, outer))
      subscripts[axis] = subscript;
    Scalar value = isArg ? Scalar(int64_t(0)) : neutral(kind, op.getType().getElementType());
    std::optional<Scalar> best;
    forEach(reducedShape, [&](ArrayRef<int64_t> inner) {
      for (auto [axis, subscript] : llvm::zip_equal(op.getAxes(), inner))
        subscripts[axis] = subscript;
      int64_t position = positionOf(input.shape(), subscripts);
      Scalar element = load(input, position);
      if (!isArg) {
        value = combine(kind, value, element, rounding);
      } else if ((!mask || mask->as<bool>()[position]) && (!best || beats(kind, *best, element))) {
        best = element;
        value = positionOf(reducedShape, inner);
      }
    });
    store(*result, kept++, value);
  });
  bind(op, std::move(*result));
  return success();
}

LogicalResult Execution::execute(ConcatOp op) {
  size_t axis = op.getAxis();
  Shape shape = array(op.getInputs().front()).shape();
  shape[axis] = 0;
  for (Value input : op.getInputs())
    shape[axis] += array(input).shape()[axis];
  FailureOr<Array> result = allocate(op, op.getType().getElementType(), shape);
  if (failed(result))
    return failure();
  int64_t offset = 0;
  for (Value input : op.getInputs()) {
    const Array &part = array(input);
    for (size_t other = 0; other < shape.size(); ++other)
      if (other != axis && part.shape()[other] != shape[other])
        return fail(op, malformedCode, "parts of a concatenation differ along another axis");
    int64_t position = 0;
    forEach(part.shape(), [&](std::vector<int64_t> subscripts) {
      subscripts[axis] += offset;
      store(*result, positionOf(shape, subscripts), load(part, position++));
    });
    offset += part.shape()[axis];
  }
  bind(op, std::move(*result));
  return success();
}

LogicalResult Execution::execute(ReshapeOp op) {
  const Array &input = array(op.getInput());
  FailureOr<Array> result = allocate(op, op.getType(), op.getDims());
  if (failed(result))
    return failure();
  if (result->size() != input.size())
    return fail(op, malformedCode, "a reshape changes the number of elements");
  for (int64_t position = 0; position < input.size(); ++position)
    store(*result, position, load(input, position));
  bind(op, std::move(*result));
  return success();
}

LogicalResult Execution::execute(ArgsortOp op) {
  const Array &input = array(op.getInput());
  FailureOr<Array> result = allocate(op, op.getType(), op.getDims());
  if (failed(result))
    return failure();
  int64_t n = input.shape().back(), places = result->shape().back();
  int64_t rows = n > 0 ? input.size() / n : 0;
  if (n > 0 && rows * places != result->size())
    return fail(op, malformedCode, "a sort gives as many rows as it gets");
  std::span<int64_t> order = result->as<int64_t>();
  llvm::fill(order, 0);
  runtime::dispatch(input.dtype(), [&](auto zero) {
    auto values = input.as<decltype(zero)>();
    std::vector<int64_t> positions(n);
    for (int64_t row = 0; row < rows; ++row) {
      auto keys = values.subspan(row * n, n);
      std::iota(positions.begin(), positions.end(), int64_t(0));
      // NaN is the largest; equal keys in the order they came.
      auto before = [&](int64_t left, int64_t right) {
        auto x = keys[op.getDescending() ? right : left], y = keys[op.getDescending() ? left : right];
        return x < y || (x == x && y != y);
      };
      llvm::sort(positions, [&](int64_t left, int64_t right) {
        return before(left, right) || (!before(right, left) && left < right);
      });
      std::copy_n(positions.begin(), std::min(n, places), order.begin() + row * places);
    }
  });
  bind(op, std::move(*result));
  return success();
}

LogicalResult Execution::execute(RecurrenceOp op) {
  const Array &input = array(op.getInput()), &factors = array(op.getFactors());
  size_t axis = op.getAxis();
  int64_t n = input.shape()[axis], steps = std::max<int64_t>(0, n - 1);
  Shape expected = input.shape(), lines = input.shape();
  expected[axis] = steps;
  lines[axis] = 1;
  if (factors.shape() != expected)
    return fail(op, malformedCode, "a recurrence has another number of factors than of steps");
  FailureOr<Array> result = allocate(op, op.getType().getElementType(), input.shape());
  if (failed(result))
    return failure();
  runtime::dispatch(input.dtype(), [&](auto zero) {
    using T = decltype(zero);
    if constexpr (!std::is_same_v<T, bool>) {
      using Wide = typename Accumulator<T>::Type;
      std::span<const T> x = input.as<T>(), a = factors.as<T>();
      std::span<T> r = result->template as<T>();
      forEach(lines, [&](std::vector<int64_t> at) {
        T last = 0;
        for (int64_t step = 0; step < n; ++step) {
          at[axis] = op.getReverse() ? n - 1 - step : step;
          int64_t place = positionOf(input.shape(), at);
          Wide sum = widen(x[place]);
          if (step > 0 && !(op.getMasked() && last == 0)) {
            at[axis] = op.getReverse() ? n - 1 - step : step - 1;
            const Wide factor = widen(a[positionOf(factors.shape(), at)]), carried = widen(last);
            const Wide product = rounding.apply<T>(factor * carried, {factor, carried});
            sum = rounding.apply<T>(sum + product, {sum, product});
          }
          r[place] = last = ricci::detail::narrow<T>(sum);
        }
      });
    }
  });
  bind(op, std::move(*result));
  return success();
}

LogicalResult Execution::execute(StopGradOp op) {
  bind(op, tensor(op.getInput()));
  return success();
}

LogicalResult Execution::execute(BarrierOp op) {
  bind(op, tensor(op.getInput()));
  return success();
}
