// Subscripts: reading parts of arrays and replacing them.
#include "lang/sema/Checker.h"

#include <fmt/format.h>

namespace ricci::lang {

const Expr *Checker::checkSubscript(const ast::SubscriptExpr &expr) {
  Hoist here(*this);
  bool borrowed = std::exchange(borrowingKey, false);
  const auto *name = ast::dynAs<ast::NameExpr>(expr.base.get());
  const Binding *binding = name ? lookup(name->name) : nullptr;
  const lang::Variable *keys = nullptr;
  if (binding && binding->kind == Binding::Variable && binding->variable->type.isArray() &&
      binding->variable->type.element == Scalar::Key)
    keys = binding->variable;
  borrowingKey = keys != nullptr; // an element is consumed, not the array
  const Expr *base = check(*expr.base);
  borrowingKey = false;
  auto *node = make<AccessExpr>(ExprKind::Access, Type{}, expr.span);
  node->base = base;
  std::optional<Type> type = checkSubscripts(base, expr.subscripts, node->subscripts, expr.span);
  if (!type)
    return errorExpr(expr.span);
  node->type = *type;
  if (keys && !borrowed) {
    std::string element;
    bool varies = false, known = true;
    for (const Subscript &subscript : node->subscripts) {
      element += subscript.affine ? subscript.affine->text() + "," : ":,";
      known &= subscript.affine.has_value();
      varies |= subscript.affine && mentionsOpenIndex(*subscript.affine);
    }
    if (known)
      useKey(keys, element, varies, expr.span);
  }
  return here.wrap(node);
}

const Expr *Checker::checkWithElements(const ast::WithElementsExpr &expr) {
  Hoist here(*this);
  const Expr *base = check(*expr.base);
  auto *node = make<WithExpr>(ExprKind::With, base->type, expr.span);
  node->base = base;
  std::optional<Type> part = checkSubscripts(base, expr.subscripts, node->subscripts, expr.span);
  const Expr *value = check(*expr.value, part ? &*part : nullptr);
  if (!part || value->type.isError())
    return errorExpr(expr.span);
  if (value->type.isScalar() && !part->isScalar() && value->type.element == part->element) {
    auto *full = make<BuiltinExpr>(ExprKind::Builtin, *part, value->span);
    full->name = "full";
    full->arguments = {value};
    value = full;
  }
  node->value = conform(value, *part, "the replacement");
  return node->value->type.isError() ? errorExpr(expr.span) : here.wrap(node);
}

std::optional<Type> Checker::checkSubscripts(const Expr *base, const std::vector<ast::Subscript> &written,
                                             std::vector<Subscript> &out, Span span) {
  const Type &type = base->type;
  bool usable = type.hasAxes() && type.shape.size() == written.size();
  if (!type.hasError() && !type.hasAxes()) {
    Diagnostic &wrong = error(Code::E0309, base->span, fmt::format("`{}` has no axes to subscript", type.text()));
    if (type.kind == Type::Tuple)
      wrong.help("parts of a tuple are `.0`, `.1`, …");
  } else if (!type.hasError() && !usable) {
    Span from = written.empty() ? span : cover(written.front().span, written.back().span);
    error(Code::E0111, from, fmt::format("`{}` has rank {}, {} subscript{} given", source(base->span), type.shape.size(), written.size(),
                                         written.size() == 1 ? " is" : "s are"))
        .help("every axis has a subscript; `:` keeps an axis whole");
  }
  if (!usable) {
    // The subscripts may hold faults of their own.
    bool outer = std::exchange(inSubscript, true);
    for (const ast::Subscript &subscript : written)
      for (const ast::ExprPtr &value : subscript.values) {
        const auto *call = ast::dynAs<ast::CallExpr>(value.get());
        if (!call)
          check(*value);
      }
    inSubscript = outer;
    return std::nullopt;
  }
  out.resize(written.size());
  std::vector<Dim> shape;
  bool fine = true;
  for (unsigned axis = 0; axis < written.size(); ++axis) {
    Subscript &subscript = out[axis];
    subscript.span = written[axis].span;
    switch (written[axis].kind) {
    case ast::Subscript::Kind::All:
      subscript.kind = Subscript::All;
      subscript.proven = true;
      shape.push_back(type.shape[axis]);
      break;
    case ast::Subscript::Kind::Slice:
      fine &= checkSlice(written[axis], subscript, base, axis);
      shape.push_back(subscript.length);
      break;
    case ast::Subscript::Kind::Value: fine &= checkElement(written[axis], subscript, base, axis); break;
    case ast::Subscript::Kind::Group: fine &= checkGroup(written[axis], subscript, base, axis); break;
    }
  }
  if (!fine)
    return std::nullopt;
  Type result = type.part(written.size()).stacked(shape);
  if (!requireFixed(result, span))
    return std::nullopt;
  return result;
}

// Indices occur linearly, with coefficients that mention none.
static bool isAffine(const Dim &form) {
  for (const auto &[monomial, coefficient] : form.terms()) {
    unsigned indices = 0;
    for (const Symbol &symbol : monomial) {
      indices += symbol->kind == SymbolInfo::Index;
      bool inside = false;
      if (symbol->isOpaque())
        Dim(symbol).forEachSymbol([&](const Symbol &inner) { inside |= inner->kind == SymbolInfo::Index; });
      if (inside)
        return false;
    }
    if (indices > 1)
      return false;
  }
  return true;
}

bool Checker::checkElement(const ast::Subscript &written, Subscript &subscript, const Expr *base, unsigned axis) {
  subscript.kind = Subscript::Element;
  const ast::Expr *value = written.values.front().get();
  if (const auto *call = ast::dynAs<ast::CallExpr>(value)) {
    const auto *callee = ast::dynAs<ast::NameExpr>(call->callee.get());
    static const std::map<std::string, AccessMode> modes = {
        {"pad", AccessMode::Pad}, {"clamp", AccessMode::Clamp}, {"wrap", AccessMode::Wrap}};
    auto mode = callee && call->args.size() == 1 && !call->args[0].name ? modes.find(callee->name) : modes.end();
    if (mode != modes.end()) {
      subscript.mode = mode->second;
      value = call->args[0].value.get();
    }
  }
  const Type wanted = Type::array(Scalar::I64);
  bool outer = std::exchange(inSubscript, true);
  const Expr *node = check(*value, &wanted);
  inSubscript = outer;
  if (node->type.isError())
    return false;
  if (!node->type.isScalar() || !isInteger(node->type.element)) {
    Diagnostic &wrong = error(Code::E0307, value->span, fmt::format("a subscript is an integer, this is `{}`", node->type.text()));
    if (node->type.isArray() && isInteger(node->type.element))
      wrong.help("name its elements: `let y[i] = x[t[i]]`");
    else if (node->type.isScalar() && isFloating(node->type.element))
      wrong.help("convert it: `i64(…)`");
    return false;
  }
  subscript.value = node;
  std::optional<Dim> form = dimOf(node);
  if (!form)
    return true;
  if (isAffine(*form))
    subscript.affine = form;
  if (subscript.mode == AccessMode::Exact)
    recordAccess(&subscript, *form, base, axis);
  else
    subscript.proven = true;
  return true;
}

bool Checker::checkGroup(const ast::Subscript &written, Subscript &subscript, const Expr *base, unsigned axis) {
  subscript.kind = Subscript::Element;
  GroupUse group;
  group.size = base->type.shape[axis];
  group.span = written.span;
  group.subscript = &subscript;
  bool outer = std::exchange(inSubscript, true);
  bool fine = true;
  for (const ast::ExprPtr &value : written.values) {
    const Expr *node = check(*value);
    if (node->type.isError()) {
      fine = false;
    } else if (node->kind != ExprKind::Index) {
      unsupported(value->span, "members of a merged subscript other than indices are");
      fine = false;
    } else {
      group.members.push_back(indexBySymbol.at(static_cast<const IndexExpr *>(node)->index->symbol->id));
    }
  }
  inSubscript = outer;
  if (!fine)
    return false;
  subscript.proven = true; // the product of the extents is the axis
  groups.push_back(std::move(group));
  return compareGroups();
}

bool Checker::checkSlice(const ast::Subscript &written, Subscript &subscript, const Expr *base, unsigned axis) {
  subscript.kind = Subscript::Slice;
  bool outer = std::exchange(inSubscript, true);
  std::optional<Dim> lower = checkDim(*written.slice->lo), upper = checkDim(*written.slice->hi);
  std::optional<Dim> step = written.step ? checkDim(*written.step) : Dim(1);
  inSubscript = outer;
  if (!lower || !upper || !step)
    return false;
  if (!step->constant() || *step->constant() < 1) {
    error(Code::E0503, written.step->span, "the step of a slice is a positive constant");
    return false;
  }
  const Dim &size = base->type.shape[axis];
  subscript.lower = *lower;
  subscript.upper = *upper;
  subscript.step = *step->constant();
  subscript.length = floorDivide(*upper - *lower + *step - Dim(1), *step);
  Prover proof = prover(), refutation = refuter();
  auto refuse = [&](const std::string &why) {
    error(Code::E0502, written.span, why).help("a slice `a..b` needs 0 ≤ a ≤ b ≤ the size of its axis");
    return false;
  };
  if (refutation.isNonNegative(Dim(-1) - *lower))
    return refuse(fmt::format("the slice starts at {}, before the axis", lower->text()));
  if (refutation.isNonNegative(*upper - size - Dim(1)))
    return refuse(fmt::format("the slice ends at {}, the axis has size {}", upper->text(), size.text()));
  if (refutation.isNonNegative(*lower - *upper - Dim(1)))
    return refuse(fmt::format("the slice runs backwards, from {} to {}", lower->text(), upper->text()));
  subscript.proven = proof.isNonNegative(*lower) && proof.isLessOrEqual(*lower, *upper) && proof.isLessOrEqual(*upper, size);
  return true;
}

} // namespace ricci::lang
