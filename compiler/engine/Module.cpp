#include "compiler/engine/Module.h"

#include "compiler/engine/SourceFiles.h"
#include "lang/sema/DerivedFunctions.h"

#include <algorithm>
#include <fmt/format.h>

namespace ricci::engine {

namespace {

constexpr std::pair<Entry::Form, std::string_view> formNames[] = {
    // value_grad before grad: names are looked through for the first that fits.
    {Entry::ValueGrad, "value_grad"},
    {Entry::Grad, "grad"},
    {Entry::Jvp, "jvp"},
    {Entry::Vjp, "vjp"},
    {Entry::Hvp, "hvp"},
};

lang::DiffForm diffForm(Entry::Form form) {
  switch (form) {
  case Entry::Grad:
    return lang::DiffForm::Grad;
  case Entry::ValueGrad:
    return lang::DiffForm::ValueGrad;
  case Entry::Jvp:
    return lang::DiffForm::Jvp;
  case Entry::Vjp:
    return lang::DiffForm::Vjp;
  default:
    return lang::DiffForm::Hvp;
  }
}

// Of a text whose length cannot be mistaken.
void append(std::string &identity, std::string_view text) { identity += fmt::format("{}:{}\n", text.size(), text); }

void append(std::string &identity, const std::string &name, const lang::InputHeader &header) {
  append(identity, name);
  identity += fmt::format("{} {} {} {}", static_cast<int>(header.element), header.literal, header.table,
                          header.integer ? std::to_string(*header.integer) : "-");
  for (int64_t size : header.shape)
    identity += fmt::format(" {}", size);
  identity += '\n';
}

std::string_view rootOf(std::string_view name) { return name.substr(0, name.find('.')); }

} // namespace

std::string Entry::name() const {
  std::string result = function;
  for (const auto &[candidate, suffix] : formNames)
    if (candidate == form)
      result += fmt::format("_{}", suffix);
  for (const std::string &variable : variables) {
    result += '_';
    for (char c : variable)
      result += c == '.' ? '_' : c;
  }
  return result;
}

Result<std::shared_ptr<const Module>> Module::load(ModuleRequest request, Options options) {
  std::shared_ptr<Module> module(new Module);
  module->options = options;
  SourceFiles files(module->files, options.libraries, request.texts, request.onFile);
  const lang::SourceFile *file = nullptr;
  if (request.text)
    file = &module->files.file(module->files.add(request.name, *request.text));
  else if (!request.name.empty()) {
    Result<lang::FileId> id = files.open(request.name);
    if (!id)
      return std::move(id.error());
    file = &module->files.file(*id);
  }
  if (request.example)
    module->exampleFile = &module->files.file(module->files.add(request.name, *request.example));

  lang::CheckOptions check;
  if (request.loadHeader)
    check.loadHeader = [&](const std::string &path, const std::string &key) {
      std::optional<lang::InputHeader> header = request.loadHeader(path, key);
      if (header)
        module->headers.push_back({path, key, *header});
      return header;
    };
  check.openModule = [&](const std::string &path, const lang::SourceFile &importing) {
    return files.openModule(path, importing);
  };
  check.given = request.given;
  check.expression = request.expression;
  check.example = module->exampleFile;
  lang::DiagnosticEngine diagnostics;
  module->checked = lang::check(module->files, file, check, diagnostics);
  if (diagnostics.hasErrors()) {
    Error wrong = error(module->files, diagnostics, options.colour);
    if (files.unreadable())
      wrong.text = files.unreadable()->text + wrong.text;
    return wrong;
  }
  if (!module->checked)
    return error(Status::Fault, "the program was refused without a reason");
  diagnostics.sort();
  module->warningText = lang::render(module->files, diagnostics, {.colour = options.colour});
  for (lang::Input &input : module->checked->inputs)
    if (input.kind != lang::Input::Load &&
        std::ranges::any_of(request.given, [&](const auto &given) { return rootOf(given.first) == input.name; }))
      input.initial = nullptr;

  for (lang::FileId id = 0; id < module->files.fileCount(); ++id) {
    append(module->allText, module->files.file(id).name());
    append(module->allText, module->files.file(id).text());
  }
  for (const LoadedHeader &loaded : module->headers)
    append(module->allText, loaded.path + ":" + loaded.key, loaded.header);
  for (const auto &[name, header] : request.given)
    append(module->allText, name, header);
  // What it captured may be gone.
  request.loadHeader = {};
  request.onFile = {};
  module->asked = std::move(request);
  return std::shared_ptr<const Module>(std::move(module));
}

ModuleRequest Module::request() const {
  ModuleRequest result = asked;
  for (lang::FileId id = 0; id < files.fileCount(); ++id)
    if (&files.file(id) != exampleFile)
      result.texts.emplace(files.file(id).name(), files.file(id).text());
  return result;
}

std::vector<std::string> Module::functionNames() const {
  std::vector<std::string> names;
  for (const lang::CheckedFn *function : checked->functions)
    names.push_back(function->name);
  return names;
}

static const lang::CheckedFn *functionNamed(const lang::CheckedProgram &program, const std::string &name) {
  auto found = std::ranges::find(program.functions, name, &lang::CheckedFn::name);
  return found == program.functions.end() ? nullptr : *found;
}

namespace {

// The parameters and fields in `text`, joined by `_`, each name being one of the function's.
bool splitVariables(const lang::CheckedFn &function, std::string_view text, std::vector<std::string> &variables) {
  if (text.empty())
    return !variables.empty();
  std::vector<Leaf> leaves;
  std::vector<std::string> names;
  for (const lang::Variable *parameter : function.parameters) {
    names.push_back(parameter->name);
    addLeaves(parameter->type, parameter->name, leaves);
  }
  for (const Leaf &leaf : leaves)
    names.push_back(leaf.name);
  for (const std::string &name : names) {
    std::string spelled = name;
    std::ranges::replace(spelled, '.', '_');
    if (!text.starts_with(spelled) || (text.size() > spelled.size() && text[spelled.size()] != '_'))
      continue;
    variables.push_back(name);
    if (splitVariables(function, text.substr(std::min(text.size(), spelled.size() + 1)), variables))
      return true;
    variables.pop_back();
  }
  return false;
}

} // namespace

Result<Entry> Module::find(const std::string &name) const {
  if (functionNamed(*checked, name))
    return Entry{name, Entry::Value, {}};
  for (const lang::CheckedFn *function : checked->functions)
    for (const auto &[form, suffix] : formNames) {
      std::string start = fmt::format("{}_{}_", function->name, suffix);
      Entry entry{function->name, form, {}};
      if (name.starts_with(start) &&
          splitVariables(*function, std::string_view(name).substr(start.size()), entry.variables))
        return entry;
    }
  std::optional<std::string> meant = lang::nearest(name, functionNames());
  return error(Status::InvalidArgument,
               fmt::format("there is no function `{}`{}", name, meant ? fmt::format("; is `{}` meant?", *meant) : ""));
}

Result<const lang::CheckedFn *> Module::resolve(const Entry &entry, lang::CheckedProgram &owner) const {
  if (entry.function.empty())
    return static_cast<const lang::CheckedFn *>(nullptr);
  const lang::CheckedFn *function = functionNamed(*checked, entry.function);
  if (!function) {
    Result<Entry> none = find(entry.function);
    return none ? error(Status::InvalidArgument, fmt::format("`{}` is a derivative already", entry.function))
                : none.error();
  }
  if (entry.form == Entry::Value)
    return function;
  if (entry.variables.empty())
    return error(Status::InvalidArgument, fmt::format("a derivative of `{}` with respect to nothing", entry.function));
  lang::DiagnosticEngine diagnostics;
  function =
      lang::derivative(owner, *function, diffForm(entry.form), entry.variables, entry.name(), diagnostics, files);
  if (!function) {
    Error wrong = error(files, diagnostics, options.colour);
    wrong.status = Status::InvalidArgument; // the program is right; what is asked of it is not
    return wrong;
  }
  return function;
}

Signature Module::signature(const Entry &entry, const lang::CheckedFn *function) const {
  Signature result{entry.name(), {}, {}};
  if (!function) {
    for (const lang::Input &input : checked->inputs)
      if (!input.initial)
        addLeaves(input.variable->type, input.kind == lang::Input::Load ? input.path : input.name, result.parameters);
    if (checked->result)
      addLeaves(checked->result->type, "", result.results);
    return result;
  }
  for (const lang::Variable *parameter : function->parameters)
    addLeaves(parameter->type, parameter->name, result.parameters);
  addLeaves(function->result, "", result.results);
  return result;
}

} // namespace ricci::engine
