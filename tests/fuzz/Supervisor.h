// Runs cases in a child process and starts another when it dies, so that one bad case is a finding and not the end.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace ricci::fuzz {

// What the child is doing.
enum class Phase : uint32_t { Prepare, Parse, Check, Interpret, Compile, Run, Data };
const char *nameOf(Phase phase);

inline constexpr size_t mostRows = 256;

struct Tally {
  uint64_t programs, parsed, checked, compiled, ran, stoppedRunning, files, filesRead;
  uint64_t unstable;       // differed by more than rounding alone, and it was explained
  uint64_t rows[mostRows]; // of the generator's tables
};

// Shared with the child.
struct Progress {
  volatile uint64_t next; // the case at work
  volatile Phase phase;
  Tally tally;
  char what[4096]; // why the child gave up, if it could say
};

struct Finding {
  uint64_t index;
  Phase phase;
  std::string what; // "signal 11", "no progress for 20 s", or what the case threw
};

struct Limits {
  double hangSeconds = 20;
  // A program at work longer than this is stopped, and not a finding; without it, running is like any other phase.
  std::optional<double> runSeconds = 1;
  uint64_t memoryBytes = uint64_t{6} << 30;
  unsigned findings = 20; // give up after so many
};

// Calls work(index, progress) for first ≤ index < last; an exception ends the child and is a finding.
std::vector<Finding> supervise(uint64_t first, uint64_t last, const Limits &limits, Tally &tally,
                               const std::function<void(uint64_t, Progress &)> &work,
                               const std::function<void(uint64_t done)> &report);

} // namespace ricci::fuzz
