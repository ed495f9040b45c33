// Comparisons and what joins them.
#include "tests/fuzz/generate/Productions.h"

#include <fmt/format.h>

namespace ricci::fuzz::productions {

static const std::vector<std::string> kRelations{"<", "<=", ">", ">=", "==", "!="};

std::optional<Value> booleanLiteral(Generator &g, const ArrayType &want) { return g.constant(want); }

static Value compared(Generator &g, const ArrayType &want, Scalar element) {
  Value a = g.expression({element, want.shape}), b = g.operand({element, want.shape});
  Facts facts{0, 1};
  facts.fromReals = a.facts.fromReals || b.facts.fromReals || a.facts.reads.any() || b.facts.reads.any();
  return {fmt::format("({} {} {})", a.text, g.random.of(kRelations), b.text), want, facts};
}

std::optional<Value> comparison(Generator &g, const ArrayType &want) { return compared(g, want, g.realType()); }
std::optional<Value> integerComparison(Generator &g, const ArrayType &want) {
  return compared(g, want, g.maybe(85) ? Scalar::I64 : Scalar::I32);
}

std::optional<Value> connective(Generator &g, const ArrayType &want) {
  Value a = g.expression(want), b = g.expression(want);
  return Value{fmt::format("({} {} {})", a.text, g.maybe(50) ? "and" : "or", b.text), want, a.facts.with(b.facts)};
}

std::optional<Value> negation(Generator &g, const ArrayType &want) {
  Value value = g.expression(want);
  return Value{fmt::format("(not {})", value.text), want, value.facts.within(0, 1)};
}

std::optional<Value> predicate(Generator &g, const ArrayType &want) {
  Value value = g.rawExpression({g.realType(), want.shape});
  Facts facts{0, 1};
  facts.fromReals = value.facts.fromReals || value.facts.reads.any();
  return Value{fmt::format("{}({})", g.maybe(50) ? "isfinite" : "isnan", value.text), want, facts};
}

} // namespace ricci::fuzz::productions
