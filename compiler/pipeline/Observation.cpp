#include "compiler/pipeline/Observation.h"

#include "compiler/Jit/Jit.h"

using namespace mlir;
using namespace ricci;

std::vector<inspect::Source> ricci::sourcesOf(const lang::SourceManager &sources) {
  std::vector<inspect::Source> result;
  for (size_t id = 0; id < sources.fileCount(); ++id)
    result.push_back({sources.file(id).name(), std::string(sources.file(id).text())});
  return result;
}

inspect::SourceIndex ricci::sourceIndex(const lang::SourceManager &sources) {
  inspect::SourceIndex index;
  for (size_t id = 0; id < sources.fileCount(); ++id)
    index.try_emplace(sources.file(id).name(), id);
  return index;
}

static void addNames(const std::string &name, const lang::Type &type, std::vector<inspect::ArgumentNames> &names) {
  if (type.isAggregate()) {
    for (const lang::Type &field : type.fields)
      addNames(name, field, names);
    return;
  }
  if (!type.isArray())
    return;
  inspect::ArgumentNames argument{name, {}};
  for (const lang::Dim &size : type.shape) {
    std::string text = size.constant() ? "" : size.text();
    argument.sizes.push_back(text.find_first_of("+-* ") == text.npos ? text : "(" + text + ")");
  }
  names.push_back(std::move(argument));
}

std::vector<inspect::ArgumentNames> ricci::argumentNames(ArrayRef<const lang::Variable *> parameters,
                                                         const lang::CheckedFn *named) {
  std::vector<inspect::ArgumentNames> names;
  for (const lang::Variable *parameter : parameters) {
    const lang::Type *type = &parameter->type;
    if (named)
      for (const lang::Variable *other : named->parameters)
        if (other->name == parameter->name && other->type.leafCount() == type->leafCount())
          type = &other->type;
    addNames(parameter->name, *type, names);
  }
  return names;
}

std::vector<const lang::Variable *> ricci::parametersOf(const lang::CheckedProgram &program) {
  std::vector<const lang::Variable *> parameters;
  for (const lang::Input &input : program.inputs)
    if (!input.initial)
      parameters.push_back(input.variable);
  return parameters;
}

std::string ricci::observeCode(ModuleOp module, inspect::Observer &observer) {
  if (failed(inspect::setDebugLines(module, inspect::DebugLines::Fused, observer.sources())))
    return "the code could not be given line numbers";
  llvm::Expected<std::string> llvmText = llvmIr(module);
  if (!llvmText)
    return llvm::toString(llvmText.takeError());
  observer.setLlvm(*llvmText);
  llvm::Expected<std::string> assemblyText = assembly(module, AssemblyText::Annotated);
  if (!assemblyText)
    return llvm::toString(assemblyText.takeError());
  observer.setAssembly(*assemblyText);
  return "";
}
