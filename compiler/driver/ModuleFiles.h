// The files of a program as the command line names them.
#pragma once

#include "compiler/driver/FileWatch.h"
#include "compiler/driver/Problem.h"
#include "compiler/engine/SourceFiles.h"
#include "lang/Check.h"

#include <optional>
#include <string>

namespace ricci::driver {

// Where the standard library may lie: in the installation that this binary belongs to, in the tree it was built from.
std::vector<std::string> standardLibraries();
// The same for what code compiled ahead of time carries along.
std::vector<std::string> runtimeFolders();

class ModuleFiles {
public:
  explicit ModuleFiles(lang::SourceManager &sources) : sources(sources), files(sources, standardLibraries()) {}

  // The program's own file; "-" is standard input.
  Outcome<lang::FileId> open(const std::string &path);
  // What lang::CheckOptions::openModule asks for.
  std::variant<lang::FileId, std::string> openModule(const std::string &path, const lang::SourceFile &importing) {
    return files.openModule(path, importing);
  }
  // A module that is there and cannot be read.
  std::optional<Problem> unreadable() const;

private:
  lang::SourceManager &sources;
  engine::SourceFiles files;
};

// The text of standard input, and what it is called.
Outcome<std::string> readStandardInput();
inline constexpr const char *standardInputName = "<stdin>";

} // namespace ricci::driver
