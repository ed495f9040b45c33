#include "ExpectedDiagnostics.h"

#include "lang/Check.h"

#include <charconv>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>

namespace ricci::lang::test {

static std::string_view trimmed(std::string_view text) {
  size_t begin = std::min(text.find_first_not_of(" \r"), text.size());
  text.remove_prefix(begin);
  return text.substr(0, text.find_last_not_of(" \r") + 1);
}

// `E0101:21 fragment`
static Expectation parseExpectation(std::string_view text, uint32_t line) {
  text = trimmed(text);
  size_t colon = text.find(':');
  size_t space = text.find(' ');
  uint32_t column = 0;
  bool wellFormed = colon == 5 && space != std::string_view::npos && space > colon;
  if (wellFormed)
    wellFormed = std::from_chars(text.data() + colon + 1, text.data() + space, column).ptr == text.data() + space;
  if (!wellFormed)
    throw std::runtime_error("malformed expectation: " + std::string(text));
  return {std::string(text.substr(0, colon)), line, column, std::string(trimmed(text.substr(space)))};
}

std::vector<Expectation> expectations(std::string_view program) {
  std::vector<Expectation> found;
  uint32_t number = 0, subject = 0;
  for (size_t begin = 0; begin < program.size();) {
    size_t end = std::min(program.find('\n', begin), program.size());
    std::string_view line = program.substr(begin, end - begin);
    begin = end + 1;
    ++number;
    if (trimmed(line).starts_with("#^")) {
      found.push_back(parseExpectation(trimmed(line).substr(2), subject));
      continue;
    }
    subject = number;
    for (size_t at = line.find("#!"); at != std::string_view::npos;) {
      size_t next = line.find("#!", at + 2);
      found.push_back(parseExpectation(line.substr(at + 2, next == std::string_view::npos ? next : next - at - 2), number));
      at = next;
    }
  }
  return found;
}

DiagnosticEngine diagnose(SourceManager &sources, std::string name, std::string program, const std::string &modules) {
  DiagnosticEngine diagnostics;
  CheckOptions options;
  std::map<std::string, FileId> known;
  options.openModule = [&](const std::string &path, const SourceFile &) -> std::variant<FileId, std::string> {
    std::ifstream file(modules + "/" + path);
    if (!file)
      return "looked for " + path;
    auto [place, fresh] = known.try_emplace(path);
    if (fresh)
      place->second = sources.add(path, std::string(std::istreambuf_iterator<char>(file), {}));
    return place->second;
  };
  check(sources, &sources.file(sources.add(std::move(name), std::move(program))), options, diagnostics);
  diagnostics.sort();
  return diagnostics;
}

bool matches(const SourceManager &sources, const Diagnostic &diagnostic, const Expectation &expected) {
  Position at = sources.position(diagnostic.span);
  if (info(diagnostic.code).name != expected.code || at != Position{expected.line, expected.column})
    return false;
  std::string said = diagnostic.message + '\n' + diagnostic.spanText + '\n' + diagnostic.helpText;
  for (const Label &label : diagnostic.labels)
    said += '\n' + label.text;
  return said.find(expected.fragment) != std::string::npos;
}

} // namespace ricci::lang::test
