#include "lang/Diagnostic.h"
#include "lang/Utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <numeric>

namespace ricci::lang {

static constexpr CodeInfo kCodes[] = {
#define RICCI_DIAGNOSTIC(code, title, text, wrong, right) {Code::code, #code, title, text, wrong, right},
#include "lang/Diagnostics.def"
#undef RICCI_DIAGNOSTIC
};

std::span<const CodeInfo> allCodes() { return kCodes; }

const CodeInfo &info(Code code) { return kCodes[static_cast<size_t>(code)]; }

std::optional<Code> findCode(std::string_view name) {
  auto sameLetters = [](char a, char b) { return a == std::toupper(static_cast<unsigned char>(b)); };
  for (const CodeInfo &entry : kCodes)
    if (std::equal(entry.name.begin(), entry.name.end(), name.begin(), name.end(), sameLetters))
      return entry.code;
  return std::nullopt;
}

static void appendExample(std::string &out, std::string_view heading, std::string_view program) {
  if (program.empty())
    return;
  out += fmt::format("\n{}:\n\n", heading);
  for (size_t begin = 0; begin <= program.size();) {
    size_t end = std::min(program.find('\n', begin), program.size());
    out += fmt::format("    {}\n", program.substr(begin, end - begin));
    begin = end + 1;
  }
}

std::string explain(Code code) {
  const CodeInfo &entry = info(code);
  std::string out = fmt::format("{}: {}\n\n{}\n", entry.name, entry.title, entry.text);
  appendExample(out, "Wrong", entry.wrong);
  appendExample(out, "Right", entry.right);
  return out;
}

Diagnostic &DiagnosticEngine::error(Code code, Span span, std::string message) {
  return add(Severity::Error, code, span, std::move(message));
}

Diagnostic &DiagnosticEngine::warning(Code code, Span span, std::string message) {
  return add(Severity::Warning, code, span, std::move(message));
}

Diagnostic &DiagnosticEngine::add(Severity severity, Code code, Span span, std::string message) {
  Diagnostic diagnostic{code, severity, std::move(message), span, {}, {}, {}};
  bool known = !full() && !seen_.insert({code, span.file, span.begin, span.end}).second;
  if (!known) {
    errors_ += severity == Severity::Error;
    suppressed_ += full();
  }
  if (known || full())
    return dropped_ = std::move(diagnostic);
  diagnostics_.push_back(std::move(diagnostic));
  return diagnostics_.back();
}

void DiagnosticEngine::labelFrom(size_t first, Span where, const std::string &text) {
  for (size_t i = first; i < diagnostics_.size(); ++i)
    diagnostics_[i].label(where, text);
}

void DiagnosticEngine::sort() {
  std::vector<size_t> order(diagnostics_.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    const Span &x = diagnostics_[a].span, &y = diagnostics_[b].span;
    return std::tuple(x.file, x.begin, a) < std::tuple(y.file, y.begin, b);
  });
  std::vector<Diagnostic> sorted;
  for (size_t i : order)
    sorted.push_back(std::move(diagnostics_[i]));
  diagnostics_ = std::move(sorted);
}

FlatDiagnostic flatten(const SourceManager &sources, const Diagnostic &diagnostic) {
  const SourceFile &file = sources.file(diagnostic.span.file);
  Position begin = file.position(diagnostic.span.begin);
  Position end = file.position(diagnostic.span.end);
  return {std::string(info(diagnostic.code).name),
          printable(diagnostic.message),
          printable(file.name()),
          begin.line,
          begin.column,
          end.line,
          end.column,
          printable(diagnostic.helpText)};
}

// Levenshtein distance with adjacent transpositions counted once.
static size_t editDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> before, previous(b.size() + 1), current(b.size() + 1);
  std::iota(previous.begin(), previous.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    current[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t replaced = previous[j - 1] + (a[i - 1] != b[j - 1]);
      current[j] = std::min({previous[j] + 1, current[j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        current[j] = std::min(current[j], before[j - 2] + 1);
    }
    before = previous;
    std::swap(previous, current);
  }
  return previous[b.size()];
}

std::optional<std::string> nearest(std::string_view name, std::span<const std::string> candidates) {
  constexpr size_t kLongestCompared = 64;
  if (name.size() > kLongestCompared)
    return std::nullopt;
  std::optional<std::string> best;
  size_t tooFar = std::max<size_t>(1, name.size() / 3) + 1;
  for (const std::string &candidate : candidates) {
    if (candidate.size() > kLongestCompared || candidate == name)
      continue;
    size_t distance = editDistance(name, candidate);
    if (distance < tooFar && distance < std::max(name.size(), candidate.size())) {
      best = candidate;
      tooFar = distance;
    }
  }
  return best;
}

} // namespace ricci::lang
