#include "compiler/driver/testing/Arguments.h"

#include "compiler/driver/Given.h"
#include "compiler/driver/Values.h"
#include "compiler/engine/Signature.h"

#include <algorithm>
#include <fmt/format.h>

namespace ricci::driver {

using lang::Scalar;

Signature::Signature(const lang::CheckedFn &function) : function(function) {
  auto note = [&](const lang::Symbol &symbol) {
    auto same = [&](const lang::Symbol &known) { return known->id == symbol->id; };
    if (!symbol->isOpaque() && std::ranges::none_of(symbols, same))
      symbols.push_back(symbol);
  };
  auto noteIn = [&](const lang::Type &type) {
    for (const driver::Leaf &leaf : leavesOf(type))
      for (const lang::Dim &dim : leaf.type->shape)
        dim.forEachSymbol(note);
  };
  for (const lang::Variable *parameter : function.parameters)
    noteIn(parameter->type);
  noteIn(function.result);
  for (const lang::Variable *parameter : function.parameters)
    for (const driver::Leaf &leaf : leavesOf(parameter->type)) {
      Leaf array{leaf.type, std::nullopt};
      for (size_t i = 0; i < symbols.size(); ++i)
        if (parameter->symbol && (*parameter->symbol)->id == symbols[i]->id)
          array.size = i;
      arrays.push_back(array);
    }
}

std::optional<std::vector<runtime::Shape>> Signature::shapes(const std::vector<int64_t> &sizes) const {
  auto valueOf = [&](const lang::Symbol &symbol) -> std::optional<lang::Dim> {
    for (size_t i = 0; i < symbols.size(); ++i)
      if (symbols[i]->id == symbol->id)
        return lang::Dim(sizes[i]);
    return std::nullopt;
  };
  auto shapeOf = [&](const lang::Type &array) -> std::optional<runtime::Shape> {
    runtime::Shape shape;
    for (const lang::Dim &dim : array.shape) {
      std::optional<int64_t> size = dim.substitute(valueOf).constant();
      if (!size || *size < 0)
        return std::nullopt;
      shape.push_back(*size);
    }
    return runtime::byteCount(engine::dtypeOf(array.element), shape) ? std::optional(shape) : std::nullopt;
  };
  for (const driver::Leaf &leaf : leavesOf(function.result))
    if (!shapeOf(*leaf.type))
      return std::nullopt;
  std::vector<runtime::Shape> result;
  for (const Leaf &leaf : arrays) {
    std::optional<runtime::Shape> shape = shapeOf(*leaf.type);
    if (!shape)
      return std::nullopt;
    result.push_back(std::move(*shape));
  }
  return result;
}

// ---------------------------------------------------------------- drawing

template <class DrawSize> std::optional<Arguments> Signature::drawSizes(DrawSize drawSize) const {
  constexpr int mostTries = 1000;
  constexpr size_t mostElements = 1 << 20;
  for (int tries = 0; tries < mostTries; ++tries) {
    Arguments arguments;
    for (size_t i = 0; i < symbols.size(); ++i)
      arguments.sizes.push_back(drawSize(arguments.sizes));
    std::optional<std::vector<runtime::Shape>> shapes = this->shapes(arguments.sizes);
    if (!shapes)
      continue;
    size_t total = 0;
    for (size_t i = 0; i < arrays.size(); ++i) {
      Elements elements{std::move((*shapes)[i]), {}, {}};
      size_t count = 1;
      for (int64_t size : elements.shape)
        count *= static_cast<size_t>(size);
      if ((total += count) > mostElements)
        break;
      if (isFloating(arrays[i].type->element))
        elements.reals.resize(count);
      else
        elements.integers.resize(count);
      if (arrays[i].size)
        elements.integers.front() = arguments.sizes[*arrays[i].size];
      arguments.elements.push_back(std::move(elements));
    }
    if (total <= mostElements)
      return arguments;
  }
  return std::nullopt;
}

namespace {

// How the elements of one array are drawn.
enum class Style { Normal, Small, Edge };

Style drawStyle(Random &random) {
  return random.oneOf({Style::Normal, Style::Normal, Style::Small, Style::Small, Style::Edge});
}

double drawReal(Random &random, Style style, bool single) {
  switch (style) {
  case Style::Normal: {
    double value = random.normal();
    return single ? static_cast<float>(value) : value;
  }
  case Style::Small:
    return static_cast<double>(random.between(-3, 3));
  case Style::Edge:
    break;
  }
  // Not the ends of the type: what is claimed of numbers seldom holds there, whatever the code.
  return random.oneOf({0.0, -0.0, 1.0, -1.0, 0.5});
}

int64_t drawInteger(Random &random, Style style, Scalar element) {
  if (element == Scalar::Bool)
    return random.below(2);
  if (element == Scalar::Key)
    return random.below(int64_t(1) << 32);
  switch (style) {
  case Style::Normal:
    return random.between(-100, 100);
  case Style::Small:
    return random.between(0, 5);
  case Style::Edge:
    break;
  }
  return random.oneOf<int64_t>({0, 1, -1, 2, 1000, -1000});
}

} // namespace

std::optional<Arguments> Signature::drawAny(Random &random) const {
  std::optional<Arguments> arguments = drawSizes([&](const std::vector<int64_t> &before) {
    if (!before.empty() && random.below(4) == 0)
      return before[static_cast<size_t>(random.below(static_cast<int64_t>(before.size())))];
    return random.oneOf<int64_t>({0, 1, 1, 2, 2, 3, random.between(4, 8), random.between(9, 20)});
  });
  if (!arguments)
    return std::nullopt;
  for (size_t i = 0; i < arrays.size(); ++i) {
    Style style = drawStyle(random);
    Elements &elements = arguments->elements[i];
    for (double &real : elements.reals)
      real = drawReal(random, style, arrays[i].type->element == Scalar::F32);
    if (!arrays[i].size)
      for (int64_t &integer : elements.integers)
        integer = drawInteger(random, style, arrays[i].type->element);
  }
  return arguments;
}

std::optional<Arguments> Signature::drawModerate(Random &random, double scale, int64_t mostInteger) const {
  std::optional<Arguments> arguments = drawSizes([&](const std::vector<int64_t> &) { return random.between(1, 4); });
  if (!arguments)
    return std::nullopt;
  for (size_t i = 0; i < arrays.size(); ++i) {
    Scalar element = arrays[i].type->element;
    for (double &real : arguments->elements[i].reals)
      real = scale * random.normal();
    if (!arrays[i].size)
      for (int64_t &integer : arguments->elements[i].integers)
        integer = element == Scalar::Bool  ? random.below(2)
                  : element == Scalar::Key ? random.below(int64_t(1) << 32)
                                           : random.between(0, mostInteger);
  }
  return arguments;
}

// ---------------------------------------------------------------- arrays, text

std::vector<runtime::Array> Signature::toArrays(const Arguments &arguments, bool widen) const {
  std::vector<runtime::Array> result;
  for (size_t i = 0; i < arrays.size(); ++i) {
    const Elements &elements = arguments.elements[i];
    runtime::DType dtype = engine::dtypeOf(arrays[i].type->element);
    if (widen && dtype == runtime::DType::F32)
      dtype = runtime::DType::F64;
    runtime::Array array = std::move(*runtime::Array::create(dtype, elements.shape));
    dispatch(dtype, [&](auto zero) {
      using T = decltype(zero);
      auto place = array.as<T>().begin();
      for (double real : elements.reals)
        *place++ = static_cast<T>(real);
      for (int64_t integer : elements.integers)
        *place++ = static_cast<T>(integer);
    });
    result.push_back(std::move(array));
  }
  return result;
}

std::string Signature::text(const Arguments &arguments) const {
  std::string text;
  std::vector<runtime::Array> all = toArrays(arguments);
  auto isArgument = [&](size_t size) {
    return std::ranges::any_of(arrays, [&](const Leaf &leaf) { return leaf.size == size; });
  };
  for (size_t i = 0; i < symbols.size(); ++i)
    if (!isArgument(i))
      text += fmt::format("  {} = {}\n", symbols[i]->name, arguments.sizes[i]);
  auto next = all.begin();
  for (const lang::Variable *parameter : function.parameters)
    text += namedValue(parameter->name, assemble(parameter->type, next));
  return text;
}

} // namespace ricci::driver
