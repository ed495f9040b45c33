// print, save, plot, scatter: statements that reach outside.
#include "lang/sema/Checker.h"

#include "lang/Parser.h"

#include <fmt/format.h>

namespace ricci::lang {

bool Checker::isEffect(const ast::Expr &expr) {
  const auto *call = ast::dynAs<ast::CallExpr>(&expr);
  const auto *callee = call ? ast::dynAs<ast::NameExpr>(call->callee.get()) : nullptr;
  static const std::set<std::string> effects = {"print", "save", "plot", "scatter"};
  return callee && effects.count(callee->name) && !isDeclaredHere(callee->name);
}

void Checker::checkEffect(const ast::CallExpr &call, std::vector<const Stmt *> &out) {
  const std::string &what = ast::as<ast::NameExpr>(*call.callee).name;
  if (diffDepth > 0) {
    error(Code::E0604, call.span, fmt::format("`{}` inside a derivative form", what))
        .help("a function that is called there may print; or print before or after");
    return;
  }
  if (!binders.empty()) {
    error(Code::E0805, call.span, fmt::format("`{}` for every index at once", what))
        .help("a definition or reduction has no order; print in a `for`, or the whole array");
    return;
  }
  if (what == "print")
    return checkPrint(call, out);
  if (currentFn) {
    error(Code::E0805, call.span, fmt::format("`{}` stands in scripts, not in functions", what)).help("return the value and write it in the script");
    return;
  }
  auto *node = makeStmt<EffectStmt>(StmtKind::Effect, call.span);
  node->what = what;
  const auto *path = call.args.empty() ? nullptr : ast::dynAs<ast::StringExpr>(call.args.front().value.get());
  if (!path || call.args.front().name) {
    error(Code::E0310, call.span, fmt::format("the first argument of `{}` is a path in quotes", what));
    return;
  }
  node->path = path->value;
  for (size_t i = 1; i < call.args.size(); ++i) {
    const ast::Arg &argument = call.args[i];
    if (argument.name) {
      const auto *text = ast::dynAs<ast::StringExpr>(argument.value.get());
      bool known = argument.name->text == "title" || argument.name->text == "xlabel" || argument.name->text == "ylabel";
      if (!known || what == "save")
        error(Code::E0210, argument.name->span, fmt::format("`{}` has no argument `{}`", what, argument.name->text));
      else if (!text)
        error(Code::E0310, argument.value->span, fmt::format("`{}` is a text in quotes", argument.name->text));
      else
        node->options.push_back({argument.name->text, text->value});
      continue;
    }
    const Expr *value = check(*argument.value);
    if (value->type.isError())
      return;
    bool plotted = what != "save";
    if (value->type.kind == Type::Unit || (plotted && !(value->type.isArray() && isNumber(value->type.element)))) {
      error(Code::E0305, value->span, fmt::format("`{}` takes {}, this is {}", what, plotted ? "arrays of numbers" : "a value",
                                                  value->type.kind == Type::Unit ? "nothing" : "`" + value->type.text() + "`"));
      return;
    }
    if (value->type.hasError())
      return;
    size_t position = node->values.size();
    if (what == "plot" && value->type.shape.size() != 1) {
      error(Code::E0402, value->span, fmt::format("`plot` draws series of rank 1, this is `{}`", value->type.text()));
      return;
    }
    bool points = what == "scatter" && position == 0 && value->type.shape.size() == 2 &&
                  equate(value->type.shape[1], Dim(2), value->span, "points have two coordinates");
    if (what == "scatter" && (position == 0 ? !points : value->type.shape.size() != 1)) {
      error(Code::E0402, value->span,
            position == 0 ? fmt::format("`scatter` draws points `f64[N,2]`, this is `{}`", value->type.text())
                          : fmt::format("the labels are one for each point, this is `{}`", value->type.text()));
      return;
    }
    node->values.push_back(value);
  }
  size_t least = 1, most = what == "save" ? 1 : what == "scatter" ? 2 : 16;
  if (node->values.size() < least || node->values.size() > most) {
    error(Code::E0210, call.span, fmt::format("`{}` takes {} value{} after the path, {} given", what,
                                              what == "save" ? "one" : what == "scatter" ? "one or two" : "one or more",
                                              what == "save" ? "" : "s", node->values.size()));
    return;
  }
  out.push_back(node);
}

bool Checker::checkSpec(const std::string &spec, const Type &type, Span span) {
  std::optional<FormatSpec> parsed = parseFormatSpec(spec);
  if (!parsed || spec.empty())
    return parsed.has_value();
  bool fits = type.allLeaves([&](const Type &leaf) {
    if (!leaf.isArray())
      return false;
    bool integer = isInteger(leaf.element), floating = isFloating(leaf.element);
    switch (parsed->type) {
    case '\0': return (!parsed->precision || floating) && (!parsed->numeric || integer || floating);
    case 'a': case 'A': case 'e': case 'E': case 'f': case 'F': case 'g': case 'G': return floating;
    case 'b': case 'B': case 'd': case 'o': case 'x': case 'X': return integer && !parsed->precision;
    case 's': return leaf.element == Scalar::Bool && !parsed->precision && !parsed->numeric;
    default: return false;
    }
  });
  if (!fits)
    error(Code::E0313, span, fmt::format("format `{}` does not fit `{}`", spec, type.text()))
        .help("`f e g` and a precision are for floating numbers, `d x o b` for integers");
  return fits;
}

void Checker::checkPrint(const ast::CallExpr &call, std::vector<const Stmt *> &out) {
  auto *node = makeStmt<EffectStmt>(StmtKind::Effect, call.span);
  node->what = "print";
  for (const ast::Arg &argument : call.args)
    if (argument.name) {
      error(Code::E0210, argument.name->span, fmt::format("`print` has no argument `{}`", argument.name->text));
      return;
    }
  if (call.args.size() != 1) {
    error(Code::E0210, call.span, "`print` takes one text").help("values stand in braces: `print(\"x = {x}\")`");
    return;
  }
  auto add = [&](const ast::Expr &expr, const std::string &spec, Span span) {
    const Expr *value = check(expr);
    if (!value->type.isError() && (value->type.kind == Type::Unit || value->type.kind == Type::String)) {
      error(Code::E0312, expr.span, "what is printed has no value");
      value = errorExpr(expr.span);
    }
    if (value->type.hasError())
      return;
    if (!value->type.allLeaves([](const Type &leaf) { return leaf.isArray() && leaf.element != Scalar::Key; })) {
      error(Code::E0305, expr.span, "keys are not printed");
      return;
    }
    if (checkSpec(spec, value->type, span))
      node->segments.push_back({"", value, spec});
  };
  const auto *format = ast::dynAs<ast::StringExpr>(call.args.front().value.get());
  if (!format) {
    add(*call.args.front().value, "", call.args.front().value->span);
    out.push_back(node);
    return;
  }
  auto segments = parseFormat(sources.file(format->span.file), *format, diagnostics);
  if (!segments)
    return;
  for (const FormatSegment &segment : *segments)
    if (segment.expr)
      add(*segment.expr, segment.spec, segment.span);
    else
      node->segments.push_back({segment.text, nullptr, ""});
  out.push_back(node);
}

} // namespace ricci::lang
