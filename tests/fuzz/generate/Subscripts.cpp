// Accesses: every subscript is inside its axis for all indices around, or made to be.
#include "tests/fuzz/generate/Productions.h"

#include <algorithm>
#include <fmt/format.h>

namespace ricci::fuzz {

Affine Generator::affineForm() {
  static const std::vector<int64_t> factors{1, 1, 1, 1, -1, 2, 3};
  Affine form;
  std::vector<size_t> positions;
  for (size_t i = 0; i < frame->indices.size(); ++i)
    positions.push_back(i);
  for (size_t terms = 1 + random.below(2); terms > 0 && !positions.empty(); --terms) {
    size_t at = random.below(positions.size());
    const Index &index = frame->indices[positions[at]];
    const int64_t factor = random.of(factors), first = factor * index.low.value, last = factor * index.last();
    form.text += factor < 0 ? "-" : form.text.empty() ? "" : "+";
    form.text += std::abs(factor) == 1 ? index.name : fmt::format("{}*{}", std::abs(factor), index.name);
    form.low += std::min(first, last);
    form.high += std::max(first, last);
    form.indices.push_back(positions[at]);
    positions.erase(positions.begin() + static_cast<std::ptrdiff_t>(at));
  }
  return form;
}

static void shift(Affine &form, int64_t by) {
  if (by != 0 || form.text.empty())
    form.text += (by >= 0 && !form.text.empty() ? "+" : "") + std::to_string(by);
  form.low += by;
  form.high += by;
}

std::optional<Value> Generator::accessTo(const Variable &variable, const Shape &open) {
  const Shape &shape = variable.type.shape;
  // Which axes stay open: an order-preserving choice, last first.
  std::vector<bool> isOpen(shape.size(), false);
  size_t wanted = open.size();
  for (size_t axis = shape.size(); axis-- > 0 && wanted > 0;)
    if (shape[axis] == open[wanted - 1] && (axis < wanted || !maybe(20))) {
      isOpen[axis] = true;
      --wanted;
    }
  if (wanted > 0)
    return std::nullopt;
  Facts facts = variable.facts;
  std::string places;
  for (size_t axis = 0; axis < shape.size(); ++axis) {
    std::optional<Places> one = isOpen[axis] ? Places{":"} : place(shape[axis]);
    if (!one)
      return std::nullopt;
    places += (places.empty() ? "" : ", ") + one->text;
    if (one->pads)
      facts = facts.with(Facts{0, 0});
    facts.fromReals |= one->fromReals;
  }
  facts.reads = {};
  facts.reads.set(variable.number);
  return Value{fmt::format("{}[{}]", variable.text, places), variable.type.of(open), facts};
}

namespace productions {

std::optional<Value> access(Generator &g, const ArrayType &want) {
  std::vector<const Variable *> fitting;
  for (const Variable &variable : g.frame->variables)
    if (variable.type.element == want.element && variable.type.shape.size() > want.shape.size())
      fitting.push_back(&variable);
  for (int tries = 0; tries < 3 && !fitting.empty(); ++tries)
    if (std::optional<Value> value = g.accessTo(*g.random.of(fitting), want.shape))
      return value;
  return std::nullopt;
}

// Whether the checker may see an access outside its axis that is not: it takes every index around to have a value,
// where one has none here, or has one only beyond a size of 0.
static bool mayLookOutside(const Generator &g) {
  auto isZero = [&](const lang::Symbol &symbol) {
    return std::ranges::any_of(g.frame->sizes,
                               [&](const Size &size) { return size.value == 0 && size.dim == Dim(symbol); });
  };
  return std::ranges::any_of(g.frame->indices, [&](const Index &index) {
    bool isEmpty = index.extent() == 0;
    index.high.dim.forEachSymbol([&](const lang::Symbol &symbol) { isEmpty |= isZero(symbol); });
    return isEmpty;
  });
}

// `if` keeps the access inside; the checker refuses one that is never inside.
std::optional<Value> guardedAccess(Generator &g, const ArrayType &want) {
  if (!want.isScalar() || g.frame->indices.empty())
    return std::nullopt;
  std::vector<const Variable *> fitting;
  for (const Variable &variable : g.frame->variables)
    if (variable.type.element == want.element && variable.type.shape.size() == 1)
      fitting.push_back(&variable);
  if (fitting.empty())
    return std::nullopt;
  const Variable &variable = *g.random.of(fitting);
  Affine form = g.affineForm();
  shift(form, g.random.between(-2, 2));
  const Size &axis = variable.type.shape[0];
  const bool isBound = form.indices.size() > 1 && std::ranges::any_of(form.indices, [&](size_t index) {
                         return g.frame->indices[index].high.isNumber(); // by another index, perhaps of this form
                       });
  if (form.high < 0 || form.low >= axis.value || isBound || mayLookOutside(g))
    return std::nullopt;
  for (size_t index : form.indices)
    g.frame->indices[index].isOther = true;
  Value otherwise = g.expression(want);
  Value value{fmt::format("(if {0} >= 0 and {0} < {1} then {2}[{0}] else {3})", form.text, axis.text(), variable.text,
                          otherwise.text),
              want, variable.facts};
  value.facts.reads = {};
  value.facts.reads.set(variable.number);
  value.facts = value.facts.with(otherwise.facts);
  return value;
}

// Of an array that is longer by a number that the checker can see, or of every second element.
std::optional<Value> slice(Generator &g, const ArrayType &want) {
  std::vector<std::pair<const Variable *, std::string>> fitting;
  for (const Variable &variable : g.frame->variables) {
    if (variable.type.element != want.element || variable.type.shape.size() != want.shape.size() || want.isScalar())
      continue;
    std::string places;
    bool fits = true, cuts = false;
    for (size_t axis = 0; axis < want.shape.size() && fits; ++axis) {
      const Size &whole = variable.type.shape[axis], &part = want.shape[axis];
      const std::optional<int64_t> spare = (whole.dim - part.dim).constant();
      std::string place = ":";
      // A difference of sizes might be negative, under a condition that does not hold.
      const bool isSum = std::ranges::all_of(part.dim.terms(), [](const auto &term) { return term.second > 0; });
      if (spare && *spare > 0 && isSum) {
        const int64_t from = g.random.between(0, *spare);
        place = fmt::format("{}..{}", from, (part + from).text());
        cuts = true;
      } else if (part.dim.constant() && whole.dim.constant() && part.value > 0 && whole.value >= 2 * part.value - 1 &&
                 !spare) {
        place = fmt::format("0..{} by 2", 2 * part.value - 1);
        cuts = true;
      } else {
        fits = spare && *spare == 0;
      }
      places += (places.empty() ? "" : ", ") + place;
    }
    if (fits && cuts)
      fitting.emplace_back(&variable, places);
  }
  if (fitting.empty())
    return std::nullopt;
  const auto &[variable, places] = g.random.of(fitting);
  Value value{fmt::format("{}[{}]", variable->text, places), want, variable->facts};
  value.facts.reads = {};
  value.facts.reads.set(variable->number);
  return value;
}

// The index alone, over the whole axis or the start of it.
std::optional<Places> bare(Generator &g, const Size &axis) {
  std::vector<size_t> fitting;
  const bool onlyWhole = mayLookOutside(g);
  for (size_t i = 0; i < g.frame->indices.size(); ++i) {
    const Index &index = g.frame->indices[i];
    if (index.high == axis || (!onlyWhole && index.last() < axis.value))
      fitting.push_back(i);
  }
  if (fitting.empty())
    return std::nullopt;
  Index &index = g.frame->indices[g.random.of(fitting)];
  const bool whole = index.high == axis && index.low == Size::literal(0) && !index.isCounter;
  index.isBare |= whole && g.frame->conditions == 0;
  index.isOther |= !whole;
  return Places{index.name};
}

std::optional<Places> affine(Generator &g, const Size &axis) {
  Affine form = g.affineForm();
  if (form.indices.empty() || mayLookOutside(g) || form.high - form.low >= axis.value)
    return std::nullopt;
  for (size_t index : form.indices)
    g.frame->indices[index].isOther = true;
  const Index &only = g.frame->indices[form.indices.front()];
  if (form.indices.size() == 1 && only.high == axis && form.low == 0 && g.maybe(30))
    return Places{fmt::format("{}-1-{}", axis.text(), form.text)};
  shift(form, g.random.between(-form.low, axis.value - 1 - form.high));
  return Places{form.text};
}

std::optional<Places> constantPlace(Generator &g, const Size &axis) {
  if (axis.value == 0)
    return std::nullopt;
  return Places{g.maybe(50) ? std::to_string(g.random.between(0, axis.value - 1)) : (axis + -1).text()};
}

static std::string anyForm(Generator &g) {
  Affine form = g.affineForm();
  shift(form, g.random.between(-3, 3));
  return form.text;
}

// Without indices it would be a number.
static bool isPointless(Generator &g) { return g.frame->indices.empty() && !g.maybe(10); }

std::optional<Places> padded(Generator &g, const Size &) {
  if (isPointless(g))
    return std::nullopt;
  return Places{fmt::format("pad({})", anyForm(g)), true};
}
std::optional<Places> clampedPlace(Generator &g, const Size &axis) {
  if (isPointless(g))
    return std::nullopt;
  return Places{fmt::format("clamp({})", anyForm(g)), axis.value == 0};
}
std::optional<Places> wrapped(Generator &g, const Size &axis) {
  if (isPointless(g))
    return std::nullopt;
  return Places{fmt::format("wrap({})", anyForm(g)), axis.value == 0};
}

// By an integer that is computed, from the data or not.
std::optional<Places> gathered(Generator &g, const Size &axis) {
  if (axis.value == 0 || g.isDeep())
    return std::nullopt;
  ++g.frame->conditions;
  Value value = g.maybe(50) ? g.leaf({Scalar::I64, {}}) : g.expression({Scalar::I64, {}});
  --g.frame->conditions;
  if (value.facts.low >= 0 && value.facts.high < double(axis.value) && !mayLookOutside(g)) {
    // It may be no more than an index, or a form of some.
    for (Index &index : g.frame->indices)
      index.isOther |= value.text.find(index.name) != std::string::npos;
    return Places{value.text, false, value.facts.fromReals};
  }
  static const std::vector<std::string> ways{"pad", "clamp", "wrap"};
  const std::string &way = g.random.of(ways);
  return Places{fmt::format("{}({})", way, value.text), way == "pad", value.facts.fromReals};
}

std::optional<Places> remainderPlace(Generator &g, const Size &axis) {
  if (axis.value == 0)
    return std::nullopt;
  Affine form = g.affineForm();
  if (form.indices.empty())
    return std::nullopt;
  for (size_t index : form.indices)
    g.frame->indices[index].isOther = true;
  shift(form, g.random.between(0, 3));
  if (form.low >= 0 && form.high / 2 < axis.value && !mayLookOutside(g) && g.maybe(40))
    return Places{fmt::format("({}) / 2", form.text)};
  return Places{fmt::format("({}) % ({})", form.text, axis.text())};
}

// Two indices that split the axis.
std::optional<Places> group(Generator &g, const Size &axis) {
  std::vector<std::pair<size_t, size_t>> fitting;
  const std::vector<Index> &indices = g.frame->indices;
  for (size_t i = 0; i < indices.size(); ++i)
    for (size_t j = 0; j < indices.size(); ++j)
      if (i != j && indices[i].low.value == 0 && indices[j].low.value == 0 && !indices[i].isCounter &&
          !indices[j].isCounter && indices[i].high * indices[j].high == axis)
        fitting.emplace_back(i, j);
  if (fitting.empty())
    return std::nullopt;
  auto [first, second] = g.random.of(fitting);
  for (size_t index : {first, second})
    g.frame->indices[index].isOther = true;
  return Places{fmt::format("({},{})", indices[first].name, indices[second].name)};
}

} // namespace productions
} // namespace ricci::fuzz
