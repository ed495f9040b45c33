#include "compiler/driver/Commands.h"
#include "compiler/driver/Roofline.h"

#include "lang/Parser.h"

#include <algorithm>
#include <chrono>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace ricci::driver {

namespace {

using Clock = std::chrono::steady_clock;

double milliseconds(Clock::time_point since) {
  return std::chrono::duration<double, std::milli>(Clock::now() - since).count();
}

constexpr double enough = 1000; // milliseconds of running
constexpr size_t fewestRuns = 5, mostRuns = 10000;

// The time of each run, the first (cold) one aside.
Outcome<std::vector<double>> timeRuns(Session &session, runtime::Context &context) {
  std::vector<double> times;
  double total = 0;
  if (std::optional<Problem> wrong = session.runOnce(context))
    return std::move(*wrong);
  while (times.size() < fewestRuns || (total < enough && times.size() < mostRuns)) {
    Clock::time_point start = Clock::now();
    if (std::optional<Problem> wrong = session.runOnce(context))
      return std::move(*wrong);
    times.push_back(milliseconds(start));
    total += times.back();
  }
  std::ranges::sort(times);
  return times;
}

} // namespace

Outcome<std::string> callOf(const Settings &settings, const Positionals &positionals) {
  lang::SourceManager sources;
  Outcome<lang::FileId> file = ModuleFiles(sources).open(positionals.file);
  if (!file)
    return std::move(file.error());
  lang::DiagnosticEngine diagnostics;
  lang::ast::Module module = lang::parseFile(sources.file(*file), diagnostics);
  if (diagnostics.hasErrors())
    return Problem{ExitStatus::WrongProgram, lang::render(sources, diagnostics, {.colour = settings.colour})};
  auto found = std::ranges::find(module.functions, positionals.function,
                                 [](const lang::ast::FnDecl &function) { return function.name.text; });
  if (found == module.functions.end())
    return problem(ExitStatus::Usage, fmt::format("there is no function `{}`", positionals.function));
  std::vector<std::string> names;
  for (const lang::ast::TypedName &parameter : found->params)
    names.push_back(parameter.name.text);
  return fmt::format("{}({})", positionals.function, fmt::join(names, ", "));
}

std::optional<Problem> bench(const Settings &settings, const BenchOptions &options) {
  Outcome<Positionals> positionals = splitPositionals(options.arguments, /*takesFunction=*/true);
  if (!positionals)
    return std::move(positionals.error());
  if (positionals->function.empty() == options.expression.empty())
    return problem(ExitStatus::Usage, "bench needs -e EXPR, or a file and a function's name");
  Outcome<std::string> expression =
      options.expression.empty() ? callOf(settings, *positionals) : Outcome<std::string>(options.expression);
  if (!expression)
    return std::move(expression.error());
  Outcome<std::vector<Given>> given = parseGiven(positionals->assignments, {.madeUp = true, .seed = options.seed});
  if (!given)
    return std::move(given.error());
  Clock::time_point start = Clock::now();
  Session session(settings, nullptr, /*useCache=*/false); // the time of compilation is asked for
  if (std::optional<Problem> wrong = session.load({positionals->file, *expression, std::move(*given)}))
    return wrong;
  if (std::optional<Problem> wrong = session.compile({.checkNan = settings.checkNan, .debugFolder = settings.debugFolder}))
    return wrong;
  double compileTime = milliseconds(start);

  runtime::ContextOptions silent = contextOptions(settings);
  silent.print = {};
  runtime::Context context(std::move(silent));
  if (std::optional<Problem> wrong = session.readInputs(context))
    return wrong;
  Outcome<std::vector<double>> times = timeRuns(session, context);
  if (!times)
    return std::move(times.error());
  double median = (*times)[times->size() / 2];
  const Cost &cost = session.cost();
  int64_t peak = context.memory().peakBytes();
  if (settings.json) {
    nlohmann::ordered_json object{
        {"compile_ms", compileTime},
        {"run_ms", {{"min", times->front()}, {"median", median}, {"max", times->back()}, {"runs", times->size()}}},
        {"flops", cost.flops},
        {"bytes", cost.bytes},
        {"peak_bytes", peak},
        {"threads", context.threads()},
        {"target", "cpu"}};
    write(object.dump() + "\n");
    return std::nullopt;
  }
  double seconds = median / 1e3;
  write(fmt::format("compile   {:.1f} ms\n"
                    "run       {:.4g} ms median of {}, {:.4g} to {:.4g}\n"
                    "work      {:.4g} flop, {:.4g} GFLOP/s\n"
                    "memory    {:.4g} MB read and written, {:.4g} GB/s; {:.4g} MB at the peak\n"
                    "roofline  {:.3g} %\n"
                    "threads   {}\n",
                    compileTime, median, times->size(), times->front(), times->back(), static_cast<double>(cost.flops),
                    static_cast<double>(cost.flops) / seconds / 1e9, static_cast<double>(cost.bytes) / 1e6,
                    static_cast<double>(cost.bytes) / seconds / 1e9, static_cast<double>(peak) / 1e6,
                    100 * rooflineSeconds(cost, context) / seconds, context.threads()));
  return std::nullopt;
}

} // namespace ricci::driver
