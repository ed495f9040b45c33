#include "compiler/driver/testing/Probe.h"

#include "compiler/driver/Values.h"
#include "lang/sema/Walk.h"
#include "runtime/Value.h"

#include <algorithm>
#include <fmt/format.h>

namespace ricci::driver {

namespace {

using namespace ricci::lang;

// Expressions to be evaluated where the assert stands, and what to call them.
class Probe {
public:
  Probe(CheckedProgram &program, const CheckedFn &test, const SourceManager &sources)
      : program(program), test(test), sources(sources) {}

  const CheckedFn *at(const std::string &where) {
    if (test.body->kind != ExprKind::Block)
      return nullptr;
    const auto &body = static_cast<const BlockExpr &>(*test.body);
    std::vector<const Stmt *> before;
    for (const Stmt *statement : body.statements) {
      if (statement->kind == StmtKind::Assert && placeOf(*statement) == where)
        return made(std::move(before), *static_cast<const AssertStmt *>(statement)->condition);
      if (statement->kind == StmtKind::Let)
        known.push_back(static_cast<const LetStmt *>(statement)->variable);
      if (statement->kind != StmtKind::Effect && statement->kind != StmtKind::Assert)
        before.push_back(statement);
    }
    return nullptr;
  }

  std::vector<std::string> names;

private:
  std::string placeOf(const Stmt &statement) const {
    Position position = sources.position(statement.span);
    return fmt::format("{}:{}:{}", sources.file(statement.span.file).name(), position.line, position.column);
  }

  void add(const Expr &expr) {
    std::string name(sources.text(expr.span));
    bool isConstant = expr.kind == ExprKind::Literal;
    if (expr.kind == ExprKind::Size) {
      const Dim &dim = static_cast<const SizeExpr &>(expr).dim;
      isConstant =
          dim.constant() || std::ranges::count(test.sizes, name, [](const Symbol &size) { return size->name; });
    }
    bool isParameter = expr.kind == ExprKind::Variable &&
                       std::ranges::count(test.parameters, static_cast<const VariableExpr &>(expr).variable);
    if (isConstant || isParameter || expr.type.kind == Type::Unit || std::ranges::count(names, name))
      return;
    names.push_back(std::move(name));
    values.push_back(&expr);
  }

  void addVariables(const Expr &expr) {
    if (expr.kind == ExprKind::Variable && std::ranges::count(known, static_cast<const VariableExpr &>(expr).variable))
      add(expr);
    // Inside calls and loops other variables are meant.
    if (expr.kind == ExprKind::Call) {
      for (const Expr *argument : static_cast<const CallExpr &>(expr).arguments)
        addVariables(*argument);
      return;
    }
    forEachOperand(expr, [&](const Expr &operand) { addVariables(operand); });
  }

  const CheckedFn *made(std::vector<const Stmt *> before, const Expr &condition) {
    if (condition.kind == ExprKind::Elementwise) {
      const auto &comparison = static_cast<const ElementwiseExpr &>(condition);
      constexpr std::string_view compares[] = {"eq", "ne", "lt", "le", "gt", "ge"};
      if (std::ranges::count(compares, comparison.name))
        for (const Expr *operand : comparison.operands)
          add(*operand);
    }
    addVariables(condition);
    if (values.empty())
      return nullptr;
    std::vector<Type> types;
    for (const Expr *value : values)
      types.push_back(value->type);
    auto *tuple = program.make(AggregateExpr{});
    tuple->kind = ExprKind::Aggregate;
    tuple->type = Type::tuple(std::move(types));
    tuple->span = condition.span;
    tuple->fields = values;
    auto *block = program.make(BlockExpr{});
    block->kind = ExprKind::Block;
    block->type = tuple->type;
    block->span = condition.span;
    block->statements = std::move(before);
    block->value = tuple;
    auto *function = program.make(CheckedFn(test));
    function->result = block->type;
    function->body = block;
    return function;
  }

  CheckedProgram &program;
  const CheckedFn &test;
  const SourceManager &sources;
  std::vector<const lang::Variable *> known; // defined before, in the test's own block
  std::vector<const Expr *> values;
};

} // namespace

std::string valuesInAssert(const Settings &settings, CheckedProgram &program, const CheckedFn &test,
                           const SourceManager &sources, const std::string &where,
                           std::span<const runtime::Array> arguments) {
  Probe probe(program, test, sources);
  const CheckedFn *function = probe.at(where);
  if (!function)
    return "";
  // Whatever stops it has been said already.
  Outcome<Runnable> compiled = Runnable::compile(settings, program, *function, sources);
  if (!compiled)
    return "";
  runtime::Result<Runnable::Arrays, runtime::RunError> values = compiled->run(arguments);
  if (!values)
    return "";
  std::string text;
  auto next = values->begin();
  for (size_t i = 0; i < probe.names.size(); ++i)
    text += namedValue(probe.names[i], assemble(function->result.fields[i], next));
  return text;
}

} // namespace ricci::driver
