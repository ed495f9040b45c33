// Apart, for what it includes.
#include "compiler/Inspect/Observer.h"
#include "compiler/Inspect/Print.h"
#include "compiler/engine/Function.h"
#include "compiler/engine/Stack.h"

#include <chrono>

namespace ricci::engine {

Result<std::string> Function::report() const {
  return onLargeStack([&]() -> Result<std::string> {
    inspect::Observer observer(what.function);
    CompileOptions options;
    options.observer = &observer;
    const auto start = std::chrono::steady_clock::now();
    if (std::optional<Error> wrong = engine->observe(*source, what, options))
      return std::move(*wrong);
    observer.report.compileSeconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    observer.report.function = what.name();
    observer.report.program = source->sources().fileCount() ? source->sources().file(0).name() : "";
    observer.report.target = "cpu";
    return inspect::printJson(observer.report);
  });
}

} // namespace ricci::engine
