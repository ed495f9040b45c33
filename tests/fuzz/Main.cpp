// ricci-fuzz: never a signal, never a hang, never memory past the limit, whatever the text or the file; and the same
// answer from interpreter and compiled code, whatever the program.
#include "tests/fuzz/Cases.h"
#include "tests/fuzz/Generated.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <unistd.h>

using namespace ricci::fuzz;

static int mutate(uint64_t runs, uint64_t seed, std::optional<uint64_t> only) {
  std::string pattern = std::filesystem::temp_directory_path() / "ricci-fuzz-XXXXXX";
  if (!mkdtemp(pattern.data()))
    return fmt::print(stderr, "cannot make {}\n", pattern), 3;
  std::filesystem::path scratch = pattern;
  Cases cases(scratch);

  if (only) {
    std::string text = Cases::isData(*only) ? cases.data(*only).second : cases.program(*only);
    std::fwrite(text.data(), 1, text.size(), stdout);
    std::fflush(stdout);
    Progress progress{};
    cases.run(*only, progress);
    std::filesystem::remove_all(scratch);
    return 0;
  }

  uint64_t first = seed << 32;
  Tally tally{};
  bool terminal = isatty(2);
  std::vector<Finding> findings = supervise(
      first, first + runs, Limits{}, tally, [&](uint64_t index, Progress &progress) { cases.run(index, progress); },
      [&](uint64_t done) {
        if (terminal)
          fmt::print(stderr, "\r{} of {}", done, runs);
      });
  if (terminal)
    fmt::print(stderr, "\r\033[K");
  std::filesystem::remove_all(scratch);

  fmt::print("{} programs: {} parsed, {} passed the checker, {} compiled, {} ran to their end, {} were stopped while "
             "running\n",
             tally.programs, tally.parsed, tally.checked, tally.compiled, tally.ran, tally.stoppedRunning);
  fmt::print("{} data files: {} readable parts\n", tally.files, tally.filesRead);
  for (const Finding &finding : findings)
    fmt::print("case {}: {} while {} (--show {})\n", finding.index, finding.what, nameOf(finding.phase), finding.index);
  bool reached = tally.parsed * 10 >= tally.programs * 3;
  if (!reached)
    fmt::print("fewer than 30 % of the programs reached the type checker\n");
  return findings.empty() && reached ? 0 : 1;
}

int main(int argc, char **argv) {
  CLI::App app{"Mutates programs and data files and runs them; or generates programs and runs them three ways."};
  uint64_t runs = 20000, seed = 1;
  std::optional<uint64_t> only;
  app.add_option("--runs", runs, "number of cases");
  app.add_option("--seed", seed, "first case is seed × 2^32");
  app.add_option("--show", only, "print the case with this number and run it in this process");

  GenerateOptions options;
  CLI::App *generate = app.add_subcommand("generate", "well-typed programs: interpreted, compiled, and compared");
  generate->add_option("--runs", options.runs, "number of programs");
  generate->add_option("--seed", options.seed, "first program is seed × 2^32");
  generate->add_option("--jobs", options.jobs, "programs at a time");
  generate->add_option("--show", options.only, "print the program with this number and examine it");
  generate->add_flag("--reduce", options.reduce, "make what fails smaller, and say which pass does it");

  std::vector<std::string> files;
  CLI::App *replay = app.add_subcommand("replay", "examines program files");
  replay->add_option("FILE", files)->required();
  CLI::App *reduce =
      app.add_subcommand("reduce", "makes a failing program smaller, prints it and the pass that does it");
  reduce->add_option("FILE", files)->required();
  CLI11_PARSE(app, argc, argv);

  if (*generate)
    return runGenerated(options);
  if (*replay)
    return replayFiles(files);
  if (*reduce)
    return reduceFiles(files);
  return mutate(runs, seed, only);
}
