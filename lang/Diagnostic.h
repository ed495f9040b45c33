// What the compiler has to say about a program: diagnostics with a code from one registry (`Diagnostics.def`), a
// primary span, further labelled spans, and a help line. Collected by a `DiagnosticEngine`, turned into text by
// `render` and into plain fields by `flatten`.
#pragma once

#include "lang/Source.h"

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace ricci::lang {

enum class Code : uint16_t {
#define RICCI_DIAGNOSTIC(code, title, text, wrong, right) code,
#include "lang/Diagnostics.def"
#undef RICCI_DIAGNOSTIC
};

// A registry entry: what `ricci explain` tells. `wrong` is a program that provokes the code, `right` the same
// program mended; tests compile both.
struct CodeInfo {
  Code code;
  std::string_view name;
  std::string_view title;
  std::string_view text;
  std::string_view wrong;
  std::string_view right;
};

std::span<const CodeInfo> allCodes();
const CodeInfo &info(Code code);
// Accepts `E0101` in either case.
std::optional<Code> findCode(std::string_view name);
// The text of `ricci explain CODE`, newline-terminated.
std::string explain(Code code);

enum class Severity : uint8_t { Error, Warning };

// A place that takes part in the story, for instance the other site of a size conflict.
struct Label {
  Span span;
  std::string text;
};

struct Diagnostic {
  Code code;
  Severity severity = Severity::Error;
  std::string message;
  Span span;
  std::string spanText;      // stands beside the caret, may be empty
  std::vector<Label> labels; // further sites, in the order shown
  std::string helpText;      // may be empty

  Diagnostic &here(std::string text) {
    spanText = std::move(text);
    return *this;
  }
  Diagnostic &label(Span where, std::string text) {
    labels.push_back({where, std::move(text)});
    return *this;
  }
  Diagnostic &help(std::string text) {
    helpText = std::move(text);
    return *this;
  }
};

// Collects diagnostics. The same code at the same span is kept once; past the cap they are only counted, and whoever
// looks for more may stop.
class DiagnosticEngine {
public:
  explicit DiagnosticEngine(size_t cap = 100) : cap_(cap) {}

  // The result may be extended by `.here(…)`, `.label(…)`, `.help(…)` until the next report.
  Diagnostic &error(Code code, Span span, std::string message);
  Diagnostic &warning(Code code, Span span, std::string message);

  // Adds a label to every diagnostic from this one on.
  void labelFrom(size_t first, Span where, const std::string &text);

  bool hasErrors() const { return errors_ > 0; }
  size_t errorCount() const { return errors_; }
  bool full() const { return diagnostics_.size() >= cap_; }
  // How many were dropped at the cap.
  size_t suppressed() const { return suppressed_; }
  const std::vector<Diagnostic> &diagnostics() const { return diagnostics_; }
  // Orders by file and position; diagnostics at one position keep their order.
  void sort();

private:
  Diagnostic &add(Severity severity, Code code, Span span, std::string message);

  size_t cap_;
  size_t errors_ = 0;
  size_t suppressed_ = 0;
  std::vector<Diagnostic> diagnostics_;
  std::set<std::tuple<Code, FileId, uint32_t, uint32_t>> seen_;
  Diagnostic dropped_{};
};

struct RenderOptions {
  bool colour = false;
};

// One diagnostic as text, newline-terminated. Bytes that are no UTF-8 and control characters are shown as U+FFFD.
std::string render(const SourceManager &sources, const Diagnostic &diagnostic, RenderOptions options = {});
// All of them, a blank line between, and a last line if there were more.
std::string render(const SourceManager &sources, const DiagnosticEngine &engine, RenderOptions options = {});

// The fields of `check --json`; the end is exclusive.
struct FlatDiagnostic {
  std::string code;
  std::string message;
  std::string file;
  uint32_t line;
  uint32_t column;
  uint32_t endLine;
  uint32_t endColumn;
  std::string help;
};

FlatDiagnostic flatten(const SourceManager &sources, const Diagnostic &diagnostic);

// The candidate nearest to `name` by edit distance, if one is near enough to be meant.
std::optional<std::string> nearest(std::string_view name, std::span<const std::string> candidates);

} // namespace ricci::lang
