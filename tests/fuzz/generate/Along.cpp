// What goes along one axis of an array: sums and products up to each element, orders, the largest, arrays beside
// arrays.
#include "tests/fuzz/generate/Productions.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace ricci::fuzz::productions {

// Often the one that is meant where none is named.
static std::string named(Generator &g, size_t axis, size_t usual) {
  return axis == usual && g.maybe(60) ? "" : fmt::format(", axis = {}", axis);
}

std::optional<Value> flipped(Generator &g, const ArrayType &want) {
  if (want.isScalar())
    return std::nullopt;
  Value value = g.expression(want);
  std::string axis = g.maybe(30) ? "" : fmt::format(", axis = {}", g.random.below(want.shape.size()));
  value.text = fmt::format("flip({}{})", value.text, axis);
  return value;
}

std::optional<Value> stacked(Generator &g, const ArrayType &want) {
  constexpr int64_t most = 4;
  if (want.isScalar())
    return std::nullopt;
  const size_t axis = g.random.below(want.shape.size());
  const Size parts = want.shape[axis];
  if (!parts.dim.constant() || parts.value < 1 || parts.value > most)
    return std::nullopt;
  ArrayType part = want;
  part.shape.erase(part.shape.begin() + static_cast<std::ptrdiff_t>(axis));
  std::string text;
  std::optional<Facts> facts;
  for (int64_t i = 0; i < parts.value; ++i) {
    Value value = i < 2 ? g.expression(part) : g.leaf(part);
    text += value.text + ", ";
    facts = facts ? facts->with(value.facts) : value.facts;
  }
  return Value{fmt::format("stack({}axis = {})", text, axis), want, *facts};
}

std::optional<Value> cumulativeSum(Generator &g, const ArrayType &want) {
  if (want.isScalar() || want.element == Scalar::Bool)
    return std::nullopt;
  const size_t axis = g.random.below(want.shape.size());
  const double n = double(want.shape[axis].value);
  Value value = g.expression(want);
  return Value{fmt::format("cumsum({}{})", value.text, named(g, axis, 0)), want,
               value.facts.within(std::min(0.0, value.facts.low * n), std::max(0.0, value.facts.high * n))};
}

std::optional<Value> cumulativeProduct(Generator &g, const ArrayType &want) {
  if (want.isScalar())
    return std::nullopt;
  const size_t axis = g.random.below(want.shape.size());
  const double n = double(want.shape[axis].value);
  if (n > 40)
    return std::nullopt;
  Value value = g.expression(want, -1.3, 1.3);
  return Value{fmt::format("cumprod({}{})", value.text, named(g, axis, 0)), want,
               value.facts.within(-std::pow(1.3, n), std::pow(1.3, n))};
}

std::optional<Value> sorted(Generator &g, const ArrayType &want) {
  if (want.isScalar() || want.element == Scalar::Bool)
    return std::nullopt;
  const size_t axis = g.random.below(want.shape.size());
  Value value = g.expression(want);
  value.text = fmt::format("sort({}{})", value.text, named(g, axis, want.shape.size() - 1));
  return value;
}

std::optional<Value> ordering(Generator &g, const ArrayType &want) {
  if (want.isScalar() || want.element != Scalar::I64)
    return std::nullopt;
  const size_t axis = g.random.below(want.shape.size());
  Value value = g.expression({g.maybe(70) ? g.realType() : Scalar::I64, want.shape});
  Facts facts{0, double(std::max<int64_t>(want.shape[axis].value - 1, 0))};
  facts.fromReals = value.facts.fromReals || value.facts.reads.any();
  return Value{fmt::format("argsort({}{})", value.text, named(g, axis, want.shape.size() - 1)), want, facts};
}

// The largest few and their places.
bool largestElements(Generator &g) {
  const ArrayType type{g.maybe(80) ? g.realType() : Scalar::I64, g.shape(1 + g.random.below(2), 300)};
  const Size axis = type.shape.back();
  std::vector<Size> counts;
  for (int64_t constant = 0; constant <= std::min<int64_t>(axis.value, 3); ++constant)
    counts.push_back(Size::literal(constant));
  for (const Size &size : g.frame->sizes)
    if (size == axis)
      counts.push_back(size);
  ArrayType part = type;
  part.shape.back() = g.random.of(counts);
  Value value = g.expression(type);
  const std::string values = g.fresh("v"), places = g.fresh("v");
  g.line(fmt::format("let ({}, {}) = top_k({}, {})", values, places, value.text, part.shape.back().text()));
  g.declare(values, part, value.facts);
  Facts facts{0, double(std::max<int64_t>(axis.value - 1, 0))};
  facts.fromReals = value.facts.fromReals || value.facts.reads.any();
  g.declare(places, {Scalar::I64, part.shape}, facts);
  return true;
}

} // namespace ricci::fuzz::productions
