// Functions and structs, and calls.
#include "tests/fuzz/generate/Productions.h"

#include <algorithm>
#include <fmt/format.h>

namespace ricci::fuzz {

static constexpr double kArgument = 2; // arguments are between -2 and 2

namespace productions {

// Symbols for one to `most` of the program's sizes.
static std::vector<lang::Symbol> dimensions(Generator &g, size_t most, std::vector<int64_t> &values) {
  static const char *const names[] = {"N", "M", "K"};
  std::vector<lang::Symbol> result;
  for (size_t i = 0, wanted = 1 + g.random.below(most); i < wanted; ++i) {
    result.push_back(lang::makeSymbol(lang::SymbolInfo::Size, names[i]));
    values.push_back(g.random.of(g.values));
  }
  return result;
}

static std::string joinedNames(const std::vector<lang::Symbol> &symbols) {
  std::string result;
  for (const lang::Symbol &symbol : symbols)
    result += (result.empty() ? "" : ",") + symbol->name;
  return result;
}

bool declareStruct(Generator &g) {
  constexpr size_t most = 2;
  if (g.structs.size() >= most)
    return false;
  Struct type{g.fresh("S"), {}, {}, {}};
  type.dims = dimensions(g, 2, type.values);
  std::string fields;
  const size_t wanted = 1 + g.random.below(3);
  for (size_t i = 0; i < std::max(wanted, type.dims.size()); ++i) {
    ArrayType field{Scalar::F64, {}};
    // Every dimension is that of some field.
    if (i < type.dims.size())
      field.shape.push_back({Dim(type.dims[i]), type.values[i]});
    if (g.maybe(40)) {
      const size_t other = g.random.below(type.dims.size());
      field.shape.push_back({Dim(type.dims[other]), type.values[other]});
    }
    std::string name(1, static_cast<char>('a' + i));
    fields += (i ? ", " : "") + name + ": " + field.text();
    type.fields.emplace_back(name, field);
  }
  g.declarations.push_back(fmt::format("struct {}<{}> {{ {} }}", type.name, joinedNames(type.dims), fields));
  g.structs.push_back(std::move(type));
  return true;
}

static void declareParameters(Generator &g, Function &function) {
  Frame &frame = *g.frame;
  auto size = [&] { return g.random.of(frame.sizes); };
  auto add = [&](ArrayType type, double low, double high) {
    function.parameters.push_back({g.fresh("a"), std::move(type), nullptr, {}, Facts{low, high}});
  };
  for (const Size &own : std::vector<Size>(frame.sizes)) {
    Shape shape{own};
    if (g.maybe(40) && own.value * own.value <= Generator::mostElements)
      shape.push_back(size());
    add({g.realType(), count(shape) <= Generator::mostElements ? shape : Shape{own}}, -kArgument, kArgument);
  }
  if (g.maybe(40))
    add({g.realType(), {}}, -kArgument, kArgument);
  if (g.maybe(30)) {
    const Size axis = size();
    add({Scalar::I64, {size()}}, 0, double(std::max<int64_t>(axis.value, 1) - 1));
  }
  if (!g.structs.empty() && !frame.isGeneric && g.maybe(40)) {
    const Struct &type = g.structs[g.random.below(g.structs.size())];
    Parameter parameter{g.fresh("p"), {}, &type, {}, Facts{-kArgument, kArgument}};
    for (int64_t value : type.values)
      parameter.dims.push_back(g.sizeOf(value).value_or(Size::literal(value)));
    function.parameters.push_back(std::move(parameter));
  }
  // A function of one of the arguments.
  if (!frame.isGeneric && g.maybe(15)) {
    const ArrayType argument = g.random.of(function.parameters).type;
    if (argument.isReal() && !argument.shape.empty()) {
      auto taken = std::make_shared<Function>();
      taken->name = g.fresh("h");
      taken->parameters.push_back({"", argument, nullptr, {}, Facts{-kArgument, kArgument}});
      taken->result = g.maybe(50) ? argument : ArrayType{argument.element, {}};
      taken->facts = Facts{-kArgument, kArgument};
      taken->smooth.emplace_back(0, 0);
      taken->isSmooth = true;
      taken->work = 20;
      frame.lambdas.push_back(*taken);
      function.parameters.push_back({taken->name, taken->result, nullptr, {}, taken->facts, {}, taken});
    }
  }
  // A size that an argument tells.
  if (g.maybe(15)) {
    const int64_t value = g.random.of(g.values);
    const lang::Symbol symbol = lang::makeSymbol(lang::SymbolInfo::Scalar, g.fresh("n"));
    function.parameters.push_back(
        {symbol->name, {Scalar::I64, {}}, nullptr, {}, Facts{double(value), double(value)}, function.dims.size()});
    function.dims.push_back(symbol);
    function.values.push_back(value);
    frame.sizes.push_back({Dim(symbol), value});
  }
}

bool declareFunction(Generator &g) {
  constexpr size_t most = 4;
  if (g.functions.size() >= most)
    return false;
  Function function;
  function.name = g.fresh("g");
  function.dims = dimensions(g, 2, function.values);
  Frame body;
  body.isSmooth = g.maybe(80);
  body.isGeneric = function.isGeneric = g.maybe(20);
  for (size_t i = 0; i < function.dims.size(); ++i)
    body.sizes.push_back({Dim(function.dims[i]), function.values[i]});
  Frame *outer = std::exchange(g.frame, &body);
  const unsigned budget = std::exchange(g.budget, 6 + unsigned(g.random.below(14)));
  declareParameters(g, function);
  std::string signature;
  std::vector<std::pair<size_t, unsigned>> numbers; // of parameters
  for (size_t i = 0; i < function.parameters.size(); ++i) {
    const Parameter &parameter = function.parameters[i];
    std::string type = parameter.type.text();
    numbers.emplace_back(i, g.variableCount());
    if (parameter.function) {
      type = fmt::format("fn({}) -> {}", parameter.function->parameters[0].type.text(), type);
    } else if (parameter.structure) {
      type = fmt::format("{}<{}>", parameter.structure->name, text(parameter.dims));
      g.declareStruct(parameter.name, *parameter.structure, parameter.dims, parameter.facts);
    } else {
      g.declare(parameter.name, parameter.type, parameter.facts);
    }
    signature += (i ? ", " : "") + parameter.name + ": " + type;
  }
  const unsigned own = g.variableCount();
  for (size_t statements = g.random.below(3); statements > 0; --statements)
    g.statement();
  function.result = {g.realType(), {}};
  if (g.maybe(50))
    function.result.shape = g.shape(1 + g.random.below(2), Generator::mostElements);
  Value result = g.expression(function.result);
  Variables reads = g.reach(result.facts.reads, 0);
  for (size_t i = 0; i < numbers.size(); ++i) {
    const unsigned first = numbers[i].second, end = i + 1 < numbers.size() ? numbers[i + 1].second : own;
    for (unsigned number = first; number < end; ++number)
      if (reads[number])
        function.smooth.emplace_back(i, number - first);
  }
  std::string text = fmt::format("fn {}{}({}) -> {} {{\n", function.name, function.isGeneric ? "<T: float>" : "",
                                 signature, function.result.text());
  for (const std::string &line : body.lines)
    text += "  " + line + "\n";
  text += "  " + result.text + "\n}";
  if (function.isGeneric)
    for (size_t at = text.find("f64"); at != std::string::npos; at = text.find("f64", at))
      text.replace(at, 3, "T");
  g.declarations.push_back(text);
  function.facts = result.facts;
  function.facts.reads = {};
  function.isSmooth = body.isSmooth;
  function.work = body.work;
  function.order = body.order;
  function.points = body.mostPoints;
  g.budget = budget;
  g.frame = outer;
  g.functions.push_back(std::move(function));
  return true;
}

// One that keeps what callers promise: a variable, or a new one.
static Value structArgument(Generator &g, const Struct &type, const std::vector<Size> &dims) {
  for (const StructVariable &variable : g.frame->structs) {
    if (variable.type != &type || variable.dims != dims || !g.maybe(70))
      continue;
    Value value{variable.text, {}, Facts{-kArgument, kArgument}};
    bool fits = true;
    for (size_t field = 0; field < type.fields.size(); ++field) {
      const Variable &leaf = g.frame->variables[variable.firstField + field];
      fits &= leaf.facts.low >= -kArgument && leaf.facts.high <= kArgument;
      value.fields.emplace_back().set(leaf.number);
    }
    if (fits)
      return value;
  }
  return g.structValue(type, dims);
}

std::optional<Value> call(Generator &g, const ArrayType &want) {
  constexpr unsigned mostWork = 150, highestOrder = 2;
  Frame &frame = *g.frame;
  const size_t named = frame.isGeneric ? 0 : g.functions.size(), known = named + frame.lambdas.size();
  for (size_t tries = 0; tries < 2 && known > 0; ++tries) {
    const size_t chosen = g.random.below(known);
    const Function function = chosen < named ? g.functions[chosen] : frame.lambdas[chosen - named];
    auto typed = [&](ArrayType type) {
      if (function.isGeneric && type.element == Scalar::F64)
        type.element = want.element;
      return type;
    };
    if (typed(function.result).element != want.element || function.result.shape.size() != want.shape.size() ||
        frame.work + function.work > mostWork || frame.forms + function.order > highestOrder ||
        g.isLarge(function.points) || (!function.isSmooth && (frame.forms > 0 || frame.isSmooth)))
      continue;
    std::vector<Size> dims = g.sizesFor(function.values);
    // The wanted axes tell the sizes that they are.
    for (size_t axis = 0; axis < want.shape.size(); ++axis)
      for (size_t i = 0; i < function.dims.size(); ++i)
        if (function.result.shape[axis].dim == Dim(function.dims[i]) && want.shape[axis].value == function.values[i])
          dims[i] = want.shape[axis];
    if (!(g.substituted(typed(function.result), function.dims, dims) == want))
      continue;
    frame.work += function.work;
    frame.order = std::max(frame.order, frame.forms + function.order);
    frame.mostPoints = std::max(frame.mostPoints, frame.points * function.points);
    std::string arguments;
    Facts facts = function.facts;
    for (size_t i = 0; i < function.parameters.size(); ++i) {
      const Parameter &parameter = function.parameters[i];
      Value value;
      if (parameter.size) {
        value = {dims[*parameter.size].text(), parameter.type, parameter.facts};
      } else if (parameter.structure) {
        std::vector<Size> own;
        for (const Size &size : parameter.dims)
          own.push_back(g.substituted({Scalar::F64, {size}}, function.dims, dims).shape[0]);
        value = structArgument(g, *parameter.structure, own);
      } else if (parameter.function) {
        Function taken = *parameter.function;
        taken.result = g.substituted(taken.result, function.dims, dims);
        taken.parameters[0].type = g.substituted(taken.parameters[0].type, function.dims, dims);
        // Derivatives may be taken of it, wherever it is called.
        const unsigned forms = std::exchange(frame.forms, highestOrder);
        const int64_t points = std::exchange(frame.points, frame.points * function.points);
        value = {g.lambda(taken, kArgument), want, taken.facts};
        frame.forms = forms;
        frame.points = points;
      } else {
        const ArrayType type = g.substituted(typed(parameter.type), function.dims, dims);
        value = g.expression(type, parameter.facts.low, parameter.facts.high);
        // The callee may make a real of an integer.
        if (!type.isReal() && value.facts.fromReals && (frame.forms > 0 || frame.isSmooth))
          value = g.within(g.constant(type), parameter.facts.low, parameter.facts.high);
      }
      arguments += (arguments.empty() ? "" : ", ") + value.text;
      for (auto [parameter, field] : function.smooth)
        if (parameter == i)
          facts.reads |= value.fields.empty() ? value.facts.reads : value.fields[field];
    }
    return Value{fmt::format("{}({})", function.name, arguments), want, facts};
  }
  return std::nullopt;
}

} // namespace productions
} // namespace ricci::fuzz
