// Derivative forms: what may be differentiated, and the types that come out.
#include "lang/sema/Checker.h"
#include "lang/sema/Dependence.h"

#include <fmt/format.h>

namespace ricci::lang {

static const char *nameOf(ast::DiffOp op) {
  switch (op) {
  case ast::DiffOp::Grad: return "grad";
  case ast::DiffOp::ValueGrad: return "value_grad";
  case ast::DiffOp::Jvp: return "jvp";
  case ast::DiffOp::Vjp: return "vjp";
  case ast::DiffOp::Hvp: return "hvp";
  case ast::DiffOp::Jacobian: return "jacobian";
  case ast::DiffOp::Hessian: return "hessian";
  }
  return "";
}

static DiffForm formOf(ast::DiffOp op) {
  switch (op) {
  case ast::DiffOp::Grad: return DiffForm::Grad;
  case ast::DiffOp::ValueGrad: return DiffForm::ValueGrad;
  case ast::DiffOp::Jvp: return DiffForm::Jvp;
  case ast::DiffOp::Vjp: return DiffForm::Vjp;
  case ast::DiffOp::Hvp: return DiffForm::Hvp;
  case ast::DiffOp::Jacobian: return DiffForm::Jacobian;
  case ast::DiffOp::Hessian: return DiffForm::Hessian;
  }
  return DiffForm::Grad;
}

// Axes of `outer`, then those of `inner`; structs as tuples in field order.
static Type productType(const Type &outer, const Type &inner) {
  std::vector<Type> fields;
  if (outer.isAggregate()) {
    for (const Type &field : outer.fields)
      fields.push_back(productType(field, inner));
    return Type::tuple(std::move(fields));
  }
  if (inner.isAggregate()) {
    for (const Type &field : inner.fields)
      fields.push_back(productType(outer, field));
    return Type::tuple(std::move(fields));
  }
  Type result = outer;
  result.shape.insert(result.shape.end(), inner.shape.begin(), inner.shape.end());
  return result;
}

bool Checker::fieldPathType(const ast::Path &path, const lang::Variable *variable, std::vector<unsigned> &out, Type &type) {
  type = variable->type;
  for (size_t i = 1; i < path.parts.size(); ++i) {
    const ast::Ident &part = path.parts[i];
    unsigned field = 0;
    for (; field < type.fields.size(); ++field)
      if (type.kind == Type::Struct ? type.names[field] == part.text : std::to_string(field) == part.text)
        break;
    if (field >= type.fields.size()) {
      Diagnostic &unknown = error(Code::E0205, part.span, fmt::format("no field `{}` in `{}`", part.text, type.text()));
      if (std::optional<std::string> near = suggest(part.text, type.names))
        unknown.help("did you mean `" + *near + "`?");
      type = Type::error();
      return false;
    }
    out.push_back(field);
    type = Type(type.fields[field]);
  }
  return true;
}

const Expr *Checker::checkDiff(const ast::DiffExpr &expr) {
  Hoist here(*this);
  const char *name = nameOf(expr.op);
  auto *node = make<DiffExpr>(ExprKind::Diff, Type{}, expr.span);
  node->form = formOf(expr.op);
  bool fine = true;
  std::vector<Type> types;
  for (const ast::DiffTarget &target : expr.targets) {
    const ast::Ident &root = target.path.parts.front();
    Binding *binding = lookup(root.text);
    DiffVariable variable{nullptr, {}, nullptr, target.path.span};
    Type type = Type::error();
    if (!binding)
      reportUnknownName(root.text, root.span);
    else if (binding->kind == Binding::Index || binding->kind == Binding::Size)
      error(Code::E0602, root.span, fmt::format("`{}` is an integer, and carries no derivative", root.text));
    else if (binding->kind == Binding::Variable && fieldPathType(target.path, binding->variable, variable.path, type)) {
      variable.variable = binding->variable;
      if (!type.isFloating()) {
        error(Code::E0602, target.path.span, fmt::format("`{}` is `{}`: only floating numbers carry a derivative", source(target.path.span), type.text()));
        type = Type::error();
      }
    }
    for (const DiffVariable &other : node->variables) {
      bool prefix = other.variable && other.variable == variable.variable;
      for (size_t i = 0; i < std::min(other.path.size(), variable.path.size()); ++i)
        prefix = prefix && other.path[i] == variable.path[i];
      if (prefix) {
        error(Code::E0607, target.path.span, fmt::format("`{}` is named twice in `{}`", source(target.path.span), name));
        fine = false;
      }
    }
    if (target.direction) {
      const Expr *tangent = check(*target.direction, type.isError() ? nullptr : &type);
      if (!type.isError() && !tangent->type.hasError() &&
          sameType(type, tangent->type, tangent->span, fmt::format("the direction for `{}`", source(target.path.span))))
        variable.tangent = tangent;
      else
        fine = false;
    }
    fine &= !type.isError();
    node->variables.push_back(variable);
    types.push_back(type);
  }
  ++diffDepth;
  unsigned outer = std::exchange(diffScope, static_cast<unsigned>(scopes.size()));
  const Expr *body = nullptr;
  {
    Hoist inside(*this);
    body = inside.wrap(check(*expr.body));
  }
  diffScope = outer;
  --diffDepth;
  if (body->type.hasError()) {
    if (expr.cotangent)
      check(*expr.cotangent);
    return errorExpr(expr.span);
  }
  if (!body->type.isFloating()) {
    error(Code::E0603, body->span, fmt::format("`{}` differentiates floating numbers, this is `{}`", name, body->type.text()));
    return errorExpr(expr.span);
  }
  bool scalar = node->form == DiffForm::Grad || node->form == DiffForm::ValueGrad || node->form == DiffForm::Hvp || node->form == DiffForm::Hessian;
  if (scalar && !body->type.isScalar()) {
    error(Code::E0603, body->span, fmt::format("`{}` is of a scalar, this is `{}`", name, body->type.text()))
        .help("for an array use `jacobian[w](e)`, or `vjp[w](e, ybar)` for one combination of its rows");
    return errorExpr(expr.span);
  }
  node->body = body;
  if (expr.cotangent) {
    const Expr *cotangent = check(*expr.cotangent, &body->type);
    if (cotangent->type.hasError() || !sameType(body->type, cotangent->type, cotangent->span, "the cotangent"))
      fine = false;
    node->cotangent = cotangent;
  }
  if (!fine)
    return errorExpr(expr.span);
  for (const DiffVariable &variable : node->variables)
    if (!checkDependence(*body, variable, diagnostics, sources))
      fine = false;
  if (!fine)
    return errorExpr(expr.span);

  Type single = types.size() == 1 ? types.front() : Type::tuple(types);
  switch (node->form) {
  case DiffForm::Grad:
  case DiffForm::Vjp:
  case DiffForm::Hvp: node->type = single; break;
  case DiffForm::ValueGrad: node->type = Type::tuple({body->type, single}); break;
  case DiffForm::Jvp: node->type = body->type; break;
  case DiffForm::Jacobian: node->type = productType(body->type, single); break;
  case DiffForm::Hessian: node->type = productType(productType(body->type, single), single); break;
  }
  constexpr size_t mostLeaves = 1024;
  if (node->type.leafCount() > mostLeaves) {
    error(Code::E0901, expr.span, fmt::format("the result would have more than {} arrays", mostLeaves));
    return errorExpr(expr.span);
  }
  return here.wrap(node);
}

} // namespace ricci::lang
