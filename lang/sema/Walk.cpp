#include "lang/sema/Walk.h"

namespace ricci::lang {

using ExprVisit = std::function<void(const Expr &)>;
using DimVisit = std::function<void(const Dim &)>;

namespace {

template <class T> const T &to(const Expr &expr) { return static_cast<const T &>(expr); }

void eachSubscript(const std::vector<Subscript> &subscripts, const ExprVisit &visit) {
  for (const Subscript &subscript : subscripts)
    if (subscript.value)
      visit(*subscript.value);
}

void eachDim(const std::vector<Subscript> &subscripts, const DimVisit &visit) {
  for (const Subscript &subscript : subscripts) {
    if (subscript.affine)
      visit(*subscript.affine);
    if (subscript.kind != Subscript::Slice)
      continue;
    visit(subscript.lower);
    visit(subscript.upper);
  }
}

} // namespace

void forEachOperand(const Stmt &stmt, const ExprVisit &visit) {
  switch (stmt.kind) {
  case StmtKind::Let: return visit(*static_cast<const LetStmt &>(stmt).value);
  case StmtKind::Assign: return visit(*static_cast<const AssignStmt &>(stmt).value);
  case StmtKind::Assert: return visit(*static_cast<const AssertStmt &>(stmt).condition);
  case StmtKind::Expr: return visit(*static_cast<const ExprStmt &>(stmt).value);
  case StmtKind::Effect:
    for (const Segment &segment : static_cast<const EffectStmt &>(stmt).segments)
      if (segment.value)
        visit(*segment.value);
    for (const Expr *value : static_cast<const EffectStmt &>(stmt).values)
      visit(*value);
  }
}

void forEachOperand(const Expr &expr, const ExprVisit &visit) {
  auto all = [&](const std::vector<const Expr *> &list) {
    for (const Expr *item : list)
      visit(*item);
  };
  auto maybe = [&](const Expr *item) {
    if (item)
      visit(*item);
  };
  switch (expr.kind) {
  case ExprKind::Literal:
  case ExprKind::Size:
  case ExprKind::Variable:
  case ExprKind::Index: return;
  case ExprKind::Elementwise: return all(to<ElementwiseExpr>(expr).operands);
  case ExprKind::If:
    visit(*to<IfExpr>(expr).condition);
    visit(*to<IfExpr>(expr).then);
    return visit(*to<IfExpr>(expr).otherwise);
  case ExprKind::Access:
    visit(*to<AccessExpr>(expr).base);
    return eachSubscript(to<AccessExpr>(expr).subscripts, visit);
  case ExprKind::Reduce:
    for (const ScatterTerm &term : to<ReduceExpr>(expr).scatter)
      visit(*term.subscript);
    maybe(to<ReduceExpr>(expr).guard);
    return visit(*to<ReduceExpr>(expr).body);
  case ExprKind::Build: return visit(*to<BuildExpr>(expr).body);
  case ExprKind::Aggregate: return all(to<AggregateExpr>(expr).fields);
  case ExprKind::Field: return visit(*to<FieldExpr>(expr).base);
  case ExprKind::With:
    visit(*to<WithExpr>(expr).base);
    eachSubscript(to<WithExpr>(expr).subscripts, visit);
    return visit(*to<WithExpr>(expr).value);
  case ExprKind::Call:
    all(to<CallExpr>(expr).arguments);
    // A function expanded for this call sees what the functions given to it captured.
    return to<CallExpr>(expr).callee->expanded ? visit(*to<CallExpr>(expr).callee->body) : void();
  case ExprKind::Builtin: return all(to<BuiltinExpr>(expr).arguments);
  case ExprKind::Diff:
    for (const DiffVariable &variable : to<DiffExpr>(expr).variables)
      maybe(variable.tangent);
    visit(*to<DiffExpr>(expr).body);
    return maybe(to<DiffExpr>(expr).cotangent);
  case ExprKind::For:
    visit(*to<ForExpr>(expr).lower);
    visit(*to<ForExpr>(expr).upper);
    maybe(to<ForExpr>(expr).condition);
    for (const Stmt *stmt : to<ForExpr>(expr).body)
      forEachOperand(*stmt, visit);
    return maybe(to<ForExpr>(expr).yield);
  case ExprKind::Block:
    for (const Stmt *stmt : to<BlockExpr>(expr).statements)
      forEachOperand(*stmt, visit);
    return maybe(to<BlockExpr>(expr).value);
  }
}

void forEachDim(const Expr &expr, const DimVisit &visit) {
  switch (expr.kind) {
  case ExprKind::Size: return visit(to<SizeExpr>(expr).dim);
  case ExprKind::Access: return eachDim(to<AccessExpr>(expr).subscripts, visit);
  case ExprKind::With: return eachDim(to<WithExpr>(expr).subscripts, visit);
  case ExprKind::Reduce:
    for (const Index *index : to<ReduceExpr>(expr).indices) {
      visit(index->lower);
      visit(index->upper);
    }
    return;
  case ExprKind::Call:
    for (const auto &[symbol, dim] : to<CallExpr>(expr).sizes)
      visit(dim);
    return;
  default: return;
  }
}

// ------------------------------------------------------------------ syntax

namespace {

struct Walker {
  const TreeVisitor &visitor;

