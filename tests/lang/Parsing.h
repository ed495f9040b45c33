// Shared by the tests of lexer and parser: from a text to what it means, as strings.
#pragma once

#include "lang/AstDump.h"
#include "lang/Diagnostic.h"
#include "lang/Parser.h"

#include <fmt/format.h>

#include <string>

namespace ricci::lang::test {

using namespace ast;

// The s-expression of an expression; for a faulty one, its diagnostics as text.
inline std::string parsed(std::string text) {
  SourceManager sources;
  DiagnosticEngine diagnostics;
  const SourceFile &file = sources.file(sources.add("e", std::move(text)));
  ExprPtr expr = parseExpression(file, diagnostics);
  return expr ? dump(*expr) : render(sources, diagnostics);
}

// The same for a file, without the line break at the end.
inline std::string parsedFile(std::string text) {
  SourceManager sources;
  DiagnosticEngine diagnostics;
  const SourceFile &file = sources.file(sources.add("f", std::move(text)));
  Module module = parseFile(file, diagnostics);
  std::string shown = diagnostics.hasErrors() ? render(sources, diagnostics) : dump(module);
  if (!shown.empty())
    shown.pop_back();
  return shown;
}

// `E0010 2:7` for each diagnostic of a file, in order of position, separated by `; `.
inline std::string faults(std::string text) {
  SourceManager sources;
  DiagnosticEngine diagnostics;
  const SourceFile &file = sources.file(sources.add("f", std::move(text)));
  parseFile(file, diagnostics);
  diagnostics.sort();
  std::string out;
  for (const Diagnostic &diagnostic : diagnostics.diagnostics()) {
    Position at = sources.position(diagnostic.span);
    out += fmt::format("{}{} {}:{}", out.empty() ? "" : "; ", info(diagnostic.code).name, at.line, at.column);
  }
  return out;
}

} // namespace ricci::lang::test
