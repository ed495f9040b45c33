// Values of any element type: leaves, what keeps numbers moderate, choices, pieces put together, calls.
#include "tests/fuzz/generate/Productions.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace ricci::fuzz {

// Larger numbers are brought back: they would only hide what is small beside them.
static constexpr double kModerate = 100;

std::string Generator::number(Scalar element, double value, bool adapts) {
  std::string digits = isFloating(element) ? fmt::format("{:#}", value) : fmt::format("{}", int64_t(value));
  if (!adapts && (element == Scalar::F32 || element == Scalar::I32 || (element == Scalar::F64 && frame->isGeneric)))
    return fmt::format("{}({})", lang::scalarName(element), digits);
  return value < 0 ? "(" + digits + ")" : digits;
}

Value Generator::constant(const ArrayType &want) {
  if (want.element == Scalar::Bool) {
    const bool value = maybe(50);
    std::string text = value ? "true" : "false";
    if (!want.isScalar())
      text = fmt::format("full({}, {})", want.text(), text);
    return {text, want, Facts{double(value), double(value)}};
  }
  static const std::vector<double> reals{0, 1, -1, 0.5, 2, -0.25, 1.5, 0.3, -1.7};
  const double value = want.isReal() ? random.of(reals) : double(random.between(-2, 3));
  const Facts facts{value, value};
  if (want.isScalar())
    return {number(want.element, value), want, facts};
  if (value == 0 || value == 1)
    return {fmt::format("{}({})", value == 0 ? "zeros" : "ones", want.text()), want, facts};
  return {fmt::format("full({}, {})", want.text(), number(want.element, value, true)), want, facts};
}

Value Generator::leaf(const ArrayType &want) {
  std::optional<Value> value;
  ++depth;
  for (int tries = 0; tries < 2 && !value; ++tries)
    value = maybe(50) ? productions::access(*this, want) : productions::variable(*this, want);
  if (!value && maybe(80))
    value = derivedLeaf(want);
  --depth;
  return usable(value ? *value : constant(want));
}

// What is not there as it is wanted, from what is.
std::optional<Value> Generator::derivedLeaf(const ArrayType &want) {
  if (want.element == Scalar::Bool && want.isScalar()) {
    const Scalar element = maybe(50) ? Scalar::I64 : realType();
    Value a = leaf({element, {}}), b = constant({element, {}});
    Facts facts = a.facts.within(0, 1);
    facts.fromReals |= a.facts.reads.any();
    facts.reads = {};
    return Value{fmt::format("({} {} {})", a.text, maybe(50) ? "<" : ">=", b.text), want, facts};
  }
  if (!want.isReal() && want.isScalar())
    if (std::optional<Value> value =
            maybe(70) ? productions::indexValue(*this, want) : productions::sizeValue(*this, want))
      return value;
  if (want.isReal()) {
    const ArrayType other{want.element == Scalar::F64 ? Scalar::F32 : Scalar::F64, want.shape};
    std::optional<Value> value = productions::variable(*this, other);
    if (!value)
      value = productions::access(*this, other);
    if (value && value->facts.isFinite()) {
      value->text = fmt::format("{}({})", lang::scalarName(want.element), value->text);
      value->type = want;
      return value;
    }
  }
  return definedBefore(want);
}

std::optional<Value> Generator::definedBefore(const ArrayType &want) {
  const bool bound = std::ranges::any_of(frame->indices, [](const Index &index) { return !index.isCounter; });
  if (bound || frame->forms > 0 || frame->bodies > 0 || want.isScalar() || budget == 0 || isLarge(count(want.shape)))
    return std::nullopt;
  const std::string name = fresh("v");
  const size_t first = frame->indices.size();
  for (const Size &size : want.shape)
    frame->indices.push_back({freshIndex(), Size::literal(0), size});
  Value element = leaf({want.element, {}});
  std::string left;
  for (size_t i = first; i < frame->indices.size(); ++i)
    left += fmt::format("{}{} in 0..{}", i > first ? ", " : "", frame->indices[i].name, frame->indices[i].high.text());
  frame->indices.resize(first);
  line(fmt::format("let {}[{}] = {}", name, left, element.text));
  const Variable &variable = declare(name, want, element.facts);
  element.facts.reads = {};
  element.facts.reads.set(variable.number);
  return Value{name, want, element.facts};
}

Value Generator::expression(const ArrayType &want) { return usable(rawExpression(want)); }

