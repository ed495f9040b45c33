// Reductions over indices: of every kind, guarded, over ranges that depend on other indices, in a block.
#include "tests/fuzz/generate/Productions.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace ricci::fuzz::productions {

namespace {

// What stands in the brackets is only known when all is written that uses the indices.
struct Parts {
  Value body;
  std::string guard;
  std::string definition; // of a block
};

// The body of a reduction, sometimes a block with a definition before its value.
Parts body(Generator &g, const ArrayType &want, unsigned guarded) {
  Parts parts;
  bool fromReals = false;
  if (g.maybe(guarded)) {
    Value guard = g.condition();
    parts.guard = " where " + guard.text;
    fromReals = guard.facts.fromReals;
  }
  const size_t variables = g.frame->variables.size();
  if (g.maybe(15)) {
    Value first = g.expression({want.element, {}});
    std::string name = g.fresh("v");
    parts.definition = fmt::format("let {} = {}; ", name, first.text);
    g.declare(name, first.type, first.facts);
  }
  parts.body = g.expression(want);
  parts.body.facts.fromReals |= fromReals;
  g.leave(variables, {&parts.body.facts});
  return parts;
}

std::string written(Generator &g, const char *kind, const Generator::Bound &bound, const Parts &parts) {
  const std::string binders = g.binders(bound, parts.definition + parts.body.text);
  if (parts.definition.empty())
    return fmt::format("{}[{}{}]({})", kind, binders, parts.guard, parts.body.text);
  return fmt::format("{}[{}{}] {{ {}{} }}", kind, binders, parts.guard, parts.definition, parts.body.text);
}

int64_t room(const ArrayType &want) { return Generator::mostElements / std::max<int64_t>(count(want.shape), 1); }

} // namespace

std::optional<Value> reduction(Generator &g, const ArrayType &want) {
  std::optional<Generator::Bound> bound = g.bind(2, room(want));
  if (!bound)
    return std::nullopt;
  Parts parts = body(g, want, 30);
  const bool mayBeEmpty = bound->mayBeEmpty || !parts.guard.empty();
  const double n = bound->elements;
  Facts facts = parts.body.facts;
  const char *kind = "sum";
  switch (g.random.below(10)) {
  case 0:
  case 1: // the mean of nothing is NaN
    kind = "mean";
    facts.undefined |= mayBeEmpty;
    break;
  case 2:
  case 3: // the largest of nothing is -inf
    kind = g.maybe(60) ? "max" : "min";
    facts.infinite |= mayBeEmpty;
    break;
  case 4:
    kind = "logsumexp";
    facts.infinite |= mayBeEmpty;
    facts.high += std::log(std::max(n, 1.0));
    break;
  case 5: {
    constexpr double mostFactors = 40;
    if (n <= mostFactors) {
      kind = "prod";
      parts.body = g.within(parts.body, -1.3, 1.3);
      facts = parts.body.facts.within(-std::pow(1.3, n), std::pow(1.3, n));
      break;
    }
    [[fallthrough]];
  }
  default:
    facts = facts.within(std::min(0.0, facts.low * n), std::max(0.0, facts.high * n));
  }
  return Value{written(g, kind, *bound, parts), want, facts};
}

// Accumulated in f64.
std::optional<Value> widened(Generator &g, const ArrayType &want) {
  if (want.element != Scalar::F64)
    return std::nullopt;
  std::optional<Generator::Bound> bound = g.bind(2, room(want));
  if (!bound)
    return std::nullopt;
  const double n = bound->elements;
  Parts parts = body(g, {Scalar::F32, want.shape}, 20);
  Facts facts =
      parts.body.facts.within(std::min(0.0, parts.body.facts.low * n), std::max(0.0, parts.body.facts.high * n));
  return Value{written(g, "sum<f64>", *bound, parts), want, facts};
}

std::optional<Value> integerReduction(Generator &g, const ArrayType &want) {
  std::optional<Generator::Bound> bound = g.bind(2, room(want));
  if (!bound)
    return std::nullopt;
  const bool extremum = g.maybe(40) && !bound->mayBeEmpty;
  const double n = bound->elements;
  Parts parts = body(g, want, extremum ? 0 : 30);
  Facts facts = parts.body.facts;
  const char *kind = extremum ? (g.maybe(50) ? "max" : "min") : "sum";
  if (!extremum)
    facts = facts.within(std::min(0.0, facts.low * n), std::max(0.0, facts.high * n));
  return Value{written(g, kind, *bound, parts), want, facts};
}

std::optional<Value> logicalReduction(Generator &g, const ArrayType &want) {
  std::optional<Generator::Bound> bound = g.bind(2, room(want));
  if (!bound)
    return std::nullopt;
  Parts parts = body(g, want, 25);
  return Value{written(g, g.maybe(50) ? "any" : "all", *bound, parts), want, parts.body.facts.within(0, 1)};
}

} // namespace ricci::fuzz::productions
