// The tables as data, and choosing from them.
#include "tests/fuzz/generate/Elementary.h"
#include "tests/fuzz/generate/Productions.h"

#include <unordered_map>

namespace ricci::fuzz {

namespace {

template <class Make> struct Row {
  const char *name;
  unsigned weight;
  Make make;
};
using MakeValue = std::optional<Value> (*)(Generator &, const ArrayType &);
using MakePlace = std::optional<Places> (*)(Generator &, const Size &);
using MakeBlock = bool (*)(Generator &);

#define ROW(name, weight) {#name, weight, productions::name},
const std::vector<Row<MakeValue>> kReals{
#define ANY ROW
#define REAL ROW
#include "tests/fuzz/generate/Productions.def"
};
const std::vector<Row<MakeValue>> kIntegers{
#define ANY ROW
#define INTEGER ROW
#include "tests/fuzz/generate/Productions.def"
};
const std::vector<Row<MakeValue>> kBooleans{
#define ANY ROW
#define BOOLEAN ROW
#include "tests/fuzz/generate/Productions.def"
};
const std::vector<Row<MakePlace>> kPlaces{
#define SUBSCRIPT ROW
#include "tests/fuzz/generate/Productions.def"
};
const std::vector<Row<MakeBlock>> kStatements{
#define STATEMENT ROW
#include "tests/fuzz/generate/Productions.def"
};
const std::vector<Row<MakeBlock>> kDeclarations{
#define DECLARATION ROW
#include "tests/fuzz/generate/Productions.def"
};
#undef ROW

// By weight, without those that declined, until one does not.
template <class Make, class Attempt> bool choose(Generator &g, const std::vector<Row<Make>> &rows, Attempt attempt) {
  std::vector<const Row<Make> *> left;
  size_t total = 0;
  for (const Row<Make> &row : rows) {
    left.push_back(&row);
    total += row.weight;
  }
  while (!left.empty()) {
    size_t drawn = g.random.below(total), at = 0;
    while (drawn >= left[at]->weight)
      drawn -= left[at++]->weight;
    const Row<Make> *row = left[at];
    if (attempt(row->make)) {
      g.exercise(row->name);
      return true;
    }
    total -= row->weight;
    left.erase(left.begin() + static_cast<std::ptrdiff_t>(at));
  }
  return false;
}

} // namespace

const std::vector<std::string> &Generator::rowNames() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> result{
#define NAME(name, weight) #name,
#define ANY NAME
#define REAL NAME
#define INTEGER NAME
#define BOOLEAN NAME
#define SUBSCRIPT NAME
#define STATEMENT NAME
#define DECLARATION NAME
#include "tests/fuzz/generate/Productions.def"
#undef NAME
    };
    for (const ElementaryFunction &function : elementaryFunctions())
      result.push_back(function.name);
    return result;
  }();
  return names;
}

void Generator::exercise(const std::string &row) {
  static const std::unordered_map<std::string, size_t> positions = [] {
    std::unordered_map<std::string, size_t> result;
    for (const std::string &name : rowNames())
      result.emplace(name, result.size());
    return result;
  }();
  ++counts[positions.at(row)];
}

Value Generator::rawExpression(const ArrayType &want) {
  std::optional<Value> value;
  ++depth;
  if (!isDeep() && budget > 0 && !maybe(12 * (depth - 1))) {
    --budget;
    ++frame->work;
    const auto &rows = want.isReal() ? kReals : isInteger(want.element) ? kIntegers : kBooleans;
    choose(*this, rows, [&](MakeValue make) { return (value = make(*this, want)).has_value(); });
  }
  --depth;
  return value ? *value : leaf(want);
}

std::optional<Places> Generator::place(const Size &axis) {
  std::optional<Places> place;
  choose(*this, kPlaces, [&](MakePlace make) { return (place = make(*this, axis)).has_value(); });
  return place;
}

bool Generator::statement() {
  depth = 0;
  return choose(*this, kStatements, [&](MakeBlock make) { return make(*this); });
}

bool Generator::declaration() {
  return choose(*this, kDeclarations, [&](MakeBlock make) { return make(*this); });
}

} // namespace ricci::fuzz
