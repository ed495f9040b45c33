// `for`: with a state that stays between bounds, with what it yields, with elements replaced one by one.
#include "tests/fuzz/generate/Productions.h"

#include <algorithm>
#include <fmt/format.h>

namespace ricci::fuzz::productions {

static constexpr double kState = 3; // states stay between -3 and 3

namespace {

// The inside of a loop: its own lines, and what it declares.
class Body {
public:
  explicit Body(Generator &g) : g(g), variables(g.frame->variables.size()) {
    std::swap(outside, g.frame->lines);
    ++g.frame->loops;
  }
  Body(Generator &g, int64_t low, const Size &high) : Body(g) {
    counter = g.fresh("t");
    g.frame->indices.push_back({counter, Size::literal(low), high, true});
    head = fmt::format("for {} in {}..{}", counter, low, high.text());
  }

  void statements(size_t most) {
    for (size_t wanted = g.random.below(most + 1); wanted > 0 && g.budget > 0; --wanted)
      g.statement();
  }

  // Back outside; `facts` are of what leaves the loop.
  void close(const std::string &before, const std::string &last, std::initializer_list<Facts *> facts) {
    std::swap(outside, g.frame->lines);
    if (!counter.empty())
      g.frame->indices.pop_back();
    --g.frame->loops;
    g.line(before + head + " {");
    for (const std::string &line : outside)
      g.line("  " + line);
    g.line("  " + last);
    g.line("}");
    g.leave(variables, facts);
  }

  std::string head, counter;

private:
  Generator &g;
  size_t variables;
  std::vector<std::string> outside; // and inside, once it is closed
};

} // namespace

static bool tooDeep(const Generator &g) {
  constexpr unsigned deepest = 2;
  return g.frame->loops >= deepest || g.budget == 0;
}

static Size passes(Generator &g) { return g.size(g.frame->loops > 0 ? 3 : 8); }

// A state, as it is before the loop.
static Variable &state(Generator &g, const ArrayType &type) {
  Value initial = g.expression(type, -kState, kState);
  const std::string name = g.fresh("v");
  g.line(fmt::format("var {} = {}", name, initial.text));
  g.declare(name, type, initial.facts.within(-kState, kState));
  return g.frame->variables.back();
}

// What it is after a pass, usually made of what it was.
static Value next(Generator &g, const Variable &state) {
  Value value = g.expression(state.type);
  if (g.maybe(70)) {
    value.text = fmt::format("({} {} {})", value.text, g.maybe(60) ? "+" : "*", state.text);
    value.facts = value.facts.within(-400, 400);
  }
  return g.within(value, -kState, kState);
}

bool loop(Generator &g) {
  if (tooDeep(g))
    return false;
  Variable &carried = state(g, {g.realType(), g.shape(g.random.below(3), 200)});
  Body body(g, g.maybe(20), passes(g));
  body.statements(2);
  Value value = next(g, carried);
  body.close("", fmt::format("{} = {}", carried.text, value.text), {&value.facts});
  carried.facts.reads |= value.facts.reads;
  return true;
}

bool stackingLoop(Generator &g) {
  if (tooDeep(g))
    return false;
  Variable *carried = g.maybe(60) ? &state(g, {g.realType(), g.shape(g.random.below(2), 60)}) : nullptr;
  const Size high = passes(g);
  Body body(g, 0, high);
  body.statements(1);
  Facts carriedOn;
  if (carried) {
    Value value = next(g, *carried);
    g.line(fmt::format("{} = {}", carried->text, value.text));
    carriedOn = value.facts;
  }
  ArrayType type{g.realType(), g.shape(g.random.below(3), 100)};
  Value value = g.expression(type);
  const std::string name = g.fresh("v");
  body.close(fmt::format("let {} = ", name), "yield " + value.text, {&value.facts, &carriedOn});
  if (carried)
    carried->facts.reads |= carriedOn.reads;
  type.shape.insert(type.shape.begin(), high);
  g.declare(name, type, value.facts);
  return true;
}

// Row by row, each from what there is.
bool updatingLoop(Generator &g) {
  constexpr int64_t mostRows = 8;
  const Size rows = g.size(mostRows);
  if (tooDeep(g) || rows.value > mostRows)
    return false;
  Shape shape = g.shape(g.random.below(2), 60);
  const ArrayType row{g.realType(), shape};
  shape.insert(shape.begin(), rows);
  Variable &carried = state(g, row.of(shape));
  Body body(g, 0, rows);
  body.statements(1);
  Value value = g.expression(row, -kState, kState);
  body.close(
      "",
      fmt::format("{0} = {0} with [{1}{2}] = {3}", carried.text, body.counter, row.isScalar() ? "" : ", :", value.text),
      {&value.facts});
  carried.facts.reads |= value.facts.reads;
  return true;
}

// As long as something holds, of the state for the most part.
bool boundedLoop(Generator &g) {
  if (tooDeep(g))
    return false;
  Variable &carried = state(g, {g.realType(), g.shape(g.random.below(2), 60)});
  Value condition = g.condition();
  if (g.maybe(80)) {
    static const std::vector<std::string> kinds{"sum", "max", "min", "mean"};
    const std::string left =
        carried.type.isScalar() ? carried.text : fmt::format("{}({})", g.random.of(kinds), carried.text);
    condition.text = fmt::format("{} {} {}", left, g.maybe(50) ? "<" : ">",
                                 g.number(carried.type.element, double(g.random.between(-8, 8)) / 4));
  }
  Body body(g);
  body.head = fmt::format("while {} limit {}", condition.text, passes(g).text());
  body.statements(1);
  Value value = next(g, carried);
  body.close("", fmt::format("{} = {}", carried.text, value.text), {&value.facts});
  carried.facts.reads |= value.facts.reads;
  return true;
}

} // namespace ricci::fuzz::productions
