// Arithmetic and functions of reals, each on arguments from where it is smooth and moderate.
#include "tests/fuzz/generate/Elementary.h"
#include "tests/fuzz/generate/Productions.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace ricci::fuzz::productions {

static Value binary(const ArrayType &want, const Value &left, const char *op, const Value &right, double low,
                    double high) {
  return {fmt::format("({} {} {})", left.text, op, right.text), want, left.facts.with(right.facts).within(low, high)};
}

// One side of an operator may be a scalar.
static std::pair<Value, Value> operands(Generator &g, const ArrayType &want) {
  Value left = g.expression(want), right = g.operand(want);
  if (g.maybe(50))
    std::swap(left, right);
  return {left, right};
}

std::optional<Value> realLiteral(Generator &g, const ArrayType &want) {
  if (!want.isScalar() || g.maybe(70))
    return g.constant(want);
  return Value{want.element == Scalar::F32 ? "f32(pi)" : "pi", want, Facts{3.14, 3.15}};
}

// Where a derivative may be taken, no integer that depends on reals may come back to them.
std::optional<Value> realOfInteger(Generator &g, const ArrayType &want) {
  const std::string name(lang::scalarName(want.element));
  const bool carried = g.frame->isSmooth || g.frame->forms > 0;
  for (int tries = 0; tries < 3; ++tries) {
    Value value = g.maybe(80) ? g.expression({Scalar::I64, want.shape}) : g.expression({Scalar::Bool, want.shape});
    if (carried && value.facts.fromReals)
      continue;
    value.text = fmt::format("{}({})", name, value.text);
    value.type = want;
    value.facts.fromReals = false;
    return value;
  }
  return std::nullopt;
}

std::optional<Value> realOfReal(Generator &g, const ArrayType &want) {
  const Scalar other = want.element == Scalar::F32 ? Scalar::F64 : Scalar::F32;
  Value value = g.expression({other, want.shape});
  return Value{fmt::format("{}({})", lang::scalarName(want.element), value.text), want, value.facts};
}

std::optional<Value> elementary(Generator &g, const ArrayType &want) {
  const ElementaryFunction &function = g.random.of(elementaryFunctions());
  g.exercise(function.name);
  Value value = g.expression(want, function.low, function.high);
  double low = function.least, high = function.greatest;
  if (function.monotone) {
    const double first = function.monotone(value.facts.low), last = function.monotone(value.facts.high);
    low = std::min(first, last);
    high = std::max(first, last);
  } else if (function.name == "abs" || function.name == "gelu" || function.name == "silu") {
    high = std::max(std::abs(value.facts.low), std::abs(value.facts.high));
  }
  return Value{fmt::format("{}({})", function.name, value.text), want, value.facts.within(low, high)};
}

std::optional<Value> addition(Generator &g, const ArrayType &want) {
  auto [a, b] = operands(g, want);
  return binary(want, a, "+", b, a.facts.low + b.facts.low, a.facts.high + b.facts.high);
}

std::optional<Value> subtraction(Generator &g, const ArrayType &want) {
  auto [a, b] = operands(g, want);
  return binary(want, a, "-", b, a.facts.low - b.facts.high, a.facts.high - b.facts.low);
}

std::optional<Value> multiplication(Generator &g, const ArrayType &want) {
  auto [a, b] = operands(g, want);
  const std::initializer_list<double> corners{a.facts.low * b.facts.low, a.facts.low * b.facts.high,
                                              a.facts.high * b.facts.low, a.facts.high * b.facts.high};
  return binary(want, a, "*", b, std::min(corners), std::max(corners));
}

std::optional<Value> division(Generator &g, const ArrayType &want) {
  Value a = g.expression(want), b = g.within(g.operand(want), 0.5, 4);
  const double most = std::max(std::abs(a.facts.low), std::abs(a.facts.high)) / b.facts.low;
  return binary(want, a, "/", b, -most, most);
}

