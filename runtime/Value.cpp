#include "runtime/Value.h"

#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ricci::runtime {

namespace {

template <typename T> std::string shortestFloat(T value) {
  std::string text = fmt::format("{}", value);
  if (std::isfinite(value) && text.find_first_of(".e") == std::string::npos)
    text += ".0";
  // The sign of a NaN means nothing to the reader.
  return std::isnan(value) ? "nan" : text;
}

template <typename T> std::string elementText(T value) {
  if constexpr (std::is_floating_point_v<T>)
    return shortest(value);
  else
    return fmt::format("{}", value);
}

// One array's text. Nested brackets are aligned under their first element, `column` characters to the right.
class ArrayWriter {
public:
  ArrayWriter(const Array &array, const TextOptions &options, size_t column)
      : array(array), options(options), column(column), abridge(array.size() > options.abridgeAbove),
        pattern(options.scalarFormat.empty() ? "" : "{:" + options.scalarFormat + "}") {}

  std::string write() {
    // Without elements the brackets would tell little, and there could be any number of them.
    if (array.size() == 0)
      return array.rank() == 1 ? "[]" : "[] " + describe(array.type());
    dispatch(array.dtype(), [&](auto zero) { axis(array.as<decltype(zero)>().data(), 0, array.size()); });
    if (abridge)
      text += " " + describe(array.type());
    return std::move(text);
  }

private:
  template <typename T> void axis(const T *from, size_t depth, int64_t span) {
    if (depth == array.shape().size()) {
      text += pattern.empty() ? elementText(*from) : fmt::format(fmt::runtime(pattern), *from);
      return;
    }
    int64_t size = array.shape()[depth];
    int64_t step = span / size;
    bool skips = abridge && size > 2 * options.edge;
    bool innermost = depth + 1 == array.shape().size();
    std::string separator = innermost ? ", " : ",\n" + std::string(column + depth + 1, ' ');
    text += '[';
    for (int64_t i = 0; i < size; ++i) {
      if (i > 0)
        text += separator;
      if (skips && i == options.edge) {
        text += "..." + separator;
        i = size - options.edge;
      }
      axis(from + i * step, depth + 1, step);
    }
    text += ']';
  }

  const Array &array;
  const TextOptions &options;
  size_t column;
  bool abridge;
  std::string pattern;
  std::string text;
};

std::string valueText(const Value &value, const TextOptions &options, size_t column) {
  if (value.isArray())
    return ArrayWriter(value.array(), options, column).write();
  const Aggregate &aggregate = value.aggregate();
  size_t inner = column + aggregate.typeName.size() + 1;
  std::vector<std::string> parts;
  bool severalLines = false;
  for (const Field &field : aggregate.fields) {
    std::string label = aggregate.isTuple() ? "" : field.name + " = ";
    parts.push_back(label + valueText(field.value, options, inner + label.size()));
    severalLines |= parts.back().find('\n') != std::string::npos;
  }
  std::string separator = severalLines ? ",\n" + std::string(inner, ' ') : ", ";
  // A tuple of one keeps its comma, as in the source.
  const char *end = aggregate.isTuple() && parts.size() == 1 ? ",)" : ")";
  return fmt::format("{}({}{}", aggregate.typeName, fmt::join(parts, separator), end);
}

template <typename Write> Result<std::string> guarded(const TextOptions &options, Write &&write) {
  try {
    return write();
  } catch (const fmt::format_error &problem) {
    return Error{ErrorKind::Format, fmt::format("format `{}`: {}", options.scalarFormat, problem.what())};
  }
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\')
      result += '\\';
    if (static_cast<unsigned char>(c) < 0x20)
      result += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    else
      result += c;
  }
  return result + '"';
}

template <typename T> void jsonElement(T value, std::string &out) {
  std::string text = elementText(value);
  bool number = true;
  if constexpr (std::is_floating_point_v<T>)
    number = std::isfinite(value);
  out += number ? text : quoted(text);
}

template <typename T> void jsonData(const T *from, std::span<const int64_t> shape, int64_t span, std::string &out) {
  if (shape.empty())
    return jsonElement(*from, out);
  out += '[';
  int64_t step = span ? span / shape[0] : 0;
  for (int64_t i = 0; span && i < shape[0]; ++i) {
    if (i > 0)
      out += ", ";
    jsonData(from + i * step, shape.subspan(1), step, out);
  }
  out += ']';
}

void json(const Value &value, std::string &out) {
  if (value.isArray()) {
    const Array &array = value.array();
    out += fmt::format("{{\"type\": \"{}\", \"shape\": [{}], \"data\": ", nameOf(array.dtype()),
                       fmt::join(array.shape(), ", "));
    dispatch(array.dtype(),
             [&](auto zero) { jsonData(array.as<decltype(zero)>().data(), array.shape(), array.size(), out); });
    out += '}';
    return;
  }
  const Aggregate &aggregate = value.aggregate();
  out += fmt::format("{{\"type\": {}, \"shape\": [], \"data\": {{",
                     quoted(aggregate.isTuple() ? "tuple" : aggregate.typeName));
  for (const Field &field : aggregate.fields) {
    if (&field != &aggregate.fields.front())
      out += ", ";
    out += quoted(field.name) + ": ";
    json(field.value, out);
  }
  out += "}}";
}

} // namespace

std::string shortest(double value) { return shortestFloat(value); }
std::string shortest(float value) { return shortestFloat(value); }

Result<std::string> toText(const Array &array, const TextOptions &options) {
  return guarded(options, [&] { return ArrayWriter(array, options, 0).write(); });
}

Result<std::string> toText(const Value &value, const TextOptions &options) {
  return guarded(options, [&] { return valueText(value, options, 0); });
}

std::string toJson(const Value &value) {
  std::string out;
  json(value, out);
  return out;
}

} // namespace ricci::runtime