Value Generator::operand(const ArrayType &want) {
  if (!want.isScalar() && maybe(25))
    return expression({want.element, {}});
  if (maybe(12)) {
    Value value = constant({want.element, {}});
    if (want.element != Scalar::Bool)
      value.text = number(want.element, value.facts.low, true);
    return value;
  }
  return expression(want);
}

Value Generator::condition() {
  ++frame->conditions;
  Value value = expression({Scalar::Bool, {}});
  --frame->conditions;
  return value;
}

Value Generator::within(Value value, double low, double high) {
  if (value.facts.isFinite() && value.facts.low >= low && value.facts.high <= high)
    return value;
  if (value.facts.undefined) { // a comparison with NaN is false, clamping keeps it
    constexpr size_t mostCopied = 60;
    if (!value.type.isScalar() || value.text.size() > mostCopied)
      return within(constant(value.type), low, high);
    std::string other = number(value.type.element, std::clamp(0.5, low, high), true);
    value.text = fmt::format("(if isfinite({0}) then {0} else {1})", value.text, other);
    value.facts.low = std::min(value.facts.low, std::clamp(0.5, low, high));
    value.facts.high = std::max(value.facts.high, std::clamp(0.5, low, high));
    value.facts.undefined = value.facts.infinite = false;
    return within(value, low, high);
  }
  Facts facts = value.facts.within(low, high);
  facts.infinite = false;
  std::string a = number(value.type.element, low, true), b = number(value.type.element, high, true);
  if (value.type.isReal() && !value.facts.infinite && maybe(50)) {
    std::string middle = number(value.type.element, (low + high) / 2, true),
                half = number(value.type.element, (high - low) / 2, true);
    return {fmt::format("({} + {} * {}({}))", middle, half, maybe(70) ? "tanh" : "sin", value.text), value.type, facts};
  }
  return {fmt::format("clamp({}, {}, {})", value.text, a, b), value.type, facts};
}

Value Generator::usable(Value value) {
  const Facts &facts = value.facts;
  if (facts.isFinite() && facts.low >= -kModerate && facts.high <= kModerate)
    return value;
  if (value.type.element == Scalar::Bool)
    return value;
  if (!value.type.isReal())
    return within(value, std::max(facts.low, -kModerate), std::min(facts.high, kModerate));
  if (facts.isFinite() && std::max(-facts.low, facts.high) <= 100 * kModerate && maybe(40))
    return {fmt::format("({} * 0.01)", value.text), value.type, facts.within(facts.low / 100, facts.high / 100)};
  return within(value, -2, 3);
}

