#include "compiler/driver/testing/Runnable.h"

#include "compiler/driver/Commands.h"

namespace ricci::driver {

// More than that of what it prints tells nobody anything.
constexpr size_t mostPrinted = 1 << 16;

Outcome<Runnable> Runnable::compile(const Settings &settings, const lang::CheckedProgram &program,
                                    const lang::CheckedFn &function, const lang::SourceManager &sources,
                                    const CompileOptions &options) {
  lang::DiagnosticEngine diagnostics;
  Compiled compiled = compileFunction(program, function, sources, options, diagnostics);
  if (diagnostics.hasErrors()) {
    diagnostics.sort();
    return Problem{ExitStatus::WrongProgram, lang::render(sources, diagnostics, {.colour = settings.colour})};
  }
  if (!compiled.code)
    return Problem{ExitStatus::Fault, compiled.fault + "\n"};
  Runnable runnable;
  runnable.code = std::move(compiled.code);
  runtime::ContextOptions contextOf = contextOptions(settings);
  runnable.output->reserve(mostPrinted);
  contextOf.print = [output = runnable.output.get()](std::string_view text) {
    output->append(text.substr(0, mostPrinted - output->size()));
  };
  runnable.context = std::make_unique<runtime::Context>(std::move(contextOf));
  return runnable;
}

runtime::Result<Runnable::Arrays, runtime::RunError> Runnable::run(std::span<const runtime::Array> arguments) {
  output->clear();
  std::vector<ricci_array> descriptors;
  for (const runtime::Array &argument : arguments)
    descriptors.push_back(argument.descriptor());
  return runtime::invoke(*context, code->entry(), descriptors, code->outputCount());
}

} // namespace ricci::driver
