#include "lang/Lexer.h"
#include "lang/Literal.h"
#include "lang/Parser.h"
#include "lang/ParserImpl.h"
#include "lang/Utf8.h"

#include <fmt/format.h>

#include <charconv>

namespace ricci::lang {

namespace {

class FormatParser {
public:
  FormatParser(const SourceFile &file, Span inner, DiagnosticEngine &diagnostics)
      : file_(file), text_(file.text()), at_(inner.begin), end_(inner.end), diagnostics_(diagnostics) {}

  std::optional<std::vector<FormatSegment>> run() {
    size_t errors = diagnostics_.errorCount();
    while (at_ < end_ && diagnostics_.errorCount() == errors) {
      if (text_[at_] == '{' && peek() != '{')
        parseHole();
      else
        parseText();
    }
    if (diagnostics_.errorCount() != errors)
      return std::nullopt;
    return std::move(segments_);
  }

private:
  char peek() const { return at_ + 1 < end_ ? text_[at_ + 1] : '\0'; }
  Span span(uint32_t begin, uint32_t end) const { return {file_.id(), begin, end}; }
  void malformed(Span where, std::string message, std::string help) {
    diagnostics_.error(Code::E0030, where, std::move(message)).help(std::move(help));
  }

  void parseText();
  void parseHole();
  uint32_t expressionEnd() const;

  const SourceFile &file_;
  std::string_view text_;
  uint32_t at_;
  uint32_t end_;
  DiagnosticEngine &diagnostics_;
  std::vector<FormatSegment> segments_;
};

// Literal text up to the next expression.
void FormatParser::parseText() {
  uint32_t begin = at_;
  std::string spelling;
  while (at_ < end_ && (text_[at_] != '{' || peek() == '{')) {
    char c = text_[at_];
    if (c == '}' && peek() != '}')
      return malformed(span(at_, at_ + 1), "this brace closes nothing", "a brace itself is written `}}`");
    uint32_t length = 1;
    if (c == '\\' && peek() == 'u') // its braces are its own
      length = static_cast<uint32_t>(text_.find('}', at_)) + 1 - at_;
    else if (c == '\\')
      length = 2;
    spelling += text_.substr(at_, length);
    at_ += c == '{' || c == '}' ? 2 : length;
  }
  FormatSegment segment;
  segment.span = span(begin, at_);
  segment.text = unescape(spelling, segment.span, diagnostics_).value_or("");
  segments_.push_back(std::move(segment));
}

// The `:` or `}` that ends the expression at the current position, or the end of the string.
uint32_t FormatParser::expressionEnd() const {
  unsigned open = 0;
  for (uint32_t i = at_; i < end_; ++i) {
    char c = text_[i];
    if (open == 0 && (c == ':' || c == '}'))
      return i;
    if (c == '(' || c == '[' || c == '{')
      ++open;
    if ((c == ')' || c == ']' || c == '}') && open > 0)
      --open;
  }
  return end_;
}

void FormatParser::parseHole() {
  uint32_t begin = at_++;
  uint32_t exprEnd = expressionEnd();
  auto close = static_cast<uint32_t>(std::min<size_t>(text_.find('}', exprEnd), end_));
  if (close == end_)
    return malformed(span(begin, begin + 1), "this brace is not closed", "a brace itself is written `{{`");
  FormatSegment segment;
  segment.span = span(begin, close + 1);
  if (text_.substr(at_, exprEnd - at_).find_first_not_of(' ') == std::string_view::npos)
    return malformed(segment.span, "these braces hold no expression", "write `{expression}`; a brace itself is written `{{`");
  if (text_[exprEnd] == ':') {
    segment.spec = text_.substr(exprEnd + 1, close - exprEnd - 1);
    if (!parseFormatSpec(segment.spec))
      diagnostics_.error(Code::E0031, span(exprEnd + 1, close), fmt::format("`{}` is no format specification", segment.spec))
          .help("for instance `.4f`, `8.3e`, `>6`");
  }
  segment.expr = Parser(file_, lex(file_, at_, exprEnd, diagnostics_), diagnostics_).parseOnlyExpression();
  segments_.push_back(std::move(segment));
  at_ = close + 1;
}

} // namespace

std::optional<std::vector<FormatSegment>> parseFormat(const SourceFile &file, const StringExpr &literal,
                                                      DiagnosticEngine &diagnostics) {
  Span inner{file.id(), literal.span.begin + 1, literal.span.end - 1};
  return FormatParser(file, inner, diagnostics).run();
}

std::optional<FormatSpec> parseFormatSpec(std::string_view spec) {
  constexpr unsigned kMost = 1000;
  FormatSpec result;
  auto isAlign = [](char c) { return c == '<' || c == '>' || c == '^'; };
  auto acceptAny = [&](std::string_view set) {
    bool found = !spec.empty() && set.find(spec.front()) != std::string_view::npos;
    char c = found ? spec.front() : '\0';
    spec.remove_prefix(found ? 1 : 0);
    return c;
  };
  auto acceptNumber = [&]() -> std::optional<unsigned> {
    unsigned value = 0;
    auto [end, error] = std::from_chars(spec.data(), spec.data() + spec.size(), value);
    if (end == spec.data())
      return std::nullopt;
    spec.remove_prefix(static_cast<size_t>(end - spec.data()));
    return error == std::errc() ? value : kMost + 1;
  };

  unsigned fill = spec.empty() || spec.front() == '{' ? 0 : decodeUtf8(spec).length;
  if (fill > 0 && spec.size() > fill && isAlign(spec[fill]))
    spec.remove_prefix(fill);
  acceptAny("<>^");
  bool sign = acceptAny("+- ");
  bool alternate = acceptAny("#");
  bool zero = acceptAny("0");
  result.numeric = sign || alternate || zero;
  result.width = acceptNumber();
  if (acceptAny(".")) {
    result.precision = acceptNumber();
    if (!result.precision)
      return std::nullopt;
  }
  result.type = acceptAny("aAbBcdeEfFgGosxX");
  if (!spec.empty() || result.width.value_or(0) > kMost || result.precision.value_or(0) > kMost)
    return std::nullopt;
  return result;
}

} // namespace ricci::lang
