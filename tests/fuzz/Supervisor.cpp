#include "tests/fuzz/Supervisor.h"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define RICCI_FUZZ_ASAN 1
#endif
#endif

namespace ricci::fuzz {

using Clock = std::chrono::steady_clock;

const char *nameOf(Phase phase) {
  switch (phase) {
  case Phase::Prepare:
    return "preparing the case";
  case Phase::Parse:
    return "parsing";
  case Phase::Check:
    return "checking";
  case Phase::Interpret:
    return "interpreting";
  case Phase::Compile:
    return "compiling";
  case Phase::Run:
    return "running";
  case Phase::Data:
    return "reading the file";
  }
  return "?";
}

[[noreturn]] static void runChild(Progress &progress, uint64_t last, const Limits &limits,
                                  const std::function<void(uint64_t, Progress &)> &work) {
#ifndef RICCI_FUZZ_ASAN // its shadow memory alone is terabytes of address space
  rlimit memory{limits.memoryBytes, limits.memoryBytes};
  setrlimit(RLIMIT_AS, &memory);
#endif
  rlimit core{0, 0};
  setrlimit(RLIMIT_CORE, &core);
  for (; progress.next < last; progress.next = progress.next + 1) {
    progress.phase = Phase::Prepare;
    try {
      work(progress.next, progress);
    } catch (const std::exception &error) {
      std::strncpy(progress.what, error.what(), sizeof(progress.what) - 1);
      _exit(1);
    }
  }
  _exit(0);
}

std::vector<Finding> supervise(uint64_t first, uint64_t last, const Limits &limits, Tally &tally,
                               const std::function<void(uint64_t, Progress &)> &work,
                               const std::function<void(uint64_t)> &report) {
  void *shared = mmap(nullptr, sizeof(Progress), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (shared == MAP_FAILED)
    throw std::runtime_error("no shared memory");
  auto &progress = *new (shared) Progress{first, Phase::Prepare, {}, {}};
  std::vector<Finding> findings;

  while (progress.next < last && findings.size() < limits.findings) {
    std::fflush(nullptr); // or the child writes it too
    pid_t child = fork();
    if (child < 0)
      throw std::runtime_error("fork failed");
    if (child == 0)
      runChild(progress, last, limits, work);

    uint64_t seen = progress.next;
    auto since = Clock::now();
    constexpr std::chrono::milliseconds longest(20);
    for (std::chrono::milliseconds pause(1);; pause = std::min(2 * pause, longest)) {
      int status = 0;
      pid_t ended = waitpid(child, &status, WNOHANG);
      if (ended == child) {
        if (WIFSIGNALED(status))
          findings.push_back({progress.next, progress.phase, "signal " + std::to_string(WTERMSIG(status))});
        else if (WEXITSTATUS(status) != 0)
          findings.push_back({progress.next, progress.phase,
                              *progress.what ? progress.what : "exit " + std::to_string(WEXITSTATUS(status))});
        break;
      }
      if (ended < 0 && errno != EINTR)
        throw std::runtime_error("waitpid failed");
      if (progress.next != seen) {
        seen = progress.next;
        since = Clock::now();
        report(seen - first);
      }
      double idle = std::chrono::duration<double>(Clock::now() - since).count();
      bool running = progress.phase == Phase::Run && limits.runSeconds;
      if (idle > (running ? *limits.runSeconds : limits.hangSeconds)) {
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
        if (running)
          ++progress.tally.stoppedRunning;
        else
          findings.push_back(
              {progress.next, progress.phase, "no progress for " + std::to_string(static_cast<int>(idle)) + " s"});
        break;
      }
      std::this_thread::sleep_for(pause);
    }
    *progress.what = 0;
    if (progress.next < last)
      progress.next = progress.next + 1; // past the case that ended the child
  }
  tally = progress.tally;
  munmap(shared, sizeof(Progress));
  return findings;
}

} // namespace ricci::fuzz
