#include "lang/Html.h"
#include "lang/Lexer.h"
#include "lang/Utf8.h"

#include <fmt/format.h>

#include <utility>

namespace ricci::lang {

std::string escapeHtml(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    size_t special = text.find_first_of("&<>\"'\n");
    out += printable(text.substr(0, special));
    if (special == std::string_view::npos)
      break;
    char c = text[special];
    out += c == '&'    ? "&amp;"
           : c == '<'  ? "&lt;"
           : c == '>'  ? "&gt;"
           : c == '"'  ? "&quot;"
           : c == '\'' ? "&#39;"
                       : "\n";
    text.remove_prefix(special + 1);
  }
  return out;
}

namespace {

class CodeWriter {
public:
  CodeWriter(std::string_view code, CodeKind kind, const LinkTo &linkTo) : kind_(kind), linkTo_(linkTo) {
    file_ = &sources_.file(sources_.add("", std::string(code)));
    DiagnosticEngine faults; // an example may be anything
    stream_ = lex(*file_, faults);
  }

  std::string run() {
    auto comment = stream_.comments.begin();
    for (size_t i = 0; i < stream_.tokens.size(); ++i) {
      for (; comment != stream_.comments.end() && comment->token == i; ++comment)
        put(comment->begin, comment->end, "c");
      putToken(i);
    }
    plain(file_->size());
    return std::move(out_);
  }

private:
  std::string_view text(uint32_t begin, uint32_t end) const { return file_->text().substr(begin, end - begin); }
  void plain(uint32_t end) { out_ += escapeHtml(text(std::exchange(end_, end), end)); }
  void put(uint32_t begin, uint32_t end, std::string_view style, const std::string &link = {});
  void putToken(size_t number);
  std::string_view styleOf(size_t number) const;
  std::string_view styleOfName(size_t number) const;

  CodeKind kind_;
  const LinkTo &linkTo_;
  SourceManager sources_;
  const SourceFile *file_;
  TokenStream stream_;
  std::string out_;
  uint32_t end_ = 0;   // of what was written
  int brackets_ = 0;   // that hold dimensions
  bool value_ = false; // behind the `=` of a signature
};

void CodeWriter::put(uint32_t begin, uint32_t end, std::string_view style, const std::string &link) {
  plain(begin);
  std::string shown = escapeHtml(text(begin, end));
  std::string classed = style.empty() ? "" : fmt::format(R"( class="{}")", style);
  if (!link.empty())
    out_ += fmt::format(R"(<a{} href="{}">{}</a>)", classed, escapeHtml(link), shown);
  else if (!style.empty())
    out_ += fmt::format("<span{}>{}</span>", classed, shown);
  else
    out_ += shown;
  end_ = end;
}

void CodeWriter::putToken(size_t number) {
  const Token &token = stream_.tokens[number];
  bool opens = token.kind == TokenKind::LBracket || token.kind == TokenKind::Less;
  bool closes = token.kind == TokenKind::RBracket || token.kind == TokenKind::Greater;
  brackets_ += opens - closes;
  value_ |= token.kind == TokenKind::Assign && brackets_ == 0;
  std::string_view style = styleOf(number);
  bool mayLink = token.kind == TokenKind::Identifier && style != "f";
  put(token.begin, token.end, style, mayLink ? linkTo_(text(token.begin, token.end)) : "");
}

std::string_view CodeWriter::styleOf(size_t number) const {
  TokenKind kind = stream_.tokens[number].kind;
  if (kind == TokenKind::Identifier)
    return kind_ == CodeKind::Signature && !value_ ? styleOfName(number) : "";
  if (kind == TokenKind::String)
    return "s";
  if (kind == TokenKind::Int || kind == TokenKind::Float || (kind >= TokenKind::True && kind <= TokenKind::Pi))
    return "n";
  if (isScalarType(kind))
    return "t";
  return isReserved(kind) ? "k" : "";
}

// In a signature names are types, but for what is declared, what has a type, and what stands in brackets.
std::string_view CodeWriter::styleOfName(size_t number) const {
  TokenKind before = number == 0 ? TokenKind::End : stream_.tokens[number - 1].kind;
  if (before == TokenKind::Fn || before == TokenKind::Struct || before == TokenKind::Param)
    return "f";
  if (before == TokenKind::At)
    return "k";
  if (brackets_ > 0)
    return "d";
  return stream_.tokens[number + 1].kind == TokenKind::Colon ? "" : "t";
}

} // namespace

std::string codeToHtml(std::string_view code, CodeKind kind, const LinkTo &linkTo) {
  return CodeWriter(code, kind, linkTo).run();
}

} // namespace ricci::lang
