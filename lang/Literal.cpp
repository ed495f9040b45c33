#include "lang/Literal.h"
#include "lang/Utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace ricci::lang {

std::string withoutUnderscores(std::string_view spelling) {
  std::string digits(spelling);
  std::erase(digits, '_');
  return digits;
}

std::optional<uint64_t> integerValue(std::string_view spelling) {
  std::string digits = withoutUnderscores(spelling);
  uint64_t value = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return error == std::errc() ? std::optional(value) : std::nullopt;
}

// Whether a number too large or too small for a double is too large.
static bool isHuge(const std::string &digits) {
  size_t mantissaEnd = std::min(digits.find_first_of("eE"), digits.size());
  std::string mantissa = digits.substr(0, mantissaEnd);
  auto point = static_cast<int64_t>(std::min(mantissa.find('.'), mantissa.size()));
  size_t first = mantissa.find_first_of("123456789");
  if (first == std::string::npos)
    return false;
  int64_t exponent = 0;
  if (mantissaEnd < digits.size()) {
    const char *begin = digits.data() + mantissaEnd + 1;
    begin += *begin == '+';
    if (std::from_chars(begin, digits.data() + digits.size(), exponent).ec != std::errc())
      return digits[mantissaEnd + 1] != '-'; // an exponent past 2^63 outweighs any number of digits
  }
  return exponent > static_cast<int64_t>(first) - point;
}

std::optional<double> floatValue(const std::string &digits) {
  double value = 0;
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc())
    return value;
  return isHuge(digits) ? std::nullopt : std::optional(0.0);
}

namespace {

// Reads `{1F600}` after `\u`; 0 if that is no code point that a string may hold.
uint32_t codePointEscape(std::string_view rest, size_t &length) {
  size_t close = rest.find('}');
  if (!rest.starts_with('{') || close == std::string_view::npos || close < 2 || close > 7)
    return 0;
  uint32_t value = 0;
  auto [end, error] = std::from_chars(rest.data() + 1, rest.data() + close, value, 16);
  bool surrogate = value >= 0xD800 && value < 0xE000;
  if (error != std::errc() || end != rest.data() + close || value > 0x10FFFF || surrogate)
    return 0;
  length = close + 1;
  return value;
}

char simpleEscape(char c) {
  switch (c) {
  case 'n':
    return '\n';
  case 't':
    return '\t';
  case 'r':
    return '\r';
  case '"':
  case '\\':
    return c;
  default:
    return '\0';
  }
}

} // namespace

std::optional<std::string> unescape(std::string_view spelling, Span span, DiagnosticEngine &diagnostics) {
  std::string out;
  for (size_t i = 0; i < spelling.size(); ++i) {
    if (spelling[i] != '\\') {
      out += spelling[i];
      continue;
    }
    char next = i + 1 < spelling.size() ? spelling[i + 1] : '\0';
    size_t length = 0;
    uint32_t point = next == 'u' ? codePointEscape(spelling.substr(i + 2), length) : 0;
    if (char simple = simpleEscape(next)) {
      out += simple;
    } else if (point != 0) {
      appendUtf8(out, point);
    } else {
      auto begin = span.begin + static_cast<uint32_t>(i);
      uint32_t shown = 1 + decodeUtf8(spelling.substr(i + 1)).length;
      diagnostics.error(Code::E0003, {span.file, begin, begin + shown},
                        next == 'u' ? "`\\u` takes a code point in braces" : fmt::format("`{}` is no escape", spelling.substr(i, shown)))
          .help(next == 'u' ? "write it as `\\u{3b1}`" : "a backslash itself is written `\\\\`");
      return std::nullopt;
    }
    i += 1 + length;
  }
  return out;
}

} // namespace ricci::lang
