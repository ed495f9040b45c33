// Functions that are generic in types or take functions: each call finds the types and sizes and expands the body for them, in the
// caller's sizes. Every argument counts as soon as what it needs is known, so `fn(P) -> T` may tell T once P is.
#include "lang/sema/Checker.h"
#include "lang/sema/Walk.h"

#include <algorithm>
#include <fmt/format.h>

namespace ricci::lang {

// One call of a generic function, while its types and sizes are being found.
struct Checker::GenericCall {
  Checker &checker;
  FnInfo &info;
  const ast::CallExpr &call;
  std::string what;
  std::vector<const ast::Expr *> written;

  std::vector<Scope> signature; // types, then the sizes that the signature names
  SizesDeclared sizes;
  SizeSolver solver{{}};
  struct Parameter {
    std::optional<Type> type;           // in the signature's sizes
    const Expr *argument = nullptr;     // of an array, tuple or struct
    const Function *function = nullptr; // of a function
    std::optional<Function::Signature> of;
    bool done = false;
  };
  std::vector<Parameter> parameters;

  Scope &types() { return signature.front(); }
  bool ready(const ast::TypeExpr &type) { return isReady(type, info.typeParameters, types()); }
  Type resolve(const ast::TypeExpr &type) {
    Frame frame(checker, signature, info.module, &info);
    checker.sizesDeclared = &sizes;
    Type resolved = checker.resolveType(type);
    for (const Symbol &symbol : sizes.symbols)
      solver.addUnknown(symbol);
    return resolved;
  }
  std::optional<Type> inCallerSizes(const Type &type) {
    solver.solve();
    bool known = true;
    Type result = type.mapDims([&](const Dim &dim) { return solver.substitute(dim); });
    result.allLeaves([&](const Type &leaf) {
      for (const Dim &dim : leaf.shape)
        for (const Symbol &open : solver.unsolved())
          known &= !dim.mentions(open);
      return true;
    });
    return known ? std::optional(result) : std::nullopt;
  }

