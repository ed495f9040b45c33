// Lambdas, and functions with a derivative of their own.
#include "tests/fuzz/generate/Productions.h"

#include <algorithm>
#include <fmt/format.h>

namespace ricci::fuzz {

static constexpr double kArgument = 2; // arguments are between -2 and 2

std::string Generator::lambda(Function &function, std::optional<double> bound) {
  const size_t variables = frame->variables.size();
  const unsigned own = variableCount();
  const unsigned order = std::exchange(frame->order, frame->forms), work = frame->work;
  const int64_t mostPoints = std::exchange(frame->mostPoints, frame->points);
  ++frame->bodies;
  ++frame->conditions; // subscripts in it tell no ranges
  std::string names;
  for (Parameter &parameter : function.parameters) {
    parameter.name = fresh("u");
    names += (names.empty() ? "" : ", ") + parameter.name;
    declare(parameter.name, parameter.type, parameter.facts);
  }
  Value value = expression(function.result);
  if (bound) {
    const Parameter &first = function.parameters.front();
    const bool alike = first.type == function.result;
    value.text = fmt::format("({} + {})", value.text, alike ? first.name : fmt::format("sum({})", first.name));
    value.facts = value.facts.within(-1000, 1000);
    value.facts.reads.set(own);
    value = within(value, -*bound, *bound);
  }
  --frame->conditions;
  --frame->bodies;
  Variables reads = reach(value.facts.reads, own);
  for (size_t i = 0; i < function.parameters.size(); ++i)
    if (reads[own + i] && !bound)
      function.smooth.emplace_back(i, 0);
  function.order = frame->order - frame->forms;
  function.work = frame->work - work;
  function.points = frame->mostPoints / std::max<int64_t>(frame->points, 1);
  frame->order = std::max(frame->order, order);
  frame->mostPoints = std::max(frame->mostPoints, mostPoints);
  leave(variables, {&value.facts});
  function.facts = value.facts;
  return fmt::format("|{}| {}", names, value.text);
}

namespace productions {

// What it captures is constant to a derivative around a call, but real all the same.
bool namedLambda(Generator &g) {
  constexpr size_t most = 3;
  Frame &frame = *g.frame;
  if (frame.lambdas.size() >= most || g.budget == 0)
    return false;
  Function function;
  function.name = g.fresh("h");
  for (size_t wanted = 1 + g.random.below(2); wanted > 0; --wanted)
    function.parameters.push_back(
        {"", {g.realType(), g.shape(g.random.below(3), 300)}, nullptr, {}, Facts{-kArgument, kArgument}});
  function.result = {g.realType(), g.shape(g.random.below(3), 300)};
  const bool isSmooth = frame.isSmooth;
  frame.isSmooth |= g.maybe(80);
  function.isSmooth = frame.isSmooth;
  g.line(fmt::format("let {} = {}", function.name, g.lambda(function)));
  frame.isSmooth = isSmooth;
  function.facts.fromReals |= function.facts.reads.any();
  function.facts.reads = {};
  function.scope = frame.variables.size();
  frame.lambdas.push_back(std::move(function));
  return true;
}

// The text of an expression of this type over these variables, by itself.
static Value apart(Generator &g, Frame &body, const std::vector<Parameter> &variables, const ArrayType &type) {
  Frame *outer = std::exchange(g.frame, &body);
  const unsigned budget = std::exchange(g.budget, 8);
  for (const Parameter &variable : variables)
    g.declare(variable.name, variable.type, variable.facts);
  Value value = g.expression(type, -kArgument, kArgument);
  g.budget = budget;
  g.frame = outer;
  return value;
}

static std::string declared(const std::vector<Parameter> &parameters) {
  std::string result;
  for (const Parameter &parameter : parameters)
    result += fmt::format("{}{}: {}", result.empty() ? "" : ", ", parameter.name, parameter.type.text());
  return result;
}

static std::string body(const Frame &frame, const std::string &value) {
  std::string text;
  for (const std::string &line : frame.lines)
    text += "  " + line + "\n";
  return text + "  " + value + "\n}";
}

// A function and a rule, whatever it says, that is linear in tangents or cotangents.
bool declareRule(Generator &g) {
  constexpr size_t most = 4;
  if (g.functions.size() >= most)
    return false;
  Function function;
  function.name = g.fresh("g");
  function.dims.push_back(lang::makeSymbol(lang::SymbolInfo::Size, "N"));
  function.values.push_back(g.random.of(g.values));
  const Size own{Dim(function.dims[0]), function.values[0]};
  const ArrayType scalar{Scalar::F64, {}}, vector{Scalar::F64, {own}};
  const Facts facts{-kArgument, kArgument};
  function.parameters.push_back({"x", vector, nullptr, {}, facts});
  if (g.maybe(50))
    function.parameters.push_back({"y", scalar, nullptr, {}, facts});
  function.result = vector;
  auto frame = [&] {
    Frame result;
    result.isSmooth = true;
    result.sizes.push_back(own);
    return result;
  };
  Frame of = frame();
  Value value = apart(g, of, function.parameters, vector);
  g.declarations.push_back(
      fmt::format("fn {}({}) -> {} {{\n", function.name, declared(function.parameters), vector.text()) +
      body(of, value.text));

  std::vector<Parameter> known = function.parameters;
  known.push_back({"r", vector, nullptr, {}, value.facts.within(-kArgument, kArgument)});
  const bool forward = g.maybe(40), both = function.parameters.size() > 1;
  Frame by = frame();
  Value first = apart(g, by, known, vector), second;
  Frame byOther = frame();
  byOther.lines = by.lines;
  if (both)
    second = apart(g, byOther, known, vector);
  std::string rule, result = vector.text();
  if (forward) {
    known.push_back({"dx", vector, nullptr, {}, facts});
    rule = fmt::format("dx * {}", first.text);
    if (both) {
      known.push_back({"dy", scalar, nullptr, {}, facts});
      rule += fmt::format(" + dy * {}", second.text);
    }
  } else {
    known.push_back({"dr", vector, nullptr, {}, facts});
    rule = fmt::format("dr * {}", first.text);
    if (both) {
      rule = fmt::format("({}, sum(dr * {}))", rule, second.text);
      result = fmt::format("({}, f64)", result);
    }
  }
  g.declarations.push_back(fmt::format("@{0}({1}) fn {1}_{0}({2}) -> {3} {{\n", forward ? "jvp" : "vjp", function.name,
                                       declared(known), result) +
                           body(byOther.lines.empty() ? by : byOther, rule));
  for (size_t i = 0; i < function.parameters.size(); ++i)
    function.smooth.emplace_back(i, 0);
  function.facts = value.facts;
  function.facts.reads = {};
  function.isSmooth = true;
  function.work = of.work + by.work + byOther.work;
  function.order = std::max({of.order, by.order, byOther.order});
  function.points = std::max({of.mostPoints, by.mostPoints, byOther.mostPoints});
  g.functions.push_back(std::move(function));
  return true;
}

} // namespace productions
} // namespace ricci::fuzz
