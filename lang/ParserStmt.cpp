#include "lang/ParserImpl.h"

#include <fmt/format.h>

namespace ricci::lang {

// ------------------------------------------------------------------ files and declarations

Module Parser::parseModule() {
  Module module;
  module.file = file_.id();
  while (!at(TokenKind::End)) {
    size_t start = at_;
    try {
      parseItem(module);
    } catch (const SyntaxError &) {
      synchronise(start, /*inBlock=*/false);
    }
  }
  return module;
}

void Parser::parseItem(Module &module) {
  switch (current().kind) {
  case TokenKind::Import:
    module.imports.push_back(parseImport());
    return expectStatementEnd();
  case TokenKind::Struct:
    module.structs.push_back(parseStruct());
    return;
  case TokenKind::At:
  case TokenKind::Export:
  case TokenKind::Fn:
    module.functions.push_back(parseFn());
    return;
  case TokenKind::Param:
    module.script.push_back(parseParam());
    return expectStatementEnd();
  case TokenKind::RBrace: {
    Span brace = span(advance());
    fail(Code::E0011, brace, "`}` closes nothing");
  }
  default:
    return parseStmtInto(module.script);
  }
}

Import Parser::parseImport() {
  size_t first = at_;
  advance();
  Import import;
  import.path = parsePath("a module's name");
  if (atWord("as") && !current().newline) {
    advance();
    import.alias = parseName("a name");
  }
  import.span = spanFrom(first);
  return import;
}

StructDecl Parser::parseStruct() {
  size_t first = at_;
  StructDecl decl;
  decl.doc = docBefore(first);
  advance();
  decl.name = parseName("the struct's name");
  decl.typeParams = parseTypeParams();
  if (!at(TokenKind::LBrace))
    failExpected("`{` before the fields");
  Token open = advance();
  while (!at(TokenKind::RBrace)) {
    decl.fields.push_back(parseTypedName("a field's name"));
    if (!accept(TokenKind::Comma) && !current().newline)
      break;
  }
  expectClose(open, TokenKind::RBrace, "`,`, a line break or ");
  decl.span = spanFrom(first);
  return decl;
}

FnDecl Parser::parseFn() {
  size_t first = at_;
  FnDecl fn;
  fn.doc = docBefore(first);
  fn.attributes = parseAttributes();
  fn.exported = accept(TokenKind::Export);
  if (!at(TokenKind::Fn) && !fn.attributes.empty())
    fail(Code::E0015, fn.attributes.front().span, fmt::format("`@{}` stands before no function", fn.attributes.front().name.text));
  expect(TokenKind::Fn, "after `export`");
  fn.name = parseName("the function's name");
  fn.typeParams = parseTypeParams();
  if (!at(TokenKind::LParen))
    failExpected("`(` before the arguments");
  parseList(TokenKind::RParen, [&] { fn.params.push_back(parseTypedName("an argument's name")); });
  if (accept(TokenKind::Arrow))
    fn.result = parseType();
  fn.body = parseBlock("before the function's body");
  fn.span = spanFrom(first);
  return fn;
}

std::vector<Attribute> Parser::parseAttributes() {
  std::vector<Attribute> attributes;
  while (at(TokenKind::At)) {
    size_t first = at_;
    advance();
    Attribute attribute;
    // `vjp` and `jvp` are reserved words with a meaning of their own here.
    if (at(TokenKind::Vjp) || at(TokenKind::Jvp)) {
      Token word = advance();
      attribute.name = {std::string(text(word)), span(word)};
    } else {
      attribute.name = parseName("an attribute's name");
    }
    Node args;
    if (atSameLine(TokenKind::LParen))
      attribute.args = parseArgs(args);
    attribute.span = spanFrom(first);
    attributes.push_back(std::move(attribute));
  }
  return attributes;
}

std::vector<TypeParam> Parser::parseTypeParams() {
  std::vector<TypeParam> params;
  if (!at(TokenKind::Less))
    return params;
  Token open = advance();
  do {
    TypeParam param;
    param.name = parseName("a name of a dimension or type");
    if (accept(TokenKind::Colon)) {
      if (!atWord("float") && !atWord("int") && !atWord("num"))
        failExpected("`float`, `int` or `num`");
      param.bound = parseName("a bound");
    }
    params.push_back(std::move(param));
  } while (accept(TokenKind::Comma));
  expectCloseAngle(open);
  return params;
}

TypedName Parser::parseTypedName(std::string_view what) {
  TypedName typed;
  typed.name = parseName(what);
  expect(TokenKind::Colon, fmt::format("and the type of `{}`", typed.name.text));
  typed.type = parseType();
  return typed;
}

StmtPtr Parser::parseParam() {
  size_t first = at_;
  auto param = std::make_unique<ParamStmt>();
  param->doc = docBefore(first);
  advance();
  TypedName typed = parseTypedName("the parameter's name");
  param->name = std::move(typed.name);
  param->type = adopt(*param, std::move(typed.type));
  if (accept(TokenKind::Assign))
    param->value = adopt(*param, parseExpr());
  param->span = spanFrom(first);
  return param;
}

// ------------------------------------------------------------------ blocks

Block Parser::parseBlock(std::string_view where) {
  DepthGuard depth(*this);
  if (!at(TokenKind::LBrace))
    failExpected(fmt::format("`{{` {}", where));
  bool withValue = std::exchange(inWithValue_, false);
  size_t first = at_;
  Token open = advance();
  Block block;
  while (!at(TokenKind::RBrace) && !at(TokenKind::End) && !atNextDeclaration()) {
    size_t start = at_;
    try {
      parseStmtInto(block.stmts);
    } catch (const SyntaxError &) {
      synchronise(start, /*inBlock=*/true);
    }
  }
  for (const StmtPtr &stmt : block.stmts)
    raise(block, *stmt);
  expectClose(open, TokenKind::RBrace, "");
  block.span = spanFrom(first);
  inWithValue_ = withValue;
  return block;
}

// A declaration at the start of a line that is not indented: the block before it lacks its brace.
bool Parser::atNextDeclaration() const {
  bool declares = at(TokenKind::Fn) || at(TokenKind::Struct) || at(TokenKind::Export) || at(TokenKind::Import) ||
                  at(TokenKind::Param) || at(TokenKind::At);
  return declares && current().startsLine && file_.position(current().begin).column == 1;
}

void Parser::parseStmtInto(std::vector<StmtPtr> &stmts) {
  statementStart_ = at_;
  if (accept(TokenKind::Semicolon))
    return;
  StmtPtr stmt = parseStmt();
  if (!stmt)
    return;
  stmts.push_back(std::move(stmt));
  expectStatementEnd();
}

// ------------------------------------------------------------------ statements

// Null if it was a declaration in the wrong place.
StmtPtr Parser::parseStmt() {
  switch (current().kind) {
  case TokenKind::Let:
    return parseLet();
  case TokenKind::Var:
    return parseVar();
  case TokenKind::Yield:
    return parseYield();
  case TokenKind::Assert:
    return parseAssert();
  case TokenKind::While:
    return parseWhile();
  case TokenKind::Import:
  case TokenKind::Struct:
  case TokenKind::Param:
  case TokenKind::At:
  case TokenKind::Export:
  case TokenKind::Fn:
    skipMisplacedDeclaration();
    return nullptr;
  default:
    return peek().kind == TokenKind::Assign && startsName() ? parseAssign() : parseExprStmt();
  }
}

void Parser::skipMisplacedDeclaration() {
  diagnostics_.error(Code::E0014, span(current()), fmt::format("`{}` stands at the top level of a file only", text(current())));
  Module discarded;
  parseItem(discarded);
}

StmtPtr Parser::parseLet() {
  size_t first = at_;
  auto let = std::make_unique<LetStmt>();
  let->doc = docBefore(first);
  advance();
  let->pattern = parsePattern();
  raise(*let, let->pattern);
  expect(TokenKind::Assign, "and a value");
  let->value = adopt(*let, parseExpr());
  let->span = spanFrom(first);
  return let;
}

StmtPtr Parser::parseVar() {
  size_t first = at_;
  auto var = std::make_unique<VarStmt>();
  advance();
  var->name = parseName("the variable's name");
  if (accept(TokenKind::Colon))
    var->type = adopt(*var, parseType());
  expect(TokenKind::Assign, "and a value");
  var->value = adopt(*var, parseExpr());
  var->span = spanFrom(first);
  return var;
}

StmtPtr Parser::parseYield() {
  size_t first = at_;
  auto yield = std::make_unique<YieldStmt>();
  advance();
  yield->value = adopt(*yield, parseExpr());
  yield->span = spanFrom(first);
  return yield;
}

StmtPtr Parser::parseAssert() {
  size_t first = at_;
  auto assertion = std::make_unique<AssertStmt>();
  advance();
  assertion->condition = adopt(*assertion, parseExpr());
  if (accept(TokenKind::Comma)) {
    if (!at(TokenKind::String))
      failExpected("a message in double quotes");
    assertion->message = as<StringExpr>(*parseString()).value;
  }
  assertion->span = spanFrom(first);
  return assertion;
}

StmtPtr Parser::parseWhile() {
  size_t first = at_;
  auto loop = std::make_unique<WhileStmt>();
  advance();
  loop->condition = adopt(*loop, parseExpr());
  if (!atWord("limit"))
    fail(Code::E0024, here(), fmt::format("expected `limit` and a bound, found {}", describeCurrent()),
         "write `while … limit n { … }`: at most `n` passes are made");
  advance();
  loop->limit = adopt(*loop, parseExpr());
  loop->body = parseBlock("before the loop's body");
  raise(*loop, loop->body);
  loop->span = spanFrom(first);
  return loop;
}

// Whether the current token is, or is meant as, a name.
bool Parser::startsName() const { return at(TokenKind::Identifier) || isReserved(current().kind); }

StmtPtr Parser::parseAssign() {
  size_t first = at_;
  auto assign = std::make_unique<AssignStmt>();
  assign->name = parseName("a name");
  advance();
  assign->value = adopt(*assign, parseExpr());
  assign->span = spanFrom(first);
  return assign;
}

StmtPtr Parser::parseExprStmt() {
  size_t first = at_;
  auto stmt = std::make_unique<ExprStmt>();
  stmt->value = adopt(*stmt, parseExpr());
  stmt->span = spanFrom(first);
  if (atSameLine(TokenKind::Assign))
    failAssignment(*stmt->value);
  return stmt;
}

// The current token is `=` and what stands before it is no name.
void Parser::failAssignment(const Expr &target) {
  std::string_view source = file_.text().substr(target.span.begin, target.span.size());
  std::string help;
  auto baseName = [](const ExprPtr &base) {
    const auto *name = dynAs<NameExpr>(base.get());
    return name ? name->name : std::string("x");
  };
  if (const auto *element = dynAs<SubscriptExpr>(&target))
    help = fmt::format("to define an array write `let {0} = …`, to replace a part of one `{1} = {1} with [{2}] = …`", source,
                       baseName(element->base), source.substr(source.find('[') + 1, source.rfind(']') - source.find('[') - 1));
  else if (const auto *field = dynAs<FieldExpr>(&target))
    help = fmt::format("values are immutable; write `{0} = {0} with ({1} = …)`", baseName(field->base), field->field.text);
  else
    help = "a definition starts with `let`; to compare write `==`";
  fail(Code::E0021, target.span, "only a `var` can be assigned to", std::move(help));
}

} // namespace ricci::lang
