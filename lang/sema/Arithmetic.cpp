// Operators: adapting literals, lifting over arrays and structs, exact arithmetic of sizes, and what conditions tell.
#include "lang/sema/Builtins.h"
#include "lang/sema/Checker.h"
#include "lang/sema/Constant.h"

#include <fmt/format.h>

namespace ricci::lang {

static const char *mnemonic(ast::BinaryOp op) {
  switch (op) {
  case ast::BinaryOp::Or: return "or";
  case ast::BinaryOp::And: return "and";
  case ast::BinaryOp::Eq: return "eq";
  case ast::BinaryOp::Ne: return "ne";
  case ast::BinaryOp::Lt: return "lt";
  case ast::BinaryOp::Le: return "le";
  case ast::BinaryOp::Gt: return "gt";
  case ast::BinaryOp::Ge: return "ge";
  case ast::BinaryOp::Add: return "add";
  case ast::BinaryOp::Sub: return "sub";
  case ast::BinaryOp::Mul: return "mul";
  case ast::BinaryOp::Div: return "div";
  case ast::BinaryOp::Rem: return "rem";
  case ast::BinaryOp::MatMul: return "matmul";
  case ast::BinaryOp::Pow: return "pow";
  }
  return "";
}

static bool isComparison(ast::BinaryOp op) { return op >= ast::BinaryOp::Eq && op <= ast::BinaryOp::Ge; }

static Adaptable join(Adaptable a, Adaptable b) {
  if (a == Adaptable::No || b == Adaptable::No)
    return Adaptable::No;
  return a == Adaptable::Floating || b == Adaptable::Floating ? Adaptable::Floating : Adaptable::Integer;
}

// Literals, sizes, what is computed from them, and what consists of them: the context decides their type.
Adaptable Checker::adaptability(const ast::Expr &expr) {
  switch (expr.kind) {
  case ast::ExprKind::Int: return Adaptable::Integer;
  case ast::ExprKind::Float:
  case ast::ExprKind::Constant: return Adaptable::Floating;
  case ast::ExprKind::Name: {
    const Binding *binding = lookup(ast::as<ast::NameExpr>(expr).name);
    bool size = binding && (binding->kind == Binding::Size ||
                            (binding->kind == Binding::Variable && infoOf(binding->variable).dimension));
    return size ? Adaptable::Integer : Adaptable::No;
  }
  case ast::ExprKind::Array: {
    const auto &array = ast::as<ast::ArrayExpr>(expr);
    Adaptable all = array.elems.empty() ? Adaptable::No : Adaptable::Integer;
    for (const ast::ExprPtr &element : array.elems)
      all = join(all, adaptability(*element));
    return all;
  }
  case ast::ExprKind::Unary: {
    const auto &unary = ast::as<ast::UnaryExpr>(expr);
    return unary.op == ast::UnaryOp::Neg ? adaptability(*unary.operand) : Adaptable::No;
  }
  case ast::ExprKind::If:
    return join(adaptability(*ast::as<ast::IfExpr>(expr).thenValue), adaptability(*ast::as<ast::IfExpr>(expr).elseValue));
  case ast::ExprKind::Binary: {
    const auto &binary = ast::as<ast::BinaryExpr>(expr);
    if (binary.op < ast::BinaryOp::Add || binary.op == ast::BinaryOp::MatMul)
      return Adaptable::No;
    Adaptable left = adaptability(*binary.lhs);
    if (left == Adaptable::No)
      return left;
    if (binary.op == ast::BinaryOp::Pow) {
      // 0.9 ** t: an integer exponent says nothing about the type.
      const auto *exponent = ast::dynAs<ast::NameExpr>(binary.rhs.get());
      const Binding *binding = exponent ? lookup(exponent->name) : nullptr;
      bool integer = binding && (binding->kind == Binding::Index || binding->kind == Binding::Size ||
                                 (binding->kind == Binding::Variable && binding->variable->type.isScalar(Scalar::I64)));
      if (integer || adaptability(*binary.rhs) == Adaptable::Integer)
        return left;
      return join(left, adaptability(*binary.rhs));
    }
    Adaptable both = join(left, adaptability(*binary.rhs));
    // N/2 is a quotient of integers, whatever stands around it; 1/2 is a constant.
    bool quotient = binary.op == ast::BinaryOp::Div || binary.op == ast::BinaryOp::Rem;
    if (quotient && both == Adaptable::Integer && !constantOf(expr))
      return Adaptable::No;
    return both;
  }
  case ast::ExprKind::Reduce: {
    const auto &reduce = ast::as<ast::ReduceExpr>(expr);
    bool counts = reduce.op <= ast::ReduceOp::Mean || reduce.op == ast::ReduceOp::Logsumexp;
    if (!counts || reduce.accumulator || reduce.whole || !reduce.body)
      return Adaptable::No;
    return adaptability(*reduce.body);
  }
  case ast::ExprKind::Call: {
    const auto &call = ast::as<ast::CallExpr>(expr);
    const auto *callee = ast::dynAs<ast::NameExpr>(call.callee.get());
    const ElementwiseFunction *function = callee ? findElementwise(callee->name) : nullptr;
    if (!function || function->predicate || isDeclaredHere(callee->name))
      return Adaptable::No;
    Adaptable all = Adaptable::Integer;
    for (const ast::Arg &argument : call.args)
      all = join(all, adaptability(*argument.value));
    return all != Adaptable::No && function->floating ? Adaptable::Floating : all;
  }
  default: return Adaptable::No;
  }
}

const Expr *Checker::checkUnary(const ast::UnaryExpr &expr, const Type *expected) {
  if (constantOf(expr))
    return checkConstant(expr, expected);
  if (expr.op == ast::UnaryOp::Not) {
    const Expr *operand = check(*expr.operand);
    if (!operand->type.isError() && !(operand->type.isArray() && operand->type.element == Scalar::Bool)) {
      error(Code::E0304, expr.operand->span, "`not` takes a `bool`, this is `" + operand->type.text() + "`");
      return errorExpr(expr.span);
    }
    return lift("not", {operand}, expr.span);
  }
  const Expr *operand = check(*expr.operand, expected);
  if (!requireKind(operand, isNumber, expr.operand->span, "unary `-`"))
    return errorExpr(expr.span);
  if (std::optional<Dim> dim = dimOf(operand))
    return sizeExpr(Dim(0) - *dim, Scalar::I64, expr.span);
  return lift("neg", {operand}, expr.span);
}

const Expr *Checker::checkBinary(const ast::BinaryExpr &expr, const Type *expected) {
  if (expr.op == ast::BinaryOp::And || expr.op == ast::BinaryOp::Or)
    return checkLogical(expr);
  if (constantOf(expr))
    return checkConstant(expr, expected);
  if (expr.op == ast::BinaryOp::Pow)
    return checkPower(expr, expected);
  if (expr.op == ast::BinaryOp::MatMul) {
    Hoist here(*this);
    auto [left, right] = checkPair(*expr.lhs, *expr.rhs, expected);
    return here.wrap(matmul(left, right, expr.span));
  }
  bool comparison = isComparison(expr.op);
  Hoist here(*this);
  bool quotient = expr.op == ast::BinaryOp::Div || expr.op == ast::BinaryOp::Rem;
  if (quotient && join(adaptability(*expr.lhs), adaptability(*expr.rhs)) == Adaptable::Integer)
    expected = nullptr; // of sizes: an integer, wherever it stands
  // Sums and products of sizes stay sizes in a floating context.
  if (!comparison && expected && expected->isArray() && isFloating(expected->element) &&
      !quotient && adaptability(expr) == Adaptable::Integer) {
    const Type integer = Type::array(Scalar::I64);
    auto [left, right] = checkPair(*expr.lhs, *expr.rhs, &integer);
    std::optional<Dim> a = dimOf(left), b = dimOf(right);
    if (a && b && a->weight() + b->weight() <= Dim::maxWeight) {
      Dim value = expr.op == ast::BinaryOp::Add ? *a + *b : expr.op == ast::BinaryOp::Sub ? *a - *b : *a * *b;
      return sizeExpr(value, expected->element, expr.span);
    }
  }
  auto [left, right] = checkPair(*expr.lhs, *expr.rhs, comparison ? nullptr : expected);
  if (left->type.hasError() || right->type.hasError())
    return errorExpr(expr.span);
  bool equality = expr.op == ast::BinaryOp::Eq || expr.op == ast::BinaryOp::Ne;
  auto comparable = [](Scalar s) { return s != Scalar::Key; };
  std::string what = fmt::format("`{}`", source(expr.opSpan));
  for (const Expr *side : {left, right})
    if (!requireKind(side, equality ? static_cast<bool (*)(Scalar)>(comparable) : isNumber, side->span, what))
      return errorExpr(expr.span);
  if (comparison) {
    if (left->type.isAggregate() || right->type.isAggregate()) {
      error(Code::E0302, expr.span, "structs and tuples are not compared").help("compare their fields");
      return errorExpr(expr.span);
    }
    return here.wrap(lift(mnemonic(expr.op), {left, right}, expr.span, Scalar::Bool));
  }
  std::optional<Dim> a = dimOf(left), b = dimOf(right);
  if (a && b && a->weight() * b->weight() <= Dim::maxWeight * 4) {
    std::optional<Dim> value;
    bool total = b->constant() && *b->constant() != 0;
    switch (expr.op) {
    case ast::BinaryOp::Add: value = *a + *b; break;
    case ast::BinaryOp::Sub: value = *a - *b; break;
    case ast::BinaryOp::Mul: value = *a * *b; break;
    case ast::BinaryOp::Div: value = total ? std::optional<Dim>(floorDivide(*a, *b)) : std::nullopt; break;
    case ast::BinaryOp::Rem: value = total ? std::optional<Dim>(remainder(*a, *b)) : std::nullopt; break;
    default: break;
    }
    if (value && value->weight() <= Dim::maxWeight)
      return here.wrap(sizeExpr(*value, Scalar::I64, expr.span));
  }
  return here.wrap(lift(mnemonic(expr.op), {left, right}, expr.span));
}

const Expr *Checker::checkLogical(const ast::BinaryExpr &expr) {
  bool conjunction = expr.op == ast::BinaryOp::And;
  Hoist here(*this);
  const Expr *left = check(*expr.lhs);
  size_t known = facts.size();
  if (left->type.isScalar(Scalar::Bool))
    for (Dim &fact : factsOf(*left, conjunction))
      facts.push_back(std::move(fact));
  ++guardDepth;
  const Expr *right = nullptr;
  {
    Hoist inside(*this);
    right = inside.wrap(check(*expr.rhs));
  }
  --guardDepth;
  facts.resize(known);
  for (const Expr *side : {left, right})
    if (!side->type.isError() && !(side->type.isArray() && side->type.element == Scalar::Bool)) {
      error(Code::E0304, side->span, fmt::format("`{}` takes `bool`, this is `{}`", mnemonic(expr.op), side->type.text()));
      return errorExpr(expr.span);
    }
  return here.wrap(lift(mnemonic(expr.op), {left, right}, expr.span));
}

// x ** n for an integer n, x ** y for equal types.
const Expr *Checker::checkPower(const ast::BinaryExpr &expr, const Type *expected) {
  Hoist here(*this);
  const Type integer = Type::array(Scalar::I64);
  const Expr *base = nullptr, *exponent = nullptr;
  if (adaptability(*expr.rhs) == Adaptable::Integer) {
    exponent = check(*expr.rhs, &integer);
    base = check(*expr.lhs, expected);
  } else if (adaptability(*expr.lhs) != Adaptable::No) {
    exponent = check(*expr.rhs);
    bool integral = exponent->type.isArray() && isInteger(exponent->type.element);
    base = check(*expr.lhs, integral ? expected : &exponent->type);
  } else {
    base = check(*expr.lhs, expected);
    exponent = check(*expr.rhs, base->type.isArray() ? &base->type : nullptr);
  }
  if (!requireKind(base, isNumber, base->span, "`**`") || !requireKind(exponent, isNumber, exponent->span, "`**`"))
    return errorExpr(expr.span);
  bool integral = exponent->type.isArray() && isInteger(exponent->type.element);
  if (std::optional<Dim> dim = dimOf(base), power = dimOf(exponent); dim && power && power->constant()) {
    constexpr int64_t mostFactors = 4;
    int64_t count = *power->constant();
    Dim result(1);
    for (int64_t i = 0; i < count && count <= mostFactors; ++i)
      result = result * *dim;
    if (count >= 0 && count <= mostFactors && result.weight() <= Dim::maxWeight)
      return here.wrap(sizeExpr(result, Scalar::I64, expr.span));
  }
  if (!integral)
    return here.wrap(lift("pow", {base, exponent}, expr.span));
  if (!exponent->type.isScalar() && base->type.isAggregate()) {
    error(Code::E0402, expr.span, "a struct is raised to one power only");
    return errorExpr(expr.span);
  }
  return here.wrap(lift("powi", {base, exponent}, expr.span));
}

bool Checker::requireKind(const Expr *expr, bool (*holds)(Scalar), Span span, const std::string &what) {
  const Type &type = expr->type;
  if (type.hasError())
    return false;
  bool array = type.allLeaves([](const Type &leaf) { return leaf.isArray(); });
  if (array && type.isAggregate() && !type.isFloating()) {
    error(Code::E0305, span, fmt::format("{} works on structs and tuples of floating fields only, this is `{}`", what, type.text()));
    return false;
  }
  if (array && type.allLeaves([&](const Type &leaf) { return holds(leaf.element); }))
    return true;
  if (type.isArray() && type.element == Scalar::Bool) {
    error(Code::E0303, span, fmt::format("{} on `bool`", what)).help(fmt::format("count with `i64({})`", source(span)));
  } else {
    Diagnostic &wrong = error(Code::E0305, span, fmt::format("{} does not take `{}`", what, type.text()));
    if (type.isArray() && isInteger(type.element))
      wrong.help(fmt::format("convert it: `f64({})`", source(span)));
  }
  return false;
}

const Expr *Checker::lift(const std::string &name, std::vector<const Expr *> operands, Span span, std::optional<Scalar> result) {
  for (const Expr *operand : operands)
    if (operand->type.hasError())
      return errorExpr(span);
  // The operand whose shape the result has: an aggregate before arrays, arrays before scalars.
  const Expr *lead = operands.front();
  for (const Expr *operand : operands)
    if ((operand->type.isAggregate() && !lead->type.isAggregate()) || (lead->type.isScalar() && !operand->type.isScalar()))
      lead = operand;
  auto conflict = [&](const Expr *other, Code code, const std::string &message) -> Diagnostic & {
    bool leadFirst = lead->span.begin <= other->span.begin;
    const Expr *first = leadFirst ? lead : other, *second = leadFirst ? other : lead;
    return error(code, second->span, message)
        .here(fmt::format("this is `{}`", second->type.text()))
        .label(first->span, fmt::format("this is `{}`", first->type.text()));
  };
  for (size_t i = 0; i < operands.size(); ++i) {
    const Expr *operand = operands[i];
    if (operand == lead)
      continue;
    bool exponent = name == "powi" && i == 1; // an i64 beside floating numbers
    if (operand->type.isAggregate()) {
      if (!sameType(lead->type, operand->type, operand->span, "the other operand"))
        return errorExpr(span);
      continue;
    }
    if (lead->type.isAggregate()) {
      bool fits = operand->type.isScalar() &&
                  (exponent || lead->type.allLeaves([&](const Type &leaf) { return leaf.element == operand->type.element; }));
      if (!fits) {
        conflict(operand, Code::E0302, fmt::format("`{}` and `{}` do not go together", lead->type.text(), operand->type.text()))
            .help("a struct goes with a struct of its type or with a scalar of its fields' type");
        return errorExpr(span);
      }
      continue;
    }
    if (!exponent && !(name == "powi" && lead == operands[1]) && lead->type.element != operand->type.element) {
      conflict(operand, Code::E0302, fmt::format("`{}` and `{}` do not go together", operands[0]->type.text(), operands.back()->type.text()))
          .help("there are no implicit casts; write `f64(…)`, `f32(…)`, `i64(…)`");
      return errorExpr(span);
    }
    if (operand->type.isScalar())
      continue;
    if (operand->type.shape.size() != lead->type.shape.size()) {
      conflict(operand, Code::E0402, "only scalars broadcast; these are arrays of different rank")
          .help("name the axes by indices: `let y[i,j] = …`");
      return errorExpr(span);
    }
    for (size_t axis = 0; axis < operand->type.shape.size(); ++axis) {
      const Dim &a = lead->type.shape[axis], &b = operand->type.shape[axis];
      if (!equate(a, b, span, fmt::format("axis {} is {} here and {} there", axis, a.text(), b.text()))) {
        conflict(operand, Code::E0401, fmt::format("sizes of axis {} differ: {} and {}", axis, a.text(), b.text()))
            .help("sizes never broadcast, 1 does not match N");
        return errorExpr(span);
      }
    }
  }
  Type type = lead->type;
  if (name == "powi" && !type.isAggregate())
    type.element = operands[0]->type.element;
  if (result)
    type = Type::array(*result, lead->type.shape);
  auto *node = make<ElementwiseExpr>(ExprKind::Elementwise, std::move(type), span);
  node->name = name;
  node->operands = std::move(operands);
  return node;
}

std::vector<Dim> Checker::factsOf(const Expr &condition, bool holds) {
  if (condition.kind == ExprKind::Block)
    return {};
  if (condition.kind != ExprKind::Elementwise)
    return {};
  const auto &node = static_cast<const ElementwiseExpr &>(condition);
  if (node.name == "not")
    return factsOf(*node.operands[0], !holds);
  if (node.operands.size() != 2)
    return {};
  if (node.name == (holds ? "and" : "or")) {
    std::vector<Dim> all = factsOf(*node.operands[0], holds);
    for (Dim &fact : factsOf(*node.operands[1], holds))
      all.push_back(std::move(fact));
    return all;
  }
  std::optional<Dim> a = dimOf(node.operands[0]), b = dimOf(node.operands[1]);
  if (!a || !b)
    return {};
  std::string relation = node.name;
  static const std::map<std::string, std::string> opposite = {{"lt", "ge"}, {"ge", "lt"}, {"gt", "le"}, {"le", "gt"}, {"eq", "ne"}, {"ne", "eq"}};
  if (!holds) {
    auto found = opposite.find(relation);
    if (found == opposite.end())
      return {};
    relation = found->second;
  }
  if (relation == "lt")
    return {*b - *a - Dim(1)};
  if (relation == "le")
    return {*b - *a};
  if (relation == "gt")
    return {*a - *b - Dim(1)};
  if (relation == "ge")
    return {*a - *b};
  if (relation == "eq")
    return {*a - *b, *b - *a};
  return {};
}

} // namespace ricci::lang
