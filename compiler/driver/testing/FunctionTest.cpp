#include "compiler/driver/testing/FunctionTest.h"

#include "compiler/engine/Error.h"
#include "compiler/driver/testing/Probe.h"
#include "compiler/driver/testing/Shrink.h"

#include <fmt/format.h>

namespace ricci::driver {

namespace {

constexpr size_t mostShrinkingRuns = 5000;

// What was wrong with one run.
struct Fault {
  std::string text;
  std::string code = {}, where = {}; // of the run-time error, the same for the same fault with other arguments
};

class FunctionTest {
public:
  FunctionTest(const Settings &settings, const TestOptions &options, lang::CheckedProgram &program,
               const lang::CheckedFn &test, const lang::SourceManager &sources)
      : settings(settings), options(options), program(program), test(test), sources(sources), signature(test) {}

  TestResult run() {
    TestResult result{test.parameters.empty() ? TestResult::Test : TestResult::Property, TestResult::Passed, test.name};
    Outcome<Runnable> compiled = Runnable::compile(settings, program, test, sources);
    if (!compiled) {
      Problem &problem = compiled.error();
      std::string said = problem.text.substr(0, problem.text.find('\n')); // without the source
      bool expected = test.failsWith && problem.status == ExitStatus::WrongProgram &&
                      said.find(*test.failsWith) != std::string::npos;
      if (!expected) {
        result.status = TestResult::Failed;
        result.problem = problem.status;
        result.message = problem.text;
      }
      return result;
    }
    runnable = &*compiled;
    if (test.parameters.empty())
      return concluded(std::move(result), attempt({}), {});
    return runRandom(std::move(result));
  }

private:
  std::optional<Fault> attempt(const Arguments &arguments) {
    runtime::Result<Runnable::Arrays, runtime::RunError> values = runnable->run(signature.toArrays(arguments));
    if (!test.failsWith) {
      if (values)
        return std::nullopt;
      return Fault{engine::textOf(values.error(), sources, settings.colour), values.error().code, values.error().where};
    }
    std::string expected = fmt::format("this test is to fail with `{}`", *test.failsWith);
    if (values)
      return Fault{expected + ", and did not\n"};
    const runtime::RunError &error = values.error();
    if (fmt::format("{}: {}", error.code, error.message).find(*test.failsWith) != std::string::npos)
      return std::nullopt;
    return Fault{expected + ", and failed with this:\n" + engine::textOf(error, sources, settings.colour), error.code,
                 error.where};
  }

  TestResult runRandom(TestResult result) {
    for (uint64_t i = 0; i < options.runs; ++i) {
      uint64_t seed = options.seed + i;
      Random random(seed);
      std::optional<Arguments> arguments = signature.drawAny(random);
      if (!arguments) {
        result.status = TestResult::Failed;
        result.message = "no sizes were found that fit its arguments' types\n";
        return result;
      }
      std::optional<Fault> fault = attempt(*arguments);
      if (!fault)
        continue;
      auto same = [&](const Arguments &candidate) {
        std::optional<Fault> other = attempt(candidate);
        return other && other->code == fault->code && other->where == fault->where;
      };
      size_t steps = 0;
      Arguments simple = shrink(signature, std::move(*arguments), same, mostShrinkingRuns, steps);
      result.seed = seed;
      result = concluded(std::move(result), attempt(simple), simple);
      result.message += fmt::format("found in run {} of {}, made simpler in {} step{}; `--seed {}` begins with it\n",
                                    i + 1, options.runs, steps, steps == 1 ? "" : "s", seed);
      return result;
    }
    return result;
  }

  TestResult concluded(TestResult result, const std::optional<Fault> &fault, const Arguments &arguments) {
    if (!fault)
      return result;
    result.status = TestResult::Failed;
    result.message = fault->text;
    if (std::string values =
            valuesInAssert(settings, program, test, sources, fault->where, signature.toArrays(arguments));
        !values.empty())
      result.message += "where\n" + values;
    if (std::string given = signature.text(arguments); !given.empty())
      result.message += "with\n" + given;
    if (!runnable->printed().empty())
      result.message += "it printed\n" + runnable->printed();
    return result;
  }

  const Settings &settings;
  const TestOptions &options;
  lang::CheckedProgram &program;
  const lang::CheckedFn &test;
  const lang::SourceManager &sources;
  Signature signature;
  Runnable *runnable = nullptr;
};

} // namespace

TestResult runTest(const Settings &settings, const TestOptions &options, lang::CheckedProgram &program,
                   const lang::CheckedFn &test, const lang::SourceManager &sources) {
  return FunctionTest(settings, options, program, test, sources).run();
}

} // namespace ricci::driver
