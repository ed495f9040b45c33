// Statements: lets, variables, assignments, blocks.
#include "lang/sema/Checker.h"

#include <algorithm>

namespace ricci::lang {

const Expr *Checker::checkBlock(const ast::Block &block, const Type *expected, Span span, bool isLoop, const Expr **yield) {
  pushScope();
  std::vector<const Stmt *> statements;
  const Expr *value = nullptr;
  for (const ast::StmtPtr &stmt : block.stmts) {
    bool last = stmt == block.stmts.back();
    const auto *expr = ast::dynAs<ast::ExprStmt>(stmt.get());
    const auto *yielded = ast::dynAs<ast::YieldStmt>(stmt.get());
    if (last && expr && !isLoop && !isEffect(*expr->value)) {
      Hoist here(*this);
      value = here.wrap(check(*expr->value, expected));
    } else if (last && yielded && yield) {
      Hoist here(*this);
      *yield = here.wrap(check(*yielded->value));
    } else {
      checkStmt(*stmt, statements);
    }
  }
  popScope();
  if (value && statements.empty())
    return value;
  if (value && value->type.kind == Type::Unit) {
    auto *stmt = makeStmt<ExprStmt>(StmtKind::Expr, value->span);
    stmt->value = value;
    statements.push_back(stmt);
    value = nullptr;
  }
  return blockOf(std::move(statements), value, value ? value->span : span);
}

void Checker::checkStmt(const ast::Stmt &stmt, std::vector<const Stmt *> &out) {
  Hoist here(*this);
  std::vector<const Stmt *> own;
  switch (stmt.kind) {
  case ast::StmtKind::Let: checkLet(ast::as<ast::LetStmt>(stmt), own); break;
  case ast::StmtKind::Var: checkVar(ast::as<ast::VarStmt>(stmt), own); break;
  case ast::StmtKind::Assign: checkAssign(ast::as<ast::AssignStmt>(stmt), own); break;
  case ast::StmtKind::Assert: checkAssert(ast::as<ast::AssertStmt>(stmt), own); break;
  case ast::StmtKind::Param: checkParam(ast::as<ast::ParamStmt>(stmt), own); break;
  case ast::StmtKind::While: checkWhile(ast::as<ast::WhileStmt>(stmt), own); break;
  case ast::StmtKind::Yield:
    error(Code::E0806, stmt.span, "`yield` stands only at the end of a `for`'s body");
    break;
  case ast::StmtKind::Expr: {
    const ast::Expr &expr = *ast::as<ast::ExprStmt>(stmt).value;
    if (isEffect(expr)) {
      checkEffect(ast::as<ast::CallExpr>(expr), own);
      break;
    }
    auto *node = makeStmt<ExprStmt>(StmtKind::Expr, stmt.span);
    node->value = check(expr);
    own.push_back(node);
    break;
  }
  }
  out.insert(out.end(), here.lets.begin(), here.lets.end());
  if (!here.checks.empty()) {
    // A size check stands before what relies on it.
    auto *first = !own.empty() && own.front()->kind == StmtKind::Let
                      ? const_cast<LetStmt *>(static_cast<const LetStmt *>(own.front()))
                      : nullptr;
    if (!first) {
      first = makeStmt<LetStmt>(StmtKind::Let, stmt.span);
      first->value = literal(Scalar::Bool, true, stmt.span);
      first->variable = hidden(first->value->type, stmt.span);
      own.insert(own.begin(), first);
    }
    first->checks.insert(first->checks.end(), here.checks.begin(), here.checks.end());
  }
  out.insert(out.end(), own.begin(), own.end());
}

const lang::Variable *Checker::bindName(const ast::Ident &name, const Expr *value, std::vector<const Stmt *> &out,
                                        bool assignable) {
  if (!value->type.isError() && (value->type.kind == Type::Unit || value->type.kind == Type::String)) {
    error(Code::E0312, value->span, "`" + name.text + "` would have no value: the right side is " + value->type.text());
    value = errorExpr(value->span);
  }
  lang::Variable *variable = declareVariable(name, value->type, value, assignable);
  auto *let = makeStmt<LetStmt>(StmtKind::Let, name.span);
  let->variable = variable;
  let->value = value;
  out.push_back(let);
  return variable;
}

void Checker::checkLet(const ast::LetStmt &stmt, std::vector<const Stmt *> &out) {
  if (isLoad(*stmt.value))
    return checkLoad(stmt, out);
  const ast::Pattern &pattern = stmt.pattern;
  if (pattern.kind == ast::Pattern::Kind::Name && !pattern.type && isFunctionValue(*stmt.value)) {
    Binding binding;
    binding.function = functionValue(*stmt.value);
    binding.kind = binding.function ? Binding::Function : Binding::Broken;
    declare(pattern.name, binding);
    return;
  }
  if (pattern.kind == ast::Pattern::Kind::Indexed) {
    bindName(pattern.name, checkBuild(pattern, *stmt.value), out, false);
    return;
  }
  if (pattern.kind == ast::Pattern::Kind::Name && pattern.type) {
    Type type = resolveType(*pattern.type);
    const Expr *value = check(*stmt.value, type.isError() ? nullptr : &type);
    if (!type.isError())
      value = conform(value, type, "`" + pattern.name.text + "`");
    bindName(pattern.name, value, out, false);
    return;
  }
  bindPattern(pattern, check(*stmt.value), out);
}

void Checker::bindPattern(const ast::Pattern &pattern, const Expr *value, std::vector<const Stmt *> &out) {
  switch (pattern.kind) {
  case ast::Pattern::Kind::Name:
    if (pattern.type) {
      Type type = resolveType(*pattern.type);
      value = type.isError() ? errorExpr(pattern.span) : conform(value, type, "`" + pattern.name.text + "`");
    }
    bindName(pattern.name, value, out, false);
    return;
  case ast::Pattern::Kind::Indexed:
    unsupported(pattern.span, "index patterns inside tuples are");
    return bindPattern(ast::Pattern{{pattern.span, 1}, ast::Pattern::Kind::Name, pattern.name, {}, nullptr, {}},
                       errorExpr(pattern.span), out);
  case ast::Pattern::Kind::Tuple:
    break;
  }
  const Type &type = value->type;
  bool fits = type.kind == Type::Tuple && type.fields.size() == pattern.elems.size();
  if (!fits && !type.isError()) {
    if (type.kind == Type::Tuple)
      error(Code::E0311, pattern.span, "a tuple of " + std::to_string(type.fields.size()) + " is taken apart into " +
                                           std::to_string(pattern.elems.size()) + " names");
    else
      error(Code::E0311, pattern.span, "only tuples are taken apart; this is `" + type.text() + "`");
  }
  const auto *parts = value->kind == ExprKind::Aggregate ? static_cast<const AggregateExpr *>(value) : nullptr;
  lang::Variable *whole = nullptr;
  if (fits && !parts) {
    whole = hidden(type, value->span);
    infoOf(whole).varies = mentionsOpenIndex(*value);
    auto *let = makeStmt<LetStmt>(StmtKind::Let, pattern.span);
    let->variable = whole;
    let->value = value;
    out.push_back(let);
  }
  for (size_t i = 0; i < pattern.elems.size(); ++i) {
    if (!fits) {
      bindPattern(pattern.elems[i], errorExpr(pattern.elems[i].span), out);
      continue;
    }
    if (parts) {
      bindPattern(pattern.elems[i], parts->fields[i], out);
      continue;
    }
    auto *field = make<FieldExpr>(ExprKind::Field, type.fields[i], pattern.elems[i].span);
    field->base = read(whole, pattern.elems[i].span);
    field->field = static_cast<unsigned>(i);
    bindPattern(pattern.elems[i], field, out);
  }
}

void Checker::checkVar(const ast::VarStmt &stmt, std::vector<const Stmt *> &out) {
  const Expr *value = nullptr;
  if (stmt.type) {
    Type type = resolveType(*stmt.type);
    value = check(*stmt.value, type.isError() ? nullptr : &type);
    if (!type.isError())
      value = conform(value, type, "`" + stmt.name.text + "`");
  } else {
    value = check(*stmt.value);
  }
  bindName(stmt.name, value, out, true);
}

void Checker::checkAssign(const ast::AssignStmt &stmt, std::vector<const Stmt *> &out) {
  Binding *binding = lookup(stmt.name.text);
  if (!binding)
    reportUnknownName(stmt.name.text, stmt.name.span);
  const lang::Variable *variable = binding && binding->kind == Binding::Variable ? binding->variable : nullptr;
  bool known = binding && binding->kind != Binding::Broken;
  if (known && (!variable || !infoOf(variable).assignable)) {
    error(Code::E0208, stmt.name.span, "`" + stmt.name.text + "` cannot be assigned")
        .label(binding->span, "defined here")
        .help("declare it with `var " + stmt.name.text + " = …`; what `let` defines stays as it is");
    variable = nullptr;
  }
  const Expr *value = check(*stmt.value, variable ? &variable->type : nullptr);
  if (!variable)
    return;
  const VariableInfo &info = infoOf(variable);
  if (info.indexDepth < binders.size()) {
    error(Code::E0805, stmt.span, "`" + stmt.name.text + "` is assigned for every index at once")
        .help("a definition or reduction has no order; carry state through `for`");
    return;
  }
  if (diffDepth > 0 && info.scopeDepth <= diffScope) {
    error(Code::E0604, stmt.span, "an assignment inside a derivative form to `" + stmt.name.text + "`, defined outside");
    return;
  }
  value = conform(value, variable->type, "`" + stmt.name.text + "`, which keeps its type,");
  for (size_t depth = info.loopDepth; depth < carried.size(); ++depth)
    if (std::find(carried[depth]->begin(), carried[depth]->end(), variable) == carried[depth]->end())
      carried[depth]->push_back(variable);
  renewKey(variable);
  if (value->type.isError())
    return;
  auto *assign = makeStmt<AssignStmt>(StmtKind::Assign, stmt.span);
  assign->variable = variable;
  assign->value = value;
  out.push_back(assign);
}

void Checker::checkAssert(const ast::AssertStmt &stmt, std::vector<const Stmt *> &out) {
  const Expr *condition = checkCondition(*stmt.condition, "assert");
  auto *node = makeStmt<AssertStmt>(StmtKind::Assert, stmt.span);
  node->condition = condition;
  node->message = stmt.message.value_or("");
  out.push_back(node);
  if (condition->type.isError() || guardDepth > 0)
    return;
  // Whoever gets past it may rely on it.
  constexpr size_t mostFacts = 64;
  for (Dim &fact : factsOf(*condition, true))
    if (facts.size() < mostFacts)
      facts.push_back(std::move(fact));
}

} // namespace ricci::lang
