// Errors that MLIR reports at a location in the source, as diagnostics of the language.
#pragma once

#include "lang/Diagnostic.h"

#include "mlir/IR/Diagnostics.h"

#include <optional>
#include <string>

namespace ricci {

// While it lives, errors of the context become diagnostics with `code`. Without a code, or without a place in the
// source, an error is a fault of the compiler's own. Remarks are collected as lines of comment.
class SourceErrors {
public:
  SourceErrors(mlir::MLIRContext &, const lang::SourceManager &, lang::DiagnosticEngine &);

  std::optional<lang::Code> code;
  std::string fault;
  std::string remarks;
  bool reported = false;

private:
  void report(mlir::Diagnostic &);
  void note(mlir::Diagnostic &);
  std::optional<lang::Span> spanOf(mlir::Location) const;

  const lang::SourceManager &sources;
  lang::DiagnosticEngine &diagnostics;
  mlir::ScopedDiagnosticHandler handler;
};

} // namespace ricci
