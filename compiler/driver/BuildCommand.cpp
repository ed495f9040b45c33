// build: ahead of time.

#include "compiler/aot/Export.h"
#include "compiler/driver/Commands.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace ricci::driver {

std::optional<Problem> build(const Settings &settings, const BuildOptions &options) {
  if (options.arguments.size() != 1)
    return problem(ExitStatus::Usage, "build takes one file");
  engine::Engine engine(engineOptions(settings, /*useCache=*/true));
  engine::Result<std::shared_ptr<const engine::Module>> module = engine.compileFile(options.arguments.front());
  if (!module)
    return problem(module.error());
  if (!settings.quiet)
    std::fputs((*module)->warnings().c_str(), stderr);
  aot::ExportOptions how;
  how.threads = !options.serial;
  if (!options.machine.empty()) {
    engine::Result<Machine> machine = aot::parseMachine(options.machine);
    if (!machine)
      return problem(machine.error());
    how.machine = std::move(*machine);
  }
  engine::Result<aot::Exported> made = aot::exportFunctions(engine, **module, options.output, options.functions, how);
  if (!made)
    return problem(made.error());
  if (settings.json) {
    nlohmann::ordered_json object{{"object", made->object}, {"header", made->header}, {"library", made->library}};
    write(object.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n");
  } else if (!settings.quiet) {
    write(fmt::format("{}\n{}\n{}", made->object, made->header, made->library.empty() ? "" : made->library + "\n"));
  }
  return std::nullopt;
}

} // namespace ricci::driver
