#include "lang/sema/CheckedDump.h"

#include <fmt/format.h>

namespace ricci::lang {

namespace {

template <class T> const T &to(const Expr &expr) { return static_cast<const T &>(expr); }

template <class List> std::string each(const List &list) {
  std::string out;
  for (const auto &item : list)
    out += " " + dump(*item);
  return out;
}

std::string nameOf(Reduction kind) {
  static const char *const names[] = {"sum", "prod", "max", "min", "mean", "any", "all", "argmax", "argmin", "logsumexp"};
  return names[static_cast<size_t>(kind)];
}

std::string nameOf(DiffForm form) {
  static const char *const names[] = {"grad", "value_grad", "jvp", "vjp", "hvp", "jacobian", "hessian"};
  return names[static_cast<size_t>(form)];
}

// `i<N`, `j<i+1~N` with the box of a ragged range.
std::string range(const Index &index) {
  std::string out = index.lower == Dim(0) ? "" : index.lower.text() + "<=";
  out += index.name + "<" + index.upper.text();
  if (index.ragged)
    out += "~" + (index.boxUpper ? index.boxUpper->text() : "?");
  return out;
}

std::string dump(const std::vector<Subscript> &subscripts) {
  std::string out;
  for (const Subscript &subscript : subscripts) {
    if (!out.empty())
      out += ", ";
    switch (subscript.kind) {
    case Subscript::All: out += ":"; continue;
    case Subscript::Slice:
      out += subscript.lower.text() + ".." + subscript.upper.text();
      if (subscript.step != 1)
        out += fmt::format(" by {}", subscript.step);
      break;
    case Subscript::Element: {
      static const char *const modes[] = {"", "pad ", "clamp ", "wrap "};
      out += modes[static_cast<size_t>(subscript.mode)];
      out += subscript.affine ? subscript.affine->text() : dump(*subscript.value);
    }
    }
    if (!subscript.proven)
      out += "?";
  }
  return "[" + out + "]";
}

std::string dump(const std::vector<SizeCheck> &checks) {
  std::string out;
  for (const SizeCheck &check : checks)
    out += fmt::format(" (check {} {})", check.left.text(), check.right.text());
  return out;
}

std::string dump(const LiteralExpr &literal) {
  if (const auto *real = std::get_if<double>(&literal.value))
    return fmt::format("{}", *real);
  if (const auto *integer = std::get_if<int64_t>(&literal.value))
    return fmt::format("{}", *integer);
  return std::get<bool>(literal.value) ? "true" : "false";
}

} // namespace

std::string dump(const Expr &expr) {
  switch (expr.kind) {
  case ExprKind::Literal: return expr.type.isError() ? "<error>" : dump(to<LiteralExpr>(expr));
  case ExprKind::Size: return fmt::format("(size {})", to<SizeExpr>(expr).dim.text());
  case ExprKind::Variable: return to<VariableExpr>(expr).variable->name;
  case ExprKind::Index: return to<IndexExpr>(expr).index->name;
  case ExprKind::Elementwise: return fmt::format("({}{})", to<ElementwiseExpr>(expr).name, each(to<ElementwiseExpr>(expr).operands));
  case ExprKind::If: {
    const auto &node = to<IfExpr>(expr);
    return fmt::format("(if {} {} {})", dump(*node.condition), dump(*node.then), dump(*node.otherwise));
  }
  case ExprKind::Access: return dump(*to<AccessExpr>(expr).base) + dump(to<AccessExpr>(expr).subscripts);
  case ExprKind::Reduce: {
    const auto &node = to<ReduceExpr>(expr);
    std::string out = "(" + nameOf(node.kind);
    for (const Index *index : node.indices)
      out += " " + range(*index);
    for (const ScatterTerm &term : node.scatter)
      out += fmt::format(" (into {} {})", term.left->name, dump(*term.subscript));
    if (node.guard)
      out += fmt::format(" (where {})", dump(*node.guard));
    return out + " " + dump(*node.body) + ")";
  }
  case ExprKind::Build: {
    std::string out = "(build";
    for (const LeftAxis &axis : to<BuildExpr>(expr).axes) {
      std::string merged;
      for (const Index *index : axis.indices)
        merged += (merged.empty() ? "" : "*") + range(*index);
      out += " " + (merged.empty() ? ":" : merged);
    }
    return out + " " + dump(*to<BuildExpr>(expr).body) + ")";
  }
  case ExprKind::Aggregate:
    return fmt::format("({}{})", expr.type.kind == Type::Struct ? expr.type.name : "tuple", each(to<AggregateExpr>(expr).fields));
  case ExprKind::Field: return fmt::format("{}.{}", dump(*to<FieldExpr>(expr).base), to<FieldExpr>(expr).field);
  case ExprKind::With: {
    const auto &node = to<WithExpr>(expr);
    std::string part = node.field ? fmt::format(".{}", *node.field) : dump(node.subscripts);
    return fmt::format("(with {} {} {})", dump(*node.base), part, dump(*node.value));
  }
  case ExprKind::Call: {
    const auto &node = to<CallExpr>(expr);
    std::string sizes;
    for (const auto &[symbol, dim] : node.sizes)
      sizes += fmt::format(" {}={}", symbol->name, dim.text());
    return fmt::format("(call {}{}{}{})", node.callee->name, sizes, dump(node.checks), each(node.arguments));
  }
  case ExprKind::Builtin: {
    const auto &node = to<BuiltinExpr>(expr);
    std::string equation = node.equation.empty() ? "" : " \"" + node.equation + "\"";
    std::string axis = node.axis ? fmt::format(" axis={}", node.axis) : "";
    return fmt::format("({}{}{}{}{}:{})", node.name, equation, dump(node.checks), axis, each(node.arguments),
                       expr.type.text());
  }
  case ExprKind::Diff: {
    const auto &node = to<DiffExpr>(expr);
    std::string variables;
    for (const DiffVariable &variable : node.variables) {
      variables += (variables.empty() ? "" : " ") + variable.variable->name;
      for (unsigned field : variable.path)
        variables += fmt::format(".{}", field);
      if (variable.tangent)
        variables += " -> " + dump(*variable.tangent);
    }
    return fmt::format("({} [{}] {}{})", nameOf(node.form), variables, dump(*node.body), node.cotangent ? " " + dump(*node.cotangent) : "");
  }
  case ExprKind::For: {
    const auto &node = to<ForExpr>(expr);
    std::string carried;
    for (const Variable *variable : node.carried)
      carried += " " + variable->name;
    if (node.condition)
      return fmt::format("(while {} {} (carry{}){})", dump(*node.condition), dump(*node.upper), carried, each(node.body));
    return fmt::format("(for {} {} {} (carry{}){}{})", node.counter->name, dump(*node.lower), dump(*node.upper), carried, each(node.body),
                       node.yield ? " (yield " + dump(*node.yield) + ")" : "");
  }
  case ExprKind::Block:
    return fmt::format("(block{}{})", each(to<BlockExpr>(expr).statements),
                       to<BlockExpr>(expr).value ? " " + dump(*to<BlockExpr>(expr).value) : "");
  }
  return "";
}

std::string dump(const Stmt &stmt) {
  switch (stmt.kind) {
  case StmtKind::Let: {
    const auto &node = static_cast<const LetStmt &>(stmt);
    return fmt::format("(let {}:{}{} {})", node.variable->name, node.variable->type.text(), dump(node.checks), dump(*node.value));
  }
  case StmtKind::Assign: {
    const auto &node = static_cast<const AssignStmt &>(stmt);
    return fmt::format("(set {} {})", node.variable->name, dump(*node.value));
  }
  case StmtKind::Assert: return fmt::format("(assert {})", dump(*static_cast<const AssertStmt &>(stmt).condition));
  case StmtKind::Expr: return dump(*static_cast<const ExprStmt &>(stmt).value);
  case StmtKind::Effect: {
    const auto &node = static_cast<const EffectStmt &>(stmt);
    std::string out = "(" + node.what;
    if (!node.path.empty())
      out += " \"" + node.path + "\"";
    for (const Segment &segment : node.segments)
      out += segment.value ? " " + dump(*segment.value) + (segment.spec.empty() ? "" : ":" + segment.spec) : " \"" + segment.text + "\"";
    out += each(node.values);
    for (const auto &[name, value] : node.options)
      out += fmt::format(" {}=\"{}\"", name, value);
    return out + ")";
  }
  }
  return "";
}

std::string dump(const CheckedFn &fn) {
  std::string parameters;
  for (const Variable *parameter : fn.parameters)
    parameters += fmt::format(" {}:{}", parameter->name, parameter->type.text());
  return fmt::format("(fn {}{} -> {} {})", fn.name, parameters, fn.result.text(), dump(*fn.body));
}

std::string dump(const CheckedProgram &program) {
  std::string out;
  for (const Input &input : program.inputs)
    out += fmt::format("(input {}:{})\n", input.name, input.variable->type.text());
  for (const CheckedFn *fn : program.functions)
    out += dump(*fn) + "\n";
  for (const Stmt *stmt : program.statements)
    out += dump(*stmt) + "\n";
  if (program.result)
    out += dump(*program.result) + "\n";
  return out;
}

} // namespace ricci::lang
