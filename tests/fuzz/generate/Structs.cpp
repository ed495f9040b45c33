// Structs: built, combined like vectors, changed in one field.
#include "tests/fuzz/generate/Productions.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

namespace ricci::fuzz {

ArrayType Generator::fieldType(const Struct &type, size_t field, const std::vector<Size> &dims) const {
  return substituted(type.fields[field].second, type.dims, dims);
}

ArrayType Generator::substituted(const ArrayType &type, const std::vector<lang::Symbol> &symbols,
                                 const std::vector<Size> &dims) {
  ArrayType result = type;
  for (Size &size : result.shape)
    size.dim = size.dim.substitute([&](const lang::Symbol &symbol) -> std::optional<Dim> {
      auto found = std::ranges::find(symbols, symbol);
      return found == symbols.end() ? std::nullopt
                                    : std::optional(dims[static_cast<size_t>(found - symbols.begin())].dim);
    });
  return result;
}

std::vector<Size> Generator::sizesFor(const std::vector<int64_t> &wanted) {
  std::vector<Size> result;
  for (int64_t value : wanted) {
    std::optional<Size> size = sizeOf(value);
    result.push_back(size ? *size : Size::literal(value));
  }
  return result;
}

void Generator::declareStruct(const std::string &text, const Struct &type, const std::vector<Size> &dims, Facts facts,
                              const std::vector<Variables> &fields) {
  frame->structs.push_back({text, &type, dims, frame->variables.size()});
  for (size_t field = 0; field < type.fields.size(); ++field) {
    facts.reads = fields.empty() ? facts.reads : fields[field];
    declare(text + "." + type.fields[field].first, fieldType(type, field, dims), facts);
  }
}

Value Generator::structValue(const Struct &type, const std::vector<Size> &dims) {
  std::string text;
  Facts facts{};
  std::vector<Variables> fields;
  for (size_t field = 0; field < type.fields.size(); ++field) {
    Value value = expression(fieldType(type, field, dims), -2, 2);
    text += (field ? ", " : "") + type.fields[field].first + " = " + value.text;
    facts = facts.with(value.facts);
    fields.push_back(value.facts.reads);
  }
  return {fmt::format("{}({})", type.name, text), {}, facts, fields};
}

namespace productions {

static bool defineStruct(Generator &g, const Struct &type, const std::vector<Size> &dims, const std::string &text,
                         const Facts &facts, const std::vector<Variables> &fields) {
  std::string name = g.fresh("p");
  g.line(fmt::format("let {} = {}", name, text));
  g.declareStruct(name, type, dims, facts, fields);
  return true;
}

bool structDefinition(Generator &g) {
  if (g.structs.empty() || g.frame->isGeneric)
    return false;
  const Struct &type = g.structs[g.random.below(g.structs.size())];
  std::vector<Size> dims = g.sizesFor(type.values);
  Value value = g.structValue(type, dims);
  return defineStruct(g, type, dims, value.text, value.facts, value.fields);
}

// The facts of a struct's fields together.
static Facts factsOf(const Generator &g, const StructVariable &variable) {
  Facts facts = g.frame->variables[variable.firstField].facts;
  Variables reads;
  for (size_t field = 0; field < variable.type->fields.size(); ++field) {
    const Variable &leaf = g.frame->variables[variable.firstField + field];
    facts = facts.with(leaf.facts);
    reads.set(leaf.number);
  }
  facts.reads = reads;
  return facts;
}

// What reading its fields reads.
static std::vector<Variables> fieldsOf(const Generator &g, const StructVariable &variable) {
  std::vector<Variables> result(variable.type->fields.size());
  for (size_t field = 0; field < result.size(); ++field)
    result[field].set(g.frame->variables[variable.firstField + field].number);
  return result;
}

static bool isModerate(const Facts &facts) { return facts.low >= -100 && facts.high <= 100; }

bool structArithmetic(Generator &g) {
  if (g.frame->structs.empty())
    return false;
  const StructVariable a = g.random.of(g.frame->structs);
  std::vector<StructVariable> alike;
  for (const StructVariable &other : g.frame->structs)
    if (other.type == a.type && other.dims == a.dims)
      alike.push_back(other);
  const StructVariable b = g.random.of(alike);
  Facts facts = factsOf(g, a).with(factsOf(g, b));
  const double most = std::max(-facts.low, facts.high);
  std::vector<Variables> fields = fieldsOf(g, a);
  auto alsoReads = [&](const std::vector<Variables> &others) {
    for (size_t field = 0; field < fields.size(); ++field)
      fields[field] |= others[field];
  };
  std::string text;
  switch (isModerate(facts) ? g.random.below(6) : 5) {
  case 0:
    text = fmt::format("{} + {}", a.text, b.text);
    alsoReads(fieldsOf(g, b));
    break;
  case 1: {
    Value scale = g.expression({Scalar::F64, {}}, -2, 2);
    text = fmt::format("{} - {} * {}", a.text, scale.text, b.text);
    alsoReads(fieldsOf(g, b));
    alsoReads(std::vector(fields.size(), scale.facts.reads));
    break;
  }
  case 2:
    text = fmt::format("{} * {}", a.text, b.text);
    alsoReads(fieldsOf(g, b));
    break;
  case 3:
    text = fmt::format("-{} / 2.0", a.text);
    break;
  case 4:
    text = fmt::format("max({}, {})", a.text, b.text);
    alsoReads(fieldsOf(g, b));
    break;
  default:
    return defineStruct(g, *a.type, a.dims, fmt::format("tanh({})", a.text), facts.within(-1, 1), fields);
  }
  return defineStruct(g, *a.type, a.dims, text, facts.within(-3 * most - most * most, 3 * most + most * most), fields);
}

bool structReplaced(Generator &g) {
  if (g.frame->structs.empty())
    return false;
  const StructVariable base = g.random.of(g.frame->structs);
  const size_t field = g.random.below(base.type->fields.size());
  Value value = g.expression(g.fieldType(*base.type, field, base.dims));
  std::vector<Variables> fields = fieldsOf(g, base);
  fields[field] = value.facts.reads;
  return defineStruct(g, *base.type, base.dims,
                      fmt::format("{} with ({} = {})", base.text, base.type->fields[field].first, value.text),
                      factsOf(g, base).with(value.facts), fields);
}

// An array of structs, by index, by a loop, or from structs; and one of its elements, their sum or their mean.
bool structArray(Generator &g) {
  if (g.structs.empty() || g.frame->isGeneric)
    return false;
  const Struct &type = g.structs[g.random.below(g.structs.size())];
  const std::vector<Size> dims = g.sizesFor(type.values);
  int64_t elements = 1;
  for (size_t field = 0; field < type.fields.size(); ++field)
    elements = std::max(elements, count(g.fieldType(type, field, dims).shape));
  Size length = g.size(std::min<int64_t>(8, Generator::mostElements / elements));
  if (elements > Generator::mostElements || g.isLarge(elements * std::max<int64_t>(length.value, 1)))
    return false;
  std::vector<const StructVariable *> alike;
  for (const StructVariable &variable : g.frame->structs)
    if (variable.type == &type && variable.dims == dims)
      alike.push_back(&variable);
  const std::string name = g.fresh("b");
  Value value;
  if (!alike.empty() && g.maybe(40)) {
    const StructVariable &first = *g.random.of(alike), &second = *g.random.of(alike);
    length = Size::literal(2);
    value.fields = fieldsOf(g, first);
    const std::vector<Variables> others = fieldsOf(g, second);
    for (size_t field = 0; field < others.size(); ++field)
      value.fields[field] |= others[field];
    value.facts = factsOf(g, first).with(factsOf(g, second));
    g.line(fmt::format("let {} = [{}, {}]", name, first.text, second.text));
  } else {
    const bool isLoop = g.maybe(40);
    const std::string index = isLoop ? g.fresh("t") : g.freshIndex();
    const int64_t points = g.frame->points;
    g.frame->points *= std::max<int64_t>(length.value, 1);
    g.frame->indices.push_back({index, Size::literal(0), length, isLoop});
    ++g.frame->bodies; // nothing can be defined before that knows the counter
    value = g.structValue(type, dims);
    --g.frame->bodies;
    g.frame->indices.pop_back();
    g.frame->points = points;
    g.line(fmt::format(fmt::runtime(isLoop ? "let {} = for {} in 0..{} {{ yield {} }}" : "let {}[{} in 0..{}] = {}"),
                       name, index, length.text(), value.text));
  }
  const size_t first = g.frame->variables.size();
  for (size_t field = 0; field < type.fields.size(); ++field) {
    ArrayType whole = g.fieldType(type, field, dims);
    whole.shape.insert(whole.shape.begin(), length);
    value.facts.reads = value.fields[field];
    g.declare(fmt::format("{}.{}", name, type.fields[field].first), whole, value.facts);
  }
  if (length.value == 0 || !isModerate(value.facts))
    return true;
  std::vector<Variables> fields(type.fields.size());
  for (size_t field = 0; field < fields.size(); ++field)
    fields[field].set(g.frame->variables[first + field].number);
  const std::string last = (length + -1).text();
  static const std::vector<std::string> kinds{"{0}[0]", "{0}[{1}]", "mean[l in 0..{2}]({0}[l])",
                                              "({0} with [0] = {0}[{1}])[0]"};
  return defineStruct(g, type, dims, fmt::format(fmt::runtime(g.random.of(kinds)), name, last, length.text()),
                      value.facts, fields);
}

std::optional<Value> structProduct(Generator &g, const ArrayType &want) {
  if (!(want == ArrayType{Scalar::F64, {}}) || g.frame->structs.empty())
    return std::nullopt;
  const StructVariable a = g.random.of(g.frame->structs);
  Facts facts = factsOf(g, a);
  if (!isModerate(facts))
    return std::nullopt;
  double elements = 0;
  for (size_t field = 0; field < a.type->fields.size(); ++field)
    elements += double(count(g.fieldType(*a.type, field, a.dims).shape));
  const double most = std::max(-facts.low, facts.high);
  return Value{fmt::format("dot({0}, {0})", a.text), want, facts.within(0, most * most * elements)};
}

} // namespace productions
} // namespace ricci::fuzz
