// The files of a program: finds what `import` means, reads each file once.
#pragma once

#include "compiler/driver/Problem.h"
#include "lang/Check.h"

#include <map>
#include <optional>
#include <string>

namespace ricci::driver {

class ModuleFiles {
public:
  explicit ModuleFiles(lang::SourceManager &sources) : sources(sources) {}

  // The program's own file; "-" is standard input.
  Outcome<lang::FileId> open(const std::string &path);
  // What lang::CheckOptions::openModule asks for. A file that is there and cannot be read counts as none, and is `unreadable`.
  std::variant<lang::FileId, std::string> openModule(const std::string &path, const lang::SourceFile &importing);
  const std::optional<Problem> &unreadable() const { return fault; }

private:
  lang::SourceManager &sources;
  std::map<std::string, lang::FileId> known; // by canonical path
  std::optional<Problem> fault;
};

} // namespace ricci::driver
