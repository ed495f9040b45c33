#include "compiler/engine/Engine.h"

#include "compiler/engine/Stack.h"
#include "compiler/engine/Worker.h"

#include <fmt/format.h>

namespace ricci::engine {

Engine::Engine(EngineOptions options)
    : settings(std::move(options)), cache(settings.cacheDirectory, settings.cacheBytes) {}

Result<std::shared_ptr<const Module>> Engine::load(ModuleRequest request) const {
  return onLargeStack([&] { return Module::load(std::move(request), {settings.libraries, settings.colour}); });
}

Result<std::shared_ptr<const Module>> Engine::compile(std::string name, std::string text) const {
  ModuleRequest request;
  request.name = std::move(name);
  request.text = std::move(text);
  return load(std::move(request));
}

Result<std::shared_ptr<const Module>> Engine::compileFile(const std::string &path) const {
  ModuleRequest request;
  request.name = path;
  return load(std::move(request));
}

runtime::ContextOptions Engine::contextOptions() const {
  return {settings.threads, settings.memoryLimit, settings.print, settings.allocator, settings.executor};
}

static Compiled compiled(const Module &module, const lang::CheckedFn *function, const CompileOptions &options,
                         lang::DiagnosticEngine &diagnostics) {
  return function ? compileFunction(module.program(), *function, module.sources(), options, diagnostics)
                  : compile(module.program(), module.sources(), options, diagnostics);
}

// Why there is none, if there is none.
static std::optional<Error> failure(const Module &module, const Compiled &result, lang::DiagnosticEngine &diagnostics) {
  if (result.stopped)
    return error(Status::Stopped, "stopped", runtime::stoppedCode);
  if (diagnostics.hasErrors())
    return error(module.sources(), diagnostics, module.colour());
  if (!result.fault.empty())
    return error(Status::Fault, result.fault);
  return std::nullopt;
}

Result<ObjectCode> Engine::compileHere(const Module &module, const Entry &entry, const CompileOptions &options) const {
  lang::CheckedProgram owner;
  Result<const lang::CheckedFn *> function = module.resolve(entry, owner);
  if (!function)
    return std::move(function.error());
  CompileOptions unloaded = options;
  unloaded.load = false;
  lang::DiagnosticEngine diagnostics;
  Compiled result = compiled(module, *function, unloaded, diagnostics);
  if (std::optional<Error> wrong = failure(module, result, diagnostics))
    return std::move(*wrong);
  return std::move(result.object);
}

// What the code is made from.
static std::string sourceOf(const Module &module, const Entry &entry) {
  std::string text = fmt::format("{} {}", static_cast<int>(entry.form), entry.function);
  for (const std::string &variable : entry.variables)
    text += " " + variable;
  return text + "\n" + module.identity();
}

Result<ObjectCode> Engine::object(const Module &module, const Entry &entry, const CompileOptions &options) const {
  // An observer is told by this process and by its code; code for a debugger is worth no place on the disk.
  if (options.observer || options.debugFolder)
    return compileHere(module, entry, options);
  const std::string key = cache.isOn() ? CompileCache::key(sourceOf(module, entry), options) : "";
  if (std::optional<ObjectCode> known = cache.find(key))
    return std::move(*known);
  Result<ObjectCode> made = settings.compiler.empty()
                                ? onLargeStack([&] { return compileHere(module, entry, options); })
                                : compileElsewhere(settings.compiler, module, entry, options);
  if (made)
    cache.store(key, *made);
  return made;
}

Result<std::shared_ptr<const Code>> Engine::code(const Module &module, const Entry &entry,
                                                 const CompileOptions &options) const {
  auto code = std::make_shared<Code>();
  Result<ObjectCode> object = this->object(module, entry, options);
  if (!object)
    return std::move(object.error());
  Loaded loaded = ricci::load(*object);
  if (!loaded.code)
    return error(Status::Fault, loaded.fault);
  code->executable = std::move(loaded.code);
  code->object = std::move(*object);
  code->object.object = {};
  return std::shared_ptr<const Code>(std::move(code));
}

std::optional<Error> Engine::observe(const Module &module, const Entry &entry, const CompileOptions &options) const {
  Result<ObjectCode> nothing = compileHere(module, entry, options);
  return nothing ? std::nullopt : std::optional(std::move(nothing.error()));
}

Result<std::string> Engine::stage(const Module &module, const Entry &entry, Stage stage, CompileOptions options) const {
  return onLargeStack([&]() -> Result<std::string> {
    lang::CheckedProgram owner;
    Result<const lang::CheckedFn *> function = module.resolve(entry, owner);
    if (!function)
      return std::move(function.error());
    options.print = stage;
    lang::DiagnosticEngine diagnostics;
    Compiled result = compiled(module, *function, options, diagnostics);
    if (std::optional<Error> wrong = failure(module, result, diagnostics))
      return std::move(*wrong);
    return std::move(result.text);
  });
}

} // namespace ricci::engine
