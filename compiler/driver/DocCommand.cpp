#include "compiler/driver/Commands.h"
#include "compiler/driver/ModuleFiles.h"

#include "lang/DocPages.h"
#include "runtime/File.h"

#include <filesystem>
#include <fmt/format.h>

namespace ricci::driver {

namespace fs = std::filesystem;

static runtime::Status writeFile(const fs::path &path, std::string_view text) {
  runtime::Result<runtime::FileWriter> file = runtime::FileWriter::create(path);
  if (!file)
    return std::move(file.error());
  if (runtime::Status written = file->write(text); !written)
    return written;
  return file->close();
}

std::optional<Problem> document(const Settings &settings, const DocOptions &options) {
  lang::SourceManager sources;
  lang::DiagnosticEngine diagnostics;
  ModuleFiles modules(sources);
  std::vector<const lang::SourceFile *> files;
  for (const std::string &path : options.files) {
    Outcome<lang::FileId> file = modules.open(path);
    if (!file)
      return std::move(file.error());
    files.push_back(&sources.file(*file));
  }
  std::vector<lang::DocPage> pages = lang::docPages(files, diagnostics);
  diagnostics.sort();
  if (diagnostics.hasErrors())
    return Problem{ExitStatus::WrongProgram, lang::render(sources, diagnostics, {.colour = settings.colour})};

  std::error_code failed;
  fs::create_directories(options.output, failed);
  if (failed)
    return problem(ExitStatus::Data, fmt::format("cannot create {}: {}", options.output, failed.message()));
  for (const lang::DocPage &page : pages)
    if (runtime::Status written = writeFile(fs::path(options.output) / page.name, page.html); !written)
      return problem(written.error());
  if (!settings.quiet)
    fmt::print(stderr, "wrote {}\n", (fs::path(options.output) / pages.front().name).string());
  return std::nullopt;
}

} // namespace ricci::driver
