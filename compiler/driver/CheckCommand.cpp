#include "compiler/driver/Commands.h"

#include <nlohmann/json.hpp>

namespace ricci::driver {

std::optional<Problem> check(const Settings &settings, const std::vector<std::string> &files) {
  // A source stays until the end: its diagnostics refer to it.
  lang::SourceManager sources;
  lang::DiagnosticEngine diagnostics;
  ModuleFiles modules(sources);
  lang::CheckOptions options;
  options.openModule = [&](const std::string &path, const lang::SourceFile &importing) { return modules.openModule(path, importing); };
  for (const std::string &path : files) {
    Outcome<lang::FileId> file = modules.open(path);
    if (!file)
      return std::move(file.error());
    lang::check(sources, &sources.file(*file), options, diagnostics);
  }
  if (modules.unreadable())
    return modules.unreadable();
  diagnostics.sort();
  ExitStatus status = diagnostics.hasErrors() ? ExitStatus::WrongProgram : ExitStatus::Done;
  if (!settings.json) {
    std::string text = lang::render(sources, diagnostics, {.colour = settings.colour});
    if (text.empty())
      return std::nullopt;
    return Problem{status, std::move(text)};
  }
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const lang::Diagnostic &diagnostic : diagnostics.diagnostics()) {
    lang::FlatDiagnostic flat = lang::flatten(sources, diagnostic);
    list.push_back({{"code", flat.code},
                    {"message", flat.message},
                    {"file", flat.file},
                    {"line", flat.line},
                    {"column", flat.column},
                    {"end_line", flat.endLine},
                    {"end_column", flat.endColumn},
                    {"help", flat.help}});
  }
  // Names of files and strings in the source may be any bytes.
  write(list.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
  return Problem{status, ""};
}

} // namespace ricci::driver
