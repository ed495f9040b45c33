#include "lang/sema/Dependence.h"
#include "lang/sema/Walk.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <utility>

namespace ricci::lang {

namespace {

struct Flow {
  bool smooth = false;   // a floating value that depends on the variable
  bool discrete = false; // an integer or bool computed from it

  Flow operator|(Flow other) const { return {smooth || other.smooth, discrete || other.discrete}; }
  bool operator==(const Flow &) const = default;
};

class Dependence {
public:
  explicit Dependence(const DiffVariable &wanted) : wanted(wanted) {}

  Flow of(const Expr &expr) {
    // Nested loops are walked once more for each level; past this they count as dependent.
    constexpr unsigned mostSteps = 1u << 20;
    if (++steps > mostSteps)
      return {true, false};
    Flow flow = dispatch(expr);
    if (!expr.type.isArray())
      return flow;
    if (isFloating(expr.type.element))
      return {flow.smooth, false};
    // What compares, converts or finds a position makes something discrete of its operands.
    bool computes = expr.kind == ExprKind::Elementwise || expr.kind == ExprKind::Reduce || expr.kind == ExprKind::Builtin;
    return {false, flow.discrete || (computes && flow.smooth)};
  }

  Span castSpan{};
  bool cast = false;

private:
  Flow dispatch(const Expr &expr) {
    // Conditions, guards and subscripts choose; they carry nothing.
    switch (expr.kind) {
    case ExprKind::Variable: return read(static_cast<const VariableExpr &>(expr).variable, {});
    case ExprKind::Field: {
      std::vector<unsigned> path;
      const Expr *base = &expr;
      while (base->kind == ExprKind::Field) {
        path.insert(path.begin(), static_cast<const FieldExpr *>(base)->field);
        base = static_cast<const FieldExpr *>(base)->base;
      }
      if (base->kind == ExprKind::Variable)
        return read(static_cast<const VariableExpr *>(base)->variable, path);
      return of(*base);
    }
    case ExprKind::Elementwise: return elementwise(static_cast<const ElementwiseExpr &>(expr));
    case ExprKind::If: return of(*static_cast<const IfExpr &>(expr).then) | of(*static_cast<const IfExpr &>(expr).otherwise);
    case ExprKind::Access: return of(*static_cast<const AccessExpr &>(expr).base);
    case ExprKind::Reduce: return of(*static_cast<const ReduceExpr &>(expr).body);
    case ExprKind::Call: return call(static_cast<const CallExpr &>(expr));
    case ExprKind::Builtin: {
      const auto &node = static_cast<const BuiltinExpr &>(expr);
      if (node.name == "stop_grad")
        return {};
      Flow flow;
      for (const Expr *argument : node.arguments)
        flow = flow | of(*argument);
      if (node.name == "top_k") // a tuple of values and of places
        flow.discrete |= flow.smooth;
      return flow;
    }
    case ExprKind::For: return loop(static_cast<const ForExpr &>(expr));
    case ExprKind::Block: {
      const auto &node = static_cast<const BlockExpr &>(expr);
      for (const Stmt *stmt : node.statements)
        statement(*stmt);
      return node.value ? of(*node.value) : Flow{};
    }
    default: {
      Flow flow;
      forEachOperand(expr, [&](const Expr &operand) { flow = flow | of(operand); });
      return flow;
    }
    }
  }

  Flow read(const Variable *variable, const std::vector<unsigned> &path) {
    Flow flow;
    if (auto found = flows.find(variable); found != flows.end())
      flow = found->second;
    if (variable != wanted.variable)
      return flow;
    size_t common = std::min(path.size(), wanted.path.size());
    bool overlaps = std::equal(path.begin(), path.begin() + static_cast<std::ptrdiff_t>(common), wanted.path.begin());
    return overlaps && !replaced ? Flow{true, false} : flow;
  }

  Flow elementwise(const ElementwiseExpr &node) {
    Flow flow;
    for (const Expr *operand : node.operands)
      flow = flow | of(*operand);
    if (node.name == "convert" && flow.discrete && node.type.isFloating() && !cast) {
      cast = true;
      castSpan = node.span;
    }
    return node.name == "convert" && !node.operands[0]->type.isFloating() ? Flow{} : flow;
  }

  Flow call(const CallExpr &node) {
    std::vector<Flow> key;
    bool any = node.callee->expanded; // may see what the functions given to it captured
    for (const Expr *argument : node.arguments) {
      key.push_back(of(*argument));
      any |= key.back().smooth || key.back().discrete;
    }
    if (!any)
      return {};
    if (node.callee->vjp || node.callee->jvp) {
      bool smooth = false;
      for (Flow flow : key)
        smooth |= flow.smooth;
      return {smooth, false};
    }
    if (!node.callee->expanded)
      for (const auto &[callee, arguments, result] : known)
        if (callee == node.callee && arguments == key)
          return result;
    for (size_t i = 0; i < key.size(); ++i)
      flows[node.callee->parameters[i]] = key[i];
    bool outerReplaced = std::exchange(replaced, true);
    Flow flow = of(*node.callee->body);
    replaced = outerReplaced;
    if (!node.callee->expanded)
      known.push_back({node.callee, key, flow});
    return flow;
  }

  // Until nothing more depends on it: what one pass assigns the next may read.
  Flow loop(const ForExpr &node) {
    Flow yielded;
    for (size_t pass = 0; pass <= node.carried.size() + 1; ++pass) {
      std::map<const Variable *, Flow> before = flows;
      for (const Stmt *stmt : node.body)
        statement(*stmt);
      if (node.yield)
        yielded = yielded | of(*node.yield);
      for (const Variable *variable : node.carried)
        flows[variable] = flows[variable] | before[variable];
      if (flows == before)
        break;
    }
    return yielded;
  }

  void statement(const Stmt &stmt) {
    if (stmt.kind == StmtKind::Let)
      flows[static_cast<const LetStmt &>(stmt).variable] = of(*static_cast<const LetStmt &>(stmt).value);
    else if (stmt.kind == StmtKind::Assign)
      flows[static_cast<const AssignStmt &>(stmt).variable] = of(*static_cast<const AssignStmt &>(stmt).value);
    else
      forEachOperand(stmt, [&](const Expr &operand) { of(operand); });
  }

  struct Known {
    const CheckedFn *callee;
    std::vector<Flow> arguments;
    Flow result;
  };

  const DiffVariable &wanted;
  unsigned steps = 0;
  std::map<const Variable *, Flow> flows;
  std::vector<Known> known;
  bool replaced = false; // inside a callee, where the variable is not visible
};

} // namespace

bool checkDependence(const Expr &body, const DiffVariable &variable, DiagnosticEngine &diagnostics, const SourceManager &sources) {
  Dependence dependence(variable);
  Flow flow = dependence.of(body);
  std::string name(sources.text(variable.span));
  if (dependence.cast) {
    diagnostics.error(Code::E0606, dependence.castSpan,
                      fmt::format("this casts an integer or `bool` that depends on `{}` to floating point; its derivative is lost", name))
        .label(variable.span, "differentiated here")
        .help("write `stop_grad` around what is meant to be constant, or choose by `if`");
    return false;
  }
  if (flow.smooth)
    return true;
  diagnostics.error(Code::E0601, variable.span, fmt::format("no path leads from `{}` to the differentiated expression", name))
      .label(body.span, fmt::format("does not depend on `{}`", name))
      .help(fmt::format("name the whole computation inside the form: `grad[{0}](f({0}))`; what was computed before is constant", name));
  return false;
}

} // namespace ricci::lang
