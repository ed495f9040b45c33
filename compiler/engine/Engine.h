// Ricci for programs: an engine compiles modules, a module gives functions, functions are called. All three may be used
// by any number of threads at once. Nothing here ends the process, prints, installs signal handlers or looks at the
// environment: what goes wrong is an Error, and what there is to set stands in EngineOptions.
#pragma once

#include "compiler/engine/CompileCache.h"
#include "compiler/engine/Error.h"
#include "compiler/engine/Module.h"
#include "compiler/pipeline/Pipeline.h"

#include <atomic>
#include <memory>

namespace ricci::engine {

struct EngineOptions {
  // Of calls. Threads: 0 for as many as the process may use.
  int threads = 0;
  int64_t memoryLimit = runtime::MemoryPool::unlimited; // for each call
  runtime::Allocator allocator = runtime::processAllocator;
  runtime::Executor executor = {};
  runtime::TextSink print = {}; // called by whichever thread runs what prints
  // Of compilation.
  std::string cacheDirectory; // empty: none
  int64_t cacheBytes = CompileCache::defaultBytes;
  std::string compiler;               // a program to compile in (Worker.h); empty: in this process
  std::vector<std::string> libraries; // folders for `import`
  std::vector<std::string> runtimes;  // folders that may hold what code compiled ahead of time carries along
  bool colour = false;                // of texts
};

// Code that can be called, in the shape of the pipeline: descriptors in, descriptors out.
struct Code {
  std::unique_ptr<Executable> executable;
  ObjectCode object; // without the bytes
};

class Engine {
public:
  explicit Engine(EngineOptions options);

  const EngineOptions &options() const { return settings; }

  Result<std::shared_ptr<const Module>> load(ModuleRequest request) const;
  Result<std::shared_ptr<const Module>> compile(std::string name, std::string text) const;
  Result<std::shared_ptr<const Module>> compileFile(const std::string &path) const;

  // Compiled, or taken from the cache.
  Result<std::shared_ptr<const Code>> code(const Module &, const Entry &, const CompileOptions & = {}) const;
  // The same as bytes, for any machine.
  Result<ObjectCode> object(const Module &, const Entry &, const CompileOptions &) const;
  // The text of a stage of compilation.
  Result<std::string> stage(const Module &, const Entry &, Stage, CompileOptions = {}) const;
  // Compiles for what `options.observer` is told, here and not from the cache. What went wrong, if anything.
  std::optional<Error> observe(const Module &, const Entry &, const CompileOptions &options) const;

  runtime::ContextOptions contextOptions() const;

private:
  Result<ObjectCode> compileHere(const Module &, const Entry &, const CompileOptions &) const;

  EngineOptions settings;
  CompileCache cache;
};

} // namespace ricci::engine
