#include "compiler/driver/Commands.h"
#include "compiler/driver/testing/FunctionTest.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>

namespace ricci::driver {

namespace fs = std::filesystem;

// The `.ricci` files of a folder and of those in it, sorted; what is hidden is not looked at.
static Outcome<std::vector<std::string>> filesIn(const fs::path &folder) {
  std::vector<std::string> files;
  std::error_code failed;
  for (fs::recursive_directory_iterator at(folder, failed), end; !failed && at != end; at.increment(failed)) {
    if (at->path().filename().string().starts_with('.')) {
      at.disable_recursion_pending();
      continue;
    }
    std::error_code gone; // a link that leads nowhere
    if (at->path().extension() == ".ricci" && at->is_regular_file(gone))
      files.push_back(at->path().lexically_normal());
  }
  if (failed)
    return problem(ExitStatus::Data, fmt::format("cannot read {}: {}", folder.string(), failed.message()));
  std::ranges::sort(files);
  return files;
}

static Outcome<std::vector<std::string>> collect(const std::vector<std::string> &paths) {
  std::vector<std::string> files;
  for (const std::string &path : paths.empty() ? std::vector<std::string>{"."} : paths) {
    std::error_code ignored;
    if (!fs::is_directory(path, ignored)) {
      files.push_back(path);
      continue;
    }
    Outcome<std::vector<std::string>> inside = filesIn(path);
    if (!inside)
      return std::move(inside.error());
    files.insert(files.end(), inside->begin(), inside->end());
  }
  // A file in a folder that is named too is tested once.
  std::vector<std::string> once;
  for (std::string &file : files)
    if (std::ranges::find(once, file) == once.end())
      once.push_back(std::move(file));
  return once;
}

namespace {

// One file's tests.
class TestedFile {
public:
  TestedFile(const Settings &settings, const TestOptions &options, TestReport &report, const std::string &path)
      : settings(settings), options(options), report(report), path(path) {}

  std::optional<Problem> run() {
    report.start(path);
    lang::DiagnosticEngine diagnostics;
    ModuleFiles modules(sources);
    Outcome<lang::FileId> file = modules.open(path);
    if (!file)
      return std::move(file.error());
    lang::CheckOptions checkOptions;
    checkOptions.openModule = [&](const std::string &module, const lang::SourceFile &importing) {
      return modules.openModule(module, importing);
    };
    program = lang::check(sources, &sources.file(*file), checkOptions, diagnostics);
    if (modules.unreadable())
      return modules.unreadable();
    diagnostics.sort();
    if (!program) {
      report.add({TestResult::File,
                  TestResult::Failed,
                  path,
                  lang::render(sources, diagnostics, {.colour = settings.colour}),
                  {},
                  ExitStatus::WrongProgram});
      return std::nullopt;
    }
    for (const lang::CheckedFn *function : program->functions)
      if (function->test)
        runNamed(function->name, [&] { return runTest(settings, options, *program, *function, sources); });
    return std::nullopt;
  }

private:
  template <class Run> void runNamed(const std::string &function, Run run) {
    std::string name = path + ":" + function;
    if (name.find(options.filter) == std::string::npos)
      return;
    report.start(name);
    TestResult result = run();
    result.name = std::move(name);
    report.add(std::move(result));
  }

  const Settings &settings;
  const TestOptions &options;
  TestReport &report;
  const std::string &path;
  lang::SourceManager sources;
  std::unique_ptr<lang::CheckedProgram> program;
};

} // namespace

std::optional<Problem> test(const Settings &settings, const TestOptions &options) {
  Outcome<std::vector<std::string>> files = collect(options.paths);
  if (!files)
    return std::move(files.error());
  TestReport report(settings);
  for (const std::string &file : *files)
    if (std::optional<Problem> wrong = TestedFile(settings, options, report, file).run())
      return wrong;
  if (report.count() == 0 && !options.filter.empty())
    return problem(ExitStatus::Usage, fmt::format("no test's name contains `{}`", options.filter));
  return report.finish();
}

} // namespace ricci::driver