std::optional<Value> realRemainder(Generator &g, const ArrayType &want) {
  Value a = g.expression(want), b = g.within(g.operand(want), 0.5, 4);
  return binary(want, a, "%", b, 0, b.facts.high);
}

std::optional<Value> extremum(Generator &g, const ArrayType &want) {
  auto [a, b] = operands(g, want);
  return Value{fmt::format("{}({}, {})", g.maybe(50) ? "max" : "min", a.text, b.text), want, a.facts.with(b.facts)};
}

std::optional<Value> clamped(Generator &g, const ArrayType &want) {
  Value value = g.expression(want), low = g.operand(want), high = g.operand(want);
  return Value{fmt::format("clamp({}, {}, {})", value.text, low.text, high.text), want,
               value.facts.with(low.facts).with(high.facts)};
}

std::optional<Value> arctangent(Generator &g, const ArrayType &want) {
  Value a = g.expression(want), b = g.within(g.operand(want), 0.2, 3);
  return Value{fmt::format("atan2({}, {})", a.text, b.text), want, a.facts.with(b.facts).within(-1.6, 1.6)};
}

std::optional<Value> integerPower(Generator &g, const ArrayType &want) {
  static const std::vector<int> exponents{0, 1, 2, 2, 2, 3, 4, -1, -2};
  int exponent = g.random.of(exponents);
  std::string text = std::to_string(exponent);
  Value value = g.expression(want, exponent < 0 ? 0.5 : -4, 4);
  const double most = std::max(std::abs(value.facts.low), std::abs(value.facts.high));
  double high = exponent < 0 ? std::pow(value.facts.low, exponent) : std::max(std::pow(most, exponent), 1.0);
  if (exponent > 0 && g.maybe(25)) { // known when it runs
    Value power = g.leaf({Scalar::I64, {}});
    if (power.facts.low >= 0 && power.facts.high <= 4) {
      text = power.text;
      high = std::max(std::pow(most, 4), 1.0);
    }
  }
  if (exponent < 0)
    text = "(" + text + ")";
  return Value{fmt::format("({} ** {})", value.text, text), want, value.facts.within(-high, high)};
}

std::optional<Value> realPower(Generator &g, const ArrayType &want) {
  Value base = g.expression(want, 0.3, 3), exponent = g.within(g.operand(want), -2, 2);
  const bool named = g.maybe(30);
  return Value{fmt::format(fmt::runtime(named ? "pow({}, {})" : "({} ** {})"), base.text, exponent.text), want,
               base.facts.with(exponent.facts).within(0.1, 12)};
}

std::optional<Value> negated(Generator &g, const ArrayType &want) {
  Value value = g.expression(want);
  return Value{fmt::format("(-{})", value.text), want, value.facts.within(-value.facts.high, -value.facts.low)};
}

std::optional<Value> stopped(Generator &g, const ArrayType &want) {
  Value value = g.expression(want);
  value.text = fmt::format("stop_grad({})", value.text);
  value.facts.reads = {};
  return value;
}

std::optional<Value> checkpointed(Generator &g, const ArrayType &want) {
  Value value = g.expression(want);
  value.text = fmt::format("checkpoint({})", value.text);
  return value;
}

std::optional<Value> drawn(Generator &g, const ArrayType &want) {
  if (g.isLarge(count(want.shape)))
    return std::nullopt;
  std::string key = fmt::format("key({})", g.random.below(100));
  if (!g.frame->indices.empty() && g.maybe(60))
    key = fmt::format("fold_in({}, {})", key, g.random.of(g.frame->indices).name);
  const bool normal = g.maybe(50);
  Facts facts = normal ? Facts{-9, 9} : Facts{0, 1};
  return Value{fmt::format("{}({}, {})", normal ? "normal" : "uniform", key, want.text()), want, facts};
}

} // namespace ricci::fuzz::productions
