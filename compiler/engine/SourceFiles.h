// The files of a program: finds what `import` means, reads each file once.
#pragma once

#include "compiler/engine/Error.h"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace ricci::engine {

class SourceFiles {
public:
  // `libraries`: folders in which modules lie that are not beside the importing file, the first that has it counts.
  // Where there are `texts`, they are the files, by path. `onFile` is told of every file before it is read, and of
  // those that would have been.
  SourceFiles(lang::SourceManager &sources, std::vector<std::string> libraries,
              std::map<std::string, std::string> texts = {}, std::function<void(const std::string &path)> onFile = {})
      : sources(sources), libraries(std::move(libraries)), texts(std::move(texts)), onFile(std::move(onFile)) {}

  Result<lang::FileId> open(const std::string &path);
  // What lang::CheckOptions::openModule asks for. A file that is there and cannot be read counts as none, and is
  // `unreadable`.
  std::variant<lang::FileId, std::string> openModule(const std::string &path, const lang::SourceFile &importing);
  const std::optional<Error> &unreadable() const { return fault; }

private:
  bool exists(const std::string &path) const;

  lang::SourceManager &sources;
  std::vector<std::string> libraries;
  std::map<std::string, std::string> texts;
  std::function<void(const std::string &)> onFile;
  std::map<std::string, lang::FileId> known; // by canonical path
  std::optional<Error> fault;
};

// All that is left in the file, or as much of it as may be a program.
std::optional<std::string> readSource(std::FILE *file);

} // namespace ricci::engine
