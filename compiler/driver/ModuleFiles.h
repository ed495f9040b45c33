// The files of a program: finds what `import` means, reads each file once.
#pragma once

#include "compiler/driver/FileWatch.h"
#include "compiler/driver/Problem.h"
#include "lang/Check.h"

#include <map>
#include <optional>
#include <string>

namespace ricci::driver {

class ModuleFiles {
public:
  // `watch`, if there is one, is told of every file before it is read, and of those that would have been.
  explicit ModuleFiles(lang::SourceManager &sources, FileWatch *watch = nullptr) : sources(sources), watch(watch) {}

  // The program's own file; "-" is standard input.
  Outcome<lang::FileId> open(const std::string &path);
  // What lang::CheckOptions::openModule asks for. A file that is there and cannot be read counts as none, and is `unreadable`.
  std::variant<lang::FileId, std::string> openModule(const std::string &path, const lang::SourceFile &importing);
  const std::optional<Problem> &unreadable() const { return fault; }

private:
  lang::SourceManager &sources;
  FileWatch *watch;
  std::map<std::string, lang::FileId> known; // by canonical path
  std::optional<Problem> fault;
};

} // namespace ricci::driver
