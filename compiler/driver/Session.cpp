#include "compiler/driver/Session.h"

#include "compiler/driver/RunFailure.h"
#include "compiler/driver/Values.h"
#include "runtime/DataFile.h"

#include <algorithm>
#include <cstdio>
#include <fmt/format.h>

namespace ricci::driver {

namespace {

// Free names of an expression are inputs. What else may be wrong follows from the one that is missing.
bool lacksAnInput(const lang::DiagnosticEngine &diagnostics) {
  return std::ranges::any_of(diagnostics.diagnostics(),
                             [](const lang::Diagnostic &diagnostic) { return diagnostic.code == lang::Code::E0801; });
}

std::string_view rootOf(std::string_view name) { return name.substr(0, name.find('.')); }

} // namespace

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

std::optional<Problem> Session::diagnosed(lang::DiagnosticEngine &diagnostics) {
  diagnostics.sort();
  if (diagnostics.hasErrors())
    return Problem{ExitStatus::WrongProgram, lang::render(sources, diagnostics, {.colour = settings.colour})};
  if (!settings.quiet)
    std::fputs(lang::render(sources, diagnostics, {.colour = settings.colour}).c_str(), stderr);
  return std::nullopt;
}

std::optional<Problem> Session::load(Request request) {
  const lang::SourceFile *file = nullptr;
  if (!request.file.empty()) {
    Outcome<lang::FileId> id = request.source
                                   ? sources.add(request.source->name(), std::string(request.source->text()))
                                   : files.open(request.file);
    if (!id)
      return std::move(id.error());
    file = &sources.file(*id);
    if (size_t slash = request.file.rfind('/'); slash != std::string::npos)
      directory = request.file.substr(0, slash + 1);
  }
  if (request.example)
    example = &sources.file(sources.add(request.source->name(), *request.example));
  given = std::move(request.given);
  lang::CheckOptions options;
  options.loadHeader = [&](const std::string &path, const std::string &key) { return loadHeader(path, key); };
  options.openModule = [&](const std::string &path, const lang::SourceFile &importing) { return files.openModule(path, importing); };
  for (const Given &one : given)
    options.given.emplace_back(one.name, headerOf(one));
  options.expression = std::move(request.expression);
  options.example = example;
  lang::DiagnosticEngine diagnostics;
  checked = lang::check(sources, file, options, diagnostics);
  if (std::optional<Problem> wrong = diagnosed(diagnostics)) {
    for (const std::optional<Problem> &fault : {fileProblem, files.unreadable()})
      if (fault)
        wrong->text = fault->text + wrong->text;
    if (lacksAnInput(diagnostics))
      wrong->status = ExitStatus::Usage;
    return wrong;
  }
  if (fileProblem)
    return std::move(fileProblem);
  if (!checked)
    return Problem{ExitStatus::Fault, "the program was refused without a reason"};
  return matchInputs();
}

// Finds the source of every leaf that compiled code takes.
std::optional<Problem> Session::matchInputs() {
  std::vector<std::string> names, used;
  for (lang::Input &input : checked->inputs) {
    if (input.kind != lang::Input::Load)
      names.push_back(input.name);
    bool isGiven = input.kind != lang::Input::Load &&
                   std::ranges::any_of(given, [&](const Given &one) { return rootOf(one.name) == input.name; });
    if (isGiven)
      input.initial = nullptr;
    if (input.initial)
      continue;
    for (const Leaf &leaf : leavesOf(input.variable->type)) {
      if (input.kind == lang::Input::Load) {
        std::string key = input.key.empty() ? leaf.path : leaf.path.empty() ? input.key : input.key + "." + leaf.path;
        std::string path = resolve(input.path) + (key.empty() ? "" : ":" + key);
        runtime::Result<runtime::ArrayType> type = runtime::inspectHeader(path);
        if (!type)
          return problem(type.error());
        leaves.push_back({{input.path, DataFile{path, std::move(*type)}}, dtypeOf(leaf.type->element), leaf.type->shape.size()});
        continue;
      }
      std::string name = leaf.path.empty() ? input.name : input.name + "." + leaf.path;
      auto found = std::ranges::find(given, name, &Given::name);
      if (found == given.end())
        return problem(ExitStatus::Usage, fmt::format("the input `{0}` has no value; set it by `{0}=…`", name));
      leaves.push_back({*found, dtypeOf(leaf.type->element), leaf.type->shape.size()});
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

std::optional<Problem> Session::compile(const CompileOptions &options) {
  lang::DiagnosticEngine diagnostics;
  compiled = ricci::compile(*checked, sources, options, diagnostics);
  if (std::optional<Problem> wrong = diagnosed(diagnostics))
    return wrong;
  if (!compiled.fault.empty())
    return Problem{ExitStatus::Fault, compiled.fault};
  if (options.print || (options.observer && !options.profile))
    return std::nullopt;
  if (compiled.code->inputCount() != leaves.size())
    return Problem{ExitStatus::Fault, fmt::format("compiled code takes {} arrays, the program has {}",
                                                  compiled.code->inputCount(), leaves.size())};
  return std::nullopt;
}

std::optional<Problem> Session::compileFunction(const std::string &name, const CompileOptions &options) {
  std::vector<std::string> names;
  for (const lang::CheckedFn *function : checked->functions) {
    names.push_back(function->name);
    if (function->name != name)
      continue;
    lang::DiagnosticEngine diagnostics;
    compiled = ricci::compileFunction(*checked, *function, sources, options, diagnostics);
    if (std::optional<Problem> wrong = diagnosed(diagnostics))
      return wrong;
    if (!compiled.fault.empty())
      return Problem{ExitStatus::Fault, compiled.fault};
    return std::nullopt;
  }
  std::optional<std::string> meant = lang::nearest(name, names);
  return problem(ExitStatus::Usage, fmt::format("there is no function `{}`{}", name,
                                                meant ? fmt::format("; is `{}` meant?", *meant) : ""));
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
  auto outputs = runtime::invoke(context, compiled.code->entry(), descriptors, compiled.code->outputCount());
  if (!outputs)
    return Problem{ExitStatus::RunTime, textOf(outputs.error(), sources, settings.colour)};
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
  if (!checked->result || outputs->empty())
    return std::optional<runtime::Value>();
  auto next = outputs->begin();
  return std::optional(assemble(checked->result->type, next));
}

} // namespace ricci::driver
