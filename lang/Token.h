// The words of the language; the lists below are the only place where their spellings stand.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace ricci::lang {

#define RICCI_PUNCTUATION(X)                                                                                           \
  X(LParen, "(") X(RParen, ")") X(LBracket, "[") X(RBracket, "]") X(LBrace, "{") X(RBrace, "}")                        \
  X(Comma, ",") X(Semicolon, ";") X(Colon, ":") X(Dot, ".") X(DotDot, "..") X(Arrow, "->") X(Assign, "=")              \
  X(EqEq, "==") X(NotEq, "!=") X(Less, "<") X(LessEq, "<=") X(Greater, ">") X(GreaterEq, ">=")                         \
  X(Plus, "+") X(Minus, "-") X(Star, "*") X(StarStar, "**") X(Slash, "/") X(Percent, "%") X(At, "@") X(Pipe, "|")

// Words that are always keywords. `as`, `by`, `limit` and the bounds of type parameters are words only where they fit.
#define RICCI_KEYWORDS(X)                                                                                              \
  X(Import, "import") X(Struct, "struct") X(Param, "param") X(Export, "export") X(Fn, "fn") X(Let, "let")              \
  X(Var, "var") X(Yield, "yield") X(Assert, "assert") X(While, "while") X(If, "if") X(Then, "then") X(Else, "else")    \
  X(For, "for") X(In, "in") X(Where, "where") X(With, "with") X(And, "and") X(Or, "or") X(Not, "not")                  \
  X(True, "true") X(False, "false") X(Inf, "inf") X(Nan, "nan") X(Pi, "pi")

// In the order of ReduceOp.
#define RICCI_REDUCTIONS(X)                                                                                            \
  X(Sum, "sum") X(Prod, "prod") X(Max, "max") X(Min, "min") X(Mean, "mean") X(Any, "any") X(All, "all")                \
  X(Argmax, "argmax") X(Argmin, "argmin") X(Logsumexp, "logsumexp")

// In the order of DiffOp.
#define RICCI_DERIVATIVES(X)                                                                                           \
  X(Grad, "grad") X(ValueGrad, "value_grad") X(Jvp, "jvp") X(Vjp, "vjp") X(Hvp, "hvp") X(Jacobian, "jacobian")         \
  X(Hessian, "hessian")

#define RICCI_SCALAR_TYPES(X)                                                                                          \
  X(Bool, "bool") X(I32, "i32") X(I64, "i64") X(F16, "f16") X(BF16, "bf16") X(F32, "f32") X(F64, "f64") X(C64, "c64")  \
  X(C128, "c128")

enum class TokenKind : uint8_t {
  End,
  Invalid, // already reported
  Identifier,
  Int,
  Float,
  String,
#define X(kind, spelling) kind,
  RICCI_PUNCTUATION(X) RICCI_KEYWORDS(X) RICCI_REDUCTIONS(X) RICCI_DERIVATIVES(X) RICCI_SCALAR_TYPES(X)
#undef X
};

// Empty for kinds whose spelling varies.
std::string_view spelling(TokenKind kind);
// The kind of a word, if it is reserved.
std::optional<TokenKind> reservedWord(std::string_view word);

inline bool isReduction(TokenKind kind) { return kind >= TokenKind::Sum && kind <= TokenKind::Logsumexp; }
inline bool isDerivative(TokenKind kind) { return kind >= TokenKind::Grad && kind <= TokenKind::Hessian; }
inline bool isScalarType(TokenKind kind) { return kind >= TokenKind::Bool && kind <= TokenKind::C128; }
inline bool isReserved(TokenKind kind) { return kind >= TokenKind::Import; }

struct Token {
  TokenKind kind = TokenKind::End;
  bool newline = false;     // a line break that can end a statement precedes
  bool startsLine = false;  // first on its line, within brackets too
  uint32_t begin = 0;
  uint32_t end = 0;
};

} // namespace ricci::lang
