// Derivative forms, as parts of expressions and as statements. What a form differentiates is made first; then one of
// the variables that it turned out to depend on is what it is differentiated by.
#include "tests/fuzz/generate/Productions.h"

#include <algorithm>
#include <fmt/format.h>
#include <functional>

namespace ricci::fuzz {

// Larger tensors of derivatives only take time.
static constexpr int64_t kMostDerivatives = 400;
static constexpr double kUnknown = 1e6;

template <class Make> static auto inForm(Generator &g, unsigned order, Make make) {
  Frame &frame = *g.frame;
  frame.forms += order;
  frame.order = std::max(frame.order, frame.forms);
  auto result = make();
  frame.forms -= order;
  return result;
}

static bool allows(const Generator &g, unsigned order) {
  constexpr unsigned highest = 2;
  return g.frame->forms + order <= highest && g.budget > 0;
}

namespace {

struct Differentiated {
  Value value;
  std::vector<const Variable *> by;
};

} // namespace

// A value of this type and the variables among those that `fits` accepts; declines where it depends on none.
static std::optional<Differentiated> differentiated(Generator &g, unsigned order, const ArrayType &type,
                                                    const std::function<bool(const Variable &)> &fits) {
  if (!allows(g, order) ||
      std::ranges::none_of(g.frame->variables, [&](const Variable &v) { return v.type.isReal() && fits(v); }))
    return std::nullopt;
  for (int tries = 0; tries < 3; ++tries) {
    Differentiated result{inForm(g, order, [&] { return g.expression(type); }), {}};
    for (const Variable *variable : g.differentiable(result.value.facts))
      if (fits(*variable))
        result.by.push_back(variable);
    if (!result.by.empty())
      return result;
  }
  return std::nullopt;
}

static Value derivative(std::string text, const ArrayType &type, Facts facts) {
  return {std::move(text), type, facts.within(-kUnknown, kUnknown)};
}

static ArrayType scalarOf(const ArrayType &type) { return {type.element, {}}; }

namespace productions {

std::optional<Value> gradient(Generator &g, const ArrayType &want) {
  auto of = differentiated(g, 1, {g.realType(), {}}, [&](const Variable &v) { return v.type == want; });
  if (!of)
    return std::nullopt;
  return derivative(fmt::format("grad[{}]({})", g.random.of(of->by)->text, of->value.text), want, of->value.facts);
}

std::optional<Value> directional(Generator &g, const ArrayType &want) {
  auto of = differentiated(g, 1, want, [](const Variable &) { return true; });
  if (!of)
    return std::nullopt;
  const Variable &by = *g.random.of(of->by);
  Value tangent = g.expression(by.type);
  Facts facts = of->value.facts;
  facts.reads |= tangent.facts.reads;
  return derivative(fmt::format("jvp[{} -> {}]({})", by.text, tangent.text, of->value.text), want, facts);
}

std::optional<Value> pulledBack(Generator &g, const ArrayType &want) {
  ArrayType type{g.realType(), g.shape(g.random.below(3), kMostDerivatives)};
  auto of = differentiated(g, 1, type, [&](const Variable &v) { return v.type == want; });
  if (!of)
    return std::nullopt;
  Value cotangent = g.expression(type);
  Facts facts = of->value.facts;
  facts.reads |= cotangent.facts.reads;
  return derivative(fmt::format("vjp[{}]({}, {})", g.random.of(of->by)->text, of->value.text, cotangent.text), want,
                    facts);
}

std::optional<Value> curvature(Generator &g, const ArrayType &want) {
  auto of = differentiated(g, 2, scalarOf(want), [&](const Variable &v) { return v.type == want; });
  if (!of)
    return std::nullopt;
  Value tangent = g.expression(want);
  Facts facts = of->value.facts;
  facts.reads |= tangent.facts.reads;
  return derivative(fmt::format("hvp[{} -> {}]({})", g.random.of(of->by)->text, tangent.text, of->value.text), want,
                    facts);
}

// Of a part of the wanted axes, by a variable that has the rest.
std::optional<Value> jacobian(Generator &g, const ArrayType &want) {
  if (g.isLarge(count(want.shape)) || count(want.shape) > kMostDerivatives)
    return std::nullopt;
  const size_t own = g.random.below(want.shape.size() + 1);
  const auto middle = want.shape.begin() + static_cast<std::ptrdiff_t>(own);
  const ArrayType type = want.of({want.shape.begin(), middle}), rest = want.of({middle, want.shape.end()});
  auto of = differentiated(g, 1, type, [&](const Variable &v) { return v.type == rest; });
  if (!of)
    return std::nullopt;
  return derivative(fmt::format("jacobian[{}]({})", g.random.of(of->by)->text, of->value.text), want, of->value.facts);
}

// ------------------------------------------------------------------ statements

static bool define(Generator &g, const std::string &form, const ArrayType &type, const Facts &facts) {
  std::string name = g.fresh("v");
  g.line(fmt::format("let {} = {}", name, form));
  g.declare(name, type, facts.within(-kUnknown, kUnknown));
  return true;
}

static bool any(const Variable &) { return true; }

bool gradientStatement(Generator &g) {
  auto of = differentiated(g, 1, {g.realType(), {}}, any);
  if (!of)
    return false;
  const Variable &first = *g.random.of(of->by), &second = *g.random.of(of->by);
  if (&first == &second)
    return define(g, fmt::format("grad[{}]({})", first.text, of->value.text), first.type, of->value.facts);
  std::string a = g.fresh("v"), b = g.fresh("v");
  g.line(fmt::format("let ({}, {}) = grad[{}, {}]({})", a, b, first.text, second.text, of->value.text));
  g.declare(a, first.type, of->value.facts.within(-kUnknown, kUnknown));
  g.declare(b, second.type, of->value.facts.within(-kUnknown, kUnknown));
  return true;
}

bool valueAndGradient(Generator &g) {
  const ArrayType scalar{g.realType(), {}};
  auto of = differentiated(g, 1, scalar, any);
  if (!of)
    return false;
  const Variable &by = *g.random.of(of->by);
  std::string value = g.fresh("v"), gradient = g.fresh("v");
  g.line(fmt::format("let ({}, {}) = value_grad[{}]({})", value, gradient, by.text, of->value.text));
  g.declare(value, scalar, of->value.facts);
  g.declare(gradient, by.type, of->value.facts.within(-kUnknown, kUnknown));
  return true;
}

bool directionalStatement(Generator &g) {
  ArrayType type{g.realType(), g.shape(g.random.below(3), Generator::mostElements)};
  std::optional<Value> value = directional(g, type);
  return value && define(g, value->text, type, value->facts);
}

bool pullbackStatement(Generator &g) {
  ArrayType type{g.realType(), g.shape(g.random.below(3), Generator::mostElements)};
  auto of = differentiated(g, 1, type, any);
  if (!of)
    return false;
  const Variable &by = *g.random.of(of->by);
  Value cotangent = g.expression(type);
  return define(g, fmt::format("vjp[{}]({}, {})", by.text, of->value.text, cotangent.text), by.type, of->value.facts);
}

bool curvatureStatement(Generator &g) {
  auto of = differentiated(g, 2, {g.realType(), {}}, any);
  if (!of)
    return false;
  const Variable &by = *g.random.of(of->by);
  Value tangent = g.expression(by.type);
  return define(g, fmt::format("hvp[{} -> {}]({})", by.text, tangent.text, of->value.text), by.type, of->value.facts);
}

bool jacobianStatement(Generator &g) {
  ArrayType type{g.realType(), g.shape(g.random.below(3), 40)};
  auto few = [&](const Variable &v) {
    return v.type.element == type.element && count(v.type.shape) * count(type.shape) <= kMostDerivatives;
  };
  auto of = differentiated(g, 1, type, few);
  if (!of)
    return false;
  const Variable &by = *g.random.of(of->by);
  Shape shape = type.shape;
  shape.insert(shape.end(), by.type.shape.begin(), by.type.shape.end());
  return define(g, fmt::format("jacobian[{}]({})", by.text, of->value.text), type.of(shape), of->value.facts);
}

bool hessianStatement(Generator &g) {
  const ArrayType scalar{g.realType(), {}};
  auto few = [&](const Variable &v) {
    return v.type.element == scalar.element && count(v.type.shape) * count(v.type.shape) <= kMostDerivatives;
  };
  auto of = differentiated(g, 2, scalar, few);
  if (!of)
    return false;
  const Variable &by = *g.random.of(of->by);
  Shape shape = by.type.shape;
  shape.insert(shape.end(), by.type.shape.begin(), by.type.shape.end());
  return define(g, fmt::format("hessian[{}]({})", by.text, of->value.text), scalar.of(shape), of->value.facts);
}

bool structGradient(Generator &g) {
  if (g.frame->structs.empty() || !allows(g, 1))
    return false;
  const StructVariable by = g.random.of(g.frame->structs);
  auto of =
      differentiated(g, 1, {Scalar::F64, {}}, [&](const Variable &v) { return v.text.starts_with(by.text + "."); });
  if (!of)
    return false;
  std::string name = g.fresh("p");
  g.line(fmt::format("let {} = grad[{}]({})", name, by.text, of->value.text));
  g.declareStruct(name, *by.type, by.dims, of->value.facts.within(-kUnknown, kUnknown));
  return true;
}

} // namespace productions
} // namespace ricci::fuzz
