#include "compiler/driver/testing/Report.h"

#include "compiler/driver/Commands.h"

#include <algorithm>
#include <cstdio>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <unistd.h>

namespace ricci::driver {

static const char *nameOf(TestResult::Kind kind) {
  switch (kind) {
  case TestResult::File:
    return "file";
  case TestResult::Test:
    return "test";
  case TestResult::Property:
    return "property";
  case TestResult::Example:
    return "example";
  case TestResult::Derivative:
    return "derivative";
  case TestResult::Rule:
    return "rule";
  }
  return "";
}

static const char *nameOf(TestResult::Status status) {
  switch (status) {
  case TestResult::Passed:
    return "passed";
  case TestResult::Failed:
    return "failed";
  case TestResult::Unchecked:
    return "unchecked";
  }
  return "";
}

TestReport::TestReport(const Settings &settings)
    : settings(settings), terminal(!settings.quiet && isatty(STDERR_FILENO)) {}

TestReport::~TestReport() { clearProgress(); }

void TestReport::clearProgress() {
  if (progressShown)
    std::fputs("\r\x1b[2K", stderr);
  progressShown = false;
}

void TestReport::start(const std::string &name) {
  started = Clock::now();
  if (!terminal)
    return;
  clearProgress();
  fmt::print(stderr, "{} done, {} failed: {:.50}", entries.size(), number(TestResult::Failed), name);
  std::fflush(stderr);
  progressShown = true;
}

void TestReport::add(TestResult result) {
  double milliseconds = std::chrono::duration<double, std::milli>(Clock::now() - started).count();
  if (result.status == TestResult::Failed && !settings.json) {
    clearProgress();
    const char *red = settings.colour ? "\x1b[1;31m" : "", *plain = settings.colour ? "\x1b[0m" : "";
    fmt::print(stderr, "{}failed{} {}\n{}\n", red, plain, result.name, result.message);
  }
  entries.push_back({std::move(result), milliseconds});
}

size_t TestReport::number(TestResult::Status status) const {
  return static_cast<size_t>(
      std::ranges::count(entries, status, [](const Entry &entry) { return entry.result.status; }));
}

double TestReport::total() const { return std::chrono::duration<double, std::milli>(Clock::now() - began).count(); }

std::string TestReport::json() const {
  nlohmann::ordered_json tests = nlohmann::ordered_json::array();
  for (const auto &[result, milliseconds] : entries) {
    nlohmann::ordered_json test{{"name", result.name},
                                {"kind", nameOf(result.kind)},
                                {"status", nameOf(result.status)},
                                {"ms", milliseconds},
                                {"message", result.message}};
    if (result.seed)
      test["seed"] = *result.seed;
    tests.push_back(std::move(test));
  }
  nlohmann::ordered_json object{{"passed", number(TestResult::Passed)},
                                {"failed", number(TestResult::Failed)},
                                {"unchecked", number(TestResult::Unchecked)},
                                {"ms", total()},
                                {"tests", std::move(tests)}};
  // Names of files and strings in the source may be any bytes.
  return object.dump(2, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

std::string TestReport::summary() const {
  std::string text;
  auto ofDerivatives = [](const Entry &entry) {
    return entry.result.kind == TestResult::Derivative || entry.result.kind == TestResult::Rule;
  };
  auto derivatives = static_cast<size_t>(std::ranges::count_if(entries, ofDerivatives));
  if (size_t unchecked = number(TestResult::Unchecked); derivatives > 0 && !settings.quiet) {
    text += fmt::format("derivatives: {} checked, {} could not be{}\n", derivatives - unchecked, unchecked,
                        unchecked ? ":" : "");
    for (const Entry &entry : entries)
      if (entry.result.status == TestResult::Unchecked)
        text += fmt::format("  {}: {}\n", entry.result.name, entry.result.message);
  }
  return text + fmt::format("{} passed, {} failed in {:.2f} s\n", number(TestResult::Passed),
                            number(TestResult::Failed), total() / 1e3);
}

std::optional<Problem> TestReport::finish() {
  clearProgress();
  write(settings.json ? json() : summary());
  for (ExitStatus gravest : {ExitStatus::Fault, ExitStatus::WrongProgram, ExitStatus::Data, ExitStatus::RunTime})
    for (const Entry &entry : entries)
      if (entry.result.status == TestResult::Failed && entry.result.problem == gravest)
        return Problem{gravest, gravest == ExitStatus::Fault ? "a test met it, see above" : ""};
  return std::nullopt;
}

} // namespace ricci::driver
