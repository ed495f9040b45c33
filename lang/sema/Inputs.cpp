// What a script takes from outside: params, loaded files, and the free names of `-e`. Sizes and integers that are known
// from headers and literals become constants.
#include "lang/sema/Checker.h"
#include "lang/sema/Walk.h"

#include <fmt/format.h>

namespace ricci::lang {

static std::string rootOf(const std::string &name) { return name.substr(0, name.find('.')); }

const InputHeader *Checker::givenHeader(const std::string &name) const {
  for (const auto &[given, header] : options.given)
    if (given == name)
      return &header;
  return nullptr;
}

// Whether a value of a header's type may stand where the type is declared.
static bool adapts(const InputHeader &header, Scalar declared) {
  if (header.element == declared)
    return true;
  if (!header.literal)
    return false;
  if (isInteger(header.element))
    return isNumber(declared);
  return isFloating(header.element) && isFloating(declared);
}

bool Checker::fitHeaders(const Type &type, const std::string &name, Span span, SizeSolver &solver,
                         const std::function<const InputHeader *(const std::string &)> &header) {
  if (type.isAggregate()) {
    bool fine = true;
    for (size_t i = 0; i < type.fields.size(); ++i) {
      std::string field = type.kind == Type::Struct ? type.names[i] : std::to_string(i);
      fine &= fitHeaders(type.fields[i], name.empty() ? field : name + "." + field, span, solver, header);
    }
    return fine;
  }
  const InputHeader *known = type.isArray() ? header(name) : nullptr;
  if (!known)
    return true;
  std::vector<Dim> shape;
  for (int64_t size : known->shape)
    shape.push_back(Dim(size));
  if (known->table && known->shape.back() == 1 && type.shape.size() == 1)
    shape.pop_back();
  if (!adapts(*known, type.element) || shape.size() != type.shape.size()) {
    error(Code::E0803, span, fmt::format("`{}` is declared `{}`, what is given is `{}`", name, type.text(),
                                         Type::array(known->element, shape).text()))
        .help("inputs are not converted: declare the type that they have");
    return false;
  }
  for (size_t axis = 0; axis < shape.size(); ++axis)
    solver.add({type.shape[axis], shape[axis], span, fmt::format("`{}`", name)});
  return true;
}

Type Checker::resolveInputType(const ast::TypeExpr &written, const std::string &name,
                               const std::function<const InputHeader *(const std::string &)> &header) {
  SizesDeclared sizes;
  sizesDeclared = &sizes;
  Type type = resolveType(written);
  sizesDeclared = nullptr;
  if (type.hasError())
    return Type::error();
  SizeSolver solver(sizes.symbols);
  if (!fitHeaders(type, name, written.span, solver, header))
    return Type::error();
  solver.solve();
  for (const Symbol &declared : sizes.symbols) {
    Dim &size = lookup(declared->name)->size;
    if (const SizeEquation *origin = solver.originOf(declared))
      sizeOrigins[declared->name] = {origin->span, origin->from};
    size = solver.substitute(size);
  }
  for (const SizeEquation &equation : solver.all()) {
    Dim declared = solver.substitute(equation.formal);
    std::optional<int64_t> there = equation.actual.constant();
    if (prover().isEqual(declared, equation.actual) != Truth::No)
      continue;
    Diagnostic &conflict =
        error(Code::E0401, written.span, fmt::format("{} has an axis of size {}, declared is {}", equation.from, *there, declared.text()));
    TreeVisitor names;
    names.onExpr = [&](const ast::Expr &expr) {
      const auto *size = ast::dynAs<ast::NameExpr>(&expr);
      const Binding *binding = size ? lookup(size->name) : nullptr;
      auto origin = size ? sizeOrigins.find(size->name) : sizeOrigins.end();
      if (!binding || binding->kind != Binding::Size || binding->size != declared || origin == sizeOrigins.end())
        return;
      conflict.label(origin->second.first, fmt::format("`{}` is {} here, from {}", size->name, declared.text(), origin->second.second));
      conflict.here(fmt::format("`{}` is {} here, from {}", size->name, *there, equation.from));
    };
    walk(written, names);
    return Type::error();
  }
  // Headers decide sizes; what the declaration says of them has been compared.
  return type.mapDims([&](const Dim &dim) { return solver.substitute(dim); });
}

void Checker::checkParam(const ast::ParamStmt &stmt, std::vector<const Stmt *> &) {
  const std::string &name = stmt.name.text;
  bool given = false;
  for (const auto &[other, header] : options.given)
    given |= rootOf(other) == name;
  paramNames.insert(name);
  Type type = resolveInputType(*stmt.type, name, [&](const std::string &leaf) { return givenHeader(leaf); });
  if (!type.isError() && type.kind == Type::Unit) {
    error(Code::E0312, stmt.type->span, "a param without a value");
    type = Type::error();
  }
  const Expr *value = nullptr;
  if (stmt.value) {
    Hoist here(*this);
    value = check(*stmt.value, type.isError() ? nullptr : &type);
    if (!type.isError())
      value = conform(value, type, "the default of `" + name + "`");
    value = here.wrap(value);
    bool reads = false;
    TreeVisitor visitor;
    visitor.onExpr = [&](const ast::Expr &expr) {
      const auto *used = ast::dynAs<ast::NameExpr>(&expr);
      const Binding *binding = used ? lookup(used->name) : nullptr;
      reads |= binding && binding->kind == Binding::Variable && !paramNames.count(used->name);
    };
    walk(*stmt.value, visitor);
    if (reads && !value->type.isError()) {
      error(Code::E0804, stmt.value->span, "the default of a param is made of constants and params before it");
      value = errorExpr(stmt.value->span);
    }
  }
  lang::Variable *variable = declareVariable(stmt.name, type, nullptr);
  // `check` looks at no file and must hold for any value; a run knows its integers.
  if (type.isScalar(Scalar::I64)) {
    const InputHeader *header = givenHeader(name);
    if (header && header->integer)
      infoOf(variable).known = Dim(*header->integer);
    else if (!given && options.loadHeader && value && !value->type.isError())
      infoOf(variable).known = dimOf(value);
  }
  program->inputs.push_back({Input::Param, name, "", "", variable, value && !value->type.isError() ? value : nullptr, stmt.name.span});
}

bool Checker::isLoad(const ast::Expr &expr) {
  const auto *call = ast::dynAs<ast::CallExpr>(&expr);
  const auto *callee = call ? ast::dynAs<ast::NameExpr>(call->callee.get()) : nullptr;
  return callee && callee->name == "load" && !isDeclaredHere("load");
}

void Checker::checkLoad(const ast::LetStmt &stmt, std::vector<const Stmt *> &) {
  const auto &call = ast::as<ast::CallExpr>(*stmt.value);
  auto refuse = [&](Code code, Span span, const std::string &message, const std::string &help) {
    error(code, span, message).help(help);
    if (stmt.pattern.kind == ast::Pattern::Kind::Name)
      declareVariable(stmt.pattern.name, Type::error(), nullptr);
  };
  if (currentFn || scopes.size() != 1)
    return refuse(Code::E0804, call.span, "`load` stands at the top level of a script only", "load there and pass the array on");
  if (stmt.pattern.kind != ast::Pattern::Kind::Name || !stmt.pattern.type)
    return refuse(Code::E0807, stmt.pattern.span, "what is loaded has a declared type",
                  "write `let X: f64[N,D] = load(…)`; new names of sizes are found in the file");
  std::vector<std::string> texts;
  for (const ast::Arg &argument : call.args)
    if (const auto *text = ast::dynAs<ast::StringExpr>(argument.value.get()); text && !argument.name)
      texts.push_back(text->value);
  if (texts.size() != call.args.size() || texts.empty() || texts.size() > 2)
    return refuse(Code::E0310, call.span, "`load` takes a path and, for archives, a key, both in quotes", "as in `load(\"d.npz\", \"X\")`");
  std::string key = texts.size() == 2 ? texts[1] : "";
  std::map<std::string, std::optional<InputHeader>> headers;
  const std::string &name = stmt.pattern.name.text;
  auto header = [&](const std::string &leaf) -> const InputHeader * {
    if (!options.loadHeader)
      return nullptr;
    std::string field = leaf == name ? "" : leaf.substr(name.size() + 1);
    std::string full = key.empty() ? field : field.empty() ? key : key + "." + field;
    auto [place, fresh] = headers.try_emplace(full);
    if (fresh)
      place->second = options.loadHeader(texts[0], full);
    return place->second ? &*place->second : nullptr;
  };
  Type type = resolveInputType(*stmt.pattern.type, name, header);
  bool loadable = type.allLeaves([](const Type &leaf) { return leaf.isArray() && leaf.element != Scalar::Key; });
  if (!type.isError() && !loadable)
    return refuse(Code::E0807, stmt.pattern.type->span, "this type cannot be loaded", "arrays of numbers and `bool` can, and structs of them");
  lang::Variable *variable = declareVariable(stmt.pattern.name, type, nullptr);
  program->inputs.push_back({Input::Load, name, texts[0], key, variable, nullptr, stmt.pattern.name.span});
}

void Checker::declareFreeNames(const ast::Expr &expr) {
  std::set<std::string> mentioned;
  TreeVisitor visitor;
  visitor.onExpr = [&](const ast::Expr &node) {
    if (const auto *name = ast::dynAs<ast::NameExpr>(&node))
      mentioned.insert(name->name);
  };
  walk(expr, visitor);
  for (const auto &[name, header] : options.given) {
    std::string root = rootOf(name);
    if (paramNames.count(root) || !mentioned.count(root) || lookup(root))
      continue;
    if (root != name) {
      error(Code::E0803, expr.span, fmt::format("`{}` has no declared type that would tell its fields", root))
          .help(fmt::format("declare `param {}: …` in a file", root));
      continue;
    }
    std::vector<Dim> shape;
    for (int64_t size : header.shape)
      shape.push_back(Dim(size));
    lang::Variable *variable = declareVariable({name, expr.span}, Type::array(header.element, shape), nullptr);
    if (header.integer && variable->type.isScalar(Scalar::I64))
      infoOf(variable).known = Dim(*header.integer);
    program->inputs.push_back({Input::Free, name, "", "", variable, nullptr, expr.span});
  }
}

} // namespace ricci::lang
