#include "compiler/aot/Export.h"

#include "compiler/Jit/Jit.h"
#include "compiler/aot/Link.h"
#include "compiler/aot/Prototype.h"
#include "compiler/aot/Wrapper.h"
#include "compiler/engine/Stack.h"

#include "llvm/TargetParser/Triple.h"

#include <algorithm>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>

namespace ricci::aot {

namespace fs = std::filesystem;
using engine::Status;

namespace {

engine::Result<void> writeFile(const fs::path &path, std::string_view bytes) {
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file.flush())
    return engine::error(Status::Io, fmt::format("cannot write {}", path.string()));
  return {};
}

// The code of one function, and how it is called.
struct Part {
  Wrapped wrapped;
  std::string object;
};

engine::Result<Part> compilePart(const engine::Engine &engine, const engine::Module &module, const std::string &name,
                                 const CompileOptions &options) {
  engine::Result<engine::Entry> entry = module.find(name);
  if (!entry)
    return std::move(entry.error());
  engine::Result<Prototype> prototype = engine::onLargeStack([&]() -> engine::Result<Prototype> {
    lang::CheckedProgram owner;
    engine::Result<const lang::CheckedFn *> function = module.resolve(*entry, owner);
    if (!function)
      return std::move(function.error());
    return prototypeOf(module, *entry, **function);
  });
  if (!prototype)
    return std::move(prototype.error());
  engine::Result<ObjectCode> code = engine.object(module, *entry, options);
  if (!code)
    return std::move(code.error());
  std::vector<std::string> undefined = undefinedSymbols(code->object);
  if (std::ranges::find(undefined, "ricci_host") != undefined.end())
    return engine::error(Status::InvalidArgument,
                         fmt::format("`{}` prints, saves or plots, which code compiled ahead of time cannot", name));
  return Part{{std::move(*prototype), std::move(code->entry)}, std::move(code->object)};
}

} // namespace

engine::Result<Machine> parseMachine(const std::string &text) {
  size_t slash = text.find('/');
  Machine machine{text.substr(0, slash), slash == std::string::npos ? "" : text.substr(slash + 1), ""};
  if (slash == std::string::npos && text.starts_with("x86-64"))
    machine = {hostMachine().triple, text, ""};
  machine.triple = llvm::Triple::normalize(machine.triple); // who made the machine is left out by most
  llvm::Triple triple(machine.triple);
  if (!triple.isX86_64() && triple.getArch() != llvm::Triple::aarch64)
    return engine::error(
        Status::InvalidArgument,
        fmt::format("there is no machine `{}`; there are x86_64-linux-gnu and aarch64-linux-gnu, with `/` and a "
                    "processor, and x86-64, x86-64-v2, x86-64-v3, x86-64-v4",
                    text));
  if (!triple.isOSLinux())
    return engine::error(Status::InvalidArgument, fmt::format("`{}`: object files are made for Linux", text));
  if (machine.cpu.empty())
    machine.cpu = triple.isX86_64() ? "x86-64" : "generic";
  if (llvm::Expected<VectorUnit> unit = vectorUnitOf(machine); !unit)
    return engine::error(Status::InvalidArgument, llvm::toString(unit.takeError()));
  return machine;
}

engine::Result<Exported> exportFunctions(const engine::Engine &engine, const engine::Module &module,
                                         const std::string &folder, std::vector<std::string> names,
                                         const ExportOptions &options) {
  if (names.empty())
    names = module.functionNames();
  if (names.empty())
    return engine::error(Status::InvalidArgument, "the module has no functions");
  CompileOptions compile;
  compile.machine = options.machine;
  std::vector<Wrapped> wrapped;
  std::vector<std::string> objects, global;
  std::vector<Prototype> prototypes;
  for (const std::string &name : names) {
    if (std::ranges::find(global, name) != global.end())
      continue;
    engine::Result<Part> part = compilePart(engine, module, name, compile);
    if (!part)
      return std::move(part.error());
    global.push_back(part->wrapped.prototype.name);
    prototypes.push_back(part->wrapped.prototype);
    wrapped.push_back(std::move(part->wrapped));
    objects.push_back(std::move(part->object));
  }
  const std::string source = module.sources().file(0).name();
  const std::string stem = fs::path(source).stem().string();
  engine::Result<std::string> wrappers =
      engine::onLargeStack([&] { return wrapperObject(stem, wrapped, options.machine); });
  if (!wrappers)
    return std::move(wrappers.error());
  objects.push_back(std::move(*wrappers));
  global.push_back(identifier(stem) + "_message");

  const bool isHost = options.machine.triple.empty() ||
                      llvm::Triple(options.machine.triple).getArch() == llvm::Triple(hostMachine().triple).getArch();
  const llvm::Triple triple(isHost ? hostMachine().triple : options.machine.triple);
  const std::string name = fmt::format("{}-{}.a", triple.getArchName().str(), options.threads ? "openmp" : "serial");
  std::error_code wrong;
  auto holds = [&](const std::string &runtimes) { return fs::exists(fs::path(runtimes) / name, wrong); };
  auto runtimes = std::ranges::find_if(engine.options().runtimes, holds);
  if (runtimes == engine.options().runtimes.end())
    return engine::error(Status::Io, fmt::format("the runtime for compiled functions, {}, is not installed", name));
  engine::Result<std::string> object = linkObject(objects, fs::path(*runtimes) / name, global);
  if (!object)
    return std::move(object.error());

  fs::create_directories(folder, wrong);
  if (wrong)
    return engine::error(Status::Io, fmt::format("cannot make the folder {}: {}", folder, wrong.message()));
  fs::path base(folder);
  Exported exported{base / (stem + ".o"), base / (stem + ".h"), ""};
  if (engine::Result<void> done = writeFile(exported.object, *object); !done)
    return std::move(done.error());
  if (engine::Result<void> done =
          writeFile(exported.header, header(stem, fs::path(source).filename().string(), prototypes));
      !done)
    return std::move(done.error());
  if (isHost) {
    exported.library = base / ("lib" + stem + ".so");
    if (engine::Result<void> done = linkShared(*object, exported.library, options.threads); !done)
      return std::move(done.error());
  }
  return exported;
}

} // namespace ricci::aot
