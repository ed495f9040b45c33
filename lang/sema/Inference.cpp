// Type parameters: which they are, and what they are where a function is called or a struct built.
#include "lang/sema/Checker.h"
#include "lang/sema/Walk.h"

#include <fmt/format.h>

namespace ricci::lang {

// ---------------------------------------------------------------- which parameters are types

// A parameter is a type if it has a bound, stands as a type, or is given where a struct takes a type; otherwise a size.
TypeParameters Checker::typeParameters(const std::vector<ast::TypeParam> &parameters, const std::vector<const ast::TypeExpr *> &uses) {
  TypeParameters types;
  std::set<std::string> names;
  for (const ast::TypeParam &parameter : parameters)
    if (!parameter.bound)
      names.insert(parameter.name.text);
    else
      types[parameter.name.text] = parameter.bound->text == "float" ? ParameterKind::Float
                                   : parameter.bound->text == "int" ? ParameterKind::Int
                                                                    : ParameterKind::Num;
  TreeVisitor visitor;
  visitor.onType = [&](const ast::TypeExpr &type) {
    const auto *named = ast::dynAs<ast::NamedType>(&type);
    if (!named)
      return;
    if (named->module.empty() && names.count(named->name.text))
      types[named->name.text] = ParameterKind::Any;
    ModuleInfo *from = named->module.empty() ? module : moduleNamed(named->module);
    StructInfo *info = from ? findStruct({from, named->name}) : nullptr;
    if (!info || !info->decl)
      return;
    resolveStruct(*info);
    for (size_t i = 0; i < named->args.size() && i < info->decl->typeParams.size(); ++i) {
      const auto *name = ast::dynAs<ast::NameExpr>(named->args[i].expr.get());
      if (name && names.count(name->name) && info->typeParameters.count(info->decl->typeParams[i].name.text))
        types[name->name] = ParameterKind::Any;
    }
  };
  for (const ast::TypeExpr *use : uses)
    walk(*use, visitor);
  return types;
}

void Checker::bindType(Scope &scope, const ast::Ident &name, Type type) {
  Binding &binding = scope[name.text];
  binding.kind = Binding::Type;
  binding.span = name.span;
  binding.type = std::move(type);
}

// ---------------------------------------------------------------- finding types

// Matches a written type with a type that is there; binds type parameters. False where they differ in kind.
bool Checker::infer(const ast::TypeExpr &written, const Type &actual, const TypeParameters &parameters, Scope &types) {
  if (const auto *tuple = ast::dynAs<ast::TupleType>(&written)) {
    bool fits = actual.kind == Type::Tuple && actual.fields.size() == tuple->elems.size();
    for (size_t i = 0; fits && i < tuple->elems.size(); ++i)
      fits = infer(*tuple->elems[i], actual.fields[i], parameters, types);
    return fits;
  }
  const auto *named = ast::dynAs<ast::NamedType>(&written);
  if (!named)
    return false;
  if (auto found = parameters.find(named->name.text); named->module.empty() && found != parameters.end()) {
    bool element = found->second != ParameterKind::Any;
    if (actual.kind == Type::Unit || actual.kind == Type::String || (actual.kind == Type::Tuple && !named->dims.empty()))
      return false;
    if (actual.shape.size() < named->dims.size() || (element && (!actual.isArray() || actual.shape.size() != named->dims.size())))
      return false;
    if (!types.count(named->name.text))
      bindType(types, named->name, actual.part(named->dims.size()));
    return true;
  }
  if (named->args.size() != actual.order.size())
    return false;
  for (size_t i = 0, next = 0; i < named->args.size(); ++i) {
    if (!actual.order[i])
      continue;
    const Type &argument = actual.types[next++];
    const auto *name = ast::dynAs<ast::NameExpr>(named->args[i].expr.get());
    if (named->args[i].type && !infer(*named->args[i].type, argument, parameters, types))
      return false;
    if (name && parameters.count(name->name) && !types.count(name->name))
      bindType(types, {name->name, name->span}, argument);
  }
  return true;
}

// Whether every type parameter in it is known.
bool Checker::isReady(const ast::TypeExpr &written, const TypeParameters &parameters, const Scope &types) {
  bool ready = true;
  TreeVisitor visitor;
  auto needs = [&](const std::string &name) { ready &= !parameters.count(name) || types.count(name); };
  visitor.onName = [&](const std::string &name, Span) { needs(name); };
  visitor.onType = [&](const ast::TypeExpr &type) {
    if (const auto *named = ast::dynAs<ast::NamedType>(&type); named && named->module.empty())
      needs(named->name.text);
  };
  walk(written, visitor);
  return ready;
}

bool Checker::fitsBound(const ast::TypeParam &parameter, const Type &type, Span span) {
  const char *wanted = nullptr;
  if (parameter.bound) {
    const std::string &bound = parameter.bound->text;
    bool number = type.isScalar() && isNumber(type.element);
    if (bound == "float" && !(number && isFloating(type.element)))
      wanted = "a floating type";
    else if (bound == "int" && !(number && isInteger(type.element)))
      wanted = "an integer type";
    else if (bound == "num" && !number)
      wanted = "a type of numbers";
    else if (bound != "float" && bound != "int" && bound != "num")
      return true; // spoken about at the declaration
  }
  if (!wanted)
    return true;
  error(Code::E0305, span, fmt::format("`{}` is {}, here it would be `{}`", parameter.name.text, wanted, type.text()));
  return false;
}

std::optional<Type> Checker::typeOfStructCall(StructInfo &info, const ast::CallExpr &call, const std::vector<const ast::Expr *> &written,
                                              std::vector<const Expr *> &fields) {
  const ast::StructDecl &decl = *info.decl;
  Scope types;
  for (bool last : {false, true})
    for (size_t i = 0; i < written.size(); ++i) {
      const ast::TypeExpr &formal = *decl.fields[i].type;
      if (isReady(formal, info.typeParameters, types) || (!last && adaptability(*written[i]) != Adaptable::No))
        continue;
      fields[i] = check(*written[i]);
      if (fields[i]->type.hasError())
        return std::nullopt;
      if (infer(formal, fields[i]->type, info.typeParameters, types))
        continue;
      error(Code::E0301, fields[i]->span, fmt::format("field `{}` is `{}`, given is `{}`", decl.fields[i].name.text, source(formal.span),
                                                      fields[i]->type.text()));
      return std::nullopt;
    }
  for (const ast::TypeParam &parameter : decl.typeParams)
    if (info.typeParameters.count(parameter.name.text)) {
      auto found = types.find(parameter.name.text);
      if (found == types.end()) {
        error(Code::E0403, call.span, fmt::format("nothing tells type `{}` of `{}`", parameter.name.text, decl.name.text));
        return std::nullopt;
      }
      if (!fitsBound(parameter, found->second.type, call.span))
        return std::nullopt;
    }
  Type type = structType(info, types);
  return type.hasError() ? std::nullopt : std::optional(type);
}

Type Checker::standIn(const ast::TypeParam &parameter, ParameterKind kind, int attempt) {
  if (kind == ParameterKind::Int)
    return Type::array(Scalar::I64);
  if (kind != ParameterKind::Any || attempt == 2)
    return Type::array(Scalar::F64);
  if (attempt == 1)
    return Type::array(Scalar::F64, {Dim(makeSymbol(SymbolInfo::Size, parameter.name.text))});
  Type type;
  type.kind = Type::Struct;
  type.name = parameter.name.text;
  type.declaration = &parameter;
  type.fields = {Type::array(Scalar::F64)};
  type.names = {""};
  return type;
}

} // namespace ricci::lang
