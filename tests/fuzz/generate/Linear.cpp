// Contractions and what else moves whole arrays.
#include "tests/fuzz/generate/Productions.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace ricci::fuzz::productions {

static double magnitude(const Facts &facts) { return std::max(std::abs(facts.low), std::abs(facts.high)); }

// Of a sum of so many products.
static Facts contracted(const Value &a, const Value &b, int64_t terms) {
  const double most = magnitude(a.facts) * magnitude(b.facts) * double(terms);
  return a.facts.with(b.facts).within(-most, most);
}

static int64_t room(Generator &g, const ArrayType &want) {
  return Generator::mostElements / std::max<int64_t>(g.frame->points * std::max<int64_t>(count(want.shape), 1), 1);
}

std::optional<Value> matrixProduct(Generator &g, const ArrayType &want) {
  if (want.shape.size() > 2 || room(g, want) < 1)
    return std::nullopt;
  Size inner = g.size(room(g, want));
  Shape left{inner}, right{inner};
  if (want.shape.size() == 2 || (want.shape.size() == 1 && g.maybe(50)))
    left.insert(left.begin(), want.shape.front());
  if (want.shape.size() == left.size()) // a row times a matrix, or both matrices
    right.push_back(want.shape.back());
  Value a = g.expression(want.of(left)), b = g.expression(want.of(right));
  return Value{fmt::format("({} @ {})", a.text, b.text), want, contracted(a, b, inner.value)};
}

std::optional<Value> transposed(Generator &g, const ArrayType &want) {
  if (want.shape.size() != 2)
    return std::nullopt;
  Value value = g.expression(want.of({want.shape[1], want.shape[0]}));
  return Value{fmt::format("{}.T", value.text), want, value.facts};
}

std::optional<Value> dotProduct(Generator &g, const ArrayType &want) {
  if (!want.isScalar())
    return std::nullopt;
  ArrayType type = want.of(g.shape(1 + g.random.below(2), room(g, want)));
  Value a = g.expression(type), b = g.expression(type);
  return Value{fmt::format("dot({}, {})", a.text, b.text), want, contracted(a, b, count(type.shape))};
}

std::optional<Value> outerProduct(Generator &g, const ArrayType &want) {
  if (want.shape.size() != 2)
    return std::nullopt;
  Value a = g.expression(want.of({want.shape[0]})), b = g.expression(want.of({want.shape[1]}));
  return Value{fmt::format("outer({}, {})", a.text, b.text), want, contracted(a, b, 1)};
}

std::optional<Value> traced(Generator &g, const ArrayType &want) {
  if (!want.isScalar())
    return std::nullopt;
  Size size = g.size(int64_t(std::sqrt(double(room(g, want)))));
  Value value = g.expression(want.of({size, size}));
  const double most = magnitude(value.facts) * double(size.value);
  return Value{fmt::format("trace({})", value.text), want, value.facts.within(-most, most)};
}

std::optional<Value> diagonal(Generator &g, const ArrayType &want) {
  const bool takes = want.shape.size() == 1;
  if (takes ? g.isLarge(want.shape[0].value * want.shape[0].value)
            : want.shape.size() != 2 || !(want.shape[0] == want.shape[1]))
    return std::nullopt;
  Value value = g.expression(want.of(takes ? Shape{want.shape[0], want.shape[0]} : Shape{want.shape[0]}));
  return Value{fmt::format("diag({})", value.text), want, value.facts.with(Facts{0, 0})};
}

// Away from 0, where it has a corner.
std::optional<Value> norm(Generator &g, const ArrayType &want) {
  if (!want.isScalar())
    return std::nullopt;
  ArrayType type = want.of(g.shape(1 + g.random.below(2), room(g, want)));
  Value value = g.expression(type, 0.3, 4);
  return Value{fmt::format("norm({})", value.text), want,
               value.facts.within(0, 4 * std::sqrt(double(count(type.shape))))};
}

std::optional<Value> einsum(Generator &g, const ArrayType &want) {
  if (want.shape.size() > 3 || room(g, want) < 1)
    return std::nullopt;
  std::string output;
  std::vector<std::pair<char, Size>> letters;
  for (const Size &size : want.shape) {
    output += static_cast<char>('a' + letters.size());
    letters.emplace_back(output.back(), size);
  }
  int64_t space = room(g, want), terms = 1;
  for (size_t reduced = g.random.below(3); reduced > 0; --reduced) {
    Size size = g.size(space);
    letters.emplace_back(static_cast<char>('a' + letters.size()), size);
    space /= std::max<int64_t>(size.value, 1);
    terms *= size.value;
  }
  // Every letter goes to some operand; some to several, some twice to one.
  const size_t operands = 1 + g.random.below(3);
  std::vector<std::string> inputs(operands);
  std::vector<Shape> shapes(operands);
  for (const auto &[letter, size] : letters) {
    const size_t owner = g.random.below(operands);
    for (size_t i = 0; i < operands; ++i)
      if (i == owner || (inputs[i].size() < 3 && g.maybe(30))) {
        const bool twice = g.maybe(6) && size.value * size.value < 100;
        for (int times = twice ? 2 : 1; times > 0; --times) {
          const size_t at = g.random.below(inputs[i].size() + 1);
          inputs[i].insert(at, 1, letter);
          shapes[i].insert(shapes[i].begin() + static_cast<std::ptrdiff_t>(at), size);
        }
      }
  }
  std::string equation, arguments;
  Facts facts{};
  double most = double(terms);
  for (size_t i = 0; i < operands; ++i) {
    if (g.isLarge(count(shapes[i])))
      return std::nullopt;
    Value value = g.expression(want.of(shapes[i]));
    equation += (i ? "," : "") + inputs[i];
    arguments += ", " + value.text;
    most *= magnitude(value.facts);
    facts = facts.with(value.facts);
  }
  return Value{fmt::format("einsum(\"{}->{}\"{})", equation, output, arguments), want, facts.within(-most, most)};
}

std::optional<Value> softmax(Generator &g, const ArrayType &want) {
  if (want.isScalar())
    return std::nullopt;
  Value value = g.expression(want, -20, 20);
  const bool logarithm = g.maybe(35);
  return Value{fmt::format("{}({})", logarithm ? "log_softmax" : "softmax", value.text), want,
               logarithm ? value.facts.within(-50, 0) : value.facts.within(0, 1)};
}

std::optional<Value> eye(Generator &, const ArrayType &want) {
  if (want.shape.size() != 2 || !(want.shape[0] == want.shape[1]))
    return std::nullopt;
  return Value{fmt::format("eye({})", want.text()), want, Facts{0, 1}};
}

} // namespace ricci::fuzz::productions
