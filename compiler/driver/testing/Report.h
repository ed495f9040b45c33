// What a run of tests says: progress on a terminal, each failure when it happens, and at the end the summary or one
// JSON object.
#pragma once

#include "compiler/driver/Session.h"

#include <chrono>

namespace ricci::driver {

struct TestResult {
  enum Kind { File, Test, Property, Example, Derivative, Rule } kind = Test;
  enum Status {
    Passed,
    Failed,
    Unchecked, // a derivative that could not be compared with anything
  } status = Passed;
  std::string name = {};                    // FILE:FUNCTION, of a file its own
  std::string message = {};                 // why, in lines, unless passed
  std::optional<uint64_t> seed = {};        // that draws the arguments of the failure
  ExitStatus problem = ExitStatus::RunTime; // of a failure
};

class TestReport {
public:
  explicit TestReport(const Settings &settings);
  ~TestReport();

  // Whose result is added next, for the progress line and the time.
  void start(const std::string &name);
  void add(TestResult result);
  size_t count() const { return entries.size(); }

  // The summary. The gravest failure decides the status: a fault of our own, a program that is wrong, a test.
  std::optional<Problem> finish();

private:
  using Clock = std::chrono::steady_clock;
  struct Entry {
    TestResult result;
    double milliseconds;
  };
  void clearProgress();
  std::string json() const;
  std::string summary() const;
  size_t number(TestResult::Status status) const;
  double total() const;

  const Settings &settings;
  const bool terminal;
  bool progressShown = false;
  Clock::time_point began = Clock::now(), started = began;
  std::vector<Entry> entries;
};

} // namespace ricci::driver
