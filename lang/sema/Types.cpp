// Types as written to types, sizes included.
#include "lang/sema/Checker.h"

namespace ricci::lang {

static constexpr size_t kMostLeaves = 1024;

std::optional<Scalar> Checker::scalarNamed(const std::string &name) const {
  for (Scalar s : {Scalar::Bool, Scalar::I32, Scalar::I64, Scalar::F32, Scalar::F64, Scalar::Key})
    if (scalarName(s) == name)
      return s;
  return std::nullopt;
}

void Checker::declareSizeNames(const ast::Expr &expr) {
  if (const auto *name = ast::dynAs<ast::NameExpr>(&expr)) {
    if (lookup(name->name))
      return;
    Binding binding;
    binding.kind = Binding::Size;
    Symbol symbol = makeSymbol(SymbolInfo::Size, name->name);
    binding.size = Dim(symbol);
    sizeSpans[symbol->id] = name->span;
    declaredSizes.push_back(name->name);
    declare({name->name, name->span}, binding);
    if (currentFn && currentFn->fn)
      currentFn->fn->sizes.push_back(symbol);
  } else if (const auto *binary = ast::dynAs<ast::BinaryExpr>(&expr)) {
    declareSizeNames(*binary->lhs);
    declareSizeNames(*binary->rhs);
  } else if (const auto *unary = ast::dynAs<ast::UnaryExpr>(&expr)) {
    declareSizeNames(*unary->operand);
  }
}

Type Checker::resolveType(const ast::TypeExpr &type) {
  if (const auto *tuple = ast::dynAs<ast::TupleType>(&type)) {
    std::vector<Type> fields;
    for (const ast::TypePtr &element : tuple->elems)
      fields.push_back(resolveType(*element));
    Type result = Type::tuple(std::move(fields));
    if (result.fields.empty())
      return Type{};
    if (result.leafCount() > kMostLeaves) {
      error(Code::E0901, type.span, "a type of more than " + std::to_string(kMostLeaves) + " arrays");
      return Type::error();
    }
    return result.hasError() ? Type::error() : result;
  }
  if (type.kind == ast::TypeKind::Function) {
    unsupported(type.span, "function types are");
    return Type::error();
  }
  return resolveNamed(ast::as<ast::NamedType>(type));
}

Type Checker::resolveNamed(const ast::NamedType &type) {
  Declared name{type.module.empty() ? module : moduleNamed(type.module), type.name};
  if (!name.module) {
    error(Code::E0206, type.module.front().span, "`" + std::string(sources.text(cover(type.module.front().span, type.module.back().span))) +
                                                     "` is no module that is imported here");
    return Type::error();
  }
  if (StructInfo *info = findStruct(name)) {
    if (!type.dims.empty()) {
      unsupported(type.span, "arrays of structs are");
      return Type::error();
    }
    return instantiate(*info, type);
  }
  if (!type.module.empty()) {
    reportNotInModule(name);
    return Type::error();
  }
  std::optional<Scalar> element = scalarNamed(type.name.text);
  if (!element) {
    static const std::set<std::string> later = {"f16", "bf16", "c64", "c128"};
    if (later.count(type.name.text)) {
      unsupported(type.span, "type `" + type.name.text + "` is");
      return Type::error();
    }
    if (const Binding *binding = lookup(type.name.text); binding && binding->kind == Binding::Broken)
      return Type::error();
    std::vector<std::string> names;
    for (const auto &[name, info] : module->structs)
      names.push_back(name);
    for (const char *scalar : {"bool", "i32", "i64", "f32", "f64", "key"})
      names.push_back(scalar);
    Diagnostic &unknown = error(Code::E0206, type.name.span, "unknown type `" + type.name.text + "`");
    if (std::optional<std::string> near = suggest(type.name.text, names))
      unknown.help("did you mean `" + *near + "`?");
    return Type::error();
  }
  if (!type.args.empty()) {
    error(Code::E0206, type.span, "`" + type.name.text + "` takes no parameters in `<>`").help("a shape stands in `[]`");
    return Type::error();
  }
  std::vector<Dim> shape;
  for (const ast::ExprPtr &expr : type.dims) {
    if (declaringSizes)
      declareSizeNames(*expr);
    std::optional<Dim> dim = checkDim(*expr);
    if (!dim)
      return Type::error();
    if (std::optional<int64_t> constant = dim->constant(); constant && *constant < 0) {
      error(Code::E0405, expr->span, "a size of " + std::to_string(*constant) + ": sizes are not negative");
      return Type::error();
    }
    shape.push_back(*dim);
  }
  return Type::array(*element, std::move(shape));
}

Type Checker::instantiate(StructInfo &info, const ast::NamedType &type) {
  resolveStruct(info);
  if (info.state == StructInfo::Open || info.type.isError())
    return Type::error();
  if (type.args.size() != info.sizes.size()) {
    std::string wanted;
    for (const Symbol &size : info.sizes)
      wanted += (wanted.empty() ? "" : ",") + size->name;
    error(Code::E0206, type.span, "struct `" + type.name.text + "` has " + std::to_string(info.sizes.size()) +
                                      " size parameters, " + std::to_string(type.args.size()) + " given")
        .help(wanted.empty() ? "write `" + type.name.text + "`" : "write `" + type.name.text + "<" + wanted + ">`");
    return Type::error();
  }
  std::map<unsigned, Dim> values;
  for (size_t i = 0; i < type.args.size(); ++i) {
    if (!type.args[i].expr) {
      unsupported(type.span, "type parameters of structs are");
      return Type::error();
    }
    if (declaringSizes)
      declareSizeNames(*type.args[i].expr);
    std::optional<Dim> dim = checkDim(*type.args[i].expr);
    if (!dim)
      return Type::error();
    values[info.sizes[i]->id] = *dim;
  }
  return info.type.mapDims([&](const Dim &dim) {
    return dim.substitute([&](const Symbol &symbol) -> std::optional<Dim> {
      auto found = values.find(symbol->id);
      return found == values.end() ? std::nullopt : std::optional<Dim>(found->second);
    });
  });
}

void Checker::resolveStruct(StructInfo &info) {
  if (info.state == StructInfo::Done)
    return;
  if (info.state == StructInfo::Open) {
    if (!info.type.isError())
      error(Code::E0209, info.decl->name.span, "struct `" + info.decl->name.text + "` contains itself");
    info.type = Type::error();
    return;
  }
  info.state = StructInfo::Open;
  std::vector<std::map<std::string, Binding>> outerScopes;
  std::swap(scopes, outerScopes);
  bool outerDeclaring = std::exchange(declaringSizes, false);
  pushScope();
  Type type;
  type.kind = Type::Struct;
  type.name = info.decl->name.text;
  type.declaration = info.decl;
  for (const ast::TypeParam &parameter : info.decl->typeParams) {
    if (parameter.bound)
      unsupported(parameter.bound->span, "type parameters of structs are");
    Symbol symbol = makeSymbol(SymbolInfo::Size, parameter.name.text);
    info.sizes.push_back(symbol);
    type.sizes.push_back(Dim(symbol));
    Binding binding;
    binding.kind = Binding::Size;
    binding.size = Dim(symbol);
    declare(parameter.name, binding);
  }
  for (const ast::TypedName &field : info.decl->fields) {
    for (const std::string &name : type.names)
      if (name == field.name.text)
        error(Code::E0207, field.name.span, "a second field `" + name + "`");
    type.names.push_back(field.name.text);
    type.fields.push_back(resolveType(*field.type));
  }
  std::swap(scopes, outerScopes);
  declaringSizes = outerDeclaring;
  bool broken = info.type.isError();
  info.state = StructInfo::Done;
  if (type.leafCount() > kMostLeaves) {
    error(Code::E0901, info.decl->name.span, "a struct of more than " + std::to_string(kMostLeaves) + " arrays");
    broken = true;
  }
  if (type.fields.empty()) {
    error(Code::E0207, info.decl->name.span, "struct `" + type.name + "` has no fields");
    broken = true;
  }
  info.type = broken || type.hasError() ? Type::error() : type;
}

} // namespace ricci::lang
