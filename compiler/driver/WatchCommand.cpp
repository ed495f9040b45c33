// run --watch: again and again, until it is interrupted.

#include "compiler/driver/Commands.h"
#include "compiler/driver/FileWatch.h"

#include <cstdio>
#include <ctime>
#include <fmt/chrono.h>
#include <unistd.h>

namespace ricci::driver {

std::optional<Problem> watchScript(const Settings &settings, const Positionals &positionals) {
  if (positionals.file == "-")
    return problem(ExitStatus::Usage, "--watch needs a file");
  // What is wrong with the command line itself no file can put right; of the rest, all.
  if (Outcome<std::vector<Given>> given = parseGiven(positionals.assignments);
      !given && given.error().status == ExitStatus::Usage)
    return std::move(given.error());
  bool separates = isatty(STDERR_FILENO) && !settings.quiet;
  for (;;) {
    FileWatch watch;
    std::optional<Problem> wrong = runOnce(settings, positionals, &watch);
    if (wrong && wrong->status == ExitStatus::Fault)
      return wrong;
    if (wrong)
      std::fputs(wrong->text.c_str(), stderr);
    if (std::ferror(stdout))
      return std::nullopt;
    watch.waitForChange();
    if (separates)
      fmt::print(stderr, "── {:%H:%M:%S} ──\n", fmt::localtime(std::time(nullptr)));
  }
}

} // namespace ricci::driver
