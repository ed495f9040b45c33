#include "compiler/driver/ModuleFiles.h"

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fmt/format.h>

namespace ricci::driver {

namespace fs = std::filesystem;

// The folder that holds bin/ricci.
static fs::path prefix() {
  std::error_code ignored;
  return fs::read_symlink("/proc/self/exe", ignored).parent_path().parent_path();
}

std::vector<std::string> standardLibraries() { return {prefix() / "share" / "ricci", RICCI_STANDARD_LIBRARY}; }

std::vector<std::string> runtimeFolders() {
  return {prefix() / RICCI_LIBRARY_FOLDER / "ricci", prefix() / "lib" / "ricci"};
}

Outcome<std::string> readStandardInput() {
  std::optional<std::string> text = engine::readSource(stdin);
  if (!text)
    return problem(ExitStatus::Data, fmt::format("cannot read -: {}", std::generic_category().message(errno)));
  return std::move(*text);
}

Outcome<lang::FileId> ModuleFiles::open(const std::string &path) {
  if (path == "-") {
    Outcome<std::string> text = readStandardInput();
    if (!text)
      return std::move(text.error());
    return sources.add(standardInputName, std::move(*text));
  }
  engine::Result<lang::FileId> id = files.open(path);
  if (!id)
    return problem(id.error());
  return *id;
}

std::optional<Problem> ModuleFiles::unreadable() const {
  return files.unreadable() ? std::optional(problem(*files.unreadable())) : std::nullopt;
}

} // namespace ricci::driver
