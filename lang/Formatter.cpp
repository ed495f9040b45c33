#include "lang/Formatter.h"
#include "lang/FormatterImpl.h"
#include "lang/Parser.h"

#include <utility>

namespace ricci::lang {

using Join = Layout::Join;

static constexpr unsigned kWidth = 100;

Formatter::Formatter(const SourceFile &file, TokenStream stream)
    : text_(file.text()), tokens_(std::move(stream.tokens)), comments_(std::move(stream.comments)),
      partner_(tokens_.size()) {
  std::vector<uint32_t> open;
  uint32_t line = 0;
  for (uint32_t i = 0; i < tokens_.size(); ++i) {
    lineOf_.push_back(line += tokens_[i].startsLine);
    if (opens(tokens_[i].kind)) {
      open.push_back(i);
    } else if (closes(tokens_[i].kind) && !open.empty()) {
      partner_[open.back()] = i;
      open.pop_back();
    }
  }
}

bool Formatter::opens(TokenKind kind) {
  return kind == TokenKind::LParen || kind == TokenKind::LBracket || kind == TokenKind::LBrace;
}

bool Formatter::closes(TokenKind kind) {
  return kind == TokenKind::RParen || kind == TokenKind::RBracket || kind == TokenKind::RBrace ||
         kind == TokenKind::End;
}

std::string Formatter::run() {
  constexpr Layout::Line kLast{.join = Join::Statement, .outer = true, .blank = true};
  if (statements(TokenKind::End, /*hard=*/true))
    line(kLast);
  else
    commentLines(kLast, /*lastOuter=*/true);
  return layout_.print(kWidth);
}

// ------------------------------------------------------------------ tokens and comments

// Whether the next token or comment stands below a blank line that is to be kept: not one at the edge of a block.
bool Formatter::blankLineAhead() const {
  if (opened_ || (closes(current().kind) && !commentAhead()))
    return false;
  uint32_t begin = commentAhead() ? comments_[comment_].begin : current().begin;
  unsigned lineBreaks = 0;
  for (char c : text_.substr(end_, begin - end_)) {
    lineBreaks = c == '\n' ? lineBreaks + 1 : c == ',' || c == ';' ? 0 : lineBreaks;
    if (lineBreaks == 2)
      return true;
  }
  return false;
}

void Formatter::print(std::string_view spelling) {
  if (commentAhead() || last_ == Last::Comment) // where nobody expected one
    line();
  if (space_ && last_ == Last::Text)
    layout_.text(" ");
  layout_.text(spelling);
  space_ = false;
  last_ = Last::Text;
}

void Formatter::token() {
  print(text(current()));
  opened_ = opens(current().kind);
  pass();
}

// With a blank behind it.
void Formatter::keyword() {
  token();
  space();
}

// With blanks around it.
void Formatter::infix() {
  space();
  keyword();
}

// Goes on to the next token; a comment on the same line comes with it.
void Formatter::pass() {
  if (!commentAhead()) // else it is yet to come, from before a comma
    end_ = current().end;
  ++at_;
  if (!commentAhead() || comments_[comment_].startsLine || last_ != Last::Text)
    return;
  layout_.remark(text(comments_[comment_]));
  end_ = comments_[comment_++].end;
  last_ = Last::Comment;
  opened_ = false;
}

// A place where the line may break, and the comments before the current token. `blank`: blank lines stay. Returns its
// position in the layout.
size_t Formatter::line(Layout::Line line) {
  size_t position = layout_.position();
  bool blank = std::exchange(line.blank, line.blank && blankLineAhead());
  line.hard |= commentAhead() || last_ == Last::Comment;
  layout_.line(line);
  commentLines({.outer = line.outer, .blank = blank}, line.outer);
  return position;
}

// The line before a closing bracket; comments before it belong to what it closes.
void Formatter::closingLine(Join join) {
  bool comments = commentAhead();
  layout_.line({.join = join,
                .outer = !comments,
                .hard = comments || last_ == Last::Comment,
                .blank = comments && blankLineAhead()});
  commentLines({.blank = true}, /*lastOuter=*/true);
}

// All comments before the current token, each with a line after it.
void Formatter::commentLines(Layout::Line line, bool lastOuter) {
  while (commentAhead()) {
    layout_.text(text(comments_[comment_]));
    end_ = comments_[comment_++].end;
    opened_ = false;
    bool outer = commentAhead() ? line.outer : lastOuter;
    layout_.line({.outer = outer, .hard = true, .blank = line.blank && blankLineAhead()});
  }
  last_ = Last::Line;
  space_ = false;
}

// ------------------------------------------------------------------ statements

// Up to the end of a block or file; `hard`: of a block that stood on several lines. Whether there was any.
bool Formatter::statements(TokenKind close, bool hard) {
  bool file = close == TokenKind::End;
  for (bool first = true;; first = false) {
    while (at(TokenKind::Semicolon) && !semicolonStays())
      pass();
    if (at(close))
      return !first;
    if (!first)
      line({.join = Join::Statement, .outer = file, .blank = true});
    else if (file)
      commentLines({.outer = true, .blank = true}, /*lastOuter=*/true);
    else
      line({.hard = hard, .blank = true});
    if (at(TokenKind::Semicolon))
      token();
    else
      statement();
  }
}

// Without its semicolon a comment might become the doc comment of the next statement.
bool Formatter::semicolonStays() const {
  bool remarkFollows =
      comment_ < comments_.size() && comments_[comment_].token == at_ + 1 && !comments_[comment_].startsLine;
  return commentAhead() || last_ == Last::Comment || (last_ == Last::Line && remarkFollows);
}

void Formatter::statement() {
  size_t from = layout_.position();
  switch (current().kind) {
  case TokenKind::Struct:
    structure();
    break;
  case TokenKind::At:
  case TokenKind::Export:
  case TokenKind::Fn:
    function(from);
    break;
  case TokenKind::Import:
    import();
    break;
  case TokenKind::Yield:
    token();
    assigned();
    break;
  case TokenKind::Assert:
    assertion();
    break;
  case TokenKind::While:
    keyword();
    expression();
    infix(); // limit
    expression();
    block(from);
    break;
  case TokenKind::Let:
  case TokenKind::Var:
  case TokenKind::Param:
    keyword();
    [[fallthrough]];
  default:
    entry(Style::Values);
  }
  layout_.group(from);
}

// One that stood on one line stays so if it fits, with all that leads to it from `from` on.
void Formatter::block(size_t from) {
  bool withValue = std::exchange(inWithValue_, false);
  bool hard = !onOneLine(at_);
  space();
  token();
  closingBrace(statements(TokenKind::RBrace, hard));
  layout_.group(from);
  inWithValue_ = withValue;
}

void Formatter::closingBrace(bool any) {
  if (any || commentAhead() || last_ == Last::Comment)
    closingLine(Join::Space);
  token();
}

void Formatter::import() {
  keyword();
  operand({});
  if (sameLineWord("as")) {
    infix();
    token();
  }
}

void Formatter::assertion() {
  keyword();
  expression();
  if (!at(TokenKind::Comma))
    return;
  token();
  line();
  token();
}

void Formatter::structure() {
  keyword();
  token();
  if (at(TokenKind::Less))
    list(TokenKind::Greater, Style::Types, /*tight=*/true);
  bool hard = !onOneLine(at_), any = false;
  space();
  token();
  for (; !at(TokenKind::RBrace); any = true) {
    line({.join = any ? Join::Field : Join::Space, .hard = hard, .blank = true});
    entry(Style::Values);
    if (at(TokenKind::Comma))
      pass();
  }
  closingBrace(any);
}

void Formatter::function(size_t from) {
  while (at(TokenKind::At)) {
    token();
    token();
    if (sameLine(TokenKind::LParen))
      list(TokenKind::RParen, Style::Values);
    space();
  }
  if (at(TokenKind::Export))
    keyword();
  keyword();
  token();
  if (at(TokenKind::Less))
    list(TokenKind::Greater, Style::Types, /*tight=*/true);
  size_t parameters = layout_.position();
  looseList(TokenKind::RParen, Style::Values);
  if (at(TokenKind::Arrow)) {
    infix();
    expression(kType);
  }
  layout_.group(parameters); // they break before the result's type does
  block(from);
}

std::optional<std::string> format(const SourceFile &file, DiagnosticEngine &diagnostics) {
  size_t errors = diagnostics.errorCount();
  parseFile(file, diagnostics);
  if (diagnostics.errorCount() != errors)
    return std::nullopt;
  return Formatter(file, lex(file, diagnostics)).run();
}

} // namespace ricci::lang
