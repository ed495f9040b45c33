// Built-in functions that put elements in other places: joining, turning round, sorting; and sums and products along an
// axis.
#include "lang/sema/Checker.h"

#include <fmt/format.h>

namespace ricci::lang {

const Expr *Checker::checkStructural(const std::string &name, const ast::CallExpr &call, const Type *expected) {
  if (name == "concat" || name == "stack")
    return checkJoined(name, call, expected);
  if (name == "einsum")
    return checkEinsum(call);
  if (name == "top_k")
    return checkTopK(call, expected);
  const bool passes = name == "stop_grad" || name == "checkpoint"; // what it is given
  if (name != "shape" && name != "reshape" && !passes)
    return checkAlongAxis(name, call, expected);
  size_t count = name == "reshape" ? 2 : 1;
  if (!argumentCount(call, count, count, name))
    return errorExpr(call.span);
  const Expr *value = check(*call.args[0].value, passes ? expected : nullptr);
  if (value->type.hasError())
    return errorExpr(call.span);
  auto *node = make<BuiltinExpr>(ExprKind::Builtin, value->type, call.span);
  node->name = name;
  node->arguments = {value};
  if (passes)
    return node;
  if (!(name == "shape" && value->type.hasAxes()) && !requireArray(value, name))
    return errorExpr(call.span);
  if (name == "shape") {
    auto *sizes = make<AggregateExpr>(ExprKind::Aggregate, Type{}, call.span);
    for (const Dim &dim : value->type.shape)
      sizes->fields.push_back(sizeExpr(dim, Scalar::I64, call.span));
    sizes->type = Type::tuple(std::vector<Type>(value->type.shape.size(), Type::array(Scalar::I64)));
    return sizes;
  }
  std::optional<Type> type = typeArgument(call, 1, name);
  if (!type)
    return errorExpr(call.span);
  Dim before(1), after(1);
  for (const Dim &dim : value->type.shape)
    before = before * dim;
  for (const Dim &dim : type->shape)
    after = after * dim;
  if (type->element != value->type.element) {
    error(Code::E0301, call.span,
          fmt::format("`reshape` keeps the element type, `{}`", scalarName(value->type.element)));
    return errorExpr(call.span);
  }
  std::string what = fmt::format("`reshape` of {} elements to {}", before.text(), after.text());
  if (!equate(before, after, call.span, what)) {
    error(Code::E0401, call.span, what);
    return errorExpr(call.span);
  }
  node->type = *type;
  return node;
}

bool Checker::requireArray(const Expr *value, const std::string &name) {
  if (value->type.isArray())
    return true;
  error(Code::E0305, value->span, fmt::format("`{}` takes an array, this is `{}`", name, value->type.text()));
  return false;
}

bool Checker::splitAxis(const ast::CallExpr &call, const std::string &name, std::vector<const ast::Expr *> &arguments,
                        const ast::Expr *&axis) {
  for (const ast::Arg &argument : call.args) {
    if (!argument.name) {
      arguments.push_back(argument.value.get());
      continue;
    }
    bool known = argument.name->text == "axis";
    if (!known || axis) {
      error(Code::E0210, argument.name->span,
            known ? fmt::format("`{}` is given `axis` twice", name)
                  : fmt::format("`{}` has no argument `{}`", name, argument.name->text))
          .help(known ? "once is enough" : "it has `axis`");
      return false;
    }
    axis = argument.value.get();
  }
  return true;
}

std::optional<size_t> Checker::checkAxis(const ast::Expr &axis, const std::string &name, size_t rank) {
  std::optional<Dim> value = checkDim(axis);
  if (!value)
    return std::nullopt;
  std::optional<int64_t> constant = value->constant();
  if (!constant) {
    error(Code::E0407, axis.span, fmt::format("the axis of `{}` is a constant", name));
    return std::nullopt;
  }
  if (*constant < 0 || *constant >= static_cast<int64_t>(rank)) {
    error(Code::E0402, axis.span, fmt::format("axis {} of arrays of rank {}", *constant, rank))
        .help("axes count from 0");
    return std::nullopt;
  }
  return static_cast<size_t>(*constant);
}

// concat and stack. Literals take the type of the first part that does not adapt.
const Expr *Checker::checkJoined(const std::string &name, const ast::CallExpr &call, const Type *expected) {
  std::vector<const ast::Expr *> written;
  const ast::Expr *writtenAxis = nullptr;
  if (!splitAxis(call, name, written, writtenAxis))
    return errorExpr(call.span);
  if (written.empty()) {
    error(Code::E0210, call.span, fmt::format("`{}` of nothing", name));
    return errorExpr(call.span);
  }
  std::vector<const Expr *> parts(written.size());
  bool real = false;
  for (size_t i = 0; i < parts.size(); ++i) {
    Adaptable kind = adaptability(*written[i]);
    real |= kind == Adaptable::Floating;
    if (kind != Adaptable::No)
      continue;
    parts[i] = check(*written[i], expected);
    expected = parts[i]->type.isArray() ? &parts[i]->type : expected;
  }
  const Type fallback = Type::array(real ? Scalar::F64 : Scalar::I64);
  for (size_t i = 0; i < parts.size(); ++i)
    if (!parts[i])
      parts[i] = check(*written[i], expected ? expected : &fallback);

  bool stacks = name == "stack";
  for (const Expr *part : parts) {
    if (part->type.hasError())
      return errorExpr(call.span);
    if (!part->type.isArray() || (part->type.isScalar() && !stacks)) {
      Diagnostic &wrong =
          error(Code::E0402, part->span, fmt::format("`{}` joins arrays, this is `{}`", name, part->type.text()));
      if (part->type.kind == Type::Struct)
        wrong.help("an array of structs is written as a literal: `[p, q]`");
      return errorExpr(call.span);
    }
  }
  const Type &first = parts.front()->type;
  std::optional<size_t> axis = 0;
  if (writtenAxis)
    axis = checkAxis(*writtenAxis, name, first.shape.size() + stacks);
  if (!axis)
    return errorExpr(call.span);

  for (const Expr *part : parts) {
    Type wanted = first;
    if (!stacks && part->type.shape.size() == first.shape.size())
      wanted.shape[*axis] = part->type.shape[*axis];
    if (!sameType(wanted, part->type, part->span, fmt::format("this part of `{}`", name)))
      return errorExpr(call.span);
  }
  if (stacks)
    return sideBySide(parts, call.span, *axis);
  auto *node = make<BuiltinExpr>(ExprKind::Builtin, first, call.span);
  node->name = name;
  node->axis = static_cast<int64_t>(*axis);
  node->type.shape[*axis] = Dim(0);
  for (const Expr *part : parts)
    node->type.shape[*axis] = node->type.shape[*axis] + part->type.shape[*axis];
  node->arguments = std::move(parts);
  return node;
}

// flip, sort, argsort, cumsum, cumprod
const Expr *Checker::checkAlongAxis(const std::string &name, const ast::CallExpr &call, const Type *expected) {
  std::vector<const ast::Expr *> written;
  const ast::Expr *writtenAxis = nullptr;
  if (!splitAxis(call, name, written, writtenAxis))
    return errorExpr(call.span);
  if (written.size() != 1) {
    error(Code::E0210, call.span, fmt::format("`{}` takes 1 argument and `axis`, {} given", name, written.size()));
    return errorExpr(call.span);
  }
  const Expr *value = check(*written[0], name == "argsort" ? nullptr : expected);
  if (!requireLine(value, name, /*numbers=*/name != "flip"))
    return errorExpr(call.span);
  size_t rank = value->type.shape.size();
  bool sorts = name == "sort" || name == "argsort";
  std::optional<size_t> axis = sorts ? rank - 1 : 0;
  if (writtenAxis)
    axis = checkAxis(*writtenAxis, name, rank);
  if (!axis)
    return errorExpr(call.span);
  // Without an axis an array is turned round along all of them.
  size_t last = name == "flip" && !writtenAxis ? rank - 1 : *axis;
  for (size_t k = *axis; k <= last; ++k) {
    auto *node = make<BuiltinExpr>(ExprKind::Builtin, value->type, call.span);
    node->name = name;
    node->axis = static_cast<int64_t>(k);
    node->arguments = {value};
    if (name == "argsort")
      node->type.element = Scalar::I64;
    value = node;
  }
  return value;
}

bool Checker::requireLine(const Expr *value, const std::string &name, bool numbers) {
  if (value->type.hasError() || !requireArray(value, name))
    return false;
  if (value->type.isScalar()) {
    error(Code::E0402, value->span, fmt::format("`{}` goes along an axis, `{}` has none", name, value->type.text()));
    return false;
  }
  return !numbers || requireKind(value, isNumber, value->span, "`" + name + "`");
}

const Expr *Checker::checkTopK(const ast::CallExpr &call, const Type *expected) {
  if (!argumentCount(call, 2, 2, "top_k"))
    return errorExpr(call.span);
  bool guided = expected && expected->kind == Type::Tuple && !expected->fields.empty();
  const Expr *value = check(*call.args[0].value, guided ? &expected->fields[0] : nullptr);
  const ast::Expr &count = *call.args[1].value;
  std::optional<Dim> k = checkDim(count);
  if (!requireLine(value, "top_k", /*numbers=*/true) || !k)
    return errorExpr(call.span);
  requireNonNegative(*k, count.span);
  const Dim &size = value->type.shape.back();
  if (!prover().isLessOrEqual(*k, size)) {
    std::string what = fmt::format("`top_k` takes {} elements of {}", k->text(), size.text());
    if (refuter().isLessOrEqual(size + Dim(1), *k)) {
      error(Code::E0408, count.span, what).label(value->span, fmt::format("this is `{}`", value->type.text()));
      return errorExpr(call.span);
    }
    hoist->checks.push_back({maximum(*k, size), size, what, count.span});
  }
  Type values = value->type;
  values.shape.back() = *k;
  Type places = values;
  places.element = Scalar::I64;
  auto *node = make<BuiltinExpr>(ExprKind::Builtin, Type::tuple({values, places}), call.span);
  node->name = "top_k";
  node->arguments = {value};
  return node;
}

} // namespace ricci::lang
