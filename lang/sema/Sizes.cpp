// Integer expressions as symbolic sizes, and what can be said of them.
#include "lang/sema/Checker.h"
#include "lang/sema/Walk.h"

#include <algorithm>

namespace ricci::lang {

std::optional<Dim> Checker::dimOf(const Expr *expr) {
  if (!expr->type.isScalar(Scalar::I64))
    return std::nullopt;
  switch (expr->kind) {
  case ExprKind::Literal: return Dim(std::get<int64_t>(static_cast<const LiteralExpr *>(expr)->value));
  case ExprKind::Size: return static_cast<const SizeExpr *>(expr)->dim;
  case ExprKind::Index: return Dim(static_cast<const IndexExpr *>(expr)->index->symbol);
  case ExprKind::Variable: {
    auto *variable = const_cast<lang::Variable *>(static_cast<const VariableExpr *>(expr)->variable);
    VariableInfo &info = infoOf(variable);
    if (info.known)
      return info.known;
    if (info.assignable) // its value changes, a symbol's does not
      return std::nullopt;
    if (!variable->symbol) {
      variable->symbol = makeSymbol(SymbolInfo::Scalar, variable->name);
      births[(*variable->symbol)->id] = info.birth;
      if (info.varies)
        varying.insert((*variable->symbol)->id);
    }
    return Dim(*variable->symbol);
  }
  case ExprKind::Elementwise: {
    const auto &node = *static_cast<const ElementwiseExpr *>(expr);
    if (node.operands.size() != 2 || (node.name != "div" && node.name != "rem" && node.name != "min" && node.name != "max"))
      return std::nullopt;
    std::optional<Dim> left = dimOf(node.operands[0]), right = dimOf(node.operands[1]);
    if (!left || !right || left->weight() + right->weight() > Dim::maxWeight)
      return std::nullopt;
    return node.name == "div"   ? floorDivide(*left, *right)
           : node.name == "rem" ? remainder(*left, *right)
           : node.name == "min" ? minimum(*left, *right)
                                : maximum(*left, *right);
  }
  case ExprKind::Block: {
    const Expr *value = static_cast<const BlockExpr *>(expr)->value;
    return value ? dimOf(value) : std::nullopt;
  }
  default: return std::nullopt;
  }
}

const Expr *Checker::sizeExpr(const Dim &dim, Scalar element, Span span) {
  if (std::optional<int64_t> constant = dim.constant()) {
    if (isFloating(element))
      return literal(element, static_cast<double>(*constant), span);
    return literal(element, *constant, span);
  }
  auto *node = make<SizeExpr>(ExprKind::Size, Type::array(element), span);
  node->dim = dim;
  return node;
}

std::optional<Dim> Checker::requireDim(const Expr *expr, Span span) {
  if (expr->type.isError())
    return std::nullopt;
  if (!expr->type.isScalar(Scalar::I64)) {
    error(Code::E0307, span, "a size or bound is an `i64`, this is `" + expr->type.text() + "`");
    return std::nullopt;
  }
  if (std::optional<Dim> dim = dimOf(expr); dim && dim->weight() <= Dim::maxWeight)
    return dim;
  if (!hoist) {
    error(Code::E0407, span, "a size here is made of names, numbers, `+ - * / %`");
    return std::nullopt;
  }
  lang::Variable *value = hidden(expr->type, span);
  value->symbol = makeSymbol(SymbolInfo::Scalar, value->name);
  births[(*value->symbol)->id] = program->nodes.size() - 1;
  infoOf(value).varies = mentionsOpenIndex(*expr);
  if (infoOf(value).varies)
    varying.insert((*value->symbol)->id);
  auto *let = makeStmt<LetStmt>(StmtKind::Let, span);
  let->variable = value;
  let->value = expr;
  hoist->lets.push_back(let);
  return Dim(*value->symbol);
}

std::optional<Dim> Checker::checkDim(const ast::Expr &expr) {
  const Type wanted = Type::array(Scalar::I64);
  return requireDim(check(expr, &wanted), expr.span);
}

bool Checker::mentionsOpenIndex(const Dim &dim) {
  if (binders.empty())
    return false;
  bool found = false;
  dim.forEachSymbol([&](const Symbol &symbol) {
    if (symbol->kind == SymbolInfo::Scalar)
      found |= varying.count(symbol->id) > 0;
    auto state = indexBySymbol.find(symbol->id);
    found |= state != indexBySymbol.end() && state->second->open;
  });
  return found;
}

bool Checker::mentionsOpenIndex(const Expr &expr) {
  if (binders.empty())
    return false;
  if (expr.kind == ExprKind::Index)
    return indexBySymbol.at(static_cast<const IndexExpr &>(expr).index->symbol->id)->open;
  if (expr.kind == ExprKind::Variable)
    return infoOf(static_cast<const VariableExpr &>(expr).variable).varies;
  bool found = false;
  forEachDim(expr, [&](const Dim &dim) { found = found || mentionsOpenIndex(dim); });
  forEachOperand(expr, [&](const Expr &operand) { found = found || mentionsOpenIndex(operand); });
  return found;
}

bool Checker::mentionsAny(const Expr &expr, const std::vector<const Index *> &indices, bool ifUnknown) {
  if (expr.kind == ExprKind::Index)
    return std::find(indices.begin(), indices.end(), static_cast<const IndexExpr &>(expr).index) != indices.end();
  if (expr.kind == ExprKind::Variable && infoOf(static_cast<const VariableExpr &>(expr).variable).varies)
    return ifUnknown;
  bool found = false;
  forEachDim(expr, [&](const Dim &dim) {
    dim.forEachSymbol([&](const Symbol &symbol) {
      found |= varying.count(symbol->id) && ifUnknown;
      found |= std::any_of(indices.begin(), indices.end(), [&](const Index *index) { return index->symbol == symbol; });
    });
  });
  forEachOperand(expr, [&](const Expr &operand) { found = found || mentionsAny(operand, indices, ifUnknown); });
  return found;
}

bool Checker::requireFixed(const Type &type, Span span) {
  bool fixed = true;
  type.allLeaves([&](const Type &leaf) {
    for (const Dim &dim : leaf.shape)
      if (fixed && mentionsOpenIndex(dim)) {
        error(Code::E0404, span, "size `" + dim.text() + "` depends on an index, so it is not the same for all elements")
            .help("an array inside a definition or reduction has one size for all values of the indices around it");
        fixed = false;
      }
    return true;
  });
  return fixed;
}

Prover Checker::prover() const { return Prover(ranges, facts); }

// max(d, 0), the extent of a range that may be empty, as d; anything else as it is.
static Dim unlessEmpty(const Dim &dim) {
  bool single = dim.terms().size() == 1 && dim.terms().begin()->second == 1 && dim.terms().begin()->first.size() == 1;
  if (!single)
    return dim;
  const Symbol &symbol = dim.terms().begin()->first.front();
  if (symbol->kind != SymbolInfo::Maximum)
    return dim;
  return symbol->right == Dim(0) ? symbol->left : symbol->left == Dim(0) ? symbol->right : dim;
}

bool Checker::equate(const Dim &left, const Dim &right, Span span, const std::string &what) {
  switch (prover().isEqual(left, right)) {
  case Truth::Yes: return true;
  case Truth::No: return false;
  case Truth::Unknown: break;
  }
  // Sizes that could only meet where both are 0 are a mistake.
  if (prover().isEqual(unlessEmpty(left), unlessEmpty(right)) == Truth::No)
    return false;
  if (hoist)
    hoist->checks.push_back({left, right, what, span});
  return true;
}

void Checker::requireNonNegative(const Dim &dim, Span span) {
  if (prover().isNonNegative(dim))
    return;
  if (std::optional<int64_t> constant = dim.constant()) {
    error(Code::E0405, span, "a size of " + std::to_string(*constant) + ": sizes are not negative");
    return;
  }
  if (hoist)
    hoist->checks.push_back({maximum(dim, Dim(0)), dim, "size `" + dim.text() + "` is negative", span});
}

} // namespace ricci::lang
