#include "lang/Lexer.h"
#include "lang/Utf8.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace ricci::lang {

namespace {

bool isDigit(char c) { return c >= '0' && c <= '9'; }
bool isNameStart(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; }
bool isNamePart(char c) { return isNameStart(c) || isDigit(c); }

// What writers of other languages type, and what it is here.
struct Foreign {
  std::string_view text;
  TokenKind kind;
};

constexpr Foreign kForeign[] = {
    {"&&", TokenKind::And},    {"!", TokenKind::Not},       {"^", TokenKind::StarStar}, {"−", TokenKind::Minus},
    {"×", TokenKind::Star},    {"·", TokenKind::Star},      {"≤", TokenKind::LessEq},   {"≥", TokenKind::GreaterEq},
    {"≠", TokenKind::NotEq},   {"→", TokenKind::Arrow},     {"…", TokenKind::DotDot},
};

// Whether a token that is first on its line can only begin a statement or a declaration.
bool beginsStatement(const Token &token, const Token &next) {
  switch (token.kind) {
  case TokenKind::Import:
  case TokenKind::Struct:
  case TokenKind::Param:
  case TokenKind::Export:
  case TokenKind::Let:
  case TokenKind::Var:
  case TokenKind::Yield:
  case TokenKind::Assert:
  case TokenKind::While:
    return true;
  case TokenKind::Fn: // but `fn(` is a type
    return next.kind == TokenKind::Identifier;
  default:
    return false;
  }
}

// Sets `newline`: line breaks inside `()` and `[]` end nothing. A word that begins a statement shows that what is still
// open there was forgotten, so that one missing bracket does not swallow the rest of the file.
void markStatementBreaks(std::vector<Token> &tokens) {
  std::vector<TokenKind> open;
  size_t openBraces = 0;
  auto inBrackets = [&] { return !open.empty() && open.back() != TokenKind::LBrace; };
  for (size_t i = 0; i < tokens.size(); ++i) {
    Token &token = tokens[i];
    if (token.startsLine && i + 1 < tokens.size() && beginsStatement(token, tokens[i + 1]))
      while (inBrackets())
        open.pop_back();
    token.newline = token.startsLine && !inBrackets();
    switch (token.kind) {
    case TokenKind::LBrace:
      ++openBraces;
      [[fallthrough]];
    case TokenKind::LParen:
    case TokenKind::LBracket:
      open.push_back(token.kind);
      break;
    case TokenKind::RParen:
    case TokenKind::RBracket:
      if (inBrackets())
        open.pop_back();
      break;
    case TokenKind::RBrace:
      if (openBraces == 0)
        break;
      while (inBrackets())
        open.pop_back();
      open.pop_back();
      --openBraces;
      break;
    default:
      break;
    }
  }
}

class Lexer {
public:
  Lexer(const SourceFile &file, uint32_t begin, uint32_t end, DiagnosticEngine &diagnostics)
      : file_(file), text_(file.text().substr(0, end)), at_(begin), diagnostics_(diagnostics) {}

  TokenStream run() {
    constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";
    if (at_ == 0 && text_.starts_with(kByteOrderMark))
      at_ += 3;
    while (!diagnostics_.full() && skipBlanks())
      lexToken();
    add(TokenKind::End, at_);
    markStatementBreaks(stream_.tokens);
    return std::move(stream_);
  }

private:
  char peek(uint32_t ahead = 0) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }
  bool atEnd() const { return at_ >= text_.size(); }
  Span spanFrom(uint32_t begin) const { return {file_.id(), begin, at_}; }

  bool skipBlanks();
  void skipComment();
  void lexToken();
  void lexWord();
  void lexNumber();
  void skipDigits(bool &malformed);
  void lexString();
  bool checkString(uint32_t begin);
  bool lexForeign();
  bool lexSingleQuoted();
  void skipJunk();
  void add(TokenKind kind, uint32_t begin);
  bool afterOperand() const;

  const SourceFile &file_;
  std::string_view text_;
  uint32_t at_;
  DiagnosticEngine &diagnostics_;
  TokenStream stream_;
  std::string doc_;
  std::vector<uint32_t> docLines_;
  bool lineBreak_ = true; // seen since the last token
};

// Moves to the next token; false at the end.
bool Lexer::skipBlanks() {
  while (!atEnd()) {
    char c = peek();
    if (c == '#') {
      skipComment();
      continue;
    }
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n' && c != '\f')
      return true;
    lineBreak_ |= c == '\n';
    ++at_;
  }
  return false;
}

