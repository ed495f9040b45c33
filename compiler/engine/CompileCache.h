// Compiled code on disk, by what it was made from: the build of Ricci, the machine, the options, the program with all
// that it imports. One file for each, written beside its place and moved there, with a checksum. Whatever may be wrong
// with a file or the folder, there is then no code in the cache, and nothing else follows from it.
#pragma once

#include "compiler/pipeline/Pipeline.h"

#include <optional>
#include <string>
#include <string_view>

namespace ricci::engine {

// Object code as bytes, for a file or a pipe.
std::string serialise(const ObjectCode &);
std::optional<ObjectCode> deserialise(std::string_view);

// What tells this build of Ricci and its LLVM apart from every other; empty if the linker left no mark.
const std::string &buildIdentity();

class CompileCache {
public:
  static constexpr int64_t defaultBytes = int64_t(256) << 20;

  // No directory, or a build that cannot be told apart: nothing is found and nothing kept. The directory is made when
  // it is first written to. The oldest files go once all are larger than `mostBytes`.
  CompileCache(std::string directory, int64_t mostBytes);

  bool isOn() const { return !directory.empty(); }
  // The name of what was made from `source` with these options.
  static std::string key(std::string_view source, const CompileOptions &options);

  std::optional<ObjectCode> find(const std::string &key) const;
  void store(const std::string &key, const ObjectCode &code) const;

private:
  std::string pathOf(const std::string &key) const;
  void evict() const;

  std::string directory;
  int64_t mostBytes;
};

} // namespace ricci::engine
