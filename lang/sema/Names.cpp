#include "lang/sema/Checker.h"

#include <algorithm>

namespace ricci::lang {

Binding *Checker::lookup(const std::string &name) {
  for (auto scope = scopes.rbegin(); scope != scopes.rend(); ++scope)
    if (auto found = scope->find(name); found != scope->end())
      return &found->second;
  return nullptr;
}

void Checker::declare(const ast::Ident &ident, Binding binding) {
  if (ident.text.empty())
    return;
  binding.span = ident.span;
  auto [place, fresh] = scopes.back().try_emplace(ident.text, binding);
  if (fresh)
    return;
  if (place->second.kind != Binding::Broken)
    error(Code::E0203, ident.span, "`" + ident.text + "` is already defined in this scope")
        .label(place->second.span, "first defined here")
        .help("values are immutable; choose another name, or declare it with `var` and assign to it");
  place->second = binding;
}

lang::Variable *Checker::declareVariable(const ast::Ident &ident, Type type, const Expr *value, bool assignable) {
  auto *variable = program->make(lang::Variable{ident.text, std::move(type), ident.span, std::nullopt});
  VariableInfo &info = infoOf(variable);
  info.assignable = assignable;
  info.scopeDepth = scopes.size();
  info.indexDepth = binders.size();
  info.loopDepth = loopDepth;
  info.birth = program->nodes.size() - 1;
  if (value) {
    info.varies = mentionsOpenIndex(*value);
    if (!assignable && value->kind == ExprKind::Aggregate)
      info.parts = static_cast<const AggregateExpr *>(value);
    if (!assignable && variable->type.isScalar(Scalar::I64)) {
      std::optional<Dim> known = dimOf(value);
      if (known && known->weight() <= Dim::maxWeight)
        info.known = known;
    }
  }
  if (variable->type.isScalar(Scalar::I64)) {
    const std::set<std::string> &names = currentFn ? currentFn->dimensionNames : module->dimensionNames;
    info.dimension = !assignable && names.count(ident.text);
  }
  Binding binding;
  binding.kind = variable->type.hasError() ? Binding::Broken : Binding::Variable;
  binding.variable = variable;
  declare(ident, binding);
  return variable;
}

std::vector<std::string> Checker::visibleNames() const {
  std::vector<std::string> names;
  if (manyErrors())
    return names;
  for (const auto &scope : scopes)
    for (const auto &[name, binding] : scope)
      names.push_back(name);
  return names;
}

void Checker::reportUnknownName(const std::string &name, Span span) {
  if (bool isStruct = module->structs.count(name); isStruct || isDeclaredHere(name)) {
    error(Code::E0202, span, "`" + name + "` is a " + (isStruct ? "struct" : "function") + ", not a value")
        .help("call it: `" + name + "(…)`");
    return;
  }
  if (module->imports.count(name)) {
    error(Code::E0202, span, "`" + name + "` is a module, not a value").help("its functions are called as `" + name + ".f(…)`");
    return;
  }
  Binding broken;
  broken.span = span;
  if (!scopes.empty())
    scopes.back().try_emplace(name, broken); // once is enough
  if (inSubscript) {
    error(Code::E0101, span, "index `" + name + "` is neither on the left nor bound by a reduction")
        .help("to sum over it write `sum[" + name + "](…)`; to keep it add `" + name + "` on the left");
    return;
  }
  if (evaluatingExpression) {
    error(Code::E0801, span, "`" + name + "` has no value").help("give it on the command line: `" + name + "=…`");
    return;
  }
  Diagnostic &unknown = error(Code::E0201, span, "unknown name `" + name + "`");
  std::vector<std::string> candidates = visibleNames();
  if (std::optional<std::string> near = suggest(name, candidates))
    unknown.help("did you mean `" + *near + "`?");
  else if (currentFn)
    unknown.help("a function sees its arguments, functions and structs, nothing else");
}

const Expr *Checker::checkName(const ast::NameExpr &name, const Type *expected) {
  bool borrowed = std::exchange(borrowingKey, false);
  Binding *binding = lookup(name.name);
  if (!binding) {
    reportUnknownName(name.name, name.span);
    return errorExpr(name.span);
  }
  switch (binding->kind) {
  case Binding::Broken:
    return errorExpr(name.span);
  case Binding::Index: {
    auto *node = make<IndexExpr>(ExprKind::Index, Type::array(Scalar::I64), name.span);
    node->index = binding->index->index;
    return node;
  }
  case Binding::Size: {
    Scalar element = expected && expected->isArray() && isFloating(expected->element) ? expected->element : Scalar::I64;
    return sizeExpr(binding->size, element, name.span);
  }
  case Binding::Type:
    error(Code::E0202, name.span, "`" + name.name + "` is a type, not a value");
    return errorExpr(name.span);
  case Binding::Function:
    error(Code::E0202, name.span, "`" + name.name + "` is a function, not a value").help("call it: `" + name.name + "(…)`");
    return errorExpr(name.span);
  case Binding::Variable:
    break;
  }
  const VariableInfo &info = infoOf(binding->variable);
  if (binding->variable->type.isArray() && binding->variable->type.element == Scalar::Key && !borrowed)
    useKey(binding->variable, "", false, name.span);
  if (info.dimension && expected && expected->isArray() && isFloating(expected->element)) {
    const Expr *value = read(binding->variable, name.span);
    return sizeExpr(*dimOf(value), expected->element, name.span);
  }
  if (info.known)
    return sizeExpr(*info.known, Scalar::I64, name.span);
  return read(binding->variable, name.span);
}

} // namespace ricci::lang