namespace productions {

std::optional<Value> variable(Generator &g, const ArrayType &want) {
  std::vector<const Variable *> fitting;
  for (const Variable &variable : g.frame->variables)
    if (variable.type == want)
      fitting.push_back(&variable);
  if (fitting.empty())
    return std::nullopt;
  const Variable &found = *g.random.of(fitting);
  Value value{found.text, want, found.facts};
  value.facts.reads = {};
  value.facts.reads.set(found.number);
  return value;
}

std::optional<Value> choice(Generator &g, const ArrayType &want) {
  Value condition = g.condition(), then = g.expression(want), otherwise = g.expression(want);
  Facts facts = then.facts.with(otherwise.facts);
  facts.fromReals |= condition.facts.fromReals;
  return Value{fmt::format("(if {} then {} else {})", condition.text, then.text, otherwise.text), want, facts};
}

// Of two parts, along an axis whose size is a sum that the checker can see.
std::optional<Value> concatenation(Generator &g, const ArrayType &want) {
  if (want.isScalar())
    return std::nullopt;
  const size_t axis = g.random.below(want.shape.size());
  const Size &whole = want.shape[axis];
  std::vector<Size> firsts;
  for (int64_t constant = 0; constant <= std::min<int64_t>(whole.value, 2); ++constant)
    firsts.push_back(Size::literal(constant));
  for (const Size &size : g.frame->sizes)
    if (size.value <= whole.value && whole.dim.constant().has_value() == size.dim.constant().has_value() &&
        !size.isNumber())
      firsts.push_back(size);
  ArrayType first = want, second = want;
  first.shape[axis] = g.random.of(firsts);
  second.shape[axis] = {whole.dim - first.shape[axis].dim, whole.value - first.shape[axis].value};
  // A size that is only known to be the difference might be negative.
  if (second.shape[axis].dim.constant().value_or(0) < 0)
    return std::nullopt;
  Value a = g.expression(first), b = g.expression(second);
  if (g.maybe(50))
    std::swap(a, b);
  return Value{fmt::format("concat({}, {}, axis = {})", a.text, b.text, axis), want, a.facts.with(b.facts)};
}

std::optional<Value> reshaped(Generator &g, const ArrayType &want) {
  if (g.isLarge(count(want.shape)))
    return std::nullopt;
  // Two axes into one, or an axis of one element more.
  Shape other = want.shape;
  if (other.size() >= 2 && g.maybe(60)) {
    size_t axis = g.random.below(other.size() - 1);
    if (other[axis].isNumber() || other[axis + 1].isNumber())
      return std::nullopt;
    other[axis] = other[axis] * other[axis + 1];
    other.erase(other.begin() + static_cast<std::ptrdiff_t>(axis) + 1);
  } else if (other.size() <= 3) {
    other.insert(other.begin() + static_cast<std::ptrdiff_t>(g.random.below(other.size() + 1)), Size::literal(1));
  } else {
    return std::nullopt;
  }
  Value value = g.expression(want.of(other));
  return Value{fmt::format("reshape({}, {})", value.text, want.text()), want, value.facts};
}

std::optional<Value> replacedElements(Generator &g, const ArrayType &want) {
  if (want.isScalar())
    return std::nullopt;
  Value base = g.expression(want);
  std::string places;
  Shape open;
  for (const Size &axis : want.shape) {
    std::string place = ":";
    const int64_t least = axis.dim.constant() ? axis.value : 0; // that the checker knows
    if (g.maybe(50) && axis.value > 0)
      place = g.maybe(60) ? "0" : (axis + -1).text();
    else if (g.maybe(30) && least >= 2) {
      open.push_back(Size::literal(axis.value - 1));
      place = fmt::format("1..{}", axis.value);
    } else
      open.push_back(axis);
    places += (places.empty() ? "" : ", ") + place;
  }
  Value value = g.expression(want.of(open));
  return Value{fmt::format("({} with [{}] = {})", base.text, places, value.text), want, base.facts.with(value.facts)};
}

std::optional<Value> wholeReduction(Generator &g, const ArrayType &want) {
  if (!want.isScalar())
    return std::nullopt;
  Shape shape = g.shape(1 + g.random.below(2), Generator::mostElements / g.frame->points);
  const double elements = double(count(shape));
  if (g.isLarge(count(shape)))
    return std::nullopt;
  ArrayType whole = want.of(shape);
  if (want.element == Scalar::Bool) {
    Value value = g.expression(whole);
    return Value{fmt::format("{}({})", g.maybe(50) ? "any" : "all", value.text), want, value.facts.within(0, 1)};
  }
  Value value = g.expression(whole);
  Facts facts = value.facts;
  const char *kind = g.maybe(50) ? "max" : "min";
  if (!want.isReal() && elements == 0)
    return std::nullopt;
  if (g.maybe(40)) {
    kind = "sum";
    facts = facts.within(std::min(0.0, facts.low * elements), std::max(0.0, facts.high * elements));
  } else if (want.isReal() && g.maybe(30)) {
    kind = g.maybe(60) ? "mean" : "logsumexp";
    facts.undefined |= elements == 0 && *kind == 'm';
    facts.infinite |= elements == 0 && *kind == 'l';
    facts.high += *kind == 'l' ? std::log(std::max(elements, 1.0)) : 0;
  } else {
    facts.infinite |= elements == 0;
  }
  return Value{fmt::format("{}({})", kind, value.text), want, facts};
}

std::optional<Value> arrayOf(Generator &g, const ArrayType &want) {
  constexpr int64_t most = 5;
  if (want.isScalar() || !want.shape[0].dim.constant() || want.shape[0].value < 1 || want.shape[0].value > most)
    return std::nullopt;
  ArrayType part = want.of({want.shape.begin() + 1, want.shape.end()});
  std::string text;
  std::optional<Facts> facts;
  for (int64_t i = 0; i < want.shape[0].value; ++i) {
    Value value = g.leaf(part);
    text += (i ? ", " : "") + value.text;
    facts = facts ? facts->with(value.facts) : value.facts;
  }
  return Value{"[" + text + "]", want, *facts};
}

} // namespace productions
} // namespace ricci::fuzz
