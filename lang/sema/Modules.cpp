// Files that import one another: which file an import means, in what order files are checked, what a qualified name means.
#include "lang/sema/Checker.h"

#include "lang/Parser.h"

#include <algorithm>
#include <fmt/format.h>

namespace ricci::lang {

static std::string joined(const std::vector<ast::Ident> &parts, const char *between) {
  std::string text;
  for (const ast::Ident &part : parts)
    text += (text.empty() ? "" : between) + part.text;
  return text;
}

static void joinExample(ast::Module &file, ast::Module example) {
  auto append = [](auto &all, auto &more) {
    all.insert(all.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
  };
  append(file.imports, example.imports);
  append(file.structs, example.structs);
  append(file.functions, example.functions);
  file.script = std::move(example.script);
}

ModuleInfo &Checker::loadModule(const SourceFile *file) {
  ModuleInfo &loaded = modules.emplace_back();
  loaded.file = file;
  if (file) {
    moduleOf[file->id()] = &loaded;
    loaded.tree = parseFile(*file, diagnostics);
  }
  if (options.example && modules.size() == 1)
    joinExample(loaded.tree, parseFile(*options.example, diagnostics));
  openModules.push_back(&loaded);
  for (const ast::Import &import : loaded.tree.imports)
    if (ModuleInfo *target = imported(loaded, import))
      nameImport(loaded, import, *target);
  openModules.pop_back();
  moduleOrder.push_back(&loaded);
  return loaded;
}

ModuleInfo *Checker::imported(const ModuleInfo &importing, const ast::Import &import) {
  std::string name = joined(import.path.parts, ".");
  std::variant<FileId, std::string> found = std::string("only files import");
  if (options.openModule)
    found = options.openModule(joined(import.path.parts, "/") + ".ricci", *importing.file);
  if (const auto *sought = std::get_if<std::string>(&found)) {
    error(Code::E0211, import.path.span, fmt::format("there is no module `{}`", name)).help(*sought);
    return nullptr;
  }
  auto known = moduleOf.find(std::get<FileId>(found));
  if (known == moduleOf.end()) {
    constexpr size_t deepest = 256;
    if (openModules.size() < deepest)
      return &loadModule(&sources.file(std::get<FileId>(found)));
    error(Code::E0212, import.path.span, fmt::format("imports are nested more than {} deep", deepest));
    return nullptr;
  }
  auto open = std::find(openModules.begin(), openModules.end(), known->second);
  if (open == openModules.end())
    return known->second;
  std::string path;
  for (; open != openModules.end(); ++open)
    path += fmt::format("`{}` imports ", (*open)->file->name());
  error(Code::E0212, import.span, fmt::format("a cycle of imports: {}`{}`", path, known->second->file->name()))
      .help("move what both need into a file that both import");
  return nullptr;
}

void Checker::nameImport(ModuleInfo &importing, const ast::Import &import, ModuleInfo &target) {
  const ast::Ident &name = import.alias ? *import.alias : import.path.parts.back();
  auto [place, fresh] = importing.imports.try_emplace(name.text, &target);
  if (!fresh && place->second != &target)
    error(Code::E0203, name.span, fmt::format("a second import is called `{}`", name.text))
        .help(fmt::format("name it: `import {} as …`", joined(import.path.parts, ".")));
  importing.imports[joined(import.path.parts, ".")] = &target;
}

// ---------------------------------------------------------------- names

ModuleInfo *Checker::moduleNamed(const std::vector<ast::Ident> &path) {
  auto found = module->imports.find(joined(path, "."));
  return found == module->imports.end() ? nullptr : found->second;
}

std::optional<Checker::Declared> Checker::declaredName(const ast::Expr &expr) {
  std::vector<ast::Ident> path;
  const ast::Expr *root = &expr;
  while (const auto *field = ast::dynAs<ast::FieldExpr>(root)) {
    path.insert(path.begin(), field->field);
    root = field->base.get();
  }
  const auto *name = ast::dynAs<ast::NameExpr>(root);
  if (!name)
    return std::nullopt;
  if (path.empty())
    return Declared{module, {name->name, name->span}};
  if (lookup(name->name))
    return std::nullopt;
  path.insert(path.begin(), {name->name, name->span});
  ast::Ident last = path.back();
  path.pop_back();
  ModuleInfo *target = moduleNamed(path);
  return target ? std::optional(Declared{target, last}) : std::nullopt;
}

FnInfo *Checker::findFunction(const Declared &name) {
  auto found = name.module->functions.find(name.name.text);
  return found != name.module->functions.end() && found->second.decl ? &found->second : nullptr;
}

StructInfo *Checker::findStruct(const Declared &name) {
  auto found = name.module->structs.find(name.name.text);
  return found == name.module->structs.end() ? nullptr : &found->second;
}

void Checker::reportNotInModule(const Declared &name) {
  std::vector<std::string> there;
  for (const auto &[other, info] : name.module->functions)
    there.push_back(other);
  for (const auto &[other, info] : name.module->structs)
    there.push_back(other);
  Diagnostic &unknown = error(Code::E0213, name.name.span,
                              fmt::format("`{}` has no function or struct `{}`", name.module->file->name(), name.name.text));
  if (std::optional<std::string> near = suggest(name.name.text, there))
    unknown.help("did you mean `" + *near + "`?");
}

} // namespace ricci::lang