// `##` starts a doc comment if it is first on its line; a rule of more `#` is only a comment.
void Lexer::skipComment() {
  uint32_t begin = at_;
  at_ = static_cast<uint32_t>(std::min(text_.find('\n', at_), text_.size()));
  std::string_view comment = text_.substr(begin, at_ - begin);
  comment = comment.substr(0, comment.find_last_not_of(" \t\r") + 1);
  auto end = begin + static_cast<uint32_t>(comment.size());
  stream_.comments.push_back({static_cast<uint32_t>(stream_.tokens.size()), begin, end, lineBreak_});
  if (!lineBreak_ || !comment.starts_with("##") || comment.starts_with("###"))
    return;
  uint32_t mark = comment.starts_with("## ") ? 3 : 2;
  comment.remove_prefix(mark);
  if (doc_.empty())
    docLines_.clear();
  else
    doc_ += '\n';
  docLines_.push_back(begin + mark);
  doc_ += comment;
}

void Lexer::lexToken() {
  char c = peek();
  if (isNameStart(c))
    return lexWord();
  if (isDigit(c))
    return lexNumber();
  if (c == '"')
    return lexString();

  TokenKind longest = TokenKind::Invalid;
  std::string_view rest = text_.substr(at_);
#define X(kind, spelled)                                                                                               \
  if (rest.starts_with(spelled) && std::string_view(spelled).size() > spelling(longest).size())                        \
    longest = TokenKind::kind;
  RICCI_PUNCTUATION(X)
#undef X
  bool pipeOr = rest.starts_with("||") && afterOperand();
  if (longest == TokenKind::Invalid || pipeOr) {
    if (!lexForeign() && !lexSingleQuoted())
      skipJunk();
    return;
  }
  uint32_t begin = at_;
  at_ += static_cast<uint32_t>(spelling(longest).size());
  add(longest, begin);
}

void Lexer::lexWord() {
  uint32_t begin = at_;
  while (isNamePart(peek()))
    ++at_;
  add(reservedWord(text_.substr(begin, at_ - begin)).value_or(TokenKind::Identifier), begin);
}

void Lexer::skipDigits(bool &malformed) {
  malformed |= !isDigit(peek());
  for (; isDigit(peek()) || peek() == '_'; ++at_)
    malformed |= peek() == '_' && !isDigit(peek(1));
}

void Lexer::lexNumber() {
  uint32_t begin = at_;
  bool malformed = false;
  TokenKind kind = TokenKind::Int;
  skipDigits(malformed);
  // In `t.0.1` the part after a point is a position, not the start of `0.1`.
  bool position = !stream_.tokens.empty() && stream_.tokens.back().kind == TokenKind::Dot;
  if (!position && peek() == '.' && isDigit(peek(1))) {
    kind = TokenKind::Float;
    ++at_;
    skipDigits(malformed);
  }
  bool exponent = peek() == 'e' || peek() == 'E';
  if (!position && exponent) {
    kind = TokenKind::Float;
    ++at_;
    if (peek() == '+' || peek() == '-')
      ++at_;
    skipDigits(malformed);
  }
  if (isNamePart(peek())) {
    malformed = true;
    while (isNamePart(peek()))
      ++at_;
  }
  if (malformed) {
    diagnostics_.error(Code::E0004, spanFrom(begin),
                       fmt::format("`{}` is not a number", text_.substr(begin, at_ - begin)));
    kind = TokenKind::Invalid;
  }
  add(kind, begin);
}

void Lexer::lexString() {
  uint32_t begin = at_++;
  while (!atEnd() && peek() != '"' && peek() != '\n')
    at_ += peek() == '\\' && peek(1) != '\n' && at_ + 1 < text_.size() ? 2 : 1;
  if (peek() != '"') {
    while (at_ > begin + 1 && text_[at_ - 1] == '\r')
      --at_;
    diagnostics_.error(Code::E0002, {file_.id(), begin, begin + 1}, "this string has no end on its line")
        .help("close it with `\"`; a line break inside a string is `\\n`");
    return add(TokenKind::Invalid, begin);
  }
  ++at_;
  bool clean = checkString(begin);
  add(clean ? TokenKind::String : TokenKind::Invalid, begin);
}

