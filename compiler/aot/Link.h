// Object files into one, and into a shared library, by the system's linker.
#pragma once

#include "compiler/engine/Error.h"

#include <string>
#include <vector>

namespace ricci::aot {

// Object files and archives into one object file that shows `global` only.
engine::Result<std::string> linkObject(const std::vector<std::string> &objects, const std::string &archive,
                                       const std::vector<std::string> &global);
// A shared library for this machine, which names the libraries that it needs.
engine::Result<void> linkShared(const std::string &object, const std::string &path, bool needsOpenMp);

// The symbols of an object file that it lacks, and those that it shows; in alphabetical order.
std::vector<std::string> undefinedSymbols(const std::string &object);
std::vector<std::string> globalSymbols(const std::string &object);

} // namespace ricci::aot
