#include "tests/fuzz/Generated.h"

#include "tests/fuzz/Bisector.h"
#include "tests/fuzz/Oracle.h"
#include "tests/fuzz/Reducer.h"
#include "tests/fuzz/generate/Generator.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <mutex>
#include <thread>
#include <unistd.h>

namespace ricci::fuzz {

static Limits limits() {
  Limits result;
  result.runSeconds = std::nullopt; // these programs end soon
  return result;
}

// In a child, since it may crash. Empty if all is well.
static std::optional<Finding> findingOf(const std::string &text) {
  Tally tally{};
  auto findings =
      supervise(0, 1, limits(), tally, [&](uint64_t, Progress &progress) { examine(text, progress); }, [](uint64_t) {});
  return findings.empty() ? std::nullopt : std::optional(findings.front());
}

static void explain(const std::string &text) {
  auto failure = [](const std::string &text) {
    std::optional<Finding> finding = findingOf(text);
    return finding ? kindOf(*finding) : "";
  };
  std::string reduced = reduceProgram(text, failure);
  fmt::print("{}", reduced);
  if (std::optional<Finding> finding = findingOf(reduced))
    fmt::print("# {} while {}\n", finding->what, nameOf(finding->phase));
  Tally tally{};
  supervise(
      0, 1, limits(), tally,
      [&](uint64_t, Progress &) {
        fmt::print("# {}\n", culprit(reduced));
        std::fflush(stdout);
      },
      [](uint64_t) {});
}

static std::string contents(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

// The files themselves, and those in folders.
static std::vector<std::string> programFiles(const std::vector<std::string> &paths) {
  std::vector<std::string> files;
  for (const std::string &path : paths) {
    if (!std::filesystem::is_directory(path)) {
      files.push_back(path);
      continue;
    }
    for (const auto &entry : std::filesystem::directory_iterator(path))
      if (entry.path().extension() == ".ricci")
        files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

int replayFiles(const std::vector<std::string> &paths) {
  int status = 0;
  const std::vector<std::string> files = programFiles(paths);
  for (const std::string &path : files)
    if (std::optional<Finding> finding = findingOf(contents(path))) {
      fmt::print("{}: {} while {}\n", path, finding->what, nameOf(finding->phase));
      status = 1;
    }
  fmt::print("{} programs\n", files.size());
  return status;
}

int reduceFiles(const std::vector<std::string> &paths) {
  for (const std::string &path : paths)
    explain(contents(path));
  return 0;
}

static int show(uint64_t seed, bool reduce) {
  std::string text = Generator(seed).program();
  fmt::print("{}", text);
  std::optional<Finding> finding = findingOf(text);
  if (!finding)
    return 0;
  fmt::print("# {} while {}\n", finding->what, nameOf(finding->phase));
  if (reduce)
    explain(text);
  return 1;
}

int runGenerated(const GenerateOptions &options) {
  if (options.only)
    return show(*options.only, options.reduce);
  const uint64_t first = options.seed << 32, jobs = std::max(options.jobs, 1u);
  constexpr uint64_t portion = 100;
  Tally total{};
  uint64_t started = 0, done = 0, found = 0;
  std::mutex mutex;
  const bool terminal = isatty(2);
  auto work = [](uint64_t seed, Progress &progress) {
    ++progress.tally.programs;
    Generator generator(seed);
    std::string text = generator.program();
    for (size_t row = 0; row < generator.exercised().size(); ++row)
      progress.tally.rows[row] += generator.exercised()[row];
    examine(text, progress);
  };
  auto add = [&](const Tally &tally, const std::vector<Finding> &findings) {
    total.programs += tally.programs;
    total.checked += tally.checked;
    total.ran += tally.ran;
    total.unstable += tally.unstable;
    for (size_t row = 0; row < mostRows; ++row)
      total.rows[row] += tally.rows[row];
    for (const Finding &finding : findings) {
      ++found;
      fmt::print("program {}: {} while {} (generate --show {})\n", finding.index, finding.what, nameOf(finding.phase),
                 finding.index);
      if (options.reduce)
        explain(Generator(finding.index).program());
      std::fflush(stdout);
    }
  };
  std::vector<std::thread> threads;
  for (uint64_t job = 0; job < jobs; ++job)
    threads.emplace_back([&] {
      std::unique_lock lock(mutex);
      while (started < options.runs && found < limits().findings) {
        const uint64_t from = first + started, to = std::min(from + portion, first + options.runs);
        started = to - first;
        lock.unlock();
        Tally tally{};
        auto findings = supervise(from, to, limits(), tally, work, [](uint64_t) {});
        lock.lock();
        add(tally, findings);
        done += to - from;
        if (terminal)
          fmt::print(stderr, "\r{} of {}", done, options.runs);
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  if (terminal)
    fmt::print(stderr, "\r\033[K");

  fmt::print("{} programs: {} accepted, {} the same every way, {} of them by the spread of their rounding\n",
             total.programs, total.checked, total.ran, total.unstable);
  bool all = true;
  for (size_t row = 0; row < Generator::rowNames().size(); ++row) {
    fmt::print("{}{} {}", row % 6 ? "  " : "\n  ", Generator::rowNames()[row], total.rows[row]);
    all &= total.rows[row] > 0;
  }
  fmt::print("\n");
  constexpr uint64_t enough = 2000;
  if (!all && options.runs >= enough)
    fmt::print("some production was never used\n");
  return found == 0 && (all || options.runs < enough) ? 0 : 1;
}

} // namespace ricci::fuzz
