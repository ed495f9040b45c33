#include "tests/fuzz/generate/Inputs.h"

#include <fmt/format.h>

namespace ricci::fuzz {

std::vector<Size> inputSizes(Generator &g, bool symbolic) {
  std::vector<Size> result;
  static const char *const names[] = {"A", "B", "C", "D", "E", "F"};
  for (size_t i = 0; i < g.values.size(); ++i)
    result.push_back(symbolic ? Size{Dim(lang::makeSymbol(lang::SymbolInfo::Size, names[i])), g.values[i]}
                              : Size::literal(g.values[i]));
  return result;
}

std::vector<Parameter> makeInputs(Generator &g, const std::vector<Size> &sizes) {
  std::vector<Parameter> result;
  auto add = [&](ArrayType type, double low, double high) {
    result.push_back({g.fresh("x"), std::move(type), nullptr, {}, Facts{low, high}});
  };
  auto shape = [&](size_t rank) {
    Shape shape;
    for (int64_t room = Generator::mostElements; rank > 0; --rank) {
      Size size = g.random.of(sizes);
      if (size.value > room)
        size = Size::literal(2);
      room /= std::max<int64_t>(size.value, 1);
      shape.push_back(size);
    }
    return shape;
  };
  // Every size is that of some axis.
  for (const Size &size : sizes) {
    Shape axes = shape(g.random.below(3));
    axes.insert(axes.begin() + static_cast<std::ptrdiff_t>(g.random.below(axes.size() + 1)), size);
    if (count(axes) > Generator::mostElements)
      axes = {size};
    add({g.realType(), axes}, g.maybe(20) ? 0.5 : -2, 2);
  }
  if (g.maybe(60))
    add({g.realType(), {}}, -2, 2);
  if (g.maybe(60)) { // positions on an axis
    const Size &axis = g.random.of(sizes);
    add({g.maybe(80) ? Scalar::I64 : Scalar::I32, shape(1 + g.random.below(2))}, 0,
        double(std::max<int64_t>(axis.value, 1) - 1));
  }
  if (g.maybe(25))
    add({Scalar::I64, shape(g.random.below(2))}, -3, 3);
  if (g.maybe(20))
    add({Scalar::Bool, shape(g.random.below(3))}, 0, 1);
  return result;
}

static std::string literals(Generator &g, const Parameter &input, const Shape &shape, size_t axis) {
  if (axis == shape.size()) {
    const Facts &facts = input.facts;
    if (input.type.element == Scalar::Bool)
      return g.maybe(50) ? "true" : "false";
    if (isInteger(input.type.element))
      return fmt::format("{}", g.random.between(int64_t(facts.low), int64_t(facts.high)));
    return fmt::format("{:#}", double(g.random.between(int64_t(facts.low * 8), int64_t(facts.high * 8))) / 8);
  }
  std::string result;
  for (int64_t i = 0; i < shape[axis].value; ++i)
    result += (i ? ", " : "") + literals(g, input, shape, axis + 1);
  return "[" + result + "]";
}

std::string inputValue(Generator &g, const Parameter &input) {
  ArrayType type = literalType(input.type);
  const int64_t elements = count(type.shape);
  const std::string name(lang::scalarName(type.element));
  if (elements == 0)
    return type.element == Scalar::Bool ? fmt::format("full({}, true)", type.text())
                                        : fmt::format("zeros({})", type.text());
  if (elements <= 12 && g.maybe(70))
    return literals(g, input, type.shape, 0);
  const Facts &facts = input.facts;
  if (type.isReal() && g.maybe(50))
    return fmt::format("uniform(key({}), {}) * {:#} + {:#}", g.random.below(100), type.text(), facts.high - facts.low,
                       facts.low);
  // Spread, with repetitions, exact.
  static const std::vector<int> steps{1, 5, 7, 11, 37};
  const std::string whole = fmt::format("iota({}) * {}", elements, g.random.of(steps));
  auto shaped = [&](const std::string &row) {
    return fmt::format("reshape({}, {})", row, ArrayType{Scalar::I64, type.shape}.text());
  };
  if (type.element == Scalar::Bool)
    return shaped(whole + " % 3") + " == 0";
  if (type.isReal())
    return fmt::format("{}({}) / 16.0", name,
                       shaped(fmt::format("{} % {} + {}", whole, int64_t((facts.high - facts.low) * 16) + 1,
                                          int64_t(facts.low * 16))));
  std::string values =
      shaped(fmt::format("{} % {} + {}", whole, int64_t(facts.high - facts.low) + 1, int64_t(facts.low)));
  return type.element == Scalar::I32 ? "i32(" + values + ")" : values;
}

ArrayType literalType(const ArrayType &type) {
  ArrayType result = type;
  for (Size &size : result.shape)
    size = Size::literal(size.value);
  return result;
}

} // namespace ricci::fuzz
