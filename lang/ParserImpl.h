// The recursive-descent parser behind `Parser.h`. A fault that leaves no way on throws `SyntaxError`, after it was
// reported; the loop over statements catches it and resumes at the next one. The exception never leaves the parser.
#pragma once

#include "lang/Ast.h"
#include "lang/Diagnostic.h"
#include "lang/Lexer.h"

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ricci::lang {

using namespace ast;

struct SyntaxError {};

class Parser {
public:
  Parser(const SourceFile &file, TokenStream stream, DiagnosticEngine &diagnostics)
      : file_(file), tokens_(std::move(stream.tokens)), docs_(std::move(stream.docs)), diagnostics_(diagnostics) {}

  Module parseModule();
  // Null if there was no way on.
  ExprPtr parseOnlyExpression();

private:
  // ---- tokens (Parser.cpp)
  const Token &current() const { return tokens_[at_]; }
  const Token &peek() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  bool at(TokenKind kind) const { return current().kind == kind; }
  bool atWord(std::string_view word) const { return at(TokenKind::Identifier) && text(current()) == word; }
  // At this kind, and no line break before it ended the statement.
  bool atSameLine(TokenKind kind) const { return at(kind) && !current().newline; }
  bool accept(TokenKind kind);
  Token advance();
  Token expect(TokenKind kind, std::string_view where);
  void expectStatementEnd();
  // The closing partner of `open`; `next` says what else could have stood here.
  void expectClose(const Token &open, TokenKind close, std::string_view next);
  // `>`, also as the first half of `>=`.
  void expectCloseAngle(const Token &open);
  std::string_view text(const Token &token) const { return file_.text().substr(token.begin, token.end - token.begin); }
  bool lineEnded() const;
  std::string describeCurrent() const;
  Span span(const Token &token) const { return {file_.id(), token.begin, token.end}; }
  // Where the current token stands, or the end of the line before it if a line break ended the statement.
  Span here() const;
  // From the token with this number to the last one consumed.
  Span spanFrom(size_t first) const;
  std::string docBefore(size_t token) const;

  // ---- faults (Parser.cpp)
  [[noreturn]] void fail(Code code, Span span, std::string message, std::string help = {});
  [[noreturn]] void failExpected(std::string_view what, std::string help = {});
  [[noreturn]] void failTooDeep(Span span);
  void synchronise(size_t start, bool inBlock);

  // ---- depth (Parser.cpp)
  class DepthGuard {
  public:
    explicit DepthGuard(Parser &parser);
    ~DepthGuard() { --parser_.depth_; }
    DepthGuard(const DepthGuard &) = delete;
    DepthGuard &operator=(const DepthGuard &) = delete;

  private:
    Parser &parser_;
  };
  // Raises the parent above the child.
  void raise(Node &parent, const Node &child);
  // Takes over a child: hands it on, with the parent raised above it.
  template <class T> std::unique_ptr<T> adopt(Node &parent, std::unique_ptr<T> child) {
    if (child)
      raise(parent, *child);
    return child;
  }

  // ---- declarations and statements (ParserStmt.cpp)
  void parseItem(Module &module);
  Import parseImport();
  StructDecl parseStruct();
  FnDecl parseFn();
  std::vector<Attribute> parseAttributes();
  std::vector<TypeParam> parseTypeParams();
  TypedName parseTypedName(std::string_view what);
  StmtPtr parseParam();
  void skipMisplacedDeclaration();
  Block parseBlock(std::string_view where);
  bool atNextDeclaration() const;
  void parseStmtInto(std::vector<StmtPtr> &stmts);
  StmtPtr parseStmt();
  StmtPtr parseLet();
  StmtPtr parseVar();
  StmtPtr parseYield();
  StmtPtr parseAssert();
  StmtPtr parseWhile();
  StmtPtr parseAssign();
  StmtPtr parseExprStmt();
  bool startsName() const;
  [[noreturn]] void failAssignment(const Expr &target);

  // ---- names, patterns, types (ParserType.cpp)
  Ident parseName(std::string_view what);
  Path parsePath(std::string_view what);
  Pattern parsePattern();
  IndexBinder parseBinder();
  IndexName parseIndexName();
  TypePtr parseType();
  TypePtr parseNamedType();
  TypeArg parseTypeArg();

  // ---- expressions (ParserExpr.cpp)
  ExprPtr parseExpr();
  ExprPtr parseIf();
  ExprPtr parseFor();
  ExprPtr parseLambda();
  ExprPtr parseBinary(int loosest);
  ExprPtr parseOperand(int loosest);
  ExprPtr parseUnary();
  ExprPtr parsePower();
  ExprPtr parsePostfix();
  ExprPtr parseField(size_t first, ExprPtr base);
  ExprPtr parseWith(size_t first, ExprPtr base);
  Range parseRange();

  // ---- primary expressions and lists (ParserPrimary.cpp)
  ExprPtr parsePrimary();
  ExprPtr parseInt(bool mayBeLeast);
  ExprPtr parseFloat();
  ExprPtr parseConstant();
  ExprPtr parseString();
  ExprPtr parseScalarType();
  ExprPtr parseParenthesised();
  ExprPtr parseArray();
  ExprPtr parseReduce();
  void parseReduceBinders(ReduceExpr &reduce);
  ExprPtr parseReduceCall(size_t first, std::unique_ptr<ReduceExpr> reduce);
  ExprPtr parseDiff();
  void checkDiffTargets(const DiffExpr &diff, std::string_view name);
  std::vector<Arg> parseArgs(Node &parent);
  std::vector<Subscript> parseSubscripts(Node &parent);
  Subscript parseSubscript(Node &parent);

  // `open item, item, … close`; a comma may end the list.
  template <class Item> void parseList(TokenKind close, Item item) {
    bool withValue = std::exchange(inWithValue_, false);
    Token open = advance();
    while (!at(close)) {
      item();
      if (!accept(TokenKind::Comma))
        break;
    }
    expectClose(open, close, "`,` or ");
    inWithValue_ = withValue;
  }

  const SourceFile &file_;
  std::vector<Token> tokens_;
  std::vector<DocComment> docs_;
  DiagnosticEngine &diagnostics_;
  size_t at_ = 0;
  size_t statementStart_ = 0;
  unsigned depth_ = 0;
  bool tooDeep_ = false;     // parsing has stopped, and what is open then is no news
  bool inWithValue_ = false; // a further `with` belongs to the outer value: `V with [0] = a with [1] = b`
};

} // namespace ricci::lang
