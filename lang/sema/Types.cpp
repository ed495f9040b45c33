// Types as written to types, sizes included.
#include "lang/sema/Checker.h"

namespace ricci::lang {

static constexpr size_t kMostLeaves = 1024;

std::optional<Scalar> Checker::scalarNamed(const std::string &name) {
  if (const Binding *binding = lookup(name); binding && binding->kind == Binding::Type)
    return binding->type.isScalar() ? std::optional(binding->type.element) : std::nullopt;
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
    declare({name->name, name->span}, binding);
    sizesDeclared->symbols.push_back(symbol);
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
    error(Code::E0206, type.span, "a function's type stands only as the type of an argument").help("functions are given to functions; they are not kept in values");
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
  const Binding *bound = type.module.empty() ? lookup(type.name.text) : nullptr;
  std::optional<Type> element;
  if (StructInfo *info = bound && bound->kind == Binding::Type ? nullptr : findStruct(name))
    element = instantiate(*info, type);
  else if (bound && bound->kind == Binding::Type)
    element = bound->type;
  else if (!type.module.empty()) {
    reportNotInModule(name);
    return Type::error();
  }
  if (std::optional<Scalar> scalar = scalarNamed(type.name.text); !element && scalar)
    element = Type::array(*scalar);
  if (!element) {
    static const std::set<std::string> later = {"f16", "bf16", "c64", "c128"};
    if (later.count(type.name.text)) {
      unsupported(type.span, "type `" + type.name.text + "` is");
      return Type::error();
    }
    if (bound && bound->kind == Binding::Broken)
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
  if (element->isError())
    return *element;
  if (!type.args.empty() && element->kind != Type::Struct) {
    error(Code::E0206, type.span, "`" + type.name.text + "` takes no parameters in `<>`").help("a shape stands in `[]`");
    return Type::error();
  }
  std::vector<Dim> shape;
  for (const ast::ExprPtr &expr : type.dims) {
    if (sizesDeclared)
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
  return element->stacked(shape);
}

std::optional<Type> Checker::typeWritten(const ast::Expr &expr) {
  if (const auto *type = ast::dynAs<ast::TypeValueExpr>(&expr))
    return resolveType(*type->type);
  const auto *subscript = ast::dynAs<ast::SubscriptExpr>(&expr);
  const auto *name = ast::dynAs<ast::NameExpr>(subscript ? subscript->base.get() : &expr);
  if (!name)
    return std::nullopt;
  std::optional<Type> type;
  if (const Binding *binding = lookup(name->name); binding && binding->kind == Binding::Type)
    type = binding->type;
  else if (std::optional<Scalar> scalar = scalarNamed(name->name))
    type = Type::array(*scalar);
  if (!type || !subscript)
    return type;
  std::vector<Dim> shape;
  for (const ast::Subscript &axis : subscript->subscripts) {
    std::optional<Dim> dim;
    if (axis.kind == ast::Subscript::Kind::Value)
      dim = checkDim(*axis.values.front());
    else
      error(Code::E0407, axis.span, "a shape is made of sizes");
    if (!dim)
      return Type::error();
    shape.push_back(*dim);
  }
  return type->stacked(shape);
}

Type Checker::instantiate(StructInfo &info, const ast::NamedType &type) {
  resolveStruct(info);
  if (info.state == StructInfo::Open || info.type.isError())
    return Type::error();
  const std::vector<ast::TypeParam> &parameters = info.decl->typeParams;
  if (type.args.size() != parameters.size()) {
    std::string wanted;
    for (const ast::TypeParam &parameter : parameters)
      wanted += (wanted.empty() ? "" : ",") + parameter.name.text;
    error(Code::E0206, type.span, "struct `" + type.name.text + "` has " + std::to_string(parameters.size()) + " parameter" +
                                      (parameters.size() == 1 ? ", " : "s, ") + std::to_string(type.args.size()) + " given")
        .help(wanted.empty() ? "write `" + type.name.text + "`" : "write `" + type.name.text + "<" + wanted + ">`");
    return Type::error();
  }
  std::map<unsigned, Dim> values;
  Scope types;
  auto size = info.sizes.begin();
  for (size_t i = 0; i < parameters.size(); ++i) {
    const ast::TypeArg &argument = type.args[i];
    Span span = argument.type ? argument.type->span : argument.expr->span;
    if (!info.typeParameters.count(parameters[i].name.text)) {
      if (!argument.expr) {
        error(Code::E0206, span, "parameter `" + parameters[i].name.text + "` of `" + type.name.text + "` is a size, this is a type");
        return Type::error();
      }
      if (sizesDeclared)
        declareSizeNames(*argument.expr);
      std::optional<Dim> dim = checkDim(*argument.expr);
      if (!dim)
        return Type::error();
      values[(*size++)->id] = *dim;
      continue;
    }
    Type given = Type::error();
    if (argument.type) {
      given = resolveType(*argument.type);
    } else if (const auto *name = ast::dynAs<ast::NameExpr>(argument.expr.get())) {
      ast::NamedType named;
      named.span = span;
      named.name = {name->name, span};
      given = resolveNamed(named);
    } else {
      error(Code::E0206, span, "parameter `" + parameters[i].name.text + "` of `" + type.name.text + "` is a type, this is a size");
    }
    if (given.isError() || !fitsBound(parameters[i], given, span))
      return Type::error();
    bindType(types, parameters[i].name, std::move(given));
  }
  const Type &generic = info.typeParameters.empty() ? info.type : structType(info, types);
  return generic.mapDims([&](const Dim &dim) {
    return dim.substitute([&](const Symbol &symbol) -> std::optional<Dim> {
      auto found = values.find(symbol->id);
      return found == values.end() ? std::nullopt : std::optional<Dim>(found->second);
    });
  });
}

Type Checker::structType(StructInfo &info, const Scope &types) {
  std::vector<Scope> visible{types};
  Frame frame(*this, visible, info.module, nullptr);
  Type type;
  type.kind = Type::Struct;
  type.name = info.decl->name.text;
  type.declaration = info.decl;
  auto size = info.sizes.begin();
  for (const ast::TypeParam &parameter : info.decl->typeParams) {
    type.order.push_back(info.typeParameters.count(parameter.name.text) > 0);
    if (type.order.back()) {
      type.types.push_back(types.at(parameter.name.text).type);
      continue;
    }
    Binding binding;
    binding.kind = Binding::Size;
    binding.size = Dim(*size++);
    type.sizes.push_back(binding.size);
    declare(parameter.name, binding);
  }
  for (const ast::TypedName &field : info.decl->fields) {
    type.names.push_back(field.name.text);
    type.fields.push_back(resolveType(*field.type));
  }
  return type.hasError() ? Type::error() : type;
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
  const ast::StructDecl &decl = *info.decl;
  std::set<std::string> names;
  std::vector<const ast::TypeExpr *> uses;
  for (const ast::TypedName &field : decl.fields) {
    if (!names.insert(field.name.text).second)
      error(Code::E0207, field.name.span, "a second field `" + field.name.text + "`");
    uses.push_back(field.type.get());
  }
  info.typeParameters = typeParameters(decl.typeParams, uses);
  Scope standIns;
  for (const ast::TypeParam &parameter : decl.typeParams)
    if (auto found = info.typeParameters.find(parameter.name.text); found != info.typeParameters.end())
      bindType(standIns, parameter.name, standIn(parameter, found->second, 0));
    else
      info.sizes.push_back(makeSymbol(SymbolInfo::Size, parameter.name.text));
  Type type = structType(info, standIns);
  bool broken = info.type.isError();
  info.state = StructInfo::Done;
  if (type.leafCount() > kMostLeaves) {
    error(Code::E0901, decl.name.span, "a struct of more than " + std::to_string(kMostLeaves) + " arrays");
    broken = true;
  }
  if (decl.fields.empty()) {
    error(Code::E0207, decl.name.span, "struct `" + decl.name.text + "` has no fields");
    broken = true;
  }
  info.type = broken ? Type::error() : type;
}

} // namespace ricci::lang