// Whether everything since `begin` may stand in a string; reports the first thing that may not.
bool Lexer::checkString(uint32_t begin) {
  for (uint32_t i = begin; i < at_;) {
    CodePoint point = decodeUtf8(text_.substr(i, at_ - i));
    Span span{file_.id(), i, i + std::max(point.length, 1u)};
    if (point.length == 0) {
      diagnostics_.error(Code::E0006, span, "this string is not UTF-8");
      return false;
    }
    if ((point.value < 0x20 && point.value != '\t') || point.value == 0x7F) {
      diagnostics_.error(Code::E0001, span, fmt::format("control character U+{:04X} in a string", point.value));
      return false;
    }
    i += point.length;
  }
  return true;
}

bool Lexer::afterOperand() const {
  if (stream_.tokens.empty())
    return false;
  TokenKind last = stream_.tokens.back().kind;
  return last == TokenKind::Identifier || last == TokenKind::Int || last == TokenKind::Float ||
         last == TokenKind::RParen || last == TokenKind::RBracket || last == TokenKind::RBrace ||
         (last >= TokenKind::True && last <= TokenKind::Pi);
}

// Reads an operator of another language as ours, so that one slip gives one error.
bool Lexer::lexForeign() {
  std::string_view rest = text_.substr(at_);
  auto accept = [&](std::string_view foreign, TokenKind kind) {
    uint32_t begin = at_;
    at_ += static_cast<uint32_t>(foreign.size());
    diagnostics_.error(Code::E0001, spanFrom(begin), fmt::format("`{}` is no operator", foreign))
        .help(fmt::format("write `{}`", spelling(kind)));
    add(kind, begin);
    return true;
  };
  if (rest.starts_with("||"))
    return accept("||", TokenKind::Or);
  for (const Foreign &foreign : kForeign)
    if (rest.starts_with(foreign.text))
      return accept(foreign.text, foreign.kind);
  return false;
}

// Skips a string in single quotes.
bool Lexer::lexSingleQuoted() {
  if (peek() != '\'')
    return false;
  size_t close = text_.find_first_of("'\n", at_ + 1);
  if (close == std::string_view::npos || text_[close] != '\'')
    return false;
  uint32_t begin = at_;
  at_ = static_cast<uint32_t>(close) + 1;
  diagnostics_.error(Code::E0001, spanFrom(begin), "strings stand in double quotes");
  add(TokenKind::Invalid, begin);
  return true;
}

// Skips a run of characters that cannot stand here and reports it once.
void Lexer::skipJunk() {
  uint32_t begin = at_;
  CodePoint first = decodeUtf8(text_.substr(at_));
  auto isJunk = [&] {
    auto c = static_cast<unsigned char>(peek());
    return !atEnd() && (c >= 0x80 || c == 0x7F || (c < 0x20 && c != '\n' && c != '\t' && c != '\r'));
  };
  ++at_;
  while (isJunk())
    ++at_;
  Span span = spanFrom(begin);
  std::string_view shown = text_.substr(begin, first.length);
  if (first.length == 0)
    diagnostics_.error(Code::E0006, span, fmt::format("byte 0x{:02x} is not UTF-8", static_cast<unsigned char>(text_[begin])));
  else if (first.value < 0x20 || first.value == 0x7F)
    diagnostics_.error(Code::E0001, span, fmt::format("unexpected control character U+{:04X}", first.value));
  else if (shown == "“" || shown == "”" || shown == "‘" || shown == "’")
    diagnostics_.error(Code::E0001, span, fmt::format("unexpected character `{}`", shown))
        .help("strings stand in double quotes, \"…\"");
  else if (first.value >= 0x80)
    diagnostics_.error(Code::E0001, span, fmt::format("unexpected character `{}`", shown))
        .help("names are made of ASCII letters, digits and `_`");
  else
    diagnostics_.error(Code::E0001, span, fmt::format("unexpected character `{}`", shown));
  add(TokenKind::Invalid, begin);
}

void Lexer::add(TokenKind kind, uint32_t begin) {
  auto number = static_cast<uint32_t>(stream_.tokens.size());
  if (!doc_.empty())
    stream_.docs.push_back({number, std::exchange(doc_, {}), std::exchange(docLines_, {})});
  stream_.tokens.push_back({kind, false, std::exchange(lineBreak_, false), begin, at_});
}

} // namespace

TokenStream lex(const SourceFile &file, DiagnosticEngine &diagnostics) {
  return lex(file, 0, file.size(), diagnostics);
}

TokenStream lex(const SourceFile &file, uint32_t begin, uint32_t end, DiagnosticEngine &diagnostics) {
  return Lexer(file, begin, end, diagnostics).run();
}

} // namespace ricci::lang
