// Attributes of functions: derivative rules that a function brings itself (`@vjp(f)`, `@jvp(f)`), and tests.
//
//   @vjp(f) fn rule(arguments of f, y, dy) -> cotangents of the floating arguments        y = f(arguments)
//   @jvp(f) fn rule(arguments of f, y, tangents of the floating arguments) -> dy
#include "lang/sema/Checker.h"

#include <fmt/format.h>

namespace ricci::lang {

static bool takesFunctions(const ast::FnDecl &decl) {
  for (const ast::TypedName &parameter : decl.params)
    if (parameter.type->kind == ast::TypeKind::Function)
      return true;
  return false;
}

static bool reaches(const FnInfo &from, const FnInfo &target, std::set<const FnInfo *> &seen) {
  if (&from == &target)
    return true;
  for (const FnInfo *callee : from.callees)
    if (seen.insert(callee).second && reaches(*callee, target, seen))
      return true;
  return false;
}

void Checker::readAttributes(FnInfo &info) {
  for (const ast::Attribute &attribute : info.decl->attributes) {
    const std::string &name = attribute.name.text;
    if (name == "vjp" || name == "jvp") {
      linkRule(info, attribute, name == "vjp");
    } else if (name == "test") {
      readTest(info, attribute);
    } else {
      error(Code::E0206, attribute.span, "unknown attribute `@" + name + "`").help("there are `@test`, `@vjp(f)` and `@jvp(f)`");
    }
  }
}

void Checker::readTest(FnInfo &info, const ast::Attribute &attribute) {
  info.test = true;
  for (const ast::Arg &argument : attribute.args) {
    const auto *text = ast::dynAs<ast::StringExpr>(argument.value.get());
    if (argument.name && argument.name->text == "fails" && text)
      info.failsWith = text->value;
    else
      error(Code::E0210, argument.value->span, "a test takes `fails = \"…\"`: the code of the run-time error that is expected, or a part of its text");
  }
  if (takesFunctions(*info.decl) || info.generic)
    error(Code::E0608, attribute.span, "a test is called with random arguments, so their types are written out");
}

void Checker::linkRule(FnInfo &rule, const ast::Attribute &attribute, bool reverse) {
  const ast::Expr *named = attribute.args.size() == 1 && !attribute.args.front().name ? attribute.args.front().value.get() : nullptr;
  const auto *name = ast::dynAs<ast::NameExpr>(named);
  FnInfo *target = name ? findFunction({module, {name->name, name->span}}) : nullptr;
  auto refuse = [&](Span span, const std::string &message, const std::string &help = "") { error(Code::E0608, span, message).help(help); };
  if (!target)
    return refuse(named ? named->span : attribute.span, fmt::format("`@{}(…)` names a function of this file", attribute.name.text));
  FnInfo *&slot = reverse ? target->vjp : target->jvp;
  if (slot)
    return refuse(attribute.span, fmt::format("a second `@{}` rule for `{}`", attribute.name.text, name->name));
  if (takesFunctions(*target->decl))
    return refuse(attribute.span, fmt::format("`{}` takes functions, and what they captured would have no derivative", name->name));
  if (target->generic != rule.generic)
    return refuse(attribute.span, fmt::format("`{}` is {}generic, and so must its rule be", name->name, target->generic ? "" : "not "));
  std::set<const FnInfo *> seen;
  if (reaches(rule, *target, seen))
    return refuse(attribute.span, fmt::format("the rule calls `{}` itself, so its own derivative would have no end", name->name),
                  "the value is given to the rule: the argument after those of the function");
  slot = &rule;
  target->fn->ruled = true;
}

// The rule's call on the function's arguments, its value, and the cotangents or tangents.
void Checker::attachRule(FnInfo &info, CheckedFn &fn, bool reverse) {
  FnInfo *rule = reverse ? info.vjp : info.jvp;
  if (!rule || fn.result.hasError() || fn.body->type.hasError())
    return;
  Span span = rule->decl->name.span;
  std::vector<const lang::Variable *> arguments = fn.parameters;
  std::vector<Type> floating;
  for (const lang::Variable *parameter : fn.parameters) {
    bool some = !parameter->type.allLeaves([](const Type &leaf) { return !leaf.isArray() || !isFloating(leaf.element); });
    if (some && !parameter->type.isFloating()) {
      error(Code::E0608, span, fmt::format("argument `{}` of `{}` holds numbers with and without a derivative, so a rule cannot stand for it",
                                           parameter->name, fn.name));
      return;
    }
    if (some)
      floating.push_back(parameter->type);
  }
  if (floating.empty() || !fn.result.isFloating()) {
    error(Code::E0608, span, fmt::format("`{}` has no derivative: a rule is for functions from floating numbers to floating numbers", fn.name));
    return;
  }
  Type combined = floating.size() == 1 ? floating.front() : Type::tuple(floating);
  arguments.push_back(hidden(fn.result, span));
  if (reverse)
    arguments.push_back(hidden(fn.result, span));
  for (const Type &type : reverse ? std::vector<Type>() : floating)
    arguments.push_back(hidden(type, span));

  std::vector<Scope> visible(1);
  Frame frame(*this, visible, rule->module, nullptr);
  ast::CallExpr call;
  call.span = span;
  auto callee = std::make_unique<ast::NameExpr>();
  callee->name = rule->decl->name.text;
  callee->span = span;
  call.callee = std::move(callee);
  for (const lang::Variable *argument : arguments) {
    auto name = std::make_unique<ast::NameExpr>();
    name->name = std::to_string(call.args.size());
    name->span = span;
    Binding &binding = scopes.back()[name->name];
    binding.kind = Binding::Variable;
    binding.span = argument->span;
    binding.variable = const_cast<lang::Variable *>(argument);
    call.args.push_back({std::nullopt, std::move(name)});
  }
  Hoist here(*this);
  keyUses.clear();
  const Expr *value = checkUserCall(*rule, call);
  if (value->type.hasError())
    return;
  value = here.wrap(conform(value, reverse ? combined : fn.result, "the value of the rule"));
  if (!value->type.hasError())
    (reverse ? fn.vjp : fn.jvp) = CheckedFn::Rule{rule->decl->name.text, std::move(arguments), value};
}

} // namespace ricci::lang
