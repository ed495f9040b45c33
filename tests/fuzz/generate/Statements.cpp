// Definitions by index and as a whole, scatters, correlations, tuples, assertions.
#include "tests/fuzz/generate/Productions.h"

#include <algorithm>
#include <fmt/format.h>

namespace ricci::fuzz::productions {

static Scalar anyElement(Generator &g) {
  if (g.maybe(75))
    return g.realType();
  static const std::vector<Scalar> others{Scalar::I64, Scalar::I64, Scalar::I32, Scalar::Bool};
  return g.random.of(others);
}

static bool define(Generator &g, const std::string &left, const std::string &name, const Value &value,
                   const ArrayType &type) {
  g.line(fmt::format("let {} = {}", left, value.text));
  g.declare(name, type, value.facts);
  return true;
}

// `let v[i, j in 0..N, :] = …`; `merge` makes one axis of the first two indices.
static bool byIndices(Generator &g, bool merge) {
  const Shape open = g.shape(g.maybe(25) ? 1 + g.random.below(2) : 0, 100);
  std::optional<Generator::Bound> bound =
      g.bind(merge ? 3 : 2, Generator::mostElements / std::max<int64_t>(count(open), 1), true);
  if (!bound)
    return false;
  const size_t indices = g.frame->indices.size() - bound->first;
  const auto axis = g.frame->indices.end() - static_cast<std::ptrdiff_t>(indices);
  if (merge && (indices < 2 || axis[0].high.isNumber() || axis[1].high.isNumber())) {
    g.binders(*bound, "");
    return false;
  }
  const ArrayType body{anyElement(g), open};
  Value value = g.rawExpression(body);

  std::vector<Index> own(g.frame->indices.begin() + static_cast<std::ptrdiff_t>(bound->first), g.frame->indices.end());
  g.binders(*bound, "");
  std::vector<std::pair<std::string, Size>> axes;
  for (const Index &index : own) {
    axes.emplace_back(g.isTold(index, value.text) && g.maybe(70)
                          ? index.name
                          : fmt::format("{} in 0..{}", index.name, index.high.text()),
                      index.high);
  }
  if (merge) {
    axes[0] = {fmt::format("({}, {})", axes[0].first, axes[1].first), axes[0].second * axes[1].second};
    axes.erase(axes.begin() + 1);
  }
  // The open axes keep their order among the others.
  size_t from = 0;
  for (const Size &size : open) {
    from += g.random.below(axes.size() + 1 - from);
    axes.insert(axes.begin() + static_cast<std::ptrdiff_t>(from++), {":", size});
  }
  std::string left = g.fresh("v");
  const std::string name = left;
  ArrayType type{body.element, {}};
  left += "[";
  for (size_t i = 0; i < axes.size(); ++i) {
    left += (i ? ", " : "") + axes[i].first;
    type.shape.push_back(axes[i].second);
  }
  return define(g, left + "]", name, value, type);
}

bool definition(Generator &g) { return byIndices(g, false); }
bool mergedDefinition(Generator &g) { return byIndices(g, true); }

bool wholeDefinition(Generator &g) {
  const ArrayType type{anyElement(g), g.shape(g.random.below(4), Generator::mostElements)};
  Value value = g.rawExpression(type);
  const std::string name = g.fresh("v");
  return define(g, g.maybe(25) ? fmt::format("{}: {}", name, type.text()) : name, name, value, type);
}

// An integer that varies with the index.
static std::string address(Generator &g, const std::string &index, const Size &extent) {
  std::vector<const Variable *> tables;
  for (const Variable &variable : g.frame->variables)
    if (variable.type.element == Scalar::I64 && variable.type.shape.size() == 1 && variable.type.shape[0] == extent)
      tables.push_back(&variable);
  if (!tables.empty() && g.maybe(70)) {
    std::string entry = fmt::format("{}[{}]", g.random.of(tables)->text, index);
    return g.maybe(70) ? entry : fmt::format("{} + {}", entry, g.random.between(-1, 1));
  }
  switch (g.random.below(3)) {
  case 0:
    return fmt::format("{} % {}", index, g.random.between(1, 4));
  case 1:
    return fmt::format("2 * {} - {}", index, g.random.between(0, 2));
  default:
    return fmt::format("{} / 2", index);
  }
}

bool scattered(Generator &g) {
  const Size into = g.size(60), over = g.size(60);
  const Shape open = g.shape(g.maybe(20), 20);
  const ArrayType body{g.maybe(80) ? g.realType() : Scalar::I64, open};
  const int64_t points = g.frame->points;
  // Inside, the left index stands for the address.
  const size_t indices = g.frame->indices.size();
  const std::string left = g.freshIndex();
  g.frame->indices.push_back({left, Size::literal(0), into});
  const std::string summed = g.freshIndex();
  g.frame->indices.push_back({summed, Size::literal(0), over});
  g.frame->points *= std::max<int64_t>(over.value, 1);
  Value value = g.expression(body);
  g.frame->indices.resize(indices);
  g.frame->points = points;

  std::string guard = fmt::format("{} == {}", address(g, summed, over), left);
  if (g.maybe(30))
    guard = fmt::format("{} and {} != {}", guard, summed, g.random.between(0, 3));
  const std::string name = g.fresh("v");
  const double most = double(over.value);
  ArrayType type{body.element, {into}};
  type.shape.insert(type.shape.end(), open.begin(), open.end());
  Value sum{fmt::format("sum[{} in 0..{} where {}]({})", summed, over.text(), guard, value.text), type,
            value.facts.within(std::min(0.0, value.facts.low * most), std::max(0.0, value.facts.high * most))};
  return define(g, fmt::format("{}[{} in 0..{}{}]", name, left, into.text(), open.empty() ? "" : ", :"), name, sum,
                type);
}

// y[i] = Σ_a x[i + a] k[a], the range of i inferred.
bool correlation(Generator &g) {
  std::vector<std::pair<const Variable *, const Variable *>> fitting;
  for (const Variable &x : g.frame->variables)
    for (const Variable &k : g.frame->variables)
      if (x.type.isReal() && x.type.element == k.type.element && x.type.shape.size() == 1 && k.type.shape.size() == 1 &&
          k.type.shape[0].value >= 1 && k.type.shape[0].value <= x.type.shape[0].value &&
          std::max({-x.facts.low, x.facts.high, -k.facts.low, k.facts.high}) <= 10)
        fitting.emplace_back(&x, &k);
  if (fitting.empty())
    return false;
  const auto [x, k] = g.random.of(fitting);
  const Size &whole = x->type.shape[0], &window = k->type.shape[0];
  const Size extent{whole.dim - window.dim + Dim(1), whole.value - window.value + 1};
  std::string i = g.freshIndex();
  g.frame->indices.push_back({i, Size::literal(0), extent});
  std::string a = g.freshIndex();
  g.frame->indices.pop_back();
  Facts facts = x->facts.with(k->facts).within(-100 * double(window.value), 100 * double(window.value));
  facts.reads.set(x->number);
  facts.reads.set(k->number);
  const ArrayType type{x->type.element, {extent}};
  const std::string name = g.fresh("v");
  Value value{fmt::format("sum[{1}]({2}[{0}+{1}] * {3}[{1}])", i, a, x->text, k->text), type, facts};
  return define(g, fmt::format("{}[{}]", name, i), name, value, type);
}

bool tupleDefinition(Generator &g) {
  const ArrayType first{anyElement(g), g.shape(g.random.below(3), 300)},
      second{anyElement(g), g.shape(g.random.below(3), 300)};
  Value a = g.expression(first), b = g.expression(second);
  if (g.maybe(50)) {
    const std::string left = g.fresh("v"), right = g.fresh("v");
    g.line(fmt::format("let ({}, {}) = ({}, {})", left, right, a.text, b.text));
    g.declare(left, first, a.facts);
    g.declare(right, second, b.facts);
    return true;
  }
  const std::string name = g.fresh("t");
  g.line(fmt::format("let {} = ({}, {})", name, a.text, b.text));
  g.declare(name + ".0", first, a.facts);
  g.declare(name + ".1", second, b.facts);
  return true;
}

// An assertion that holds: of what sizes are, or of what is known of numbers.
bool tautology(Generator &g) {
  std::vector<const Variable *> known;
  for (const Variable &variable : g.frame->variables)
    if (variable.facts.isFinite() && variable.type.element != Scalar::Bool)
      known.push_back(&variable);
  if (known.empty() || g.maybe(40)) {
    const Size a = g.random.of(g.frame->sizes), b = g.random.of(g.frame->sizes);
    const char *relation = a.value == b.value ? "==" : a.value < b.value ? "<" : ">";
    g.line(fmt::format("assert {} {} {}", a.text(), relation, b.text()));
    return true;
  }
  const Variable &variable = *g.random.of(known);
  const std::string bound = g.number(variable.type.element, std::floor(variable.facts.low) - 1, true);
  g.line(fmt::format(
      fmt::runtime(variable.type.isScalar() ? "assert {} > {}, \"too small\"" : "assert all({} > {}), \"too small\""),
      variable.text, bound));
  return true;
}

// Large enough for more than one thread.
bool largeProduct(Generator &g) {
  auto size = [&] { return g.random.between(60, 160); };
  const int64_t rows = size(), inner = size(), columns = size();
  const Scalar element = g.realType();
  auto matrix = [&](int64_t height, int64_t width) {
    return fmt::format("uniform(key({}), {}[{},{}])", g.random.below(100), lang::scalarName(element), height, width);
  };
  const std::string name = g.fresh("m");
  g.line(fmt::format("let {} = {} @ {}", name, matrix(rows, inner), matrix(inner, columns)));
  g.declare(name, {element, {Size::literal(rows), Size::literal(columns)}}, Facts{0, double(inner)});
  return true;
}

} // namespace ricci::fuzz::productions
