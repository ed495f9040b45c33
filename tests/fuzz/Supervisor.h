// Runs cases in a child process and starts another when it dies, so that one bad case is a finding and not the end.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace ricci::fuzz {

// What the child is doing. A program may run as long as it likes, the compiler may not.
enum class Phase : uint32_t { Prepare, Parse, Check, Compile, Run, Data };

struct Tally {
  uint64_t programs, parsed, checked, compiled, ran, stoppedRunning, files, filesRead;
};

// Shared with the child.
struct Progress {
  volatile uint64_t next; // the case at work
  volatile Phase phase;
  Tally tally;
};

struct Finding {
  uint64_t index;
  Phase phase;
  std::string what; // "signal 11", "no progress for 20 s"
};

struct Limits {
  double hangSeconds = 20;
  double runSeconds = 1; // a program at work longer than this is stopped, not a finding
  uint64_t memoryBytes = uint64_t{6} << 30;
  unsigned findings = 20; // give up after so many
};

// Calls work(index, progress) for first ≤ index < last.
std::vector<Finding> supervise(uint64_t first, uint64_t last, const Limits &limits, Tally &tally,
                               const std::function<void(uint64_t, Progress &)> &work,
                               const std::function<void(uint64_t done)> &report);

} // namespace ricci::fuzz
