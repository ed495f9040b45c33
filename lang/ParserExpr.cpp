#include "lang/Operators.h"
#include "lang/ParserImpl.h"

#include <fmt/format.h>

#include <charconv>

namespace ricci::lang {

ExprPtr Parser::parseExpr() {
  DepthGuard depth(*this);
  switch (current().kind) {
  case TokenKind::If:
    return parseIf();
  case TokenKind::For:
    return parseFor();
  case TokenKind::Pipe:
    return parseLambda();
  default:
    return parseBinary(kOr);
  }
}

ExprPtr Parser::parseIf() {
  size_t first = at_;
  auto node = std::make_unique<IfExpr>();
  advance();
  node->condition = adopt(*node, parseExpr());
  if (!at(TokenKind::Then))
    failExpected("`then`", at(TokenKind::Assign) ? "to compare write `==`" : "a condition is written `if … then … else …`");
  advance();
  node->thenValue = adopt(*node, parseExpr());
  if (!at(TokenKind::Else))
    fail(Code::E0023, here(), fmt::format("expected `else`, found {}", describeCurrent()),
         "`if` is an expression, it needs a value in both cases");
  advance();
  node->elseValue = adopt(*node, parseExpr());
  node->span = spanFrom(first);
  return node;
}

Range Parser::parseRange() {
  size_t first = at_;
  Range range;
  range.lo = adopt(range, parseExpr());
  expect(TokenKind::DotDot, "and the end of the range");
  range.hi = adopt(range, parseExpr());
  range.span = spanFrom(first);
  return range;
}

ExprPtr Parser::parseFor() {
  size_t first = at_;
  auto node = std::make_unique<ForExpr>();
  advance();
  node->index = parseName("the loop's index");
  expect(TokenKind::In, "and a range");
  node->range = parseRange();
  raise(*node, node->range);
  node->body = parseBlock("before the loop's body");
  raise(*node, node->body);
  node->span = spanFrom(first);
  return node;
}

ExprPtr Parser::parseLambda() {
  size_t first = at_;
  auto node = std::make_unique<LambdaExpr>();
  Token open = advance();
  while (!at(TokenKind::Pipe)) {
    node->params.push_back(parseName("an argument's name"));
    if (!accept(TokenKind::Comma))
      break;
  }
  expectClose(open, TokenKind::Pipe, "`,` or ");
  node->body = adopt(*node, parseExpr());
  node->span = spanFrom(first);
  return node;
}

// ------------------------------------------------------------------ operators

// Operators that bind at least as tightly as `loosest`.
ExprPtr Parser::parseBinary(int loosest) {
  size_t first = at_;
  ExprPtr left = parseOperand(loosest);
  bool compared = false;
  while (!current().newline) {
    std::optional<Operator> found = binaryOperator(current().kind);
    if (!found || found->precedence < loosest)
      break;
    auto node = std::make_unique<BinaryExpr>();
    node->op = found->op;
    node->opSpan = span(advance());
    if (found->precedence == kComparison && std::exchange(compared, true))
      diagnostics_.error(Code::E0020, node->opSpan, "comparisons do not chain").help("write `a < b and b < c`");
    node->lhs = adopt(*node, std::move(left));
    node->rhs = adopt(*node, parseBinary(found->precedence + 1));
    node->span = spanFrom(first);
    left = std::move(node);
  }
  return left;
}

// An operand where the operator around it binds as tightly as `loosest`.
ExprPtr Parser::parseOperand(int loosest) {
  bool extends = at(TokenKind::If) || at(TokenKind::For) || at(TokenKind::Pipe);
  if (!extends && !at(TokenKind::Not))
    return parseUnary();
  if (extends || loosest > kNot) {
    std::string shown = at(TokenKind::Pipe) ? "a lambda" : fmt::format("`{}`", text(current()));
    diagnostics_.error(Code::E0022, span(current()), fmt::format("{} needs parentheses here", shown));
  }
  if (extends)
    return parseExpr();

  DepthGuard depth(*this);
  size_t first = at_;
  auto node = std::make_unique<UnaryExpr>();
  node->op = UnaryOp::Not;
  advance();
  node->operand = adopt(*node, parseBinary(kNot));
  node->span = spanFrom(first);
  return node;
}

ExprPtr Parser::parseUnary() {
  if (!at(TokenKind::Minus))
    return parsePower();
  DepthGuard depth(*this);
  size_t first = at_;
  auto node = std::make_unique<UnaryExpr>();
  node->op = UnaryOp::Neg;
  advance();
  TokenKind next = peek().kind;
  bool bareInt = at(TokenKind::Int) && next != TokenKind::StarStar && next != TokenKind::LParen &&
                 next != TokenKind::LBracket && next != TokenKind::Dot && next != TokenKind::With;
  node->operand = adopt(*node, bareInt ? parseInt(/*mayBeLeast=*/true) : parseUnary());
  node->span = spanFrom(first);
  return node;
}

ExprPtr Parser::parsePower() {
  size_t first = at_;
  ExprPtr base = parsePostfix();
  if (!atSameLine(TokenKind::StarStar))
    return base;
  DepthGuard depth(*this);
  auto node = std::make_unique<BinaryExpr>();
  node->op = BinaryOp::Pow;
  node->opSpan = span(advance());
  node->lhs = adopt(*node, std::move(base));
  node->rhs = adopt(*node, parseUnary());
  node->span = spanFrom(first);
  return node;
}

// ------------------------------------------------------------------ postfix

ExprPtr Parser::parsePostfix() {
  size_t first = at_;
  ExprPtr value = parsePrimary();
  while (true) {
    if (atSameLine(TokenKind::LParen)) {
      auto call = std::make_unique<CallExpr>();
      call->callee = adopt(*call, std::move(value));
      call->args = parseArgs(*call);
      call->span = spanFrom(first);
      value = std::move(call);
    } else if (atSameLine(TokenKind::LBracket)) {
      auto subscript = std::make_unique<SubscriptExpr>();
      subscript->base = adopt(*subscript, std::move(value));
      subscript->subscripts = parseSubscripts(*subscript);
      subscript->span = spanFrom(first);
      value = std::move(subscript);
    } else if (atSameLine(TokenKind::Dot)) {
      value = parseField(first, std::move(value));
    } else if (at(TokenKind::With) && !inWithValue_) {
      value = parseWith(first, std::move(value));
    } else {
      return value;
    }
  }
}

ExprPtr Parser::parseField(size_t first, ExprPtr base) {
  auto node = std::make_unique<FieldExpr>();
  bool number = base->kind == ExprKind::Int;
  node->base = adopt(*node, std::move(base));
  advance();
  if (at(TokenKind::Int)) {
    Token token = advance();
    std::string digits(text(token));
    uint32_t position = 0;
    auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), position);
    if (error != std::errc() || end != digits.data() + digits.size())
      fail(Code::E0010, span(token), fmt::format("`{}` is no position in a tuple", digits));
    node->field = {std::move(digits), span(token)};
    node->position = position;
  } else {
    if (number && !at(TokenKind::Identifier))
      failExpected("a digit after the point", "a point has digits on both sides: `1.0`");
    node->field = parseName("a field's name or a position after `.`");
  }
  node->span = spanFrom(first);
  return node;
}

ExprPtr Parser::parseWith(size_t first, ExprPtr base) {
  advance();
  if (at(TokenKind::LParen)) {
    auto node = std::make_unique<WithFieldsExpr>();
    node->base = adopt(*node, std::move(base));
    node->fields = parseArgs(*node);
    for (const Arg &field : node->fields)
      if (!field.name)
        diagnostics_.error(Code::E0028, field.value->span, "a field is replaced by its name").help("write `with (field = …)`");
    node->span = spanFrom(first);
    return node;
  }
  if (!at(TokenKind::LBracket))
    failExpected("`(` or `[` after `with`");
  auto node = std::make_unique<WithElementsExpr>();
  node->base = adopt(*node, std::move(base));
  node->subscripts = parseSubscripts(*node);
  expect(TokenKind::Assign, "and the new elements");
  inWithValue_ = true;
  node->value = adopt(*node, parseExpr());
  inWithValue_ = false;
  node->span = spanFrom(first);
  return node;
}

} // namespace ricci::lang
