#include "compiler/driver/ReportCommand.h"

#include "compiler/Inspect/Assertion.h"
#include "compiler/Inspect/Difference.h"
#include "compiler/Inspect/Observer.h"
#include "compiler/Inspect/Print.h"
#include "compiler/driver/Roofline.h"
#include "runtime/Profile.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <fstream>
#include <sstream>

namespace ricci::driver {

namespace {

using inspect::Report;

double secondsSince(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

std::optional<Problem> load(Session &session, const Settings &settings, const InspectOptions &options,
                            const Positionals &positionals) {
  Outcome<std::vector<Given>> given = parseGiven(positionals.assignments, {.madeUp = true});
  if (!given)
    return std::move(given.error());
  std::optional<std::string> expression;
  if (!options.expression.empty())
    expression = options.expression;
  // With inputs, a function is called; without, it is compiled for any sizes.
  if (!positionals.function.empty() && !positionals.assignments.empty()) {
    Outcome<std::string> call = callOf(settings, positionals);
    if (!call)
      return std::move(call.error());
    expression = *call;
  }
  return session.load({positionals.file, expression, std::move(*given)});
}

std::optional<Problem> compile(Session &session, const Positionals &positionals, const CompileOptions &options) {
  return positionals.function.empty() || !positionals.assignments.empty() ? session.compile(options)
                                                                           : session.compileFunction(positionals.function, options);
}

// What the machine can do, and what of each kernel follows from it.
void measureMachine(Report &report, runtime::Context &context) {
  report.machine.singleFlops = flopsPerSecond<float>(context);
  report.machine.doubleFlops = flopsPerSecond<double>(context);
  report.machine.threads = context.threads();
  // As large as the first and second level of most machines, a share of the third, and more than any.
  constexpr std::pair<std::string_view, int64_t> levels[] = {
      {"in 48 kB", 48 << 10}, {"in 512 kB", 512 << 10}, {"in 8 MB", 8 << 20}, {"in memory", 96 << 20}};
  for (const auto &[name, bytes] : levels)
    report.machine.levels.push_back({std::string(name), bytes, bytesPerSecond(bytes, context)});
  for (inspect::Kernel &kernel : report.kernels) {
    std::optional<double> turns = kernel.turns.value(report.sizes);
    if (!kernel.flops.number || !kernel.doubleFlops.number || !kernel.bytes.number)
      continue;
    const double single = *kernel.flops.number - *kernel.doubleFlops.number;
    const double arithmetic = single / report.machine.singleFlops + *kernel.doubleFlops.number / report.machine.doubleFlops;
    const double footprint = *kernel.bytes.number / std::max(1.0, turns.value_or(1));
    const inspect::Machine::Level *level = &report.machine.levels.back();
    for (const inspect::Machine::Level &other : report.machine.levels)
      if (footprint <= static_cast<double>(other.bytes)) {
        level = &other;
        break;
      }
    kernel.predicted = std::max(arithmetic, *kernel.bytes.number / level->bandwidth);
  }
}

inspect::Time timeOf(std::vector<double> seconds) {
  std::ranges::sort(seconds);
  return {seconds.front(), seconds[seconds.size() / 2], seconds.back(), static_cast<unsigned>(seconds.size())};
}

// Runs code that says where its time goes, and gives each kernel its share.
std::optional<Problem> measureRuns(Session &session, const Positionals &positionals, Report &report, runtime::Context &context,
                                   const std::string &function) {
  ricci_profile profile;
  inspect::Observer lines(function);
  if (std::optional<Problem> wrong = compile(session, positionals, {.observer = &lines, .profile = &profile}))
    return wrong;
  if (std::optional<Problem> wrong = session.readInputs(context))
    return wrong;
  constexpr double enough = 0.5; // seconds of running
  constexpr size_t fewest = 3, most = 1000;
  std::vector<double> total;
  std::vector<std::vector<double>> kernels(report.kernels.size());
  if (std::optional<Problem> wrong = session.runOnce(context)) // cold
    return wrong;
  double spent = 0;
  while (total.size() < fewest || (spent < enough && total.size() < most)) {
    profile.start();
    const auto start = std::chrono::steady_clock::now();
    if (std::optional<Problem> wrong = session.runOnce(context))
      return wrong;
    total.push_back(secondsSince(start));
    spent += total.back();
    const std::unordered_map<int64_t, double> steps = profile.stop();
    for (size_t number = 0; number < kernels.size(); ++number) {
      auto found = steps.find(report.kernels[number].line);
      kernels[number].push_back(found == steps.end() ? 0 : found->second);
    }
  }
  report.measured = timeOf(std::move(total));
  for (size_t number = 0; number < kernels.size(); ++number)
    report.kernels[number].measured = timeOf(std::move(kernels[number]));
  return std::nullopt;
}

// The condition with a mark below the place that is wrong.
Problem wrongAssertion(const std::string &text, const inspect::AssertionError &error) {
  // Columns of characters, not of bytes.
  const auto column = std::count_if(text.begin(), text.begin() + static_cast<long>(error.offset),
                                    [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; });
  return problem(ExitStatus::Usage, fmt::format("{}\n  {}\n  {}^", error.message, text, std::string(static_cast<size_t>(column), ' ')));
}

std::optional<Problem> check(const std::string &assertion, const Report &report) {
  auto outcome = inspect::evaluate(assertion, report);
  if (const auto *error = std::get_if<inspect::AssertionError>(&outcome))
    return wrongAssertion(assertion, *error);
  const auto &verdict = std::get<inspect::Verdict>(outcome);
  if (verdict.holds)
    return std::nullopt;
  std::vector<std::string> values;
  for (const auto &[name, value] : verdict.values)
    values.push_back(fmt::format("{} = {:.6g}", name, value));
  return problem(ExitStatus::Unmet, fmt::format("`{}` does not hold: {}", assertion, fmt::join(values, ", ")));
}

std::optional<Problem> compare(const std::string &path, const Report &report) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  if (!(text << file.rdbuf()))
    return problem(ExitStatus::Data, fmt::format("cannot read {}", path));
  auto outcome = inspect::difference(text.str(), report);
  if (const auto *wrong = std::get_if<inspect::NotAReport>(&outcome))
    return problem(ExitStatus::Data, fmt::format("{} is no report of `ricci inspect --json`: {}", path, wrong->reason));
  write(std::get<std::string>(outcome));
  return std::nullopt;
}

std::optional<Problem> writePage(const std::string &path, const Report &report) {
  std::ofstream file(path, std::ios::binary);
  file << inspect::printHtml(report);
  file.close();
  if (!file)
    return problem(ExitStatus::Data, fmt::format("cannot write {}", path));
  return std::nullopt;
}

} // namespace

std::optional<Problem> report(const Settings &settings, const InspectOptions &options, const Positionals &positionals) {
  bool needsMachine = options.assertion.empty() && !options.why;
  if (!options.assertion.empty()) {
    auto used = inspect::measuresIn(options.assertion);
    if (const auto *error = std::get_if<inspect::AssertionError>(&used))
      return wrongAssertion(options.assertion, *error);
    needsMachine |= std::ranges::any_of(std::get<0>(used), &inspect::Measure::isMeasured);
  }
  Session session(settings);
  if (std::optional<Problem> wrong = load(session, settings, options, positionals))
    return wrong;
  inspect::Observer observer(positionals.function);
  const auto start = std::chrono::steady_clock::now();
  if (std::optional<Problem> wrong = compile(session, positionals, {.verify = true, .observer = &observer}))
    return wrong;
  Report &report = observer.report;
  report.compileSeconds = secondsSince(start);
  report.program = positionals.file.empty() ? options.expression : positionals.file;
  report.target = "cpu";
  runtime::ContextOptions silent = contextOptions(settings);
  silent.print = {};
  runtime::Context context(std::move(silent));
  if (needsMachine || !options.html.empty())
    measureMachine(report, context);
  // A script may write files, so it is run only where that is asked for.
  const bool isRun = options.measure || !options.expression.empty() || (!positionals.function.empty() && !positionals.assignments.empty());
  if (isRun && report.machine.singleFlops > 0)
    if (std::optional<Problem> wrong = measureRuns(session, positionals, report, context, positionals.function))
      return wrong;
  if (!options.html.empty())
    if (std::optional<Problem> wrong = writePage(options.html, report))
      return wrong;
  if (!options.assertion.empty())
    return check(options.assertion, report);
  if (!options.difference.empty())
    return compare(options.difference, report);
  if (options.why)
    write(inspect::explainLine(report, *options.why));
  else if (settings.json)
    write(inspect::printJson(report));
  else if (options.html.empty())
    write(inspect::printText(report));
  return std::nullopt;
}

} // namespace ricci::driver