  void uses(const std::string &name, Span span) const {
    if (visitor.onName)
      visitor.onName(name, span);
  }
  void binds(const std::string &name) const {
    if (visitor.onBound && !name.empty())
      visitor.onBound(name);
  }

  void optional(const ast::ExprPtr &expr) const {
    if (expr)
      walk(*expr, visitor);
  }
  void optional(const ast::TypePtr &type) const {
    if (type)
      walk(*type, visitor);
  }
  void each(const std::vector<ast::ExprPtr> &list) const {
    for (const ast::ExprPtr &item : list)
      optional(item);
  }
  void range(const std::optional<ast::Range> &range) const {
    if (range) {
      optional(range->lo);
      optional(range->hi);
    }
  }
  void arguments(const std::vector<ast::Arg> &list) const {
    for (const ast::Arg &argument : list)
      optional(argument.value);
  }
  void binders(const std::vector<ast::IndexBinder> &list) const {
    for (const ast::IndexBinder &binder : list)
      for (const ast::IndexName &name : binder.names) {
        binds(name.name.text);
        range(name.range);
      }
  }
  void subscripts(const std::vector<ast::Subscript> &list) const {
    for (const ast::Subscript &subscript : list) {
      each(subscript.values);
      range(subscript.slice);
      optional(subscript.step);
    }
  }
  void pattern(const ast::Pattern &pattern) const {
    binds(pattern.name.text);
    binders(pattern.indices);
    optional(pattern.type);
    for (const ast::Pattern &element : pattern.elems)
      this->pattern(element);
  }
};

} // namespace

void walk(const ast::TypeExpr &type, const TreeVisitor &visitor) {
  if (visitor.onType)
    visitor.onType(type);
  Walker parts{visitor};
  if (const auto *named = ast::dynAs<ast::NamedType>(&type)) {
    for (const ast::TypeArg &argument : named->args) {
      parts.optional(argument.type);
      parts.optional(argument.expr);
    }
    parts.each(named->dims);
  } else if (const auto *tuple = ast::dynAs<ast::TupleType>(&type)) {
    for (const ast::TypePtr &element : tuple->elems)
      parts.optional(element);
  } else {
    const auto &function = ast::as<ast::FunctionType>(type);
    for (const ast::TypePtr &parameter : function.params)
      parts.optional(parameter);
    parts.optional(function.result);
  }
}

void walk(const ast::Expr &expr, const TreeVisitor &visitor) {
  if (visitor.onExpr)
    visitor.onExpr(expr);
  Walker parts{visitor};
  switch (expr.kind) {
  case ast::ExprKind::Int:
  case ast::ExprKind::Float:
  case ast::ExprKind::Bool:
  case ast::ExprKind::Constant:
  case ast::ExprKind::String: return;
  case ast::ExprKind::Name: return parts.uses(ast::as<ast::NameExpr>(expr).name, expr.span);
  case ast::ExprKind::Type: return parts.optional(ast::as<ast::TypeValueExpr>(expr).type);
  case ast::ExprKind::Tuple: return parts.each(ast::as<ast::TupleExpr>(expr).elems);
  case ast::ExprKind::Array: return parts.each(ast::as<ast::ArrayExpr>(expr).elems);
  case ast::ExprKind::Unary: return parts.optional(ast::as<ast::UnaryExpr>(expr).operand);
  case ast::ExprKind::Binary:
    parts.optional(ast::as<ast::BinaryExpr>(expr).lhs);
    return parts.optional(ast::as<ast::BinaryExpr>(expr).rhs);
  case ast::ExprKind::If: {
    const auto &node = ast::as<ast::IfExpr>(expr);
    parts.optional(node.condition);
    parts.optional(node.thenValue);
    return parts.optional(node.elseValue);
  }
  case ast::ExprKind::For: {
    const auto &node = ast::as<ast::ForExpr>(expr);
    parts.binds(node.index.text);
    parts.optional(node.range.lo);
    parts.optional(node.range.hi);
    return walk(node.body, visitor);
  }
  case ast::ExprKind::Lambda:
    for (const ast::Ident &parameter : ast::as<ast::LambdaExpr>(expr).params)
      parts.binds(parameter.text);
    return parts.optional(ast::as<ast::LambdaExpr>(expr).body);
  case ast::ExprKind::Reduce: {
    const auto &node = ast::as<ast::ReduceExpr>(expr);
    parts.optional(node.accumulator);
    parts.binders(node.indices);
    parts.optional(node.where);
    parts.optional(node.body);
    if (node.block)
      walk(*node.block, visitor);
    return;
  }
  case ast::ExprKind::Diff: {
    const auto &node = ast::as<ast::DiffExpr>(expr);
    for (const ast::DiffTarget &target : node.targets) {
      parts.uses(target.path.parts.front().text, target.path.parts.front().span);
      parts.optional(target.direction);
    }
    parts.optional(node.body);
    return parts.optional(node.cotangent);
  }
  case ast::ExprKind::Call:
    parts.optional(ast::as<ast::CallExpr>(expr).callee);
    return parts.arguments(ast::as<ast::CallExpr>(expr).args);
  case ast::ExprKind::Subscript:
    parts.optional(ast::as<ast::SubscriptExpr>(expr).base);
    return parts.subscripts(ast::as<ast::SubscriptExpr>(expr).subscripts);
  case ast::ExprKind::Field: return parts.optional(ast::as<ast::FieldExpr>(expr).base);
  case ast::ExprKind::WithFields:
    parts.optional(ast::as<ast::WithFieldsExpr>(expr).base);
    return parts.arguments(ast::as<ast::WithFieldsExpr>(expr).fields);
  case ast::ExprKind::WithElements: {
    const auto &node = ast::as<ast::WithElementsExpr>(expr);
    parts.optional(node.base);
    parts.subscripts(node.subscripts);
    return parts.optional(node.value);
  }
  }
}

void walk(const ast::Stmt &stmt, const TreeVisitor &visitor) {
  Walker parts{visitor};
  switch (stmt.kind) {
  case ast::StmtKind::Let:
    parts.pattern(ast::as<ast::LetStmt>(stmt).pattern);
    return parts.optional(ast::as<ast::LetStmt>(stmt).value);
  case ast::StmtKind::Var:
    parts.binds(ast::as<ast::VarStmt>(stmt).name.text);
    parts.optional(ast::as<ast::VarStmt>(stmt).type);
    return parts.optional(ast::as<ast::VarStmt>(stmt).value);
  case ast::StmtKind::Assign:
    parts.uses(ast::as<ast::AssignStmt>(stmt).name.text, ast::as<ast::AssignStmt>(stmt).name.span);
    return parts.optional(ast::as<ast::AssignStmt>(stmt).value);
  case ast::StmtKind::Yield: return parts.optional(ast::as<ast::YieldStmt>(stmt).value);
  case ast::StmtKind::Assert: return parts.optional(ast::as<ast::AssertStmt>(stmt).condition);
  case ast::StmtKind::While:
    parts.optional(ast::as<ast::WhileStmt>(stmt).condition);
    parts.optional(ast::as<ast::WhileStmt>(stmt).limit);
    return walk(ast::as<ast::WhileStmt>(stmt).body, visitor);
  case ast::StmtKind::Expr: return parts.optional(ast::as<ast::ExprStmt>(stmt).value);
  case ast::StmtKind::Param:
    parts.optional(ast::as<ast::ParamStmt>(stmt).type);
    return parts.optional(ast::as<ast::ParamStmt>(stmt).value);
  }
}

void walk(const ast::Block &block, const TreeVisitor &visitor) {
  for (const ast::StmtPtr &stmt : block.stmts)
    walk(*stmt, visitor);
}

} // namespace ricci::lang
