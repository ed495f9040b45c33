#include "compiler/driver/Commands.h"
#include "compiler/driver/testing/DerivativeCheck.h"
#include "compiler/driver/testing/ExampleTest.h"
#include "compiler/driver/testing/Expansions.h"
#include "compiler/driver/testing/FunctionTest.h"
#include "lang/sema/DerivedFunctions.h"

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
    std::vector<const lang::CheckedFn *> functions = program->functions; // derived ones join the program
    for (const lang::CheckedFn *function : functions)
      if (function->test)
        runNamed(function->name, [&] { return std::vector{runTest(settings, options, *program, *function, sources)}; });
    for (const lang::DocExample &example : docExamples(sources.file(*file)))
      runNamed(example.declaration, [&] { return std::vector{runExample(settings, sources.file(*file), example)}; });
    for (const lang::CheckedFn *function : functions)
      if (!function->test)
        runNamed(function->name, [&] { return checkDerivative(settings, options, *program, *function, sources); });
    for (const lang::CheckedFn *function : program->templates)
      runNamed(function->name, [&] { return checkExpansions(*function); });
    return std::nullopt;
  }

private:
  template <class Run> void runNamed(const std::string &function, Run run) {
    std::string name = path + ":" + function;
    if (name.find(options.filter) == std::string::npos)
      return;
    report.start(name);
    for (TestResult &result : run()) {
      result.name = path + ":" + result.name;
      report.add(std::move(result));
    }
  }

  // What exists for each call only is checked as a test calls it.
  std::vector<TestResult> checkExpansions(const lang::CheckedFn &function) {
    lang::Differentiable form = lang::differentiable(*program, function, sources);
    if (!form.value || (form.variables.empty() && form.obstacle.empty()))
      return {};
    TestResult unchecked{TestResult::Derivative, TestResult::Unchecked, function.name,
                         "it is made for each call, and no test calls it"};
    for (const lang::CheckedFn *expansion : expansionsInTests(*program, function)) {
      std::vector<TestResult> results = checkDerivative(settings, options, *program, *expansion, sources);
      if (results.empty())
        continue;
      if (results.front().status != TestResult::Unchecked)
        return results;
      unchecked.message = results.front().message;
    }
    return {unchecked};
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
