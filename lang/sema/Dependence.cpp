#include "lang/sema/Dependence.h"
#include "lang/sema/Walk.h"

#include <algorithm>
#include <fmt/format.h>
#include <map>
#include <span>
#include <utility>
#include <vector>

namespace ricci::lang {

namespace {

// What a value has of the variable. The fields of a tuple or struct may differ; without `fields` all are alike.
struct Flow {
  bool smooth = false; // a floating value that depends on the variable, and not only by what chooses it
  bool any = false;    // depends on it at all
  std::vector<Flow> fields = {};

  bool operator==(const Flow &) const = default;

  // Of the whole.
  Flow joined() const {
    Flow result{smooth, any};
    for (const Flow &field : fields) {
      Flow part = field.joined();
      result.smooth |= part.smooth;
      result.any |= part.any;
    }
    return result;
  }

  Flow field(size_t position) const { return position < fields.size() ? fields[position] : joined(); }

  Flow operator|(const Flow &other) const {
    if (fields.size() != other.fields.size() && !fields.empty() && !other.fields.empty())
      return joined() | other.joined();
    Flow result{smooth || other.smooth, any || other.any};
    for (size_t i = 0; i < std::max(fields.size(), other.fields.size()); ++i)
      result.fields.push_back(field(i) | other.field(i));
    return result.fields.empty() ? result : Flow{false, false, std::move(result.fields)};
  }

  // Integers and booleans carry no derivative.
  Flow masked(const Type &type) const {
    Flow result = *this;
    if (type.isArray() && !isFloating(type.element))
      result.smooth = false;
    if (!type.isAggregate())
      return result;
    result = {};
    for (size_t i = 0; i < type.fields.size(); ++i)
      result.fields.push_back(field(i).masked(type.fields[i]));
    return result;
  }
};

class Dependence {
public:
  explicit Dependence(const DiffVariable &wanted) : wanted(wanted) {}

  Flow of(const Expr &expr) {
    // Nested loops are walked once more for each level; past this they count as dependent.
    constexpr unsigned mostSteps = 1u << 20;
    // Nor is there more to say of what is wrong already.
    if (++steps > mostSteps || expr.type.hasError())
      return {true, true};
    return dispatch(expr).masked(expr.type);
  }

  Span castSpan{};
  bool cast = false;

private:
  Flow dispatch(const Expr &expr) {
    switch (expr.kind) {
    case ExprKind::Variable: return read(static_cast<const VariableExpr &>(expr).variable);
    case ExprKind::Field: return of(*static_cast<const FieldExpr &>(expr).base).field(static_cast<const FieldExpr &>(expr).field);
    case ExprKind::Aggregate: {
      Flow flow;
      for (const Expr *field : static_cast<const AggregateExpr &>(expr).fields)
        flow.fields.push_back(of(*field));
      return flow;
    }
    case ExprKind::With: {
      const auto &node = static_cast<const WithExpr &>(expr);
      Flow flow = of(*node.base).masked(node.type), value = of(*node.value);
      for (const Subscript &subscript : node.subscripts)
        value = value | chosenBy(subscript.value);
      if (!node.field)
        return flow | value;
      flow.fields[*node.field] = value;
      return flow;
    }
    case ExprKind::Elementwise: return elementwise(static_cast<const ElementwiseExpr &>(expr));
    case ExprKind::If: {
      const auto &node = static_cast<const IfExpr &>(expr);
      return of(*node.then) | of(*node.otherwise) | chosenBy(node.condition);
    }
    case ExprKind::Access: {
      const auto &node = static_cast<const AccessExpr &>(expr);
      Flow flow = of(*node.base);
      for (const Subscript &subscript : node.subscripts)
        flow = flow | chosenBy(subscript.value);
      return flow;
    }
    case ExprKind::Build: return of(*static_cast<const BuildExpr &>(expr).body);
    case ExprKind::Reduce: {
      const auto &node = static_cast<const ReduceExpr &>(expr);
      Flow flow = of(*node.body) | chosenBy(node.guard);
      for (const ScatterTerm &term : node.scatter)
        flow = flow | chosenBy(term.subscript);
      return flow;
    }
    case ExprKind::Call: return call(static_cast<const CallExpr &>(expr));
    case ExprKind::Builtin: {
      const auto &node = static_cast<const BuiltinExpr &>(expr);
      if (node.name == "stop_grad")
        return {};
      if (node.name == "checkpoint")
        return of(*node.arguments.front());
      Flow flow;
      for (const Expr *argument : node.arguments)
        flow = flow | of(*argument).joined();
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
      forEachOperand(expr, [&](const Expr &operand) { flow = flow | of(operand).joined(); });
      return flow;
    }
    }
  }

  // Conditions, guards and subscripts carry no derivative, so they may be made of casts.
  Flow chosenBy(const Expr *chooser) {
    if (!chooser)
      return {};
    const bool before = std::exchange(choosing, true);
    const Flow flow = of(*chooser);
    choosing = before;
    return {false, flow.joined().any};
  }

  Flow read(const Variable *variable) {
    Flow flow;
    if (auto found = flows.find(variable); found != flows.end())
      flow = found->second;
    return variable == wanted.variable && !replaced ? flow | at(variable->type, wanted.path) : flow;
  }

  // The part that the path leads to depends on the variable, nothing else.
  static Flow at(const Type &type, std::span<const unsigned> path) {
    if (path.empty())
      return {true, true};
    Flow flow;
    for (size_t i = 0; i < type.fields.size(); ++i)
      flow.fields.push_back(i == path.front() ? at(type.fields[i], path.subspan(1)) : Flow{});
    return flow;
  }

  Flow elementwise(const ElementwiseExpr &node) {
    Flow flow;
    for (const Expr *operand : node.operands)
      flow = flow | of(*operand);
    const bool fromDiscrete = node.name == "convert" && !node.operands[0]->type.isFloating();
    if (fromDiscrete && flow.joined().any && node.type.isFloating() && !cast && !choosing) {
      cast = true;
      castSpan = node.span;
    }
    return fromDiscrete ? Flow{false, flow.any} : flow;
  }

  Flow call(const CallExpr &node) {
    std::vector<Flow> key;
    bool any = node.callee->expanded; // may see what the functions given to it captured
    for (const Expr *argument : node.arguments) {
      key.push_back(of(*argument));
      any |= key.back().joined().any;
    }
    if (!any)
      return {};
    if (node.callee->ruled) {
      Flow flow;
      for (const Flow &argument : key)
        flow = flow | argument.joined();
      return flow;
    }
    if (!node.callee->expanded)
      for (const auto &[callee, arguments, result] : known)
        if (callee == node.callee && arguments == key && !choosing)
          return result;
    for (size_t i = 0; i < key.size(); ++i)
      flows[node.callee->parameters[i]] = key[i];
    bool outerReplaced = std::exchange(replaced, true);
    Flow flow = of(*node.callee->body);
    replaced = outerReplaced;
    if (!choosing && !node.callee->expanded)
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
    // How often a `while` runs is chosen by its condition; within a pass that makes no difference.
    Flow chosen = chosenBy(node.condition);
    for (const Variable *variable : node.carried)
      flows[variable] = flows[variable] | chosen;
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
  bool choosing = false; // inside a condition or subscript
  bool replaced = false; // inside a callee, where the variable is not visible
};

} // namespace

bool checkDependence(const Expr &body, const DiffVariable &variable, DiagnosticEngine &diagnostics, const SourceManager &sources) {
  Dependence dependence(variable);
  Flow flow = dependence.of(body).joined();
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
