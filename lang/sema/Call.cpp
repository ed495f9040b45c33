// Calls of functions, structs and conversions: matching arguments, solving sizes.
#include "lang/sema/Builtins.h"
#include "lang/sema/Checker.h"

#include <algorithm>
#include <fmt/format.h>

namespace ricci::lang {

const Expr *Checker::checkCall(const ast::CallExpr &call, const Type *expected) {
  if (const auto *name = ast::dynAs<ast::NameExpr>(call.callee.get()))
    if (const Binding *binding = lookup(name->name); binding && binding->kind == Binding::Function)
      return checkFunctionCall(*binding->function, call, expected);
  if (const auto *lambda = ast::dynAs<ast::LambdaExpr>(call.callee.get())) {
    Hoist here(*this);
    return here.wrap(checkFunctionCall(*capture(*lambda), call, expected));
  }
  std::optional<Declared> declared = declaredName(*call.callee);
  if (!declared) {
    const Expr *value = check(*call.callee);
    if (!value->type.isError())
      error(Code::E0204, call.callee->span, "this is no function").help("only functions, structs and built-in functions are called");
    return errorExpr(call.span);
  }
  const std::string &name = declared->name.text;
  if (StructInfo *found = findStruct(*declared))
    return checkStructCall(*found, call);
  if (FnInfo *found = findFunction(*declared))
    return checkUserCall(*found, call);
  if (call.callee->kind != ast::ExprKind::Name) {
    reportNotInModule(*declared);
    checkLoosely(call);
    return errorExpr(call.span);
  }
  if (std::optional<Scalar> element = scalarNamed(name); element && name != "key")
    return checkConversion(*element, call);
  if (isBuiltin(name))
    return checkBuiltin(name, call, expected);
  if (isEffect(call)) {
    error(Code::E0805, call.span, "`" + name + "` is a statement, it has no value");
    return errorExpr(call.span);
  }
  if (isLoad(call)) {
    error(Code::E0804, call.span, "`load` stands only on the right of a `let` with a type, at the top level")
        .help("write `let X: f64[N,D] = load(…)`");
    return errorExpr(call.span);
  }
  if (isLaterBuiltin(name))
    return unsupported(call.callee->span, "`" + name + "` is");
  if (name == "pad" || name == "clamp" || name == "wrap") {
    error(Code::E0204, call.callee->span, "`" + name + "(…)` stands directly in a subscript");
    return errorExpr(call.span);
  }
  if (const Binding *binding = lookup(name)) {
    if (binding->kind != Binding::Broken)
      error(Code::E0204, call.callee->span, "`" + name + "` is no function").label(binding->span, "it is defined here")
          .help("elements of an array stand in `[]`");
    return errorExpr(call.span);
  }
  std::vector<std::string> candidates = builtinNames();
  if (!manyErrors()) {
    for (const auto &[other, info] : module->functions)
      candidates.push_back(other);
    for (const auto &[other, info] : module->structs)
      candidates.push_back(other);
  }
  Diagnostic &unknown = error(Code::E0204, call.callee->span, "unknown function `" + name + "`");
  if (std::optional<std::string> near = suggest(name, candidates))
    unknown.help("did you mean `" + *near + "`?");
  checkLoosely(call);
  return errorExpr(call.span);
}

void Checker::checkLoosely(const ast::CallExpr &call) {
  for (const ast::Arg &argument : call.args)
    if (argument.value->kind != ast::ExprKind::Type && argument.value->kind != ast::ExprKind::String)
      check(*argument.value);
}

bool Checker::matchArguments(const ast::CallExpr &call, const std::vector<std::string> &names,
                             std::vector<const ast::Expr *> &out, const std::string &what) {
  out.assign(names.size(), nullptr);
  bool fine = true;
  size_t position = 0;
  for (const ast::Arg &argument : call.args) {
    size_t at = position++;
    if (argument.name) {
      at = std::find(names.begin(), names.end(), argument.name->text) - names.begin();
      if (at == names.size()) {
        Diagnostic &unknown = error(Code::E0210, argument.name->span, fmt::format("{} has no argument `{}`", what, argument.name->text));
        if (std::optional<std::string> near = suggest(argument.name->text, names))
          unknown.help("did you mean `" + *near + "`?");
        fine = false;
        continue;
      }
    }
    if (at >= names.size()) {
      error(Code::E0210, argument.value->span, fmt::format("{} takes {} argument{}, {} given", what, names.size(),
                                                           names.size() == 1 ? "" : "s", call.args.size()));
      return false;
    }
    if (out[at]) {
      error(Code::E0210, argument.value->span, fmt::format("argument `{}` of {} is given twice", names[at], what));
      fine = false;
    }
    out[at] = argument.value.get();
  }
  std::string missing;
  for (size_t i = 0; i < names.size(); ++i)
    if (!out[i])
      missing += (missing.empty() ? "`" : ", `") + names[i] + "`";
  if (fine && !missing.empty()) {
    error(Code::E0210, call.span, fmt::format("{} is called without {}", what, missing));
    fine = false;
  }
  return fine;
}

bool Checker::unify(const Type &formal, const Type &actual, Span span, const std::string &what, SizeSolver &solver) {
  if (formal.hasError() || actual.hasError())
    return false;
  bool fits = formal.kind == actual.kind && formal.declaration == actual.declaration && formal.fields.size() == actual.fields.size();
  if (fits)
    fits = (!formal.isArray() || formal.element == actual.element) && formal.shape.size() == actual.shape.size();
  if (!fits) {
    Diagnostic &wrong = error(Code::E0301, span, fmt::format("{} is `{}`, given is `{}`", what, formal.text(), actual.text()));
    if (formal.isArray() && actual.isArray() && formal.shape.size() == actual.shape.size() && isNumber(formal.element) &&
        actual.element != Scalar::Key)
      wrong.help(fmt::format("there are no implicit casts; write `{}(…)`", scalarName(formal.element)));
    else if (formal.isArray() && actual.isArray() && formal.shape.size() < actual.shape.size())
      wrong.help("to apply the function to each part, name the leading axes: `let y[n,:] = f(x[n,:])`");
    else if (formal.kind == Type::Struct && actual.kind == Type::Struct && formal.name == actual.name)
      wrong.help("these are two structs of one name, declared in different files");
    return false;
  }
  bool fine = true;
  for (size_t i = 0; i < formal.fields.size(); ++i)
    fine &= unify(formal.fields[i], actual.fields[i], span,
                  (formal.kind == Type::Struct ? "field `" + formal.names[i] + "` of " : fmt::format("part {} of ", i)) + what, solver);
  for (size_t axis = 0; axis < formal.shape.size(); ++axis)
    solver.add({formal.shape[axis], actual.shape[axis], span, what});
  for (size_t i = 0; i < formal.sizes.size() && i < actual.sizes.size(); ++i)
    solver.add({formal.sizes[i], actual.sizes[i], span, what});
  return fine;
}

bool Checker::settle(SizeSolver &solver, Span span, const std::string &of) {
  solver.solve();
  if (std::vector<Symbol> open = solver.unsolved(); !open.empty()) {
    error(Code::E0403, span, fmt::format("nothing tells size `{}` of {}", open.front()->name, of))
        .help("a size is found from the shapes of arguments, or given as an `i64` argument");
    return false;
  }
  for (const SizeEquation &equation : solver.all()) {
    Dim wanted = solver.substitute(equation.formal);
    std::string what = fmt::format("{} of {}: size `{}` is {}, the shape given has {}", equation.from, of, equation.formal.text(),
                                   wanted.text(), equation.actual.text());
    if (equate(wanted, equation.actual, equation.span, what))
      continue;
    Diagnostic &conflict = error(Code::E0401, equation.span, fmt::format("sizes do not fit in the call of {}", of));
    conflict.here(fmt::format("`{}` is {} here, from {}", equation.formal.text(), equation.actual.text(), equation.from));
    equation.formal.forEachSymbol([&](const Symbol &symbol) {
      const SizeEquation *origin = solver.originOf(symbol);
      if (origin && origin->span != equation.span)
        conflict.label(origin->span, fmt::format("`{}` is {} here, from {}", symbol->name, solver.valueOf(symbol)->text(), origin->from));
      else if (origin)
        conflict.help(fmt::format("`{}` is {}, from {}", symbol->name, solver.valueOf(symbol)->text(), origin->from));
    });
    return false;
  }
  return true;
}

const Expr *Checker::checkUserCall(FnInfo &info, const ast::CallExpr &call) {
  if (info.generic)
    return checkGenericCall(info, call);
  std::vector<std::string> names;
  for (const lang::Variable *parameter : info.fn->parameters)
    names.push_back(parameter->name);
  std::string what = "`" + info.fn->name + "`";
  std::vector<const ast::Expr *> written;
  if (!matchArguments(call, names, written, what)) {
    checkLoosely(call);
    return errorExpr(call.span);
  }
  Hoist here(*this);
  auto *node = make<CallExpr>(ExprKind::Call, Type{}, call.span);
  node->callee = info.fn;
  SizeSolver solver(info.fn->sizes);
  std::map<unsigned, Dim> integers; // run-time values that an inferred result may mention
  bool fine = info.resultKnown && !info.fn->result.hasError() && !info.inCycle;
  for (size_t i = 0; i < names.size(); ++i) {
    const lang::Variable *parameter = info.fn->parameters[i];
    const Expr *argument = check(*written[i], parameter->type.hasError() ? nullptr : &parameter->type);
    node->arguments.push_back(argument);
    std::string from = fmt::format("argument `{}`", parameter->name);
    if (!unify(parameter->type, argument->type, argument->span, from, solver)) {
      fine = false;
      continue;
    }
    if (!parameter->symbol)
      continue;
    if ((*parameter->symbol)->kind == SymbolInfo::Size) {
      std::optional<Dim> value = requireDim(argument, argument->span);
      if (!value) {
        fine = false;
        continue;
      }
      requireNonNegative(*value, argument->span);
      solver.add({Dim(*parameter->symbol), *value, argument->span, from});
    } else if (info.fn->result.leafCount() > 0 && !info.decl->result) {
      if (std::optional<Dim> value = requireDim(argument, argument->span))
        integers[(*parameter->symbol)->id] = *value;
    }
  }
  if (!fine || !settle(solver, call.span, what))
    return errorExpr(call.span);
  for (const Symbol &size : info.fn->sizes) {
    Dim value = *solver.valueOf(size);
    if (mentionsOpenIndex(value)) {
      error(Code::E0404, call.span, fmt::format("size `{}` of {} would be {}, which depends on an index", size->name, what, value.text()));
      return errorExpr(call.span);
    }
    node->sizes.push_back({size, value});
  }
  node->type = info.fn->result.mapDims([&](const Dim &dim) {
    return solver.substitute(dim).substitute([&](const Symbol &symbol) -> std::optional<Dim> {
      auto found = integers.find(symbol->id);
      return found == integers.end() ? std::nullopt : std::optional<Dim>(found->second);
    });
  });
  return finishCall(info, node, here);
}

// The sizes of the result, and what has to be checked before the call.
const Expr *Checker::finishCall(FnInfo &info, CallExpr *node, Hoist &here) {
  Span span = node->span;
  std::vector<Dim> given; // sizes of arguments are sizes
  for (const Expr *argument : node->arguments)
    argument->type.allLeaves([&](const Type &leaf) {
      given.insert(given.end(), leaf.shape.begin(), leaf.shape.end());
      return true;
    });
  node->type.allLeaves([&](const Type &leaf) {
    for (const Dim &dim : leaf.shape)
      if (std::find(given.begin(), given.end(), dim) == given.end())
        requireNonNegative(dim, span);
    return true;
  });
  if (info.prints && !binders.empty()) {
    error(Code::E0805, span, fmt::format("`{}` prints, and would for every index at once", info.decl->name.text));
    return errorExpr(span);
  }
  if (!requireFixed(node->type, span))
    return errorExpr(span);
  node->checks = std::move(here.checks);
  here.checks.clear();
  if (!here.lets.empty() && !node->checks.empty()) {
    // Both: the lets come first, then the checks that mention them.
    return blockOf(std::move(here.lets), node, span);
  }
  return here.wrap(node);
}

const Expr *Checker::checkStructCall(StructInfo &info, const ast::CallExpr &call) {
  std::string what = "`" + info.decl->name.text + "`";
  std::vector<const ast::Expr *> written;
  if (info.type.isError()) {
    for (const ast::Arg &argument : call.args)
      check(*argument.value);
    return errorExpr(call.span);
  }
  if (!matchArguments(call, info.type.names, written, what)) {
    checkLoosely(call);
    return errorExpr(call.span);
  }
  Hoist here(*this);
  auto *node = make<AggregateExpr>(ExprKind::Aggregate, Type{}, call.span);
  std::vector<const Expr *> fields(written.size());
  std::optional<Type> type = info.typeParameters.empty() ? std::optional(info.type) : typeOfStructCall(info, call, written, fields);
  if (!type)
    return errorExpr(call.span);
  SizeSolver solver(info.sizes);
  bool fine = true;
  for (size_t i = 0; i < written.size(); ++i) {
    if (!fields[i])
      fields[i] = check(*written[i], &type->fields[i]);
    fine &= unify(type->fields[i], fields[i]->type, fields[i]->span, fmt::format("field `{}`", info.type.names[i]), solver);
  }
  if (!fine || !settle(solver, call.span, what))
    return errorExpr(call.span);
  node->fields = std::move(fields);
  node->type = type->mapDims([&](const Dim &dim) { return solver.substitute(dim); });
  return here.wrap(node);
}

const Expr *Checker::checkConversion(Scalar element, const ast::CallExpr &call) {
  std::string name(scalarName(element));
  if (!argumentCount(call, 1, 1, name))
    return errorExpr(call.span);
  if (element == Scalar::Bool) {
    error(Code::E0305, call.span, "nothing converts to `bool`").help("compare: `x != 0`");
    return errorExpr(call.span);
  }
  const ast::Expr &written = *call.args[0].value;
  Type wanted = Type::array(element);
  bool adapting = adaptability(written) != Adaptable::No && !(isInteger(element) && adaptability(written) == Adaptable::Floating);
  const Expr *value = check(written, adapting ? &wanted : nullptr);
  if (value->type.hasError())
    return errorExpr(call.span);
  if (!value->type.isArray() || value->type.element == Scalar::Key) {
    error(Code::E0305, value->span, fmt::format("`{}(…)` converts numbers and `bool`, this is `{}`", name, value->type.text()));
    return errorExpr(call.span);
  }
  if (value->type.element == element && value->kind == ExprKind::Literal)
    return literal(element, static_cast<const LiteralExpr *>(value)->value, call.span);
  if (value->type.element == element)
    return value;
  if (isFloating(element))
    if (std::optional<Dim> dim = dimOf(value))
      return sizeExpr(*dim, element, call.span);
  return lift("convert", {value}, call.span, element);
}

bool Checker::argumentCount(const ast::CallExpr &call, size_t least, size_t most, const std::string &name) {
  size_t positional = 0;
  for (const ast::Arg &argument : call.args)
    positional += !argument.name;
  if (positional == call.args.size() && positional >= least && positional <= most)
    return true;
  for (const ast::Arg &argument : call.args)
    if (argument.name) {
      error(Code::E0210, argument.name->span, fmt::format("`{}` has no argument `{}`", name, argument.name->text));
      return false;
    }
  std::string wanted = least == most ? std::to_string(least) : fmt::format("{} to {}", least, most);
  error(Code::E0210, call.span, fmt::format("`{}` takes {} argument{}, {} given", name, wanted, wanted == "1" ? "" : "s", positional));
  return false;
}

} // namespace ricci::lang
