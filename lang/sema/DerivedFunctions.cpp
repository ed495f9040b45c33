#include "lang/sema/DerivedFunctions.h"

#include "lang/sema/Dependence.h"
#include "lang/sema/Walk.h"

#include <set>

namespace ricci::lang {

namespace {

using Path = std::vector<unsigned>;

void collectRealParts(const Type &type, Path &path, std::vector<Path> &paths) {
  if (type.isFloating())
    paths.push_back(path);
  else if (type.isAggregate())
    for (unsigned field = 0; field < type.fields.size(); ++field) {
      path.push_back(field);
      collectRealParts(type.fields[field], path, paths);
      path.pop_back();
    }
}

std::vector<Path> realParts(const Type &type) {
  Path path;
  std::vector<Path> paths;
  collectRealParts(type, path, paths);
  return paths;
}

// Makes nodes that all have the place of one function.
class Maker {
public:
  Maker(CheckedProgram &program, const CheckedFn &function) : program(program), function(function) {}

  template <class T> T *expr(ExprKind kind, Type type) {
    T *node = program.make(T{});
    node->Expr::kind = kind;
    node->type = std::move(type);
    node->span = function.span;
    return node;
  }

  const Variable *variable(std::string name, Type type) {
    return program.make(Variable{std::move(name), std::move(type), function.span, std::nullopt});
  }

  const Expr *read(const Variable *variable) {
    auto *node = expr<VariableExpr>(ExprKind::Variable, variable->type);
    node->variable = variable;
    return node;
  }

  const Expr *part(const Expr *base, const Path &path) {
    for (unsigned field : path) {
      auto *node = expr<FieldExpr>(ExprKind::Field, base->type.fields[field]);
      node->base = base;
      node->field = field;
      base = node;
    }
    return base;
  }

  const Expr *tuple(std::vector<const Expr *> fields) {
    if (fields.size() == 1)
      return fields.front();
    std::vector<Type> types;
    for (const Expr *field : fields)
      types.push_back(field->type);
    auto *node = expr<AggregateExpr>(ExprKind::Aggregate, Type::tuple(std::move(types)));
    node->fields = std::move(fields);
    return node;
  }

  // { let variable = value; result }
  const Expr *let(const Variable *variable, const Expr *value, const Expr *result) {
    auto *statement = program.make(LetStmt{});
    statement->kind = StmtKind::Let;
    statement->span = function.span;
    statement->variable = variable;
    statement->value = value;
    auto *block = expr<BlockExpr>(ExprKind::Block, result->type);
    block->statements = {statement};
    block->value = result;
    return block;
  }

  const CheckedFn *derived(const char *suffix, std::vector<const Variable *> further, const Expr *body) {
    auto *made = program.make(CheckedFn{});
    made->name = function.name + suffix;
    made->parameters = function.parameters;
    made->parameters.insert(made->parameters.end(), further.begin(), further.end());
    made->sizes = function.sizes;
    made->result = body->type;
    made->body = body;
    made->span = function.span;
    return made;
  }

private:
  CheckedProgram &program;
  const CheckedFn &function;
};

} // namespace

Type typeOf(const DiffVariable &variable) {
  const Type *type = &variable.variable->type;
  for (unsigned field : variable.path)
    type = &type->fields[field];
  return *type;
}

bool stopsGradients(const CheckedFn &function) {
  std::set<const CheckedFn *> seen;
  bool found = false;
  std::function<void(const Expr &)> visit = [&](const Expr &expr) {
    found |= expr.kind == ExprKind::Builtin && static_cast<const BuiltinExpr &>(expr).name == "stop_grad";
    if (expr.kind == ExprKind::Call)
      if (const CheckedFn *callee = static_cast<const CallExpr &>(expr).callee;
          !callee->expanded && seen.insert(callee).second)
        visit(*callee->body);
    if (!found)
      forEachOperand(expr, visit);
  };
  visit(*function.body);
  return found;
}

Differentiable differentiable(CheckedProgram &program, const CheckedFn &function, const SourceManager &sources) {
  Differentiable result{&function, {}, nullptr, ""};
  std::vector<Path> parts = realParts(function.result);
  if (parts.empty())
    return result;
  Maker make(program, function);
  const Expr *value = function.body;
  if (!parts.front().empty()) {
    const Variable *whole = make.variable(function.name, function.result);
    std::vector<const Expr *> fields;
    for (const Path &path : parts)
      fields.push_back(make.part(make.read(whole), path));
    value = make.let(whole, function.body, make.tuple(std::move(fields)));
  }
  for (const Variable *parameter : function.parameters)
    for (Path &path : realParts(parameter->type)) {
      result.value = value;
      DiffVariable variable{parameter, std::move(path), nullptr, parameter->span};
      DiagnosticEngine diagnostics;
      if (checkDependence(*value, variable, diagnostics, sources)) {
        result.variables.push_back(std::move(variable));
        continue;
      }
      const Diagnostic &reason = diagnostics.diagnostics().front();
      if (reason.code != Code::E0601)
        result.obstacle = reason.message;
    }
  return result;
}

const CheckedFn *realPart(CheckedProgram &program, const Differentiable &f) {
  return Maker(program, *f.function).derived("", {}, f.value);
}

const CheckedFn *pushforward(CheckedProgram &program, const Differentiable &f) {
  Maker make(program, *f.function);
  auto *form = make.expr<DiffExpr>(ExprKind::Diff, f.value->type);
  form->form = DiffForm::Jvp;
  form->variables = f.variables;
  form->body = f.value;
  std::vector<const Variable *> tangents;
  for (DiffVariable &variable : form->variables) {
    tangents.push_back(make.variable("d" + variable.variable->name, typeOf(variable)));
    variable.tangent = make.read(tangents.back());
  }
  return make.derived("_jvp", std::move(tangents), form);
}

const CheckedFn *pullback(CheckedProgram &program, const Differentiable &f) {
  Maker make(program, *f.function);
  std::vector<Type> types;
  for (const DiffVariable &variable : f.variables)
    types.push_back(typeOf(variable));
  auto *form = make.expr<DiffExpr>(ExprKind::Diff, types.size() == 1 ? types.front() : Type::tuple(types));
  form->form = DiffForm::Vjp;
  form->variables = f.variables;
  form->body = f.value;
  const Variable *cotangent = make.variable("d" + f.function->name, f.value->type);
  form->cotangent = make.read(cotangent);
  return make.derived("_vjp", {cotangent}, form);
}

// The rule's arguments are the function's, its value, and what is asked for.
static const CheckedFn *ruleOf(CheckedProgram &program, const CheckedFn &f, const CheckedFn::Rule &rule) {
  Maker make(program, f);
  auto value = rule.arguments.begin() + static_cast<ptrdiff_t>(f.parameters.size());
  return make.derived("_rule", {value + 1, rule.arguments.end()}, make.let(*value, f.body, rule.value));
}

const CheckedFn *forwardRule(CheckedProgram &program, const CheckedFn &f) { return ruleOf(program, f, *f.jvp); }
const CheckedFn *reverseRule(CheckedProgram &program, const CheckedFn &f) { return ruleOf(program, f, *f.vjp); }

} // namespace ricci::lang