  // False after an error. Sets `done` where nothing more is to be found; `last`: literals decide by themselves.
  bool settleArgument(size_t i, bool last);
  bool settleFunction(size_t i);
  bool literalsAreReal(const ast::TypeExpr &formal);
};

// Whether literals alone make a type parameter a real type: its bound says so, or one of them is real.
bool Checker::GenericCall::literalsAreReal(const ast::TypeExpr &formal) {
  const auto *named = ast::dynAs<ast::NamedType>(&formal);
  auto found = named ? info.typeParameters.find(named->name.text) : info.typeParameters.end();
  if (found == info.typeParameters.end() || found->second == ParameterKind::Int)
    return false;
  bool real = found->second == ParameterKind::Float;
  for (size_t i = 0; i < written.size(); ++i) {
    const auto *other = ast::dynAs<ast::NamedType>(info.decl->params[i].type.get());
    real |= other && other->name.text == named->name.text && checker.adaptability(*written[i]) == Adaptable::Floating;
  }
  return real;
}

bool Checker::GenericCall::settleArgument(size_t i, bool last) {
  const ast::TypedName &formal = info.decl->params[i];
  Parameter &parameter = parameters[i];
  std::string from = fmt::format("argument `{}`", formal.name.text);
  if (!ready(*formal.type)) {
    if (parameter.argument || (!last && checker.adaptability(*written[i]) != Adaptable::No))
      return true;
    const Type real = Type::array(Scalar::F64);
    parameter.argument = checker.check(*written[i], last && literalsAreReal(*formal.type) ? &real : nullptr);
    if (parameter.argument->type.hasError())
      return false;
    if (!infer(*formal.type, parameter.argument->type, info.typeParameters, types())) {
      checker.error(Code::E0301, parameter.argument->span,
                    fmt::format("{} is `{}`, given is `{}`", from, checker.source(formal.type->span), parameter.argument->type.text()));
      return false;
    }
    if (!ready(*formal.type))
      return true;
  }
  parameter.type = resolve(*formal.type);
  if (parameter.type->hasError())
    return false;
  if (!parameter.argument)
    parameter.argument = checker.check(*written[i], &*parameter.type);
  parameter.done = true;
  if (!checker.unify(*parameter.type, parameter.argument->type, parameter.argument->span, from, solver))
    return false;
  if (!parameter.type->isScalar(Scalar::I64) || !info.dimensionNames.count(formal.name.text))
    return true;
  // It stands in shapes.
  std::optional<Dim> value = checker.requireDim(parameter.argument, parameter.argument->span);
  if (!value)
    return false;
  checker.requireNonNegative(*value, parameter.argument->span);
  solver.add({signature.back().at(formal.name.text).size, *value, parameter.argument->span, from});
  return true;
}

bool Checker::GenericCall::settleFunction(size_t i) {
  const ast::TypedName &formal = info.decl->params[i];
  const auto &type = ast::as<ast::FunctionType>(*formal.type);
  Parameter &parameter = parameters[i];
  if (!parameter.function && !(parameter.function = checker.functionValue(*written[i])))
    return false;
  if (const ast::LambdaExpr *lambda = parameter.function->lambda; lambda && lambda->params.size() != type.params.size()) {
    checker.error(Code::E0210, written[i]->span,
                  fmt::format("argument `{}` is a function of {}, this takes {}", formal.name.text, type.params.size(), lambda->params.size()));
    return false;
  }
  Function::Signature found;
  for (const ast::TypePtr &argument : type.params) {
    if (!ready(*argument))
      return true;
    Type resolved = resolve(*argument);
    if (resolved.hasError())
      return false;
    std::optional<Type> known = inCallerSizes(resolved);
    if (!known)
      return true;
    found.parameters.push_back(std::move(*known));
  }
  std::optional<Type> result;
  if (ready(*type.result)) {
    result = resolve(*type.result);
    if (result->hasError())
      return false;
  }
  if (!result || !inCallerSizes(*result)) {
    const Expr *value = checker.tried(*parameter.function, found.parameters, written[i]->span);
    if (value->type.hasError())
      return false;
    if (!result && infer(*type.result, value->type, info.typeParameters, types()) && ready(*type.result))
      result = resolve(*type.result);
    std::string from = fmt::format("the value of `{}`", formal.name.text);
    if (!result) {
      checker.error(Code::E0301, written[i]->span, fmt::format("{} is `{}`, here it would be `{}`", from, checker.source(type.result->span), value->type.text()));
      return false;
    }
    if (result->hasError() || !checker.unify(*result, value->type, written[i]->span, from, solver))
      return false;
  }
  found.result = *result;
  parameter.of = std::move(found);
  parameter.done = true;
  return true;
}

// What a function gives for arguments of these types; for its type only.
const Expr *Checker::tried(const Function &function, const std::vector<Type> &types, Span span) {
  KeyUses keys = keyUses;
  size_t accesses = pending.size();
  const Expr *value = nullptr;
  {
    Hoist here(*this);
    std::vector<Argument> arguments;
    for (const Type &type : types)
      arguments.push_back({read(hidden(type, span), span)});
    value = applied(function, arguments, span, nullptr);
  }
  pending.resize(std::min(accesses, pending.size()));
  keyUses = std::move(keys);
  return value;
}

const Expr *Checker::checkGenericCall(FnInfo &info, const ast::CallExpr &call) {
  const ast::FnDecl &decl = *info.decl;
  GenericCall state{*this, info, call, "`" + decl.name.text + "`", {}, std::vector<Scope>(2), {}, SizeSolver({}), {}};
  std::vector<std::string> names;
  for (const ast::TypedName &parameter : decl.params)
    names.push_back(parameter.name.text);
  if (!matchArguments(call, names, state.written, state.what) || info.faulty || info.inCycle) {
    if (!info.faulty)
      checkLoosely(call);
    return errorExpr(call.span);
  }
  Hoist here(*this);
  state.parameters.resize(names.size());
  for (size_t i = 0; i < names.size(); ++i) {
    const auto *type = ast::dynAs<ast::NamedType>(decl.params[i].type.get());
    if (!type || type->name.text != "i64" || !type->dims.empty() || !info.dimensionNames.count(names[i]))
      continue;
    Binding &binding = state.signature.back()[names[i]];
    binding.kind = Binding::Size;
    Symbol symbol = makeSymbol(SymbolInfo::Size, names[i]);
    binding.size = Dim(symbol);
    state.solver.addUnknown(symbol);
  }
  auto isDone = [](const GenericCall::Parameter &parameter) { return parameter.done; };
  auto count = [&] { return std::count_if(state.parameters.begin(), state.parameters.end(), isDone) + state.types().size(); };
  for (bool last = false;;) {
    size_t before = count();
    for (size_t i = 0; i < names.size(); ++i) {
      if (state.parameters[i].done)
        continue;
      bool takesFunction = decl.params[i].type->kind == ast::TypeKind::Function;
      if (!(takesFunction ? state.settleFunction(i) : state.settleArgument(i, last)))
        return errorExpr(call.span);
      if (last && count() != before)
        break; // one literal at a time: the others may follow from it
    }
    if (std::all_of(state.parameters.begin(), state.parameters.end(), isDone))
      break;
    if (count() == before) {
      if (last)
        break;
      last = true;
    } else {
      last = false;
    }
  }
  for (const ast::TypeParam &parameter : decl.typeParams) {
    if (!info.typeParameters.count(parameter.name.text))
      continue;
    auto found = state.types().find(parameter.name.text);
    if (found == state.types().end()) {
      error(Code::E0403, call.span, fmt::format("nothing tells type `{}` of {}", parameter.name.text, state.what))
          .help("types are found from the arguments");
      return errorExpr(call.span);
    }
    if (!fitsBound(parameter, found->second.type, call.span))
      return errorExpr(call.span);
  }
  if (!settle(state.solver, call.span, state.what))
    return errorExpr(call.span);
  for (size_t i = 0; i < names.size(); ++i)
    if (!state.parameters[i].done) {
      error(Code::E0403, state.written[i]->span, fmt::format("nothing tells the type of argument `{}` of {}", names[i], state.what));
      return errorExpr(call.span);
    }

  // The call's own scope: types, and sizes by their values.
  Expansion expansion{{state.types()}};
  for (auto [name, binding] : state.signature.back()) {
    binding.size = state.solver.substitute(binding.size);
    expansion.scopes.front()[name] = binding;
  }
  auto *node = make<CallExpr>(ExprKind::Call, Type{}, call.span);
  for (GenericCall::Parameter &parameter : state.parameters) {
    expansion.types.push_back(parameter.type ? *state.inCallerSizes(*parameter.type) : Type{});
    expansion.arguments.push_back(parameter.argument);
    expansion.functions.push_back(nullptr);
    if (!parameter.function) {
      node->arguments.push_back(parameter.argument);
      continue;
    }
    Function &given = functionValues.emplace_back(*parameter.function);
    given.signature = std::move(parameter.of);
    given.signature->result = given.signature->result.mapDims([&](const Dim &dim) { return state.solver.substitute(dim); });
    expansion.functions.back() = &given;
  }
  size_t before = diagnostics.diagnostics().size();
  node->callee = expand(info, expansion, call.span);
  std::string types;
  for (const ast::TypeParam &parameter : decl.typeParams)
    if (auto found = state.types().find(parameter.name.text); found != state.types().end())
      types += fmt::format("{}{} = {}", types.empty() ? ", where " : ", ", parameter.name.text, found->second.type.text());
  diagnostics.labelFrom(before, call.span, "in this call of " + state.what + types);
  if (node->callee->body->type.hasError())
    return errorExpr(call.span);
  node->type = node->callee->result;
  return finishCall(info, node, here);
}

// ---------------------------------------------------------------- expanding

CheckedFn *Checker::expand(FnInfo &info, Expansion &expansion, Span span) {
  const ast::FnDecl &decl = *info.decl;
  auto *fn = program->make(CheckedFn{});
  fn->name = decl.name.text;
  fn->exported = decl.exported;
  fn->expanded = true;
  fn->ruled = info.vjp || info.jvp;
  fn->span = decl.span;
  fn->body = errorExpr(span);
  fn->result = Type::error();
  if (!enterExpansion(span))
    return fn;
  std::vector<bool> varies;
  std::vector<std::optional<Dim>> known;
  for (size_t i = 0; i < decl.params.size(); ++i) {
    const Expr *argument = expansion.arguments[i];
    varies.push_back(argument && mentionsOpenIndex(*argument));
    known.push_back(argument && argument->type.isScalar(Scalar::I64) ? dimOf(argument) : std::nullopt);
  }
  Frame frame(*this, expansion.scopes, info.module, &info);
  ++expansionDepth;
  pushScope();
  const Scope &sizes = scopes.front();
  for (size_t i = 0; i < decl.params.size(); ++i) {
    const ast::Ident &name = decl.params[i].name;
    if (expansion.functions[i]) {
      Binding binding;
      binding.kind = Binding::Function;
      binding.function = expansion.functions[i];
      declare(name, binding);
      continue;
    }
    // A size by this name gives way to the argument, whose value it is.
    lang::Variable *variable = declareVariable(name, expansion.types[i], nullptr);
    VariableInfo &parameter = infoOf(variable);
    parameter.varies = varies[i];
    if (auto size = sizes.find(name.text); size != sizes.end() && size->second.kind == Binding::Size)
      parameter.known = size->second.size;
    else if (known[i] && known[i]->weight() <= Dim::maxWeight)
      parameter.known = known[i];
    fn->parameters.push_back(variable);
  }
  checkFnBody(info, *fn);
  attachRules(info, *fn);
  --expansionDepth;
  return fn;
}

// Without a call: for stand-ins of its type parameters. Each is a struct that only passes along and adds up; if that will not do,
// a vector; or a scalar.
void Checker::checkGeneric(FnInfo &info) {
  const ast::FnDecl &decl = *info.decl;
  info.fn->body = errorExpr(decl.span);
  DiagnosticEngine clean = diagnostics, first(0);
  bool opaque = std::any_of(info.typeParameters.begin(), info.typeParameters.end(),
                            [](const auto &parameter) { return parameter.second == ParameterKind::Any; });
  for (int attempt = 0; attempt < (opaque ? 3 : 1); ++attempt) {
    diagnostics = clean;
    facts.clear();
    keyUses.clear();
    Expansion expansion{{Scope()}};
    SizesDeclared sizes;
    for (const ast::TypeParam &parameter : decl.typeParams)
      if (auto found = info.typeParameters.find(parameter.name.text); found != info.typeParameters.end())
        bindType(expansion.scopes.front(), parameter.name, standIn(parameter, found->second, attempt));
    bool fine = true;
    {
      Frame frame(*this, expansion.scopes, info.module, &info);
      sizesDeclared = &sizes;
      for (const ast::TypedName &parameter : decl.params) {
        expansion.arguments.push_back(nullptr);
        expansion.functions.push_back(nullptr);
        expansion.types.emplace_back();
        if (const auto *type = ast::dynAs<ast::FunctionType>(parameter.type.get())) {
          Function &unknown = functionValues.emplace_back();
          unknown.span = parameter.name.span;
          unknown.signature.emplace();
          for (const ast::TypePtr &argument : type->params)
            unknown.signature->parameters.push_back(resolveType(*argument));
          unknown.signature->result = resolveType(*type->result);
          fine &= !unknown.signature->result.hasError();
          expansion.functions.back() = &unknown;
        } else {
          expansion.types.back() = resolveType(*parameter.type);
          fine &= !expansion.types.back().hasError();
        }
      }
    }
    CheckedFn *fn = fine ? expand(info, expansion, decl.span) : info.fn;
    bool failed = diagnostics.errorCount() != clean.errorCount();
    if (!failed) {
      fn->expanded = false;
      fn->sizes = sizes.symbols;
      for (const lang::Variable *parameter : fn->parameters)
        for (const Symbol &symbol : sizes.symbols)
          if (symbol->name == parameter->name)
            const_cast<lang::Variable *>(parameter)->symbol = symbol;
      info.fn = fn;
      return;
    }
    if (attempt == 0)
      first = diagnostics;
  }
  diagnostics = first;
  info.faulty = true;
}

} // namespace ricci::lang
