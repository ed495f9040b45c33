// The modes of ricci-fuzz for programs that must give the same answer every way.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace ricci::fuzz {

struct GenerateOptions {
  uint64_t runs = 2000, seed = 1;
  unsigned jobs = 1;
  std::optional<uint64_t> only;
  bool reduce = false;
};

// Each gives the status to exit with: 0 if nothing was found.
int runGenerated(const GenerateOptions &);
int replayFiles(const std::vector<std::string> &paths);
int reduceFiles(const std::vector<std::string> &paths);

} // namespace ricci::fuzz
