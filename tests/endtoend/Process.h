// Runs the built `ricci` as a user does, and hands files to it.
#pragma once

#include "runtime/DType.h"

#include <filesystem>
#include <string>
#include <vector>

namespace ricci::test {

struct Outcome {
  int status; // exit status; 128 + signal if it was ended by one
  std::string out, err;
  int64_t residentBytes; // at its peak
};

Outcome runRicci(const std::vector<std::string> &arguments, const std::filesystem::path &directory);

// A fresh folder, removed at the end.
class TemporaryFolder {
public:
  TemporaryFolder();
  ~TemporaryFolder();
  const std::filesystem::path &path() const { return folder; }

  // Writes name.npy and returns its full path.
  std::string npy(const std::string &name, const runtime::Shape &shape, const std::vector<double> &values) const;

private:
  std::filesystem::path folder;
};

} // namespace ricci::test
