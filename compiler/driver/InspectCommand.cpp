#include "compiler/driver/ReportCommand.h"

#include "lang/AstDump.h"
#include "lang/Parser.h"

#include <fmt/format.h>

namespace ricci::driver {

namespace {

struct StageName {
  std::string_view name;
  Stage stage;
};

constexpr StageName stageNames[] = {
    {"ricci", Stage::Ricci}, {"grad", Stage::Grad},   {"simplified", Stage::Simplified},
    {"fused", Stage::Fused}, {"loops", Stage::Loops}, {"vector", Stage::Vector},
    {"llvm", Stage::Llvm},   {"asm", Stage::Asm},
};

std::optional<Problem> inspectAst(const Settings &settings, const std::string &path) {
  lang::SourceManager sources;
  Outcome<lang::FileId> file = ModuleFiles(sources).open(path);
  if (!file)
    return std::move(file.error());
  lang::DiagnosticEngine diagnostics;
  lang::ast::Module module = lang::parseFile(sources.file(*file), diagnostics);
  if (diagnostics.hasErrors())
    return Problem{ExitStatus::WrongProgram, lang::render(sources, diagnostics, {.colour = settings.colour})};
  write(lang::dump(module));
  return std::nullopt;
}

} // namespace

std::optional<Problem> inspect(const Settings &settings, const InspectOptions &options) {
  Outcome<Positionals> positionals = splitPositionals(options.arguments, /*takesFunction=*/true);
  if (!positionals)
    return std::move(positionals.error());
  const auto &[file, function, assignments] = *positionals;
  if (file.empty() && options.expression.empty())
    return problem(ExitStatus::Usage, "inspect needs a file or -e EXPR");
  if (!function.empty() && !options.expression.empty())
    return problem(ExitStatus::Usage, "inspect takes a function's name or -e EXPR, not both");
  if (options.stage.empty())
    return report(settings, options, *positionals);
  if (!options.html.empty() || !options.assertion.empty() || !options.difference.empty() || options.why || options.measure)
    return problem(ExitStatus::Usage, "--stage prints one text; --html, --why, --assert, --diff and --measure are of the report");
  if (options.stage == "ptx")
    return notInThisVersion("--stage=ptx");
  if (options.stage == "ast") {
    if (file.empty())
      return problem(ExitStatus::Usage, "--stage=ast needs a file");
    return inspectAst(settings, file);
  }
  CompileOptions compileOptions;
  compileOptions.verify = true; // what is shown is well formed
  for (const StageName &stage : stageNames)
    if (stage.name == options.stage)
      compileOptions.print = stage.stage;
  if (!compileOptions.print)
    return problem(ExitStatus::Usage, fmt::format("there is no stage `{}`; there are ast ricci grad simplified fused "
                                                  "loops vector llvm asm",
                                                  options.stage));
  Outcome<std::vector<Given>> given = parseGiven(assignments, {.madeUp = true});
  if (!given)
    return std::move(given.error());
  Session session(settings);
  std::optional<std::string> expression;
  if (!options.expression.empty())
    expression = options.expression;
  // With inputs, a function is called; without, it is compiled for any sizes.
  const bool isCalled = !function.empty() && !assignments.empty();
  if (isCalled) {
    Outcome<std::string> call = callOf(settings, *positionals);
    if (!call)
      return std::move(call.error());
    expression = *call;
  }
  if (std::optional<Problem> wrong = session.load({file, expression, std::move(*given)}))
    return wrong;
  std::optional<Problem> wrong = function.empty() || isCalled ? session.compile(compileOptions)
                                                              : session.compileFunction(function, compileOptions);
  if (wrong)
    return wrong;
  write(session.stageText());
  return std::nullopt;
}

} // namespace ricci::driver
