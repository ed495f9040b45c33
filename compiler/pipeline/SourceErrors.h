// Errors that MLIR reports at a location in the source, as diagnostics of the language.
#pragma once

#include "lang/Diagnostic.h"

#include "mlir/IR/Diagnostics.h"

#include <string>

namespace ricci {

// While it lives, errors of the context become diagnostics with `code`. One without a place in the source is a fault of
// the compiler's own.
class SourceErrors {
public:
  SourceErrors(mlir::MLIRContext &, const lang::SourceManager &, lang::DiagnosticEngine &);

  lang::Code code = lang::Code::E0910;
  std::string fault;
  bool reported = false;

private:
  void report(mlir::Diagnostic &);
  std::optional<lang::Span> spanOf(mlir::Location) const;

  const lang::SourceManager &sources;
  lang::DiagnosticEngine &diagnostics;
  mlir::ScopedDiagnosticHandler handler;
};

} // namespace ricci
