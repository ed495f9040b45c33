// One case: a mutated program through parser, checker, compiler and execution, or a mutated data file through its
// reader. A case has no result but that it comes back.
#pragma once

#include "tests/fuzz/Mutator.h"
#include "tests/fuzz/Supervisor.h"

#include <filesystem>

namespace ricci::fuzz {

class Cases {
public:
  // Reads the corpus; data files are written to and mutated in `scratch`.
  explicit Cases(std::filesystem::path scratch);

  // Whether a case is a data file, and the text or bytes it mutates to.
  static bool isData(uint64_t seed) { return seed % 4 == 3; }
  std::string program(uint64_t seed) const;
  std::pair<std::string, std::string> data(uint64_t seed) const; // extension, bytes

  void run(uint64_t seed, Progress &progress) const;

private:
  void runProgram(const std::string &text, bool checkNan, Progress &progress) const;
  void runData(const std::string &extension, const std::string &bytes, Progress &progress) const;

  std::filesystem::path scratch;
  std::vector<std::string> programs;
  std::vector<std::pair<std::string, std::string>> files; // extension, bytes
};

} // namespace ricci::fuzz
