#include "compiler/driver/Literal.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <numbers>

namespace ricci::driver {

namespace {

constexpr int deepest = RICCI_MAX_RANK;

class Parser {
public:
  explicit Parser(std::string_view text) : rest(text) {}

  std::optional<Literal> parse() {
    if (!value(0))
      return std::nullopt;
    skipSpace();
    if (!rest.empty())
      return std::nullopt;
    for (const Literal::Number &element : literal.elements) {
      if ((element.kind == Literal::Bool) != (literal.elements[0].kind == Literal::Bool))
        return std::nullopt;
      literal.kind = std::max(literal.elements[0].kind, std::max(literal.kind, element.kind));
    }
    if (!literal.elements.empty() && literal.elements[0].kind == Literal::Bool)
      literal.kind = Literal::Bool;
    return std::move(literal);
  }

private:
  void skipSpace() { rest.remove_prefix(std::min(rest.find_first_not_of(" \t\n"), rest.size())); }
  bool accept(char c) {
    skipSpace();
    if (!rest.starts_with(c))
      return false;
    rest.remove_prefix(1);
    return true;
  }

  bool value(size_t depth) { return accept('[') ? list(depth) : number(depth); }

  // The first list at a depth fixes the size there, the others follow it.
  bool list(size_t depth) {
    if (depth == deepest || (leafDepth && depth >= *leafDepth))
      return false;
    bool first = depth == literal.shape.size();
    if (first)
      literal.shape.push_back(-1);
    int64_t size = 0;
    if (!accept(']')) {
      do {
        if (!value(depth + 1))
          return false;
        ++size;
      } while (accept(','));
      if (!accept(']'))
        return false;
    }
    if (literal.shape[depth] < 0)
      literal.shape[depth] = size;
    return literal.shape[depth] == size;
  }

  bool number(size_t depth) {
    if (leafDepth.value_or(depth) != depth || depth != literal.shape.size())
      return false;
    leafDepth = depth;
    skipSpace();
    size_t end = std::min(rest.find_first_of(",[] \t\n"), rest.size());
    std::string word(rest.substr(0, end));
    rest.remove_prefix(end);
    std::optional<Literal::Number> parsed = parseNumber(word);
    if (parsed)
      literal.elements.push_back(*parsed);
    return parsed.has_value();
  }

  static std::optional<Literal::Number> parseNumber(std::string word) {
    if (word == "true" || word == "false")
      return Literal::Number{Literal::Bool, word == "true", 0};
    bool negative = word.starts_with('-');
    if (negative)
      word.erase(0, 1);
    double sign = negative ? -1 : 1;
    if (word == "inf")
      return Literal::Number{Literal::Real, 0, sign * std::numeric_limits<double>::infinity()};
    if (word == "nan")
      return Literal::Number{Literal::Real, 0, std::numeric_limits<double>::quiet_NaN()};
    if (word == "pi")
      return Literal::Number{Literal::Real, 0, sign * std::numbers::pi};
    // from_chars knows more words for infinity and a sign of its own; underscores stand between digits only.
    if (word.empty() || word[0] < '0' || word[0] > '9' || word.back() == '_')
      return std::nullopt;
    std::erase(word, '_');
    const char *begin = word.data(), *end = begin + word.size();
    uint64_t magnitude = 0;
    if (auto [at, code] = std::from_chars(begin, end, magnitude); at == end && code == std::errc()) {
      uint64_t most = static_cast<uint64_t>(std::numeric_limits<int64_t>::max()) + negative;
      if (magnitude > most)
        return std::nullopt;
      auto integer = static_cast<int64_t>(negative ? 0 - magnitude : magnitude);
      return Literal::Number{Literal::Integer, integer, static_cast<double>(integer)};
    }
    double real = 0;
    if (auto [at, code] = std::from_chars(begin, end, real); at == end && code == std::errc())
      return Literal::Number{Literal::Real, 0, sign * real};
    return std::nullopt;
  }

  std::string_view rest;
  std::optional<size_t> leafDepth;
  Literal literal;
};

} // namespace

std::optional<Literal> parseLiteral(std::string_view text) { return Parser(text).parse(); }

std::optional<runtime::Array> toArray(const Literal &literal, runtime::DType dtype) {
  using runtime::DType;
  bool floating = dtype == DType::F32 || dtype == DType::F64;
  bool integral = dtype == DType::I32 || dtype == DType::I64;
  bool fits = literal.kind == Literal::Bool      ? dtype == DType::Bool
              : literal.kind == Literal::Integer ? floating || integral
                                                 : floating;
  if (!fits)
    return std::nullopt;
  runtime::Result<runtime::Array> array = runtime::Array::create(dtype, literal.shape);
  if (!array)
    return std::nullopt;
  bool exact = runtime::dispatch(dtype, [&](auto zero) {
    using T = decltype(zero);
    std::span<T> elements = array->as<T>();
    for (size_t i = 0; i < elements.size(); ++i) {
      const Literal::Number &number = literal.elements[i];
      if constexpr (std::is_floating_point_v<T>) {
        elements[i] = static_cast<T>(number.real);
      } else {
        elements[i] = static_cast<T>(number.integer);
        if (static_cast<int64_t>(elements[i]) != number.integer)
          return false;
      }
    }
    return true;
  });
  if (!exact)
    return std::nullopt;
  return std::move(*array);
}

} // namespace ricci::driver
