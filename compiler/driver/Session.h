// One program's way from text to results: parse and check against the inputs' headers, compile, read the data, run.
// Every command that runs something takes these steps; each either succeeds or says why not.
#pragma once

#include "compiler/driver/Given.h"
#include "compiler/driver/ModuleFiles.h"
#include "compiler/engine/Engine.h"
#include "runtime/Context.h"
#include "runtime/Value.h"

namespace ricci::driver {

// What holds for every command.
struct Settings {
  int threads = 0; // 0: as many as there are
  int64_t memoryLimit = runtime::MemoryPool::unlimited;
  bool json = false;
  bool quiet = false;
  bool checkNan = false;
  std::optional<std::string> debugFolder = {}; // tell GDB and perf of compiled code, perf by a file there
  bool colour = false; // of what goes to standard error
  std::string cacheDirectory = {}; // of compiled code; empty: none
};

// What the engine is told of them.
engine::EngineOptions engineOptions(const Settings &settings, bool useCache);

struct Request {
  std::string file;                      // "-" is standard input; empty: none
  std::optional<std::string> expression; // evaluated in the file's scope
  std::vector<Given> given;
  // An example in the file, which has been read already: a script in place of the file's own.
  const lang::SourceFile *source = nullptr;
  const std::string *example = nullptr;
};

class Session {
public:
  // `watch`, if there is one, is told of every file before it is read.
  // `useCache`: compiled code may come from the disk.
  explicit Session(const Settings &settings, FileWatch *watch = nullptr, bool useCache = true);

  // Parses and checks. Afterwards every input without a default has a value, and every value an input.
  std::optional<Problem> load(Request request);

  std::optional<Problem> compile(const CompileOptions &options = {});
  // One function instead of the script.
  std::optional<Problem> compileFunction(const std::string &name, const CompileOptions &options);
  // The text of the stage that CompileOptions asked for.
  const std::string &stageText() const { return text; }

  // Reads all data into the context's memory.
  std::optional<Problem> readInputs(runtime::Context &context);

  // Runs the script. The value of the expression, if there is one and it has any.
  Outcome<std::optional<runtime::Value>> run(runtime::Context &context);
  // Runs the script for its time only.
  std::optional<Problem> runOnce(runtime::Context &context);

  const lang::CheckedProgram &program() const { return module->program(); }
  const lang::SourceFile &exampleFile() const { return *module->example(); }
  const std::vector<runtime::Array> &inputs() const { return inputArrays; }
  const Cost &cost() const { return code->object.cost; }

private:
  std::optional<lang::InputHeader> loadHeader(const std::string &path, const std::string &key);
  std::optional<Problem> matchInputs();
  std::optional<Problem> compileEntry(const engine::Entry &entry, const CompileOptions &options);
  Outcome<std::vector<runtime::Array>> invoke(runtime::Context &context);
  std::string resolve(const std::string &path) const;

  const Settings &settings;
  engine::Engine engine;
  FileWatch *watch;
  std::string directory; // of the script: loads are relative to it
  std::vector<Given> given;
  std::optional<Problem> fileProblem; // met while sema asked for a header
  std::shared_ptr<const engine::Module> module;
  std::shared_ptr<const engine::Code> code;
  std::string text;
  // The inputs' leaves in the order that compiled code takes them.
  struct InputLeaf {
    Given source;
    runtime::DType dtype;
    size_t rank;
  };
  std::vector<InputLeaf> leaves;
  std::vector<runtime::Array> inputArrays;
};

} // namespace ricci::driver
