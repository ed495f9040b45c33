#include "lang/sema/Checker.h"

#include "lang/Parser.h"

#include <algorithm>

namespace ricci::lang {

Checker::Checker(SourceManager &sources, const CheckOptions &options, DiagnosticEngine &diagnostics)
    : sources(sources), options(options), diagnostics(diagnostics), program(std::make_unique<CheckedProgram>()) {}

const Expr *Checker::errorExpr(Span span) {
  auto *node = make<LiteralExpr>(ExprKind::Literal, Type::error(), span);
  node->value = false;
  return node;
}

std::optional<std::string> Checker::suggest(const std::string &name, const std::vector<std::string> &candidates) const {
  return manyErrors() ? std::nullopt : nearest(name, candidates);
}

const Expr *Checker::unsupported(Span span, const std::string &what) {
  error(Code::E0900, span, what + " not in this version");
  return errorExpr(span);
}

std::string Checker::source(Span span) const {
  constexpr size_t longest = 40;
  std::string text;
  for (char c : sources.text(span)) {
    bool blank = c == ' ' || c == '\n' || c == '\t' || c == '\r';
    if (!blank)
      text += c;
    else if (!text.empty() && text.back() != ' ')
      text += ' ';
    if (text.size() > longest)
      return text.substr(0, longest - 3) + "...";
  }
  return text;
}

const Expr *Checker::literal(Scalar element, std::variant<double, int64_t, bool> value, Span span) {
  auto *node = make<LiteralExpr>(ExprKind::Literal, Type::array(element), span);
  node->value = value;
  return node;
}

const Expr *Checker::read(const lang::Variable *variable, Span span) {
  auto *node = make<VariableExpr>(ExprKind::Variable, variable->type, span);
  node->variable = variable;
  return node;
}

lang::Variable *Checker::hidden(Type type, Span span) {
  auto *variable = program->make(lang::Variable{source(span), std::move(type), span, std::nullopt});
  VariableInfo &info = infoOf(variable);
  info.scopeDepth = scopes.size();
  info.indexDepth = binders.size();
  info.loopDepth = loopDepth;
  info.birth = program->nodes.size() - 1;
  return variable;
}

const Expr *Checker::blockOf(std::vector<const Stmt *> statements, const Expr *value, Span span) {
  auto *block = make<BlockExpr>(ExprKind::Block, value ? value->type : Type{}, span);
  block->statements = std::move(statements);
  block->value = value;
  return block;
}

const Expr *Checker::Hoist::wrap(const Expr *value) {
  if (value->type.isError() || (lets.empty() && checks.empty()))
    return value;
  std::vector<const Stmt *> statements = std::move(lets);
  if (!checks.empty()) {
    lang::Variable *result = checker.hidden(value->type, value->span);
    VariableInfo &info = checker.infoOf(result);
    info.known = checker.dimOf(value);
    info.varies = checker.mentionsOpenIndex(*value);
    auto *let = checker.makeStmt<LetStmt>(StmtKind::Let, value->span);
    let->variable = result;
    let->value = value;
    let->checks = std::move(checks);
    statements.push_back(let);
    value = checker.read(result, value->span);
  }
  lets.clear();
  checks.clear();
  return checker.blockOf(std::move(statements), value, value->span);
}

// Of the generic functions those stand for themselves that are so in element types only: at f64 and i64.
static bool isCompilable(const FnInfo &info) {
  bool takesFunctions = std::any_of(info.decl->params.begin(), info.decl->params.end(), [](const ast::TypedName &parameter) {
    return parameter.type->kind == ast::TypeKind::Function;
  });
  bool whole = std::any_of(info.typeParameters.begin(), info.typeParameters.end(),
                           [](const auto &parameter) { return parameter.second == ParameterKind::Any; });
  return !takesFunctions && !whole;
}

std::unique_ptr<CheckedProgram> Checker::run(const SourceFile *file) {
  size_t before = diagnostics.errorCount();
  ModuleInfo &root = loadModule(file);
  ast::ExprPtr expression;
  if (options.expression) {
    const SourceFile &text = sources.file(sources.add("<expression>", *options.expression));
    expression = parseExpression(text, diagnostics);
  }
  // What `Ast.h` promises holds only for trees without syntax errors.
  if (diagnostics.errorCount() != before)
    return nullptr;

  for (ModuleInfo *imported : moduleOrder) {
    declareModule(*imported);
    orderFunctions(*imported);
    for (FnInfo *fn : imported->functionOrder)
      readAttributes(*fn);
    for (FnInfo *fn : imported->functionOrder)
      checkBody(*fn);
    for (FnInfo *fn : imported->functionOrder)
      if (!fn->generic)
        attachRules(*fn, *fn->fn);
  }
  for (FnInfo *fn : root.functionOrder)
    if (fn->fn && !fn->faulty) {
      fn->fn->test = fn->test;
      fn->fn->failsWith = fn->failsWith;
      (isCompilable(*fn) ? program->functions : program->templates).push_back(fn->fn);
    }

  scopes.clear();
  pushScope();
  facts.clear();
  keyUses.clear();
  currentFn = nullptr;
  std::vector<const Expr *> values;
  for (const ast::StmtPtr &stmt : root.tree.script) {
    size_t before = program->statements.size();
    checkStmt(*stmt, program->statements);
    if (options.example && program->statements.size() > before)
      keepValue(*stmt, values);
  }
  if (!values.empty())
    program->result = tupleOf(values);
  if (expression) {
    declareFreeNames(*expression);
    evaluatingExpression = true;
    Hoist here(*this);
    const Expr *value = check(*expression);
    if (!value->type.isError() && value->type.kind == Type::Unit)
      error(Code::E0312, expression->span, "the expression has no value");
    program->result = here.wrap(value);
  }
  if (diagnostics.errorCount() != before)
    return nullptr;
  return std::move(program);
}

// Of the statement checked last.
void Checker::keepValue(const ast::Stmt &stmt, std::vector<const Expr *> &values) {
  const Stmt *&last = program->statements.back();
  if (stmt.kind == ast::StmtKind::Expr && last->kind == StmtKind::Expr) {
    const Expr *value = static_cast<const ExprStmt *>(last)->value;
    if (value->type.hasError() || value->type.kind == Type::Unit || value->type.kind == Type::String)
      return;
    auto *let = makeStmt<LetStmt>(StmtKind::Let, stmt.span);
    let->variable = hidden(value->type, stmt.span);
    let->value = value;
    last = let;
  } else if (stmt.kind != ast::StmtKind::Let || last->kind != StmtKind::Let ||
             ast::as<ast::LetStmt>(stmt).pattern.kind == ast::Pattern::Kind::Tuple) {
    return;
  }
  values.push_back(read(static_cast<const LetStmt *>(last)->variable, stmt.span));
}

const Expr *Checker::tupleOf(const std::vector<const Expr *> &values) {
  std::vector<Type> types;
  for (const Expr *value : values)
    types.push_back(value->type);
  auto *tuple = make<AggregateExpr>(ExprKind::Aggregate, Type::tuple(std::move(types)), values.front()->span);
  tuple->fields = values;
  return tuple;
}

std::unique_ptr<CheckedProgram> check(SourceManager &sources, const SourceFile *file, const CheckOptions &options,
                                      DiagnosticEngine &diagnostics) {
  return Checker(sources, options, diagnostics).run(file);
}

} // namespace ricci::lang
