#include "compiler/pipeline/SourceErrors.h"

#include "mlir/IR/Location.h"

#include <cctype>

using namespace mlir;
using namespace ricci;

SourceErrors::SourceErrors(MLIRContext &context, const lang::SourceManager &sources, lang::DiagnosticEngine &diagnostics)
    : sources(sources), diagnostics(diagnostics), handler(&context, [this](Diagnostic &diagnostic) {
        report(diagnostic);
        return success();
      }) {}

// The word, number or character at a position.
static lang::Span wordAt(const lang::SourceFile &file, unsigned line, unsigned column) {
  std::string_view text = file.text();
  uint32_t begin = file.lineStart(line);
  // Columns count code points.
  for (unsigned passed = 1; passed < column && begin < text.size();)
    if ((text[++begin] & 0xC0) != 0x80)
      ++passed;
  uint32_t end = begin;
  while (end < text.size() && (std::isalnum(static_cast<unsigned char>(text[end])) || text[end] == '_'))
    ++end;
  if (end == begin && end < text.size())
    ++end;
  return {file.id(), begin, end};
}

std::optional<lang::Span> SourceErrors::spanOf(Location location) const {
  FileLineColLoc place;
  location->walk([&](Location part) {
    place = dyn_cast<FileLineColLoc>(part);
    return place ? WalkResult::interrupt() : WalkResult::advance();
  });
  if (!place)
    return std::nullopt;
  for (size_t id = 0; id < sources.fileCount(); ++id) {
    const lang::SourceFile &file = sources.file(id);
    if (file.name() == place.getFilename() && place.getLine() >= 1 && place.getLine() <= file.lineCount())
      return wordAt(file, place.getLine(), place.getColumn());
  }
  return std::nullopt;
}

std::string SourceErrors::commentOf(const Decision &decision) const {
  std::string line = "// ";
  if (std::optional<lang::Span> span = spanOf(decision.place)) {
    lang::Position position = sources.position(*span);
    line += sources.file(span->file).name();
    line += ":" + std::to_string(position.line) + ":" + std::to_string(position.column) + ": ";
  }
  return line + textOf(decision) + "\n";
}

void SourceErrors::report(Diagnostic &diagnostic) {
  if (diagnostic.getSeverity() != DiagnosticSeverity::Error)
    return;
  std::optional<lang::Span> span = spanOf(diagnostic.getLocation());
  if (!span || !code) {
    if (fault.empty()) {
      llvm::raw_string_ostream stream(fault);
      stream << diagnostic.getLocation() << ": " << diagnostic;
    }
    return;
  }
  reported = true;
  lang::Diagnostic &error = diagnostics.error(*code, *span, diagnostic.str());
  for (Diagnostic &note : diagnostic.getNotes())
    if (std::optional<lang::Span> where = spanOf(note.getLocation()))
      error.label(*where, note.str());
}
