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
  bool afterReturn = at_ == statementStart_ + 1 && text(tokens_[statementStart_]) == "return";
  fail(Code::E0012, here(), fmt::format("expected the end of the statement, found {}", describeCurrent()),
       afterReturn ? "there is no `return`: a block's value is its last expression"
                   : "statements are separated by a line break or `;`");
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
    fail(Code::E0011, here(), fmt::format("expected `,` or `>` after `{}`, found {}", text(open), describeCurrent()));
  Token &joined = tokens_[at_];
  joined.kind = TokenKind::Assign;
  ++joined.begin;
  joined.newline = joined.startsLine = false;
}

// At the start of a statement the line break before it is no fault.
bool Parser::lineEnded() const { return at(TokenKind::End) || (current().newline && at_ != statementStart_); }

std::string Parser::describeCurrent() const {
  if (at(TokenKind::End))
    return "the end of the text";
  if (lineEnded())
    return "the end of the line";
  return at(TokenKind::String) ? "a string" : fmt::format("`{}`", text(current()));
}

Span Parser::here() const {
  if (!lineEnded() || at_ == 0)
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
  if (!at(TokenKind::Invalid) && !tooDeep_)
    diagnostics_.error(code, span, std::move(message)).help(std::move(help));
  throw SyntaxError();
}

void Parser::failExpected(std::string_view what, std::string help) {
  fail(Code::E0010, here(), fmt::format("expected {}, found {}", what, describeCurrent()), std::move(help));
}

// Nothing after it is looked at: what nests so deep is not worth resuming in.
void Parser::failTooDeep(Span span) {
  at_ = tokens_.size() - 1;
  if (!std::exchange(tooDeep_, true))
    diagnostics_.error(Code::E0013, span, fmt::format("this nests more than {} levels deep", kMaxDepth))
        .help("name a part of it with `let`");
  throw SyntaxError();
}

// Skips to where the next statement can start: past the line break or `;` that ends the faulty one, which began at
// token `start`, with all the braces opened since; to the `}` of the block around it; or to a declaration.
void Parser::synchronise(size_t start, bool inBlock) {
  inWithValue_ = false;
  if (diagnostics_.full())
    at_ = tokens_.size() - 1;
  if (at(TokenKind::End))
    return;
  size_t braces = 0;
  for (size_t i = start; i < at_; ++i) {
    braces += tokens_[i].kind == TokenKind::LBrace;
    braces -= tokens_[i].kind == TokenKind::RBrace && braces > 0;
  }
  for (; !at(TokenKind::End); advance()) {
    if (at_ > start && (atNextDeclaration() || (braces == 0 && current().newline)))
      return;
    if (braces == 0 && accept(TokenKind::Semicolon))
      return;
    if (braces == 0 && inBlock && at(TokenKind::RBrace))
      return;
    braces += at(TokenKind::LBrace);
    braces -= at(TokenKind::RBrace) && braces > 0;
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
