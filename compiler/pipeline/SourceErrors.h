// Errors that MLIR reports at a location in the source, as diagnostics of the language.
#pragma once

#include "dialects/Decision.h"
#include "lang/Diagnostic.h"

#include "mlir/IR/Diagnostics.h"

#include <optional>
#include <string>

namespace ricci {

// While it lives, errors of the context become diagnostics with `code`. Without a code, or without a place in the
// source, an error is a fault of the compiler's own.
class SourceErrors {
public:
  SourceErrors(mlir::MLIRContext &, const lang::SourceManager &, lang::DiagnosticEngine &);

  std::optional<lang::Code> code;
  std::string fault;
  bool reported = false;

  // The word that the first place in the source is at that a location names.
  std::optional<lang::Span> spanOf(mlir::Location) const;
  // A line of comment that says what was decided, where in the source and why.
  std::string commentOf(const Decision &) const;

private:
  void report(mlir::Diagnostic &);

  const lang::SourceManager &sources;
  lang::DiagnosticEngine &diagnostics;
  mlir::ScopedDiagnosticHandler handler;
};

} // namespace ricci
