#include "lang/Diagnostic.h"
#include "lang/Utf8.h"

#include <fmt/format.h>

#include <algorithm>

namespace ricci::lang {

namespace {

struct Colours {
  std::string_view heading, site, gutter, reset, bold;
};

constexpr Colours kPlain{"", "", "", "", ""};
constexpr Colours kError{"\033[1;31m", "\033[31m", "\033[34m", "\033[0m", "\033[1m"};
constexpr Colours kWarning{"\033[1;33m", "\033[33m", "\033[34m", "\033[0m", "\033[1m"};

// Longer source lines are shown as a window around the span.
constexpr uint32_t kWidest = 160;

/// A source line made printable, and the window of it that is shown.
class ShownLine {
public:
  ShownLine(const SourceFile &file, Span span) : position_(file.position(span.begin)) {
    std::string_view raw = file.line(position_.line);
    uint32_t start = file.lineStart(position_.line);
    uint32_t rawBegin = std::min<uint32_t>(span.begin - start, static_cast<uint32_t>(raw.size()));
    uint32_t rawEnd = std::min<uint32_t>(span.end - start, static_cast<uint32_t>(raw.size()));
    before_ = printable(raw.substr(0, rawBegin));
    marked_ = printable(raw.substr(rawBegin, rawEnd - rawBegin));
    after_ = printable(raw.substr(rawEnd));
    if (length(before_) + length(marked_) + length(after_) > kWidest)
      narrow();
  }

  std::string text() const { return before_ + marked_ + after_; }
  std::string underline(char mark) const {
    return std::string(length(before_), ' ') + std::string(std::max<size_t>(1, length(marked_)), mark);
  }
  uint32_t line() const { return position_.line; }

private:
  static bool isLead(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }
  static size_t length(const std::string &s) { return static_cast<size_t>(std::count_if(s.begin(), s.end(), isLead)); }

  // The byte offset of the code point with this number.
  static size_t offset(const std::string &s, size_t number) {
    size_t at = 0;
    for (; at < s.size(); ++at)
      if (isLead(s[at]) && number-- == 0)
        break;
    return at;
  }

  void narrow() {
    constexpr size_t kMargin = kWidest / 3;
    if (length(before_) > kMargin)
      before_ = "…" + before_.substr(offset(before_, length(before_) - kMargin));
    if (length(marked_) > kMargin)
      marked_ = marked_.substr(0, offset(marked_, kMargin)) + "…";
    if (length(after_) > kMargin)
      after_ = after_.substr(0, offset(after_, kMargin)) + "…";
  }

  Position position_;
  std::string before_, marked_, after_;
};

struct Site {
  Span span;
  std::string_view text;
  bool primary;
};

void renderSites(std::string &out, const SourceManager &sources, const std::vector<Site> &sites, const Colours &colours) {
  std::string lastPlace, lastText;
  for (const Site &site : sites) {
    const SourceFile &file = sources.file(site.span.file);
    ShownLine shown(file, site.span);
    Position position = file.position(site.span.begin);
    std::string place = fmt::format("{}:{}", file.name(), position.line);
    if (place != lastPlace)
      out += fmt::format("  {}-->{} {}:{}\n", colours.gutter, colours.reset, printable(place), position.column);
    if (place != lastPlace || shown.text() != lastText)
      out += fmt::format("   {}|{} {}\n", colours.gutter, colours.reset, shown.text());
    lastPlace = place;
    lastText = shown.text();
    out += fmt::format("   {}|{} {}{}{}{}{}\n", colours.gutter, colours.reset, site.primary ? colours.site : colours.gutter,
                       shown.underline(site.primary ? '^' : '-'), site.text.empty() ? "" : " ", printable(site.text),
                       colours.reset);
  }
}

} // namespace

std::string render(const SourceManager &sources, const Diagnostic &diagnostic, RenderOptions options) {
  bool isError = diagnostic.severity == Severity::Error;
  const Colours &colours = !options.colour ? kPlain : isError ? kError : kWarning;
  std::string out = fmt::format("{}{}[{}]{}: {}{}{}\n", colours.heading, isError ? "error" : "warning",
                                info(diagnostic.code).name, colours.reset, colours.bold, printable(diagnostic.message),
                                colours.reset);
  std::vector<Site> sites{{diagnostic.span, diagnostic.spanText, true}};
  for (const Label &label : diagnostic.labels)
    sites.push_back({label.span, label.text, false});
  renderSites(out, sources, sites, colours);
  if (!diagnostic.helpText.empty())
    out += fmt::format("   {}={} help: {}\n", colours.gutter, colours.reset, printable(diagnostic.helpText));
  return out;
}

std::string render(const SourceManager &sources, const DiagnosticEngine &engine, RenderOptions options) {
  std::string out;
  for (const Diagnostic &diagnostic : engine.diagnostics()) {
    if (!out.empty())
      out += '\n';
    out += render(sources, diagnostic, options);
  }
  if (engine.suppressed() > 0)
    out += fmt::format("\nonly the first {} are shown\n", engine.diagnostics().size());
  return out;
}

} // namespace ricci::lang
