#include "lang/Operators.h"
#include "lang/ParserImpl.h"

#include <fmt/format.h>

namespace ricci::lang {

// ------------------------------------------------------------------ names

// A reserved word in a name's place is reported and taken as the name, unless it begins the next line.
Ident Parser::parseName(std::string_view what) {
  if (isReserved(current().kind) && !current().newline)
    diagnostics_.error(Code::E0008, span(current()), fmt::format("`{}` is a reserved word", text(current())))
        .help("choose another name");
  else if (!at(TokenKind::Identifier))
    failExpected(what);
  Token name = advance();
  return {std::string(text(name)), span(name)};
}

Path Parser::parsePath(std::string_view what) {
  size_t first = at_;
  Path path;
  path.parts.push_back(parseName(what));
  while (accept(TokenKind::Dot)) {
    if (at(TokenKind::Int)) {
      Token position = advance();
      path.parts.push_back({std::string(text(position)), span(position)});
    } else {
      path.parts.push_back(parseName("a name after `.`"));
    }
  }
  path.span = spanFrom(first);
  return path;
}

// ------------------------------------------------------------------ left sides

Pattern Parser::parsePattern() {
  DepthGuard depth(*this);
  size_t first = at_;
  Pattern pattern;
  if (at(TokenKind::LParen)) {
    pattern.kind = Pattern::Kind::Tuple;
    parseList(TokenKind::RParen, [&] { pattern.elems.push_back(parsePattern()); });
    for (const Pattern &elem : pattern.elems)
      raise(pattern, elem);
    pattern.span = spanFrom(first);
    return pattern;
  }
  pattern.name = parseName("a name");
  if (atSameLine(TokenKind::LBracket)) {
    pattern.kind = Pattern::Kind::Indexed;
    parseList(TokenKind::RBracket, [&] {
      pattern.indices.push_back(parseBinder());
      for (const IndexName &index : pattern.indices.back().names)
        if (index.range)
          raise(pattern, *index.range);
    });
  }
  if (accept(TokenKind::Colon))
    pattern.type = adopt(pattern, parseType());
  pattern.span = spanFrom(first);
  return pattern;
}

IndexBinder Parser::parseBinder() {
  size_t first = at_;
  IndexBinder binder;
  if (accept(TokenKind::Colon)) {
    binder.kind = IndexBinder::Kind::All;
  } else if (at(TokenKind::LParen)) {
    binder.kind = IndexBinder::Kind::Group;
    parseList(TokenKind::RParen, [&] { binder.names.push_back(parseIndexName()); });
    if (binder.names.size() < 2)
      fail(Code::E0010, spanFrom(first), "a group merges at least two indices");
  } else {
    binder.names.push_back(parseIndexName());
  }
  binder.span = spanFrom(first);
  return binder;
}

IndexName Parser::parseIndexName() {
  IndexName index;
  if (!startsName())
    failExpected("an index", at(TokenKind::Int) ? "every index on the left runs over its range; to replace one element use `with`" : "");
  index.name = parseName("an index");
  if (accept(TokenKind::In))
    index.range = parseRange();
  return index;
}

// ------------------------------------------------------------------ types

TypePtr Parser::parseType() {
  DepthGuard depth(*this);
  size_t first = at_;
  if (at(TokenKind::LParen)) {
    auto tuple = std::make_unique<TupleType>();
    parseList(TokenKind::RParen, [&] { tuple->elems.push_back(adopt(*tuple, parseType())); });
    tuple->span = spanFrom(first);
    if (tuple->elems.size() == 1)
      return std::move(tuple->elems.front());
    return tuple;
  }
  if (accept(TokenKind::Fn)) {
    auto function = std::make_unique<FunctionType>();
    if (!at(TokenKind::LParen))
      failExpected("`(` after `fn`");
    parseList(TokenKind::RParen, [&] { function->params.push_back(adopt(*function, parseType())); });
    expect(TokenKind::Arrow, "and the result's type");
    function->result = adopt(*function, parseType());
    function->span = spanFrom(first);
    return function;
  }
  return parseNamedType();
}

TypePtr Parser::parseNamedType() {
  size_t first = at_;
  auto type = std::make_unique<NamedType>();
  bool scalar = isScalarType(current().kind);
  if (!scalar && !at(TokenKind::Identifier))
    failExpected("a type");
  Token name = advance();
  type->name = {std::string(text(name)), span(name)};
  while (!scalar && atSameLine(TokenKind::Dot)) {
    advance();
    type->module.push_back(std::exchange(type->name, parseName("a type's name after `.`")));
  }
  if (!scalar && atSameLine(TokenKind::Less)) {
    Token open = advance();
    do {
      type->args.push_back(parseTypeArg());
      const TypeArg &arg = type->args.back();
      raise(*type, arg.type ? static_cast<const Node &>(*arg.type) : *arg.expr);
    } while (accept(TokenKind::Comma));
    expectCloseAngle(open);
  }
  if (atSameLine(TokenKind::LBracket))
    parseList(TokenKind::RBracket, [&] { type->dims.push_back(adopt(*type, parseExpr())); });
  type->span = spanFrom(first);
  return type;
}

TypeArg Parser::parseTypeArg() {
  TokenKind next = peek().kind;
  // After `.` stands a type of another file: sizes have no fields.
  bool named = at(TokenKind::Identifier) && (next == TokenKind::Less || next == TokenKind::LBracket || next == TokenKind::Dot);
  bool tuple = at(TokenKind::LParen) && (isScalarType(next) || next == TokenKind::Fn);
  if (named || tuple || isScalarType(current().kind) || at(TokenKind::Fn))
    return {parseType(), nullptr};
  return {nullptr, parseBinary(kComparison + 1)}; // `>` closes here
}

} // namespace ricci::lang
