#include "lang/sema/DerivedFunctions.h"

#include "lang/sema/Dependence.h"
#include "lang/sema/Walk.h"

#include <algorithm>
#include <fmt/format.h>
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

  const CheckedFn *derived(std::string name, std::vector<const Variable *> further, const Expr *body) {
    auto *made = program.make(CheckedFn{});
    made->name = std::move(name);
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
  return Maker(program, *f.function).derived(f.function->name, {}, f.value);
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
  return make.derived(f.function->name + "_jvp", std::move(tangents), form);
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
  return make.derived(f.function->name + "_vjp", {cotangent}, form);
}

// ---------------------------------------------------------------- by name

namespace {

class NamedDerivative {
public:
  NamedDerivative(CheckedProgram &owner, const CheckedFn &function, DiagnosticEngine &diagnostics)
      : function(function), make(owner, function), diagnostics(diagnostics) {}

  const CheckedFn *build(DiffForm form, std::span<const std::string> names, const std::string &nameOfIt,
                         const SourceManager &sources) {
    if (!function.result.isFloating())
      return refuse(Code::E0603, fmt::format("the value of `{}` is `{}`: only floating numbers carry a derivative",
                                             function.name, function.result.text()));
    const bool ofScalar = form == DiffForm::Grad || form == DiffForm::ValueGrad || form == DiffForm::Hvp;
    if (ofScalar && !function.result.isScalar())
      return refuse(Code::E0603, fmt::format("the value of `{}` is `{}`, no scalar; ask for `jvp` or `vjp`", function.name,
                                             function.result.text()));
    const Expr *value = valueOf();
    std::vector<DiffVariable> variables;
    std::vector<Type> types;
    std::vector<const Variable *> further;
    for (const std::string &name : names) {
      std::optional<DiffVariable> variable = find(name, variables);
      if (!variable || !checkDependence(*value, *variable, diagnostics, sources))
        return nullptr;
      types.push_back(typeOf(*variable));
      if (form == DiffForm::Jvp || form == DiffForm::Hvp) {
        further.push_back(make.variable("d" + name, types.back()));
        variable->tangent = make.read(further.back());
      }
      variables.push_back(std::move(*variable));
    }
    Type gradient = types.size() == 1 ? types.front() : Type::tuple(types);
    auto *node = make.expr<DiffExpr>(ExprKind::Diff, form == DiffForm::Jvp         ? value->type
                                                     : form == DiffForm::ValueGrad ? Type::tuple({value->type, gradient})
                                                                                   : gradient);
    node->form = form;
    node->variables = std::move(variables);
    node->body = value;
    if (form == DiffForm::Vjp) {
      further.push_back(make.variable("d" + function.name, value->type));
      node->cotangent = make.read(further.back());
    }
    return make.derived(nameOfIt, std::move(further), node);
  }

private:
  std::nullptr_t refuse(Code code, std::string message) {
    diagnostics.error(code, function.span, std::move(message));
    return nullptr;
  }

  // A call, where rules of its own say how it is differentiated.
  const Expr *valueOf() {
    if (!function.vjp && !function.jvp)
      return function.body;
    auto *call = make.expr<CallExpr>(ExprKind::Call, function.result);
    call->callee = &function;
    for (const Variable *parameter : function.parameters)
      call->arguments.push_back(make.read(parameter));
    for (const Symbol &size : function.sizes)
      call->sizes.push_back({size, Dim(size)});
    return call;
  }

  // None after reporting why.
  std::optional<DiffVariable> find(const std::string &name, std::span<const DiffVariable> others) {
    std::string_view rest = name, root = rest.substr(0, rest.find('.'));
    std::vector<std::string> known;
    for (const Variable *parameter : function.parameters) {
      known.push_back(parameter->name);
      if (parameter->name != root)
        continue;
      DiffVariable variable{parameter, {}, nullptr, parameter->span};
      const Type *type = &parameter->type;
      for (rest.remove_prefix(root.size()); !rest.empty();) {
        rest.remove_prefix(1); // the dot
        std::string_view part = rest.substr(0, rest.find('.'));
        unsigned field = 0;
        while (field < type->fields.size() &&
               part != (type->kind == Type::Struct ? type->names[field] : std::to_string(field)))
          ++field;
        if (field == type->fields.size()) {
          refuse(Code::E0205, fmt::format("no field `{}` in `{}`", part, type->text()));
          return std::nullopt;
        }
        variable.path.push_back(field);
        type = &type->fields[field];
        rest.remove_prefix(part.size());
      }
      if (!type->isFloating()) {
        refuse(Code::E0602, fmt::format("`{}` is `{}`: only floating numbers carry a derivative", name, type->text()));
        return std::nullopt;
      }
      for (const DiffVariable &other : others)
        if (other.variable == parameter && std::equal(other.path.begin(), other.path.begin() + ptrdiff_t(std::min(other.path.size(), variable.path.size())), variable.path.begin())) {
          refuse(Code::E0607, fmt::format("`{}` is named twice", name));
          return std::nullopt;
        }
      return variable;
    }
    std::optional<std::string> meant = nearest(root, known);
    diagnostics.error(Code::E0201, function.span, fmt::format("`{}` has no parameter `{}`", function.name, root))
        .help(meant ? "did you mean `" + *meant + "`?" : "");
    return std::nullopt;
  }

  const CheckedFn &function;
  Maker make;
  DiagnosticEngine &diagnostics;
};

} // namespace

const CheckedFn *derivative(CheckedProgram &owner, const CheckedFn &function, DiffForm form,
                            std::span<const std::string> names, const std::string &nameOfIt,
                            DiagnosticEngine &diagnostics, const SourceManager &sources) {
  return NamedDerivative(owner, function, diagnostics).build(form, names, nameOfIt, sources);
}

// ---------------------------------------------------------------- by rules

// The rule's arguments are the function's, its value, and what is asked for.
static const CheckedFn *ruleOf(CheckedProgram &program, const CheckedFn &f, const CheckedFn::Rule &rule) {
  Maker make(program, f);
  auto value = rule.arguments.begin() + static_cast<ptrdiff_t>(f.parameters.size());
  return make.derived(f.name + "_rule", {value + 1, rule.arguments.end()}, make.let(*value, f.body, rule.value));
}

const CheckedFn *forwardRule(CheckedProgram &program, const CheckedFn &f) { return ruleOf(program, f, *f.jvp); }
const CheckedFn *reverseRule(CheckedProgram &program, const CheckedFn &f) { return ruleOf(program, f, *f.vjp); }

} // namespace ricci::lang
