// Functions as values: lambdas, names of functions and builtins, and calls of them. They exist only while the program is checked:
// a call is replaced by the function's body, so nothing of them reaches the checked program.
#include "lang/sema/Builtins.h"
#include "lang/sema/Checker.h"
#include "lang/sema/Walk.h"

#include <fmt/format.h>

namespace ricci::lang {

Checker::Frame::Frame(Checker &checker, std::vector<Scope> &visible, ModuleInfo *module, FnInfo *fn)
    : checker(checker), visible(visible), outer{checker.module,    checker.currentFn,    checker.hoist,      checker.sizesDeclared,
                                                checker.diffDepth, checker.diffScope,    checker.inSubscript, checker.borrowingKey,
                                                checker.evaluatingExpression} {
  std::swap(checker.scopes, visible);
  checker.module = module;
  checker.currentFn = fn;
  checker.hoist = nullptr;
  checker.sizesDeclared = nullptr;
  checker.diffDepth = checker.diffScope = 0;
  checker.inSubscript = checker.borrowingKey = checker.evaluatingExpression = false;
}

Checker::Frame::~Frame() {
  std::swap(checker.scopes, visible);
  std::tie(checker.module, checker.currentFn, checker.hoist, checker.sizesDeclared, checker.diffDepth, checker.diffScope,
           checker.inSubscript, checker.borrowingKey, checker.evaluatingExpression) = outer;
}

bool Checker::enterExpansion(Span span) {
  constexpr unsigned deepest = 64, most = 100'000;
  if (expansionDepth < deepest && expansions < most) {
    ++expansions;
    return true;
  }
  error(Code::E0902, span, expansionDepth < deepest ? "too many calls of generic functions and lambdas"
                                                     : fmt::format("calls of generic functions and lambdas nest more than {} deep", deepest));
  return false;
}

// ---------------------------------------------------------------- values

bool Checker::isFunctionValue(const ast::Expr &expr) {
  if (expr.kind == ast::ExprKind::Lambda)
    return true;
  if (const auto *name = ast::dynAs<ast::NameExpr>(&expr))
    if (const Binding *binding = lookup(name->name))
      return binding->kind == Binding::Function;
  std::optional<Declared> declared = declaredName(expr);
  return declared && (findFunction(*declared) || (expr.kind == ast::ExprKind::Name && isBuiltin(declared->name.text)));
}

const Function *Checker::functionValue(const ast::Expr &expr) {
  if (const auto *lambda = ast::dynAs<ast::LambdaExpr>(&expr))
    return capture(*lambda);
  if (const auto *name = ast::dynAs<ast::NameExpr>(&expr))
    if (const Binding *binding = lookup(name->name)) {
      if (binding->kind == Binding::Function)
        return binding->function;
      if (binding->kind != Binding::Broken)
        error(Code::E0214, expr.span, "a function is taken here, `" + name->name + "` is none").label(binding->span, "it is defined here");
      return nullptr;
    }
  std::optional<Declared> declared = declaredName(expr);
  Function &function = functionValues.emplace_back();
  function.span = expr.span;
  if (declared && (function.declared = findFunction(*declared)))
    return &function;
  if (expr.kind == ast::ExprKind::Name && isBuiltin(declared->name.text)) {
    function.builtin = declared->name.text;
    return &function;
  }
  if (declared && expr.kind == ast::ExprKind::Field && !findStruct(*declared))
    reportNotInModule(*declared);
  else
    error(Code::E0214, expr.span, "a function is taken here, this is none").help("write a function's name, or a lambda: `|x| …`");
  return nullptr;
}

// What the lambda mentions keeps the value that it has now, also for derivatives: what is captured is constant to a form around
// a later call. A key that is captured is consumed here.
const Function *Checker::capture(const ast::LambdaExpr &lambda) {
  Function &function = functionValues.emplace_back();
  function.lambda = &lambda;
  function.module = module;
  function.home = currentFn;
  function.span = lambda.span;
  std::set<std::string> bound;
  TreeVisitor binders;
  binders.onBound = [&](const std::string &name) { bound.insert(name); };
  walk(lambda, binders);
  for (size_t i = 0; i < lambda.params.size(); ++i)
    for (size_t before = 0; before < i; ++before)
      if (lambda.params[before].text == lambda.params[i].text)
        error(Code::E0207, lambda.params[i].span, "a second argument `" + lambda.params[i].text + "`");

  Scope captured;
  TreeVisitor names;
  names.onName = [&](const std::string &name, Span span) {
    const Binding *binding = lookup(name);
    if (!binding || binding->kind != Binding::Variable || captured.count(name))
      return;
    const lang::Variable *variable = binding->variable;
    bool key = !variable->type.allLeaves([](const Type &leaf) { return !leaf.isArray() || leaf.element != Scalar::Key; });
    if (key && bound.count(name))
      return;
    if (key && variable->type.isArray())
      useKey(variable, "", false, span);
    lang::Variable *copy = hidden(variable->type, binding->span);
    copy->name = name;
    VariableInfo &info = infoOf(copy);
    const VariableInfo &original = infoOf(variable);
    info.dimension = original.dimension;
    info.varies = original.varies;
    info.parts = original.parts;
    const Expr *value = read(variable, span);
    if (variable->type.isScalar(Scalar::I64) && !original.assignable)
      info.known = dimOf(value);
    auto *let = makeStmt<LetStmt>(StmtKind::Let, span);
    let->variable = copy;
    let->value = value;
    hoist->lets.push_back(let);
    captured[name] = *binding;
    captured[name].variable = copy;
  };
  walk(lambda, names);
  function.scopes = scopes;
  function.scopes.push_back(std::move(captured));
  return &function;
}

const Expr *Checker::checkLambda(const ast::LambdaExpr &lambda) {
  error(Code::E0214, lambda.span, "a lambda is no value that can be kept")
      .help("give it to a function, or name it: `let f = |x| …`; and call it");
  return errorExpr(lambda.span);
}

// ---------------------------------------------------------------- calls

const Expr *Checker::checkFunctionCall(const Function &function, const ast::CallExpr &call, const Type *expected) {
  const Function::Signature *signature = function.signature ? &*function.signature : nullptr;
  const Expr *value = nullptr;
  if (function.declared) {
    value = checkUserCall(*function.declared, call);
  } else if (!function.builtin.empty()) {
    value = checkBuiltin(function.builtin, call, expected);
  } else {
    size_t count = function.lambda ? function.lambda->params.size() : signature->parameters.size();
    std::string name = call.callee->kind == ast::ExprKind::Lambda ? "this lambda" : "`" + source(call.callee->span) + "`";
    for (const ast::Arg &argument : call.args)
      if (argument.name) {
        error(Code::E0210, argument.name->span, fmt::format("the arguments of {} have no names", name));
        return errorExpr(call.span);
      }
    if (call.args.size() != count) {
      error(Code::E0210, call.span, fmt::format("{} takes {} argument{}, {} given", name, count, count == 1 ? "" : "s", call.args.size()));
      checkLoosely(call);
      return errorExpr(call.span);
    }
    Hoist here(*this);
    std::vector<Argument> arguments;
    bool fine = true;
    for (size_t i = 0; i < count; ++i) {
      if (!signature && isFunctionValue(*call.args[i].value)) {
        arguments.push_back({nullptr, functionValue(*call.args[i].value)});
        continue;
      }
      const Type *wanted = signature && i < signature->parameters.size() ? &signature->parameters[i] : nullptr;
      const Expr *argument = check(*call.args[i].value, wanted);
      if (wanted)
        argument = conform(argument, *wanted, fmt::format("argument {} of {}", i + 1, name));
      if (!argument->type.hasError() && (argument->type.kind == Type::Unit || argument->type.kind == Type::String)) {
        error(Code::E0312, argument->span, "an argument without a value");
        argument = errorExpr(argument->span);
      }
      fine &= !argument->type.hasError();
      arguments.push_back({argument});
    }
    value = fine ? applied(function, arguments, call.span, expected) : errorExpr(call.span);
    value = here.wrap(value);
  }
  bool checked = function.lambda || !signature || value->type.hasError();
  return checked ? value : conform(value, signature->result, "the value of `" + source(call.callee->span) + "`");
}

const Expr *Checker::applied(const Function &function, const std::vector<Argument> &arguments, Span span, const Type *expected) {
  if (function.lambda)
    return expandLambda(function, arguments, span, expected);
  if (!function.declared && function.builtin.empty()) {
    auto *unknown = make<BuiltinExpr>(ExprKind::Builtin, function.signature->result, span);
    unknown->name = "unknown";
    for (const Argument &argument : arguments)
      unknown->arguments.push_back(argument.value);
    return unknown;
  }
  // The call as it would be written, of names that cannot be written.
  pushScope();
  ast::CallExpr call;
  call.span = span;
  auto callee = std::make_unique<ast::NameExpr>();
  callee->span = function.span;
  callee->name = function.builtin;
  call.callee = std::move(callee);
  for (const auto &[value, given] : arguments) {
    auto name = std::make_unique<ast::NameExpr>();
    name->name = std::to_string(call.args.size());
    name->span = value->span;
    lang::Variable *variable = hidden(value->type, value->span);
    infoOf(variable).varies = mentionsOpenIndex(*value);
    auto *let = makeStmt<LetStmt>(StmtKind::Let, value->span);
    let->variable = variable;
    let->value = value;
    hoist->lets.push_back(let);
    Binding binding;
    binding.kind = Binding::Variable;
    binding.span = value->span;
    binding.variable = variable;
    scopes.back()[name->name] = binding;
    call.args.push_back({std::nullopt, std::move(name)});
  }
  const Expr *value = function.declared ? checkUserCall(*function.declared, call) : checkBuiltin(function.builtin, call, expected);
  popScope();
  return value;
}

const Expr *Checker::expandLambda(const Function &function, const std::vector<Argument> &arguments, Span span, const Type *expected) {
  if (!enterExpansion(span))
    return errorExpr(span);
  std::vector<Scope> visible = function.scopes;
  Frame frame(*this, visible, function.module, function.home);
  ++expansionDepth;
  pushScope();
  std::vector<const Stmt *> lets;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const ast::Ident &name = function.lambda->params[i];
    const auto &[value, given] = arguments[i];
    if (given) {
      Binding binding;
      binding.kind = Binding::Function;
      binding.function = given;
      declare(name, binding);
      continue;
    }
    auto *let = makeStmt<LetStmt>(StmtKind::Let, value->span);
    let->variable = declareVariable(name, value->type, value);
    let->value = value;
    lets.push_back(let);
  }
  const Expr *body = nullptr;
  {
    Hoist inside(*this);
    body = check(*function.lambda->body, function.signature ? &function.signature->result : expected);
    if (function.signature && !body->type.hasError() && body->type.kind != Type::Unit)
      body = conform(body, function.signature->result, "the value of the lambda");
    body = inside.wrap(body);
  }
  --expansionDepth;
  if (!body->type.hasError() && (body->type.kind == Type::Unit || body->type.kind == Type::String)) {
    error(Code::E0312, body->span, "the lambda has no value");
    return errorExpr(span);
  }
  return body->type.hasError() ? errorExpr(span) : blockOf(std::move(lets), body, span);
}

} // namespace ricci::lang
