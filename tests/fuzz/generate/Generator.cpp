#include "tests/fuzz/generate/Generator.h"

#include "tests/fuzz/generate/Inputs.h"

#include <algorithm>
#include <fmt/format.h>

namespace ricci::fuzz {

// Empty, alone, the tail of a vector, one vector and its tail, more than one.
static int64_t sizeValue(Random &random) {
  static const std::vector<int64_t> usual{0, 1, 2, 2, 3, 3, 4, 5, 5, 7, 8, 17, 33};
  return random.of(usual);
}

Generator::Generator(uint64_t seed) : random(seed), counts(rowNames().size()) {
  for (size_t kinds = 2 + random.below(3); kinds > 0; --kinds)
    values.push_back(sizeValue(random));
  // One size at least is worth a loop.
  if (std::ranges::all_of(values, [](int64_t value) { return value < 2; }))
    values.push_back(3);
  budget = 12 + static_cast<unsigned>(random.below(40));
}

std::string Generator::freshIndex() {
  static const std::vector<std::string> letters{"i", "j", "k", "l", "m", "n", "o", "q", "r", "s"};
  for (const std::string &letter : letters)
    if (std::ranges::none_of(frame->indices, [&](const Index &index) { return index.name == letter; }))
      return letter;
  return fresh("i");
}

Size Generator::size(int64_t most) {
  std::vector<Size> fitting;
  for (const Size &size : frame->sizes)
    if (size.value <= most)
      fitting.push_back(size);
  if (fitting.empty())
    return Size::literal(std::min<int64_t>(most, 2));
  Size result = random.of(fitting);
  if (result.isNumber())
    return result;
  if (maybe(6) && result.value + 1 <= most)
    return result + 1;
  if (maybe(4) && result.value >= 2)
    return result + -1;
  if (maybe(3) && 2 * result.value <= std::min<int64_t>(most, 40))
    return result * Size::literal(2);
  return result;
}

std::optional<Size> Generator::sizeOf(int64_t value) {
  std::vector<Size> fitting;
  for (const Size &size : frame->sizes)
    if (size.value == value)
      fitting.push_back(size);
  if (fitting.empty())
    return std::nullopt;
  return random.of(fitting);
}

Shape Generator::shape(size_t rank, int64_t most) {
  std::vector<const Variable *> alike;
  for (const Variable &variable : frame->variables)
    if (variable.type.shape.size() == rank && count(variable.type.shape) <= most)
      alike.push_back(&variable);
  if (!alike.empty() && maybe(65))
    return random.of(alike)->type.shape;
  Shape result;
  for (; rank > 0; --rank) {
    result.push_back(size(most));
    most /= std::max<int64_t>(result.back().value, 1);
  }
  return result;
}

ArrayType Generator::arrayType(size_t mostRank, int64_t most) {
  Scalar element = maybe(80) ? realType() : maybe(60) ? Scalar::I64 : maybe(50) ? Scalar::I32 : Scalar::Bool;
  return {element, shape(random.below(mostRank + 1), most)};
}

const Variable &Generator::declare(const std::string &text, const ArrayType &type, Facts facts) {
  frame->variables.push_back({numbers++, text, type, facts});
  return frame->variables.back();
}

Variables Generator::reach(const Variables &reads, unsigned from) const {
  Variables result = reads;
  // A definition reads only what came before it.
  for (size_t i = frame->variables.size(); i-- > 0;) {
    const Variable &variable = frame->variables[i];
    if (variable.number >= from && result[variable.number])
      result |= variable.facts.reads;
  }
  return result;
}

void Generator::leave(size_t variables, std::initializer_list<Facts *> facts) {
  std::erase_if(frame->lambdas, [&](const Function &lambda) { return lambda.scope >= variables; });
  if (variables == frame->variables.size())
    return;
  const unsigned first = frame->variables[variables].number;
  for (Facts *one : facts) {
    one->reads = reach(one->reads, first);
    for (unsigned number = first; number < numbers; ++number)
      one->reads.reset(number);
  }
  frame->variables.resize(variables);
  std::erase_if(frame->structs, [&](const StructVariable &variable) { return variable.firstField >= variables; });
}

std::vector<const Variable *> Generator::differentiable(const Facts &facts) const {
  std::vector<const Variable *> result;
  for (const Variable &variable : frame->variables)
    if (variable.type.isReal() && facts.reads[variable.number])
      result.push_back(&variable);
  return result;
}

// ------------------------------------------------------------------ index spaces

std::optional<Generator::Bound> Generator::bind(size_t most, int64_t mostPoints, bool isLeft) {
  Bound bound{frame->indices.size(), frame->points};
  for (size_t wanted = 1 + random.below(most); wanted > 0; --wanted) {
    int64_t room = mostPoints / std::max<int64_t>(frame->points, 1);
    Size high = size(room);
    if (high.value > room)
      break;
    Index index{freshIndex(), Size::literal(0), high};
    const bool ragged = !isLeft && bound.first > 0 && maybe(12);
    if (ragged) {
      const Index &outer = frame->indices[random.below(bound.first)];
      const bool inclusive = maybe(50);
      int64_t last = outer.last() + inclusive;
      if (last > room || outer.low.value < 0)
        continue;
      std::string text = outer.name + (inclusive ? "+1" : "");
      index.high = {Dim(lang::makeSymbol(lang::SymbolInfo::Scalar, text)), last};
      bound.mayBeEmpty |= !inclusive;
    } else if (!isLeft && maybe(10) && high.value >= 1) {
      index.low = Size::literal(1);
    }
    bound.mayBeEmpty |= index.extent() == 0;
    bound.elements *= double(index.extent());
    frame->points *= std::max<int64_t>(index.extent(), 1);
    frame->indices.push_back(index);
  }
  if (frame->indices.size() == bound.first)
    return std::nullopt;
  frame->mostPoints = std::max(frame->mostPoints, frame->points);
  return bound;
}

bool Generator::isTold(const Index &index, const std::string &body) {
  if (!index.isBare || index.isOther || !(index.low == Size::literal(0)))
    return false;
  // What was to tell it may have been left out in the end.
  for (size_t at = body.find(index.name); at != std::string::npos; at = body.find(index.name, at + 1)) {
    const size_t end = at + index.name.size();
    const bool opens = at > 0 && (body[at - 1] == '[' || (at > 1 && body.compare(at - 2, 2, ", ") == 0));
    if (opens && end < body.size() && (body[end] == ']' || body[end] == ','))
      return true;
  }
  return false;
}

std::string Generator::binders(const Bound &bound, const std::string &body) {
  std::string result;
  for (size_t i = bound.first; i < frame->indices.size(); ++i) {
    const Index &index = frame->indices[i];
    result += (result.empty() ? "" : ", ") + index.name;
    if (!isTold(index, body) || maybe(30))
      result += " in " + index.low.text() + ".." + index.high.text();
  }
  frame->indices.resize(bound.first);
  frame->points = bound.points;
  return result;
}

// ------------------------------------------------------------------ the program

static std::string joined(const std::vector<std::string> &parts, const char *separator) {
  std::string result;
  for (const std::string &part : parts)
    result += (result.empty() ? "" : separator) + part;
  return result;
}

// `(a, b)`, or `a` alone.
static std::string tuple(const std::vector<std::string> &parts) {
  return parts.size() == 1 ? parts.front() : "(" + joined(parts, ", ") + ")";
}

std::string Generator::program() {
  const bool inFunction = maybe(60);
  Frame script;
  frame = &script;
  script.sizes = inputSizes(*this, inFunction);
  std::vector<Parameter> parameters = makeInputs(*this, script.sizes);
  for (size_t tries = random.below(5); tries > 0; --tries)
    declaration();

  std::vector<std::string> lines, arguments, declared, results, types;
  for (const Parameter &parameter : parameters) {
    lines.push_back("param " + parameter.name + ": " + literalType(parameter.type).text() + " = " +
                    inputValue(*this, parameter));
    arguments.push_back(parameter.name);
    declared.push_back(parameter.name + ": " + parameter.type.text());
    declare(parameter.name, parameter.type, parameter.facts);
  }
  const size_t given = script.variables.size();
  for (size_t wanted = 1 + random.below(4); wanted > 0 || script.variables.size() == given;)
    if (statement() && wanted > 0)
      --wanted;

  std::vector<const Variable *> defined;
  for (size_t i = given; i < script.variables.size(); ++i)
    defined.push_back(&script.variables[i]);
  constexpr size_t mostResults = 8;
  while (defined.size() > mostResults)
    defined.erase(defined.begin() + static_cast<std::ptrdiff_t>(random.below(defined.size())));
  for (const Variable *variable : defined) {
    results.push_back(variable->text);
    types.push_back(variable->type.text());
  }

  if (inFunction) {
    std::string main = "fn main(" + joined(declared, ", ") + ") -> " + tuple(types) + " {\n";
    for (const std::string &statement : script.lines)
      main += "  " + statement + "\n";
    lines.push_back(main + "  " + tuple(results) + "\n}");
    lines.push_back("let result = main(" + joined(arguments, ", ") + ")");
  } else {
    lines.insert(lines.end(), script.lines.begin(), script.lines.end());
    lines.push_back("let result = " + tuple(results));
  }
  return joined(declarations, "\n") + (declarations.empty() ? "" : "\n") + joined(lines, "\n") + "\n";
}

} // namespace ricci::fuzz
