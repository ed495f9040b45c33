// Integers: indices, sizes, arithmetic that rounds down, positions, and what reals round to.
#include "tests/fuzz/generate/Productions.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace ricci::fuzz::productions {

static Value converted(Value value, const ArrayType &want) {
  value.text = fmt::format("{}({})", lang::scalarName(want.element), value.text);
  value.type = want;
  return value;
}

std::optional<Value> integerLiteral(Generator &g, const ArrayType &want) { return g.constant(want); }

std::optional<Value> indexValue(Generator &g, const ArrayType &want) {
  if (!want.isScalar() || g.frame->indices.empty())
    return std::nullopt;
  const Index &index = g.random.of(g.frame->indices);
  Value value{index.name, {Scalar::I64, {}}, Facts{double(index.low.value), double(index.last())}};
  return want.element == Scalar::I64 ? value : converted(value, want);
}

std::optional<Value> sizeValue(Generator &g, const ArrayType &want) {
  if (!want.isScalar() || g.frame->sizes.empty())
    return std::nullopt;
  Size size = g.random.of(g.frame->sizes);
  Value value{size.text(), {Scalar::I64, {}}, Facts{double(size.value), double(size.value)}};
  std::vector<const Variable *> arrays;
  for (const Variable &variable : g.frame->variables)
    if (!variable.type.isScalar())
      arrays.push_back(&variable);
  if (!arrays.empty() && g.maybe(30)) {
    const Variable &array = *g.random.of(arrays);
    const size_t axis = g.random.below(array.type.shape.size());
    const double extent = double(array.type.shape[axis].value);
    value.text = fmt::format("shape({}).{}", array.text, axis);
    value.facts = Facts{extent, extent};
  }
  return want.element == Scalar::I64 ? value : converted(value, want);
}

std::optional<Value> integerOfReal(Generator &g, const ArrayType &want) {
  Value value = g.expression({g.realType(), want.shape});
  value.facts = value.facts.within(std::trunc(value.facts.low), std::trunc(value.facts.high));
  value.facts.fromReals |= value.facts.reads.any();
  value.facts.reads = {};
  return converted(value, want);
}

// From the other width, or from bool.
std::optional<Value> integerOfOther(Generator &g, const ArrayType &want) {
  const Scalar other = want.element == Scalar::I64 && g.maybe(50) ? Scalar::I32 : Scalar::Bool;
  return converted(g.expression({other, want.shape}), want);
}

std::optional<Value> integerArithmetic(Generator &g, const ArrayType &want) {
  Value a = g.expression(want), b = g.operand(want);
  if (g.maybe(50))
    std::swap(a, b);
  const Facts both = a.facts.with(b.facts);
  auto result = [&](const char *text, double low, double high) {
    return Value{fmt::format(fmt::runtime(text), a.text, b.text), want, both.within(low, high)};
  };
  const std::initializer_list<double> corners{a.facts.low * b.facts.low, a.facts.low * b.facts.high,
                                              a.facts.high * b.facts.low, a.facts.high * b.facts.high};
  switch (g.random.below(6)) {
  case 0:
  case 1:
    return result("({} + {})", a.facts.low + b.facts.low, a.facts.high + b.facts.high);
  case 2:
    return result("({} - {})", a.facts.low - b.facts.high, a.facts.high - b.facts.low);
  case 3:
    return result("({} * {})", std::min(corners), std::max(corners));
  case 4:
    return result("max({}, {})", std::max(a.facts.low, b.facts.low), std::max(a.facts.high, b.facts.high));
  default:
    return result("min({}, {})", std::min(a.facts.low, b.facts.low), std::min(a.facts.high, b.facts.high));
  }
}

// Division rounds down; the divisor is never 0.
std::optional<Value> integerQuotient(Generator &g, const ArrayType &want) {
  Value a = g.expression(want);
  double divisor = double(g.random.between(1, 4)) * (g.maybe(25) ? -1 : 1);
  std::string text = g.number(want.element, divisor, true);
  if (g.maybe(40)) {
    Value b = g.expression(want, 1, 5);
    const double most = std::max(std::abs(a.facts.low), std::abs(a.facts.high));
    if (g.maybe(50))
      return Value{fmt::format("({} / {})", a.text, b.text), want, a.facts.with(b.facts).within(-most - 1, most)};
    return Value{fmt::format("({} % {})", a.text, b.text), want, a.facts.with(b.facts).within(0, b.facts.high - 1)};
  }
  if (g.maybe(50)) {
    const double first = std::floor(a.facts.low / divisor), last = std::floor(a.facts.high / divisor);
    return Value{fmt::format("({} / {})", a.text, text), want,
                 a.facts.within(std::min(first, last), std::max(first, last))};
  }
  return Value{fmt::format("({} % {})", a.text, text), want,
               a.facts.within(std::min(divisor + 1, 0.0), std::max(divisor - 1, 0.0))};
}

std::optional<Value> integerPowered(Generator &g, const ArrayType &want) {
  const int exponent = int(g.random.below(4));
  Value value = g.expression(want, -4, 4);
  if (g.maybe(25) && value.facts.low >= -50)
    return Value{fmt::format("abs({})", value.text), want, value.facts.within(0, 4)};
  return Value{fmt::format("({} ** {})", value.text, exponent), want, value.facts.within(-64, 64)};
}

// argmax and argmin of what is not empty.
std::optional<Value> position(Generator &g, const ArrayType &want) {
  if (want.element != Scalar::I64)
    return std::nullopt;
  const char *kind = g.maybe(50) ? "argmax" : "argmin";
  const Scalar element = g.maybe(70) ? g.realType() : Scalar::I64;
  if (want.isScalar() && g.maybe(40)) {
    Size size = g.size(Generator::mostElements / g.frame->points);
    if (size.value < 1 || g.isLarge(size.value))
      return std::nullopt;
    Value value = g.expression({element, {size}});
    Facts facts{0, double(size.value - 1)};
    facts.fromReals = value.facts.fromReals || value.facts.reads.any();
    return Value{fmt::format("{}({})", kind, value.text), want, facts};
  }
  std::optional<Generator::Bound> bound = g.bind(1, Generator::mostElements / std::max<int64_t>(count(want.shape), 1));
  if (!bound)
    return std::nullopt;
  if (bound->mayBeEmpty) {
    g.binders(*bound, "");
    return std::nullopt;
  }
  const double last = double(g.frame->indices.back().last());
  Value value = g.expression({element, want.shape});
  Facts facts{0, last};
  facts.fromReals = value.facts.fromReals || value.facts.reads.any();
  return Value{fmt::format("{}[{}]({})", kind, g.binders(*bound, value.text), value.text), want, facts};
}

std::optional<Value> iota(Generator &, const ArrayType &want) {
  if (want.shape.size() != 1 || want.element != Scalar::I64)
    return std::nullopt;
  return Value{fmt::format("iota({})", want.shape[0].text()), want,
               Facts{0, double(std::max<int64_t>(want.shape[0].value - 1, 0))}};
}

std::optional<Value> permutation(Generator &g, const ArrayType &want) {
  if (want.shape.size() != 1 || want.element != Scalar::I64)
    return std::nullopt;
  return Value{fmt::format("permutation(key({}), {})", g.random.below(100), want.shape[0].text()), want,
               Facts{0, double(std::max<int64_t>(want.shape[0].value - 1, 0))}};
}

} // namespace ricci::fuzz::productions
