#include "runtime/HostSpec.h"

#include <charconv>
#include <fmt/format.h>

namespace ricci::runtime {

namespace {

// The compiler writes these texts, so a fault is its own; still it must not bring the host down.
Error malformed(std::string_view spec, size_t position) {
  return {ErrorKind::Format, fmt::format("malformed effect {:?} at character {}", spec, position)};
}

bool accept(std::string_view text, size_t &position, char c) {
  if (position >= text.size() || text[position] != c)
    return false;
  ++position;
  return true;
}

std::string_view takeUntil(std::string_view text, size_t &position, std::string_view stops) {
  size_t end = std::min(text.find_first_of(stops, position), text.size());
  std::string_view taken = text.substr(position, end - position);
  position = end;
  return taken;
}

} // namespace

Result<Value> parseOperand(std::string_view text, size_t &position, std::span<const Array> arrays) {
  std::string_view word = takeUntil(text, position, "(),=:}");
  if (!accept(text, position, '(')) {
    size_t number = 0;
    auto [end, code] = std::from_chars(word.data(), word.data() + word.size(), number);
    if (code != std::errc() || end != word.data() + word.size() || number >= arrays.size())
      return malformed(text, position);
    return Value(Array::borrow(arrays[number].type(), arrays[number].data()));
  }
  Aggregate aggregate{std::string(word), {}};
  while (!accept(text, position, ')')) {
    std::string name = std::to_string(aggregate.fields.size());
    if (!aggregate.isTuple()) {
      name = takeUntil(text, position, "(),=:}");
      if (!accept(text, position, '='))
        return malformed(text, position);
    }
    Result<Value> value = parseOperand(text, position, arrays);
    if (!value)
      return value;
    aggregate.fields.push_back({std::move(name), std::move(*value)});
    if (!accept(text, position, ',') && (position >= text.size() || text[position] != ')'))
      return malformed(text, position);
  }
  return Value(std::move(aggregate));
}

Result<std::vector<PrintSegment>> parsePrint(std::string_view spec, std::span<const Array> arrays) {
  std::vector<PrintSegment> segments(1);
  size_t position = 0;
  while (position < spec.size()) {
    segments.back().text += takeUntil(spec, position, "{}");
    if (position == spec.size())
      break;
    char brace = spec[position++];
    if (accept(spec, position, brace)) {
      segments.back().text += brace;
      continue;
    }
    if (brace == '}')
      return malformed(spec, position);
    Result<Value> value = parseOperand(spec, position, arrays);
    if (!value)
      return std::move(value.error());
    std::string format;
    if (accept(spec, position, ':'))
      format = takeUntil(spec, position, "}");
    if (!accept(spec, position, '}'))
      return malformed(spec, position);
    segments.back().value = std::move(*value);
    segments.back().format = std::move(format);
    segments.emplace_back();
  }
  return segments;
}

Result<std::vector<EffectOption>> parseOptions(std::string_view spec) {
  std::vector<EffectOption> options;
  size_t position = 0;
  while (position < spec.size()) {
    EffectOption option{std::string(takeUntil(spec, position, "=\n")), ""};
    if (!accept(spec, position, '='))
      return malformed(spec, position);
    for (;;) {
      option.value += takeUntil(spec, position, "\\\n");
      if (!accept(spec, position, '\\'))
        break;
      if (accept(spec, position, 'n'))
        option.value += '\n';
      else if (accept(spec, position, '\\'))
        option.value += '\\';
      else
        return malformed(spec, position);
    }
    accept(spec, position, '\n');
    options.push_back(std::move(option));
  }
  return options;
}

} // namespace ricci::runtime
