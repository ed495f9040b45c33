#include "lang/Parser.h"
#include "lang/ParserImpl.h"

#include <fmt/format.h>

#include <algorithm>

namespace ricci::lang {

// ------------------------------------------------------------------ tokens

bool Parser::accept(TokenKind kind) {
  if (!at(kind))
    return false;
  advance();
  return true;
}

Token Parser::advance() {
  Token token = current();
  if (token.kind != TokenKind::End)
    ++at_;
  return token;
}

Token Parser::expect(TokenKind kind, std::string_view where) {
  if (!at(kind))
    failExpected(fmt::format("`{}` {}", spelling(kind), where));
  return advance();
}

void Parser::expectStatementEnd() {
  if (accept(TokenKind::Semicolon) || current().newline || at(TokenKind::RBrace) || at(TokenKind::End))
    return;
  if (at(TokenKind::RParen) || at(TokenKind::RBracket))
    fail(Code::E0011, here(), fmt::format("`{}` closes nothing", text(current())));
  fail(Code::E0012, here(), fmt::format("expected the end of the statement, found {}", describe(current())),
       "statements are separated by a line break or `;`");
}

void Parser::expectClose(const Token &open, TokenKind close, std::string_view next) {
  if (accept(close))
    return;
  bool gaveUp = at(TokenKind::End) || at(TokenKind::RBrace) || at(TokenKind::RParen) || at(TokenKind::RBracket) ||
                (current().startsLine && isReserved(current().kind));
  if (gaveUp)
    fail(Code::E0011, span(open), fmt::format("`{}` is not closed", text(open)));
  failExpected(fmt::format("{}`{}`", next, spelling(close)), at(TokenKind::Assign) ? "to compare write `==`" : "");
}

void Parser::expectCloseAngle(const Token &open) {
  if (accept(TokenKind::Greater))
    return;
  if (!at(TokenKind::GreaterEq))
    fail(Code::E0011, here(), fmt::format("expected `,` or `>` after `{}`, found {}", text(open), describe(current())));
  Token &joined = tokens_[at_];
  joined.kind = TokenKind::Assign;
  ++joined.begin;
  joined.newline = joined.startsLine = false;
}

std::string Parser::describe(const Token &token) const {
  if (token.kind == TokenKind::End)
    return "the end of the text";
  if (token.newline)
    return "the end of the line";
  if (token.kind == TokenKind::String)
    return "a string";
  return fmt::format("`{}`", text(token));
}

Span Parser::here() const {
  bool lineEnded = current().newline || at(TokenKind::End);
  if (!lineEnded || at_ == 0)
    return span(current());
  uint32_t end = tokens_[at_ - 1].end;
  return {file_.id(), end, end};
}

Span Parser::spanFrom(size_t first) const {
  size_t last = std::max(first, at_ == 0 ? 0 : at_ - 1);
  return {file_.id(), tokens_[first].begin, tokens_[last].end};
}

std::string Parser::docBefore(size_t token) const {
  auto found = std::lower_bound(docs_.begin(), docs_.end(), token,
                                [](const DocComment &doc, size_t number) { return doc.token < number; });
  return found != docs_.end() && found->token == token ? found->text : std::string();
}

// ------------------------------------------------------------------ faults

void Parser::fail(Code code, Span span, std::string message, std::string help) {
  if (!at(TokenKind::Invalid))
    diagnostics_.error(code, span, std::move(message)).help(std::move(help));
  throw SyntaxError();
}

void Parser::failExpected(std::string_view what, std::string help) {
  fail(Code::E0010, here(), fmt::format("expected {}, found {}", what, describe(current())), std::move(help));
}

// Nothing after it is looked at: what nests so deep is not worth resuming in.
void Parser::failTooDeep(Span span) {
  at_ = tokens_.size() - 1;
  fail(Code::E0013, span, fmt::format("this nests more than {} levels deep", kMaxDepth), "name a part of it with `let`");
}

// Skips to where the next statement can start, past at least one token since `start` unless a block ends there.
void Parser::synchronise(size_t start) {
  inWithValue_ = false;
  unsigned braces = 0;
  for (; !at(TokenKind::End); advance()) {
    if (braces == 0 && at_ > start && current().newline)
      return;
    if (braces == 0 && accept(TokenKind::Semicolon))
      return;
    if (at(TokenKind::LBrace))
      ++braces;
    if (at(TokenKind::RBrace) && braces-- == 0)
      return;
  }
}

// ------------------------------------------------------------------ depth

Parser::DepthGuard::DepthGuard(Parser &parser) : parser_(parser) {
  if (parser_.depth_ >= kMaxDepth)
    parser_.failTooDeep(parser_.span(parser_.current()));
  ++parser_.depth_;
}

void Parser::raise(Node &parent, const Node &child) {
  if (child.height < parent.height)
    return;
  parent.height = child.height + 1;
  if (parent.height > kMaxDepth)
    failTooDeep(child.span);
}

// ------------------------------------------------------------------ entries

static bool fits(const SourceFile &file, DiagnosticEngine &diagnostics) {
  if (file.text().size() <= SourceManager::kMaxFileSize)
    return true;
  diagnostics.error(Code::E0007, {file.id(), 0, 0},
                    fmt::format("this file has {} bytes, the limit is {}", file.text().size(), SourceManager::kMaxFileSize));
  return false;
}

Module parseFile(const SourceFile &file, DiagnosticEngine &diagnostics) {
  if (!fits(file, diagnostics))
    return {};
  return Parser(file, lex(file, diagnostics), diagnostics).parseModule();
}

ExprPtr parseExpression(const SourceFile &file, DiagnosticEngine &diagnostics) {
  if (!fits(file, diagnostics))
    return nullptr;
  size_t errors = diagnostics.errorCount();
  ExprPtr expr = Parser(file, lex(file, diagnostics), diagnostics).parseOnlyExpression();
  return diagnostics.errorCount() == errors ? std::move(expr) : nullptr;
}

} // namespace ricci::lang
