// Engines and modules.
#include "bindings/c/Handles.h"
#include "compiler/aot/Export.h"

#include <dlfcn.h>
#include <filesystem>
#include <fmt/format.h>

using namespace ricci;
using namespace ricci::api;
namespace fs = std::filesystem;

namespace {

struct Installation {
  std::vector<std::string> libraries, runtimes;
};

// Where this library lies: PREFIX/lib or PREFIX/lib/TRIPLE, with share/ricci beside it; or the tree that it was built
// in.
Installation installation() {
  Installation found;
  Dl_info self{};
  if (dladdr(reinterpret_cast<const void *>(&ricci_engine_create), &self) && self.dli_fname) {
    std::error_code ignored;
    fs::path folder = fs::canonical(self.dli_fname, ignored).parent_path();
    found.libraries.push_back(folder.parent_path() / "share" / "ricci");
    found.libraries.push_back(folder.parent_path().parent_path() / "share" / "ricci");
    found.runtimes.push_back(folder / "ricci");
  }
  found.libraries.push_back(RICCI_STANDARD_LIBRARY);
  return found;
}

// The options that the caller set, as this version knows them; the rest as in `usual`.
template <typename Options> engine::Result<Options> known(const Options *given, Options usual) {
  if (!given)
    return usual;
  if (given->struct_size < sizeof(size_t))
    return engine::error(Status::InvalidArgument, "the options' struct_size is not set");
  std::memcpy(&usual, given, std::min(given->struct_size, sizeof usual));
  // A newer host may not ask for what this library does not know.
  const auto *bytes = reinterpret_cast<const unsigned char *>(given);
  for (size_t i = sizeof usual; i < given->struct_size; ++i)
    if (bytes[i] != 0)
      return engine::error(Status::InvalidArgument, "an option that this version does not have");
  return usual;
}

engine::Result<engine::EngineOptions> optionsFrom(const ricci_engine_options *given) {
  engine::Result<ricci_engine_options> read = known<ricci_engine_options>(given, RICCI_ENGINE_OPTIONS_INIT);
  if (!read)
    return std::move(read.error());
  const ricci_engine_options &asked = *read;
  if (asked.target && std::string_view(asked.target) != "cpu")
    return engine::error(Status::InvalidArgument, fmt::format("there is no target `{}`; there is cpu", asked.target));
  if (asked.threads < 0 || asked.memory_limit < 0 || asked.cache_bytes < 0)
    return engine::error(Status::InvalidArgument, "a negative option");
  engine::EngineOptions options;
  options.threads = asked.threads;
  if (asked.memory_limit)
    options.memoryLimit = asked.memory_limit;
  if (asked.allocator)
    options.allocator = {asked.allocator->allocate, asked.allocator->release, asked.allocator->user};
  if (asked.executor)
    options.executor = {asked.executor->run, asked.executor->user};
  if (asked.cache_directory)
    options.cacheDirectory = asked.cache_directory;
  if (asked.cache_bytes)
    options.cacheBytes = asked.cache_bytes;
  Installation installed = installation();
  options.libraries = asked.library_directory ? std::vector<std::string>{asked.library_directory} : installed.libraries;
  options.runtimes = installed.runtimes;
  if (asked.compiler)
    options.compiler = asked.compiler;
  if (asked.print)
    options.print = [print = asked.print, user = asked.print_user](std::string_view text) {
      print(user, text.data(), text.size());
    };
  options.colour = asked.colour != 0;
  return options;
}

engine::Result<void> giveModule(engine::Result<std::shared_ptr<const engine::Module>> made, const ricci_engine *engine,
                                ricci_module **module) {
  if (!made)
    return std::move(made.error());
  std::vector<std::string> names = (*made)->functionNames();
  *module = new ricci_module{engine->engine, std::move(*made), std::move(names)};
  return {};
}

} // namespace

ricci_status ricci_engine_create(const ricci_engine_options *given, ricci_engine **engine, ricci_error **error) {
  return guarded(error, [&]() -> engine::Result<void> {
    *engine = nullptr;
    engine::Result<engine::EngineOptions> options = optionsFrom(given);
    if (!options)
      return std::move(options.error());
    *engine = new ricci_engine{std::make_shared<const engine::Engine>(std::move(*options))};
    return {};
  });
}

void ricci_engine_release(ricci_engine *engine) { delete engine; }

ricci_status ricci_module_compile(ricci_engine *engine, const char *name, const char *text, size_t size,
                                  ricci_module **module, ricci_error **error) {
  return guarded(error, [&]() -> engine::Result<void> {
    *module = nullptr;
    return giveModule(engine->engine->compile(name, std::string(text, size)), engine, module);
  });
}

ricci_status ricci_module_compile_file(ricci_engine *engine, const char *path, ricci_module **module,
                                       ricci_error **error) {
  return guarded(error, [&]() -> engine::Result<void> {
    *module = nullptr;
    return giveModule(engine->engine->compileFile(path), engine, module);
  });
}

size_t ricci_module_function_count(const ricci_module *module) { return module->names.size(); }
const char *ricci_module_function_name(const ricci_module *module, size_t number) {
  return number < module->names.size() ? module->names[number].c_str() : nullptr;
}

static_assert(static_cast<int>(Stage::Asm) == RICCI_STAGE_ASM && static_cast<int>(Stage::Ricci) == RICCI_STAGE_RICCI);

ricci_status ricci_module_ir(const ricci_module *module, const char *function, ricci_stage stage, ricci_text **text,
                             ricci_error **error) {
  return guarded(error, [&]() -> engine::Result<void> {
    *text = nullptr;
    if (stage < RICCI_STAGE_RICCI || stage > RICCI_STAGE_ASM)
      return engine::error(Status::InvalidArgument, "there is no such stage");
    engine::Result<engine::Entry> entry = module->module->find(function);
    if (!entry)
      return std::move(entry.error());
    engine::Result<std::string> ir = module->engine->stage(*module->module, *entry, static_cast<Stage>(stage));
    if (!ir)
      return std::move(ir.error());
    *text = new ricci_text{std::move(*ir)};
    return {};
  });
}

ricci_status ricci_module_export(const ricci_module *module, const char *folder, const char *const *names, size_t count,
                                 const ricci_export_options *given, ricci_error **error) {
  return guarded(error, [&]() -> engine::Result<void> {
    engine::Result<ricci_export_options> asked = known<ricci_export_options>(given, RICCI_EXPORT_OPTIONS_INIT);
    if (!asked)
      return std::move(asked.error());
    aot::ExportOptions options;
    options.threads = asked->serial == 0;
    if (asked->machine) {
      engine::Result<Machine> machine = aot::parseMachine(asked->machine);
      if (!machine)
        return std::move(machine.error());
      options.machine = std::move(*machine);
    }
    engine::Result<aot::Exported> exported = aot::exportFunctions(
        *module->engine, *module->module, folder, std::vector<std::string>(names, names + count), options);
    if (!exported)
      return std::move(exported.error());
    return {};
  });
}

void ricci_module_release(ricci_module *module) { delete module; }
