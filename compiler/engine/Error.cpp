#include "compiler/engine/Error.h"

#include "compiler/engine/Json.h"
#include "runtime/RunErrors.h"

#include <charconv>
#include <fmt/format.h>

namespace ricci::engine {

std::string Error::json() const {
  JsonWriter out;
  out.open('{')
      .name("status")
      .number(static_cast<int>(status))
      .name("code")
      .string(code)
      .name("message")
      .string(message);
  out.name("text").string(text).name("diagnostics").open('[');
  for (const lang::FlatDiagnostic &one : diagnostics) {
    out.open('{').name("code").string(one.code).name("message").string(one.message).name("file").string(one.file);
    out.name("line").number(one.line).name("column").number(one.column);
    out.name("end_line").number(one.endLine).name("end_column").number(one.endColumn);
    out.name("help").string(one.help).close('}');
  }
  return out.close(']').close('}').take();
}

Error error(Status status, std::string message, std::string code) {
  std::string text = code.empty() ? fmt::format("error: {}\n", message) : fmt::format("error[{}]: {}\n", code, message);
  return {status, std::move(code), std::move(message), std::move(text)};
}

Error error(const lang::SourceManager &sources, lang::DiagnosticEngine &diagnostics, bool colour) {
  diagnostics.sort();
  Error result{Status::WrongProgram, "", "", lang::render(sources, diagnostics, {.colour = colour})};
  for (const lang::Diagnostic &one : diagnostics.diagnostics()) {
    result.diagnostics.push_back(lang::flatten(sources, one));
    if (result.code.empty() && one.severity == lang::Severity::Error) {
      result.code = result.diagnostics.back().code;
      result.message = result.diagnostics.back().message;
    }
  }
  return result;
}

namespace {

// "file:line:column", taken apart; line 0 if it is none of the sources'.
struct Place {
  const lang::SourceFile *file = nullptr;
  uint32_t line = 0, column = 0;
};

Place placeOf(const std::string &where, const lang::SourceManager &sources) {
  size_t columnAt = where.rfind(':');
  size_t lineAt = columnAt == std::string::npos || columnAt == 0 ? columnAt : where.rfind(':', columnAt - 1);
  if (lineAt == std::string::npos)
    return {};
  Place place;
  std::from_chars(where.data() + lineAt + 1, where.data() + columnAt, place.line);
  std::from_chars(where.data() + columnAt + 1, where.data() + where.size(), place.column);
  std::string_view name = std::string_view(where).substr(0, lineAt);
  for (lang::FileId id = 0; id < sources.fileCount(); ++id)
    if (const lang::SourceFile &file = sources.file(id); file.name() == name) {
      place.file = &file;
      break;
    }
  if (!place.file || place.line < 1 || place.line > place.file->lineCount() || place.column < 1)
    return {};
  return place;
}

} // namespace

std::string textOf(const runtime::RunError &error, const lang::SourceManager &sources, bool colour) {
  const char *red = colour ? "\x1b[1;31m" : "", *plain = colour ? "\x1b[0m" : "";
  std::string text = fmt::format("{}error[{}]{}: {}\n", red, error.code, plain, error.message);
  if (!error.where.empty())
    text += fmt::format("  --> {}\n", error.where);
  if (Place place = placeOf(error.where, sources); place.file)
    text += fmt::format("   | {}\n   | {:>{}}\n", place.file->line(place.line), '^', place.column);
  return text;
}

Error error(const lang::SourceManager &sources, const runtime::RunError &failure, bool colour) {
  Status status = failure.code == runtime::outOfMemoryCode ? Status::OutOfMemory
                  : failure.code == runtime::stoppedCode   ? Status::Stopped
                                                           : Status::RunTime;
  Error result{status, failure.code, failure.message, textOf(failure, sources, colour)};
  if (Place place = placeOf(failure.where, sources); place.file)
    result.diagnostics.push_back({failure.code, failure.message, place.file->name(), place.line, place.column,
                                  place.line, place.column + 1, ""});
  return result;
}

} // namespace ricci::engine
