// Programs in, checked trees or complaints out.
#pragma once

#include "lang/Check.h"
#include "lang/sema/CheckedDump.h"

#include <fmt/format.h>

#include <string>

namespace ricci::lang::test {

struct Checked {
  SourceManager sources;
  DiagnosticEngine diagnostics;
  std::unique_ptr<CheckedProgram> program;

  explicit Checked(const std::string &text, const CheckOptions &options = {}) {
    program = check(sources, &sources.file(sources.add("p.ricci", text)), options, diagnostics);
    diagnostics.sort();
  }

  // `E0101 3:20`, space-separated.
  std::string errors() const {
    std::string out;
    for (const Diagnostic &diagnostic : diagnostics.diagnostics()) {
      Position at = sources.position(diagnostic.span);
      out += fmt::format("{}{} {}:{}", out.empty() ? "" : " ", info(diagnostic.code).name, at.line, at.column);
    }
    return out;
  }
};

// The last line of the dump, or what is wrong.
inline std::string last(const std::string &text, const CheckOptions &options = {}) {
  Checked checked(text, options);
  if (!checked.program)
    return render(checked.sources, checked.diagnostics);
  std::string out = dump(*checked.program);
  out.pop_back();
  return out.substr(out.rfind('\n') + 1);
}

// The type of the last statement's variable, or of the last function's result.
inline std::string typeOf(const std::string &text, const CheckOptions &options = {}) {
  Checked checked(text, options);
  if (!checked.program)
    return render(checked.sources, checked.diagnostics);
  if (checked.program->statements.empty())
    return checked.program->functions.back()->result.text();
  const Stmt *stmt = checked.program->statements.back();
  if (stmt->kind == StmtKind::Let)
    return static_cast<const LetStmt *>(stmt)->variable->type.text();
  return "";
}

} // namespace ricci::lang::test
