#include "lang/Literal.h"
#include "lang/ParserImpl.h"

#include <fmt/format.h>

#include <limits>

namespace ricci::lang {

static std::string helpForMissingExpression(const Token &token, bool startsLine) {
  switch (token.kind) {
  case TokenKind::Plus:
  case TokenKind::Star:
  case TokenKind::StarStar:
  case TokenKind::Slash:
  case TokenKind::Percent:
  case TokenKind::And:
  case TokenKind::Or:
    return startsLine ? "a line that goes on ends in its operator; the next does not begin with it" : "";
  case TokenKind::LBrace:
    return "braces stand after `fn`, `for`, `while` and reductions only";
  case TokenKind::Assign:
    return "to compare write `==`; `x += e` is written `x = x + e`";
  default:
    return "";
  }
}

ExprPtr Parser::parsePrimary() {
  TokenKind kind = current().kind;
  if (isReduction(kind))
    return parseReduce();
  if (isDerivative(kind))
    return parseDiff();
  if (isScalarType(kind))
    return parseScalarType();
  switch (kind) {
  case TokenKind::Int:
    return parseInt(/*mayBeLeast=*/false);
  case TokenKind::Float:
    return parseFloat();
  case TokenKind::True:
  case TokenKind::False:
  case TokenKind::Inf:
  case TokenKind::Nan:
  case TokenKind::Pi:
    return parseConstant();
  case TokenKind::String:
    return parseString();
  case TokenKind::Identifier: {
    auto node = std::make_unique<NameExpr>();
    node->span = span(current());
    node->name = text(advance());
    return node;
  }
  case TokenKind::LParen:
    return parseParenthesised();
  case TokenKind::LBracket:
    return parseArray();
  default:
    failExpected("an expression", helpForMissingExpression(current(), current().newline));
  }
}

// ------------------------------------------------------------------ literals

ExprPtr Parser::parseInt(bool mayBeLeast) {
  constexpr uint64_t kLargest = std::numeric_limits<int64_t>::max();
  auto node = std::make_unique<IntExpr>();
  node->span = span(current());
  std::optional<uint64_t> value = integerValue(text(current()));
  if (!value || *value > kLargest + (mayBeLeast ? 1 : 0))
    diagnostics_.error(Code::E0005, node->span, fmt::format("`{}` does not fit into `i64`", text(current())))
        .help("a real number has a point or an exponent");
  node->value = value.value_or(0);
  advance();
  return node;
}

ExprPtr Parser::parseFloat() {
  auto node = std::make_unique<FloatExpr>();
  node->span = span(current());
  node->digits = withoutUnderscores(text(current()));
  std::optional<double> value = floatValue(node->digits);
  if (!value)
    diagnostics_.error(Code::E0005, node->span, fmt::format("`{}` does not fit into `f64`", text(current())))
        .help("infinity is written `inf`");
  node->value = value.value_or(0);
  advance();
  return node;
}

ExprPtr Parser::parseConstant() {
  Token token = advance();
  if (token.kind == TokenKind::True || token.kind == TokenKind::False) {
    auto node = std::make_unique<BoolExpr>();
    node->span = span(token);
    node->value = token.kind == TokenKind::True;
    return node;
  }
  auto node = std::make_unique<ConstantExpr>();
  node->span = span(token);
  node->value = token.kind == TokenKind::Inf   ? Constant::Inf
                : token.kind == TokenKind::Nan ? Constant::Nan
                                               : Constant::Pi;
  return node;
}

ExprPtr Parser::parseString() {
  auto node = std::make_unique<StringExpr>();
  Token token = advance();
  node->span = span(token);
  std::string_view quoted = text(token);
  Span inner{file_.id(), token.begin + 1, token.end - 1};
  node->value = unescape(quoted.substr(1, quoted.size() - 2), inner, diagnostics_).value_or("");
  return node;
}

// A type as a value, or a conversion: `f64[N]`, `f64(i)`.
ExprPtr Parser::parseScalarType() {
  if (peek().kind == TokenKind::LParen && !peek().newline) {
    auto name = std::make_unique<NameExpr>();
    name->span = span(current());
    name->name = text(advance());
    return name;
  }
  auto node = std::make_unique<TypeValueExpr>();
  node->type = adopt(*node, parseNamedType());
  node->span = node->type->span;
  return node;
}

// ------------------------------------------------------------------ brackets

ExprPtr Parser::parseParenthesised() {
  size_t first = at_;
  auto tuple = std::make_unique<TupleExpr>();
  parseList(TokenKind::RParen, [&] { tuple->elems.push_back(adopt(*tuple, parseExpr())); });
  tuple->span = spanFrom(first);
  if (tuple->elems.size() != 1)
    return tuple;
  if (tokens_[at_ - 2].kind == TokenKind::Comma)
    diagnostics_.error(Code::E0010, tuple->span, "a tuple has at least two elements").help("leave out the comma");
  return std::move(tuple->elems.front());
}

ExprPtr Parser::parseArray() {
  size_t first = at_;
  auto array = std::make_unique<ArrayExpr>();
  parseList(TokenKind::RBracket, [&] { array->elems.push_back(adopt(*array, parseExpr())); });
  array->span = spanFrom(first);
  return array;
}

std::vector<Arg> Parser::parseArgs(Node &parent) {
  std::vector<Arg> args;
  parseList(TokenKind::RParen, [&] {
    Arg arg;
    if (startsName() && peek().kind == TokenKind::Assign) {
      arg.name = parseName("an argument's name");
      advance();
    }
    arg.value = adopt(parent, parseExpr());
    if (!arg.name && !args.empty() && args.back().name)
      diagnostics_.error(Code::E0025, arg.value->span, "a positional argument cannot follow a named one");
    args.push_back(std::move(arg));
  });
  return args;
}

std::vector<Subscript> Parser::parseSubscripts(Node &parent) {
  std::vector<Subscript> subscripts;
  parseList(TokenKind::RBracket, [&] { subscripts.push_back(parseSubscript(parent)); });
  return subscripts;
}

Subscript Parser::parseSubscript(Node &parent) {
  size_t first = at_;
  Subscript subscript;
  if (accept(TokenKind::Colon)) {
    subscript.kind = Subscript::Kind::All;
    subscript.span = spanFrom(first);
    return subscript;
  }
  if (at(TokenKind::DotDot))
    failExpected("the start of the range", "a range names both ends: `0..n`");
  ExprPtr value = parseExpr();
  if (accept(TokenKind::DotDot)) {
    if (at(TokenKind::RBracket) || at(TokenKind::Comma))
      failExpected("the end of the range", "a range names both ends: `a..n`");
    subscript.kind = Subscript::Kind::Slice;
    subscript.slice.emplace();
    subscript.slice->lo = adopt(*subscript.slice, std::move(value));
    subscript.slice->hi = adopt(*subscript.slice, parseExpr());
    subscript.slice->span = spanFrom(first);
    raise(parent, *subscript.slice);
    if (atWord("by")) {
      advance();
      subscript.step = adopt(parent, parseExpr());
    }
  } else if (at(TokenKind::Colon)) {
    failExpected("`,` or `]`", "a range is written `a..b`, with a step `a..b by c`");
  } else if (value->kind == ExprKind::Tuple) {
    subscript.kind = Subscript::Kind::Group;
    for (ExprPtr &part : static_cast<TupleExpr &>(*value).elems)
      subscript.values.push_back(adopt(parent, std::move(part)));
    if (subscript.values.empty())
      fail(Code::E0010, value->span, "a group merges at least two indices");
  } else {
    subscript.values.push_back(adopt(parent, std::move(value)));
  }
  subscript.span = spanFrom(first);
  return subscript;
}

// ------------------------------------------------------------------ reductions

ExprPtr Parser::parseReduce() {
  size_t first = at_;
  auto node = std::make_unique<ReduceExpr>();
  node->op = static_cast<ReduceOp>(static_cast<int>(current().kind) - static_cast<int>(TokenKind::Sum));
  node->opSpan = span(current());
  std::string name(text(advance()));
  if (at(TokenKind::Less)) {
    Token open = advance();
    node->accumulator = adopt(*node, parseType());
    expectCloseAngle(open);
  }
  if (at(TokenKind::LParen))
    return parseReduceCall(first, std::move(node));
  if (!at(TokenKind::LBracket))
    fail(Code::E0026, node->opSpan, fmt::format("`{}` is a reduction, not a value", name),
         fmt::format("write `{0}[i](…)` or `{0}(x)`; it cannot be used as a name", name));
  parseReduceBinders(*node);
  if (at(TokenKind::LBrace)) {
    node->block = parseBlock("");
    raise(*node, *node->block);
  } else {
    if (!at(TokenKind::LParen))
      failExpected(fmt::format("`(` or `{{` and what `{}` reduces", name));
    Token open = advance();
    bool withValue = std::exchange(inWithValue_, false);
    node->body = adopt(*node, parseExpr());
    expectClose(open, TokenKind::RParen, "");
    inWithValue_ = withValue;
  }
  node->span = spanFrom(first);
  return node;
}

void Parser::parseReduceBinders(ReduceExpr &reduce) {
  bool withValue = std::exchange(inWithValue_, false);
  Token open = advance();
  while (!at(TokenKind::RBracket) && !at(TokenKind::Where)) {
    IndexBinder binder = parseBinder();
    if (binder.kind != IndexBinder::Kind::Name)
      diagnostics_.error(Code::E0026, binder.span, "a reduction binds its indices by name");
    for (const IndexName &index : binder.names)
      if (index.range)
        raise(reduce, *index.range);
    reduce.indices.push_back(std::move(binder));
    if (!accept(TokenKind::Comma))
      break;
  }
  if (accept(TokenKind::Where))
    reduce.where = adopt(reduce, parseExpr());
  expectClose(open, TokenKind::RBracket, reduce.where ? "" : "`,`, `where` or ");
  inWithValue_ = withValue;
}

// `sum(x)`, and `max(a, b)`, which is a call. The current token is the parenthesis.
ExprPtr Parser::parseReduceCall(size_t first, std::unique_ptr<ReduceExpr> reduce) {
  auto call = std::make_unique<CallExpr>();
  call->args = parseArgs(*call);
  call->span = reduce->span = spanFrom(first);
  bool elementwise = reduce->op == ReduceOp::Max || reduce->op == ReduceOp::Min;
  std::string name(text(tokens_[first]));
  if (elementwise && !reduce->accumulator && call->args.size() == 2) {
    auto callee = std::make_unique<NameExpr>();
    callee->span = reduce->opSpan;
    callee->name = std::move(name);
    call->callee = adopt(*call, std::move(callee));
    return call;
  }
  if (call->args.size() != 1 || call->args.front().name)
    fail(Code::E0026, call->span, fmt::format("`{}` takes one array{}", name, elementwise ? " or two operands" : ""),
         fmt::format("over chosen indices it is written `{}[i](…)`", name));
  reduce->whole = true;
  reduce->body = adopt(*reduce, std::move(call->args.front().value));
  return reduce;
}

// ------------------------------------------------------------------ derivatives

ExprPtr Parser::parseDiff() {
  size_t first = at_;
  auto node = std::make_unique<DiffExpr>();
  node->op = static_cast<DiffOp>(static_cast<int>(current().kind) - static_cast<int>(TokenKind::Grad));
  node->opSpan = span(current());
  std::string name(text(advance()));
  if (!at(TokenKind::LBracket))
    fail(Code::E0027, node->opSpan, fmt::format("`{}` names the variables in brackets", name), fmt::format("write `{}[x](…)`", name));
  parseList(TokenKind::RBracket, [&] {
    DiffTarget target;
    target.path = parsePath("a variable's name");
    if (accept(TokenKind::Arrow))
      target.direction = adopt(*node, parseExpr());
    node->targets.push_back(std::move(target));
  });
  if (!at(TokenKind::LParen))
    failExpected("`(` and the expression to differentiate");
  std::vector<ExprPtr> operands;
  size_t operandsAt = at_;
  parseList(TokenKind::RParen, [&] { operands.push_back(adopt(*node, parseExpr())); });
  node->span = spanFrom(first);
  size_t wanted = node->op == DiffOp::Vjp ? 2 : 1;
  if (operands.size() != wanted)
    fail(Code::E0027, spanFrom(operandsAt),
         wanted == 2 ? "`vjp` takes an expression and its cotangent" : fmt::format("`{}` takes one expression", name),
         wanted == 2 ? "write `vjp[x](e, ybar)`" : "");
  node->body = std::move(operands.front());
  if (wanted == 2)
    node->cotangent = std::move(operands.back());
  checkDiffTargets(*node, name);
  return node;
}

void Parser::checkDiffTargets(const DiffExpr &diff, std::string_view name) {
  bool directed = diff.op == DiffOp::Jvp || diff.op == DiffOp::Hvp;
  if (diff.targets.empty())
    diagnostics_.error(Code::E0027, diff.opSpan, fmt::format("`{}` names no variable", name))
        .help(fmt::format("write `{}[{}](…)`", name, directed ? "x -> v" : "x"));
  for (const DiffTarget &target : diff.targets) {
    if (directed && !target.direction)
      diagnostics_.error(Code::E0027, target.path.span, fmt::format("`{}` needs a direction for this variable", name))
          .help(fmt::format("write `{}[{} -> v](…)`", name, file_.text().substr(target.path.span.begin, target.path.span.size())));
    if (!directed && target.direction)
      diagnostics_.error(Code::E0027, target.direction->span, fmt::format("`{}` takes no direction", name))
          .help("directions belong to `jvp` and `hvp`");
  }
}

ExprPtr Parser::parseOnlyExpression() {
  try {
    ExprPtr expr = parseExpr();
    if (!at(TokenKind::End))
      failExpected("the end of the expression");
    return expr;
  } catch (const SyntaxError &) {
    return nullptr;
  }
}

} // namespace ricci::lang
