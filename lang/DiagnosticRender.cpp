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

// In code points. Longer source lines are shown as a window around the span.
constexpr size_t kWidest = 160;
constexpr size_t kMargin = kWidest / 3;
// More bytes than a margin can take up, so that a line of megabytes costs no more than another.
constexpr size_t kMarginBytes = 4 * (kMargin + 2);

// The byte offset of the code point with this number.
size_t offset(const std::string &s, size_t number) {
  size_t at = 0;
  for (; at < s.size(); ++at)
    if (startsCodePoint(s[at]) && number-- == 0)
      break;
  return at;
}

std::string printableHead(std::string_view raw) { return printable(raw.substr(0, kMarginBytes)); }

std::string printableTail(std::string_view raw) {
  if (raw.size() > kMarginBytes)
    raw.remove_prefix(raw.size() - kMarginBytes);
  return printable(raw);
}

// The part of a source line that is shown for a span, made printable.
class ShownLine {
public:
  ShownLine(const SourceFile &file, Span span) {
    uint32_t number = file.position(span.begin).line;
    std::string_view raw = file.line(number);
    size_t begin = std::min<size_t>(span.begin - file.lineStart(number), raw.size());
    size_t end = std::min<size_t>(span.end - file.lineStart(number), raw.size());
    before_ = printableTail(raw.substr(0, begin));
    marked_ = printableHead(raw.substr(begin, end - begin));
    after_ = printableHead(raw.substr(end));
    if (codePoints(before_) + codePoints(marked_) + codePoints(after_) > kWidest)
      narrow();
  }

  std::string text() const { return before_ + marked_ + after_; }
  std::string underline(char mark) const {
    return std::string(codePoints(before_), ' ') + std::string(std::max<size_t>(1, codePoints(marked_)), mark);
  }

private:
  void narrow() {
    if (codePoints(before_) > kMargin)
      before_ = "…" + before_.substr(offset(before_, codePoints(before_) - kMargin));
    if (codePoints(marked_) > kMargin)
      marked_ = marked_.substr(0, offset(marked_, kMargin)) + "…";
    if (codePoints(after_) > kMargin)
      after_ = after_.substr(0, offset(after_, kMargin)) + "…";
  }

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
