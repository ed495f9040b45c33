#include "compiler/driver/Commands.h"
#include "compiler/driver/ModuleFiles.h"

#include "lang/AstDump.h"
#include "lang/Formatter.h"
#include "lang/Parser.h"
#include "runtime/File.h"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace ricci::driver {

namespace {

// The text in the one format. It is parsed again and compared: whatever is wrong with the formatter, no program is
// lost.
Outcome<std::string> formatted(const Settings &settings, lang::SourceManager &sources, const lang::SourceFile &file) {
  lang::DiagnosticEngine diagnostics;
  std::optional<std::string> text = lang::format(file, diagnostics);
  if (!text) {
    diagnostics.sort();
    return Problem{ExitStatus::WrongProgram, lang::render(sources, diagnostics, {.colour = settings.colour})};
  }
  if (text->size() > lang::SourceManager::kMaxFileSize)
    return problem(ExitStatus::Data, fmt::format("{} would become larger than a source file may be", file.name()));
  const lang::SourceFile &result = sources.file(sources.add(file.name(), *text));
  if (lang::dump(lang::parseFile(result, diagnostics)) != lang::dump(lang::parseFile(file, diagnostics)))
    return Problem{ExitStatus::Fault,
                   fmt::format("{} was left alone: formatted, it would mean something else", file.name())};
  return std::move(*text);
}

class FmtCommand {
public:
  FmtCommand(const Settings &settings, const FmtOptions &options) : settings(settings), options(options) {}

  std::optional<Problem> formatFile(const std::string &path) {
    lang::SourceManager sources;
    Outcome<lang::FileId> id = ModuleFiles(sources).open(path);
    if (!id)
      return std::move(id.error());
    const lang::SourceFile &file = sources.file(*id);
    Outcome<std::string> text = formatted(settings, sources, file);
    if (!text)
      return std::move(text.error());
    if (path == "-" && !options.check) {
      write(*text);
      return std::nullopt;
    }
    if (*text == file.text())
      return std::nullopt;
    if (!options.check)
      if (runtime::Status replaced = runtime::FileWriter::replace(path, *text); !replaced)
        return problem(replaced.error());
    differing.push_back(file.name());
    if (!options.check && !settings.quiet)
      fmt::print(stderr, "formatted {}\n", path);
    return std::nullopt;
  }

  void list() const {
    if (settings.json)
      write(nlohmann::ordered_json(differing).dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) +
            "\n");
    else if (options.check)
      for (const std::string &name : differing)
        write(name + "\n");
  }

  bool foundNone() const { return differing.empty(); }

private:
  const Settings &settings;
  const FmtOptions &options;
  std::vector<std::string> differing; // the files that were not in the format
};

} // namespace

// A file that cannot be formatted keeps no other from it; the first of these decides the exit status.
std::optional<Problem> formatFiles(const Settings &settings, const FmtOptions &options) {
  if (settings.json && !options.check && std::ranges::find(options.files, "-") != options.files.end())
    return problem(ExitStatus::Usage, "standard input becomes the text itself, not JSON");
  FmtCommand command(settings, options);
  Problem all{ExitStatus::Done, ""};
  for (const std::string &path : options.files)
    if (std::optional<Problem> problem = command.formatFile(path)) {
      if (problem->status == ExitStatus::Fault)
        return problem;
      all.text += problem->text;
      all.status = all.status == ExitStatus::Done ? problem->status : all.status;
    }
  command.list();
  if (all.status == ExitStatus::Done && options.check && !command.foundNone())
    all.status = ExitStatus::Unmet;
  return all;
}

} // namespace ricci::driver
