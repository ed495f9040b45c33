// A compiled function that is called again and again, with what it printed.
#pragma once

#include "compiler/driver/Session.h"

#include <memory>
#include <span>

namespace ricci::driver {

class Runnable {
public:
  // A wrong program's diagnostics are the Problem's text.
  static Outcome<Runnable> compile(const Settings &settings, const lang::CheckedProgram &program,
                                   const lang::CheckedFn &function, const lang::SourceManager &sources,
                                   const CompileOptions &options = {});

  using Arrays = std::vector<runtime::Array>;
  // The leaves of the arguments in, those of the value out.
  runtime::Result<Arrays, runtime::RunError> run(std::span<const runtime::Array> arguments);

  // By the last run.
  const std::string &printed() const { return *output; }

private:
  Runnable() = default;

  std::unique_ptr<Executable> code;
  std::unique_ptr<std::string> output = std::make_unique<std::string>();
  std::unique_ptr<runtime::Context> context;
};

} // namespace ricci::driver
