#include "compiler/driver/Session.h"

#include "compiler/driver/Values.h"
#include "runtime/DataFile.h"

#include <algorithm>
#include <cstdio>
#include <fmt/format.h>

namespace ricci::driver {

namespace {

// Free names of an expression are inputs. What else may be wrong follows from the one that is missing.
bool lacksAnInput(const engine::Error &error) {
  const std::string_view code = lang::info(lang::Code::E0801).name;
  return std::ranges::any_of(error.diagnostics, [&](const lang::FlatDiagnostic &one) { return one.code == code; });
}

std::string_view rootOf(std::string_view name) { return name.substr(0, name.find('.')); }

} // namespace

engine::EngineOptions engineOptions(const Settings &settings, bool useCache) {
  engine::EngineOptions options;
  options.colour = settings.colour;
  options.libraries = standardLibraries();
  options.runtimes = runtimeFolders();
  if (useCache)
    options.cacheDirectory = settings.cacheDirectory;
  return options;
}

Session::Session(const Settings &settings, FileWatch *watch, bool useCache)
    : settings(settings), engine(engineOptions(settings, useCache)), watch(watch) {}

std::string Session::resolve(const std::string &path) const { return path.starts_with('/') ? path : directory + path; }

std::optional<lang::InputHeader> Session::loadHeader(const std::string &path, const std::string &key) {
  std::string name = resolve(path) + (key.empty() ? "" : ":" + key);
  if (watch)
    watch->add(runtime::fileOf(name));
  runtime::Result<runtime::ArrayType> type = runtime::inspectHeader(name);
  if (type)
    return headerOf(DataFile{name, std::move(*type)});
  if (!fileProblem)
    fileProblem = problem(type.error());
  return std::nullopt;
}

std::optional<Problem> Session::load(Request request) {
  if (size_t slash = request.file.rfind('/'); slash != std::string::npos)
    directory = request.file.substr(0, slash + 1);
  given = std::move(request.given);

  engine::ModuleRequest wanted;
  wanted.name = request.file;
  if (request.source) {
    wanted.name = request.source->name();
    wanted.text = request.source->text();
  } else if (request.file == "-") {
    Outcome<std::string> text = readStandardInput();
    if (!text)
      return std::move(text.error());
    wanted.name = standardInputName;
    wanted.text = std::move(*text);
  }
  if (request.example)
    wanted.example = *request.example;
  wanted.expression = std::move(request.expression);
  for (const Given &one : given)
    wanted.given.emplace_back(one.name, headerOf(one));
  wanted.loadHeader = [&](const std::string &path, const std::string &key) { return loadHeader(path, key); };
  if (watch)
    wanted.onFile = [&](const std::string &path) { watch->add(path); };
  engine::Result<std::shared_ptr<const engine::Module>> loaded = engine.load(std::move(wanted));
  if (!loaded) {
    Problem wrong = problem(loaded.error());
    if (fileProblem)
      wrong.text = fileProblem->text + wrong.text;
    if (lacksAnInput(loaded.error()))
      wrong.status = ExitStatus::Usage;
    return wrong;
  }
  module = std::move(*loaded);
  if (!settings.quiet)
    std::fputs(module->warnings().c_str(), stderr);
  if (fileProblem)
    return std::move(fileProblem);
  return matchInputs();
}

// Finds the source of every leaf that compiled code takes.
std::optional<Problem> Session::matchInputs() {
  std::vector<std::string> names, used;
  for (const lang::Input &input : program().inputs) {
    if (input.kind != lang::Input::Load)
      names.push_back(input.name);
    if (input.initial)
      continue;
    for (const Leaf &leaf : leavesOf(input.variable->type)) {
      if (input.kind == lang::Input::Load) {
        std::string key = input.key.empty() ? leaf.path : leaf.path.empty() ? input.key : input.key + "." + leaf.path;
        std::string path = resolve(input.path) + (key.empty() ? "" : ":" + key);
        runtime::Result<runtime::ArrayType> type = runtime::inspectHeader(path);
        if (!type)
          return problem(type.error());
        leaves.push_back({{input.path, DataFile{path, std::move(*type)}}, engine::dtypeOf(leaf.type->element), leaf.type->shape.size()});
        continue;
      }
      std::string name = leaf.path.empty() ? input.name : input.name + "." + leaf.path;
      auto found = std::ranges::find(given, name, &Given::name);
      if (found == given.end())
        return problem(ExitStatus::Usage, fmt::format("the input `{0}` has no value; set it by `{0}=…`", name));
      leaves.push_back({*found, engine::dtypeOf(leaf.type->element), leaf.type->shape.size()});
      used.push_back(name);
    }
  }
  for (const Given &one : given)
    if (std::ranges::find(used, one.name) == used.end()) {
      std::optional<std::string> meant = lang::nearest(rootOf(one.name), names);
      return problem(ExitStatus::Usage, fmt::format("there is no input `{}`{}", one.name,
                                                    meant ? fmt::format("; is `{}` meant?", *meant) : ""));
    }
  return std::nullopt;
}

std::optional<Problem> Session::compileEntry(const engine::Entry &entry, const CompileOptions &options) {
  if (options.print) {
    engine::Result<std::string> stage = engine.stage(*module, entry, *options.print, options);
    if (!stage)
      return problem(stage.error());
    text = std::move(*stage);
    return std::nullopt;
  }
  if (options.observer && !options.profile) {
    std::optional<engine::Error> wrong = engine.observe(*module, entry, options);
    return wrong ? std::optional(problem(*wrong)) : std::nullopt;
  }
  engine::Result<std::shared_ptr<const engine::Code>> compiled = engine.code(*module, entry, options);
  if (!compiled)
    return problem(compiled.error());
  code = std::move(*compiled);
  return std::nullopt;
}

std::optional<Problem> Session::compile(const CompileOptions &options) {
  if (std::optional<Problem> wrong = compileEntry({}, options); wrong || options.print || !code)
    return wrong;
  if (code->object.inputs != leaves.size())
    return Problem{ExitStatus::Fault, fmt::format("compiled code takes {} arrays, the program has {}",
                                                  code->object.inputs, leaves.size())};
  return std::nullopt;
}

std::optional<Problem> Session::compileFunction(const std::string &name, const CompileOptions &options) {
  engine::Result<engine::Entry> entry = module->find(name);
  return entry ? compileEntry(*entry, options) : problem(entry.error());
}

std::optional<Problem> Session::readInputs(runtime::Context &context) {
  inputArrays.clear();
  for (const InputLeaf &leaf : leaves) {
    Outcome<runtime::Array> array = read(leaf.source, leaf.dtype, leaf.rank, context.sharedMemory());
    if (!array)
      return std::move(array.error());
    inputArrays.push_back(std::move(*array));
  }
  return std::nullopt;
}

Outcome<std::vector<runtime::Array>> Session::invoke(runtime::Context &context) {
  std::vector<ricci_array> descriptors;
  for (const runtime::Array &array : inputArrays)
    descriptors.push_back(array.descriptor());
  auto outputs = runtime::invoke(context, code->executable->entry(), descriptors, code->object.outputs);
  if (!outputs)
    return Problem{ExitStatus::RunTime, engine::textOf(outputs.error(), module->sources(), settings.colour)};
  return std::move(*outputs);
}

std::optional<Problem> Session::runOnce(runtime::Context &context) {
  Outcome<std::vector<runtime::Array>> outputs = invoke(context);
  if (!outputs)
    return std::move(outputs.error());
  return std::nullopt;
}

Outcome<std::optional<runtime::Value>> Session::run(runtime::Context &context) {
  Outcome<std::vector<runtime::Array>> outputs = invoke(context);
  if (!outputs)
    return std::move(outputs.error());
  if (!program().result || outputs->empty())
    return std::optional<runtime::Value>();
  auto next = outputs->begin();
  return std::optional(assemble(program().result->type, next));
}

} // namespace ricci::driver
