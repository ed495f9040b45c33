// Text to syntax tree. Faults are reported and parsing goes on at the next statement, so one run shows several. What
// `Ast.h` promises about nodes holds if no error was reported; the depth bound holds always.
#pragma once

#include "lang/Ast.h"
#include "lang/Diagnostic.h"
#include "lang/Source.h"

#include <optional>
#include <string>
#include <vector>

namespace ricci::lang {

ast::Module parseFile(const SourceFile &file, DiagnosticEngine &diagnostics);

// The whole text as one expression; null if an error was reported.
ast::ExprPtr parseExpression(const SourceFile &file, DiagnosticEngine &diagnostics);

// A piece of a format string: literal text, or an expression with fmt's specification (empty if there is none).
struct FormatSegment {
  std::string text; // set if `expr` is null
  ast::ExprPtr expr;
  std::string spec;
  Span span; // of the expression with its braces, or of the text
};

// What fmt's specification says, for checking against the type of the value.
struct FormatSpec {
  bool numeric = false; // sign, `#` or `0` given
  std::optional<unsigned> width;
  std::optional<unsigned> precision;
  char type = '\0';
};

// Splits the first argument of `print`. The spans of the expressions lie in the literal. Nothing if an error was
// reported.
std::optional<std::vector<FormatSegment>> parseFormat(const SourceFile &file, const ast::StringExpr &literal,
                                                      DiagnosticEngine &diagnostics);

// Nothing if it is not `[[fill]align][sign][#][0][width][.precision][type]`, or asks for more than 1000 characters.
std::optional<FormatSpec> parseFormatSpec(std::string_view spec);

} // namespace ricci::lang
