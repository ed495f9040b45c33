// Structs and functions: signatures, the order in which functions are checked, bodies.
#include "lang/sema/Checker.h"

#include "lang/Parser.h"
#include "lang/sema/Walk.h"

namespace ricci::lang {

// Names that stand in shapes and size arguments of types.
static void collectDimensionNames(const ast::TypeExpr &type, std::set<std::string> &names) {
  TreeVisitor visitor;
  visitor.onExpr = [&](const ast::Expr &expr) {
    if (const auto *name = ast::dynAs<ast::NameExpr>(&expr))
      names.insert(name->name);
  };
  walk(type, visitor);
}

void Checker::declareModule(ModuleInfo &declared) {
  module = &declared;
  for (const ast::StructDecl &decl : module->tree.structs) {
    StructInfo &info = module->structs[decl.name.text];
    if (info.decl) {
      error(Code::E0207, decl.name.span, "a second struct `" + decl.name.text + "`").label(info.decl->name.span, "the first");
      continue;
    }
    info.decl = &decl;
    info.module = module;
  }
  for (auto &[name, info] : module->structs)
    resolveStruct(info);

  TreeVisitor types;
  std::set<std::string> *names = &module->dimensionNames;
  types.onType = [&](const ast::TypeExpr &type) { collectDimensionNames(type, *names); };
  for (const ast::StmtPtr &stmt : module->tree.script)
    walk(*stmt, types);
  for (const ast::FnDecl &decl : module->tree.functions) {
    FnInfo &info = module->functions[decl.name.text];
    if (info.decl || module->structs.count(decl.name.text)) {
      error(Code::E0207, decl.name.span, "a second definition of `" + decl.name.text + "`");
      continue;
    }
    info.decl = &decl;
    info.module = module;
    names = &info.dimensionNames;
    for (const ast::TypedName &parameter : decl.params)
      walk(*parameter.type, types);
    if (decl.result)
      walk(*decl.result, types);
    walk(decl.body, types);
    checkSignature(info);
  }
}

void Checker::checkSignature(FnInfo &info) {
  const ast::FnDecl &decl = *info.decl;
  info.fn = program->make(CheckedFn{});
  info.fn->name = decl.name.text;
  info.fn->exported = decl.exported;
  info.fn->span = decl.span;
  info.fn->body = errorExpr(decl.span);
  info.fn->result = Type::error();
  std::set<std::string> seen;
  std::vector<const ast::TypeExpr *> types;
  for (const ast::TypedName &parameter : decl.params) {
    if (!seen.insert(parameter.name.text).second)
      error(Code::E0207, parameter.name.span, "a second argument `" + parameter.name.text + "`");
    types.push_back(parameter.type.get());
    info.generic |= parameter.type->kind == ast::TypeKind::Function;
  }
  if (decl.result)
    types.push_back(decl.result.get());
  info.typeParameters = typeParameters(decl.typeParams, types);
  info.generic |= !info.typeParameters.empty();
  for (const auto &[name, kind] : info.typeParameters)
    info.dimensionNames.erase(name);
  if (info.generic)
    return;

  scopes.clear();
  pushScope();
  currentFn = &info;
  SizesDeclared sizes;
  sizesDeclared = &sizes;
  for (const ast::TypeParam &parameter : decl.typeParams) {
    ast::NameExpr name;
    name.name = parameter.name.text;
    name.span = parameter.name.span;
    declareSizeNames(name);
  }
  // i64 arguments first: a shape may mention one that follows.
  std::map<std::string, lang::Variable *> integers;
  for (const ast::TypedName &parameter : decl.params) {
    const auto *type = ast::dynAs<ast::NamedType>(parameter.type.get());
    if (!type || type->name.text != "i64" || !type->dims.empty() || integers.count(parameter.name.text))
      continue;
    lang::Variable *variable = declareVariable(parameter.name, Type::array(Scalar::I64), nullptr);
    bool size = infoOf(variable).dimension;
    variable->symbol = makeSymbol(size ? SymbolInfo::Size : SymbolInfo::Scalar, parameter.name.text);
    if (size)
      sizes.symbols.push_back(*variable->symbol);
    integers[parameter.name.text] = variable;
  }
  for (const ast::TypedName &parameter : decl.params) {
    ast::Ident name = parameter.name;
    if (scopes.back().count(name.text) && !integers.count(name.text))
      name.text.clear(); // declares nothing: it was spoken about
    auto integer = integers.find(parameter.name.text);
    if (integer != integers.end()) {
      info.fn->parameters.push_back(integer->second);
      continue;
    }
    Type type = resolveType(*parameter.type);
    if (type.kind == Type::Unit) {
      error(Code::E0312, parameter.type->span, "an argument without a value");
      type = Type::error();
    }
    info.fn->parameters.push_back(declareVariable(name, type, nullptr));
  }
  sizesDeclared = nullptr;
  info.fn->sizes = sizes.symbols;
  if (decl.result) {
    info.fn->result = resolveType(*decl.result);
    info.resultKnown = true;
  }
  currentFn = nullptr;
  scopes.clear();
}

void Checker::orderFunctions(ModuleInfo &declared) {
  module = &declared;
  scopes.clear();
  for (auto &[name, info] : module->functions) {
    if (!info.decl)
      continue;
    std::set<std::string> bound;
    TreeVisitor binders;
    binders.onBound = [&](const std::string &name) { bound.insert(name); };
    for (const ast::TypedName &parameter : info.decl->params)
      bound.insert(parameter.name.text);
    walk(info.decl->body, binders);

    // A function that is only named may be called too.
    TreeVisitor visitor;
    auto mentions = [&, caller = &info](const ast::Expr &expr) {
      std::optional<Declared> declared = declaredName(expr);
      if (!declared || (expr.kind == ast::ExprKind::Name && bound.count(declared->name.text)))
        return;
      caller->prints |= expr.kind == ast::ExprKind::Name && declared->name.text == "print";
      if (FnInfo *found = findFunction(*declared))
        caller->callees.push_back(found);
    };
    visitor.onExpr = [&](const ast::Expr &expr) {
      if (const auto *text = ast::dynAs<ast::StringExpr>(&expr)) {
        // `print` holds expressions in its string; other strings parse as text or are reported where they are used.
        DiagnosticEngine silent;
        if (auto segments = parseFormat(sources.file(expr.span.file), *text, silent))
          for (const FormatSegment &segment : *segments)
            if (segment.expr)
              walk(*segment.expr, visitor);
      } else if (expr.kind == ast::ExprKind::Name || expr.kind == ast::ExprKind::Field) {
        mentions(expr);
      }
    };
    walk(info.decl->body, visitor);
  }
  // Depth first without recursion: chains of calls may be long.
  std::map<FnInfo *, int> state; // 1 open, 2 done
  for (const ast::FnDecl &decl : module->tree.functions) {
    std::vector<std::pair<FnInfo *, size_t>> stack;
    auto open = [&](FnInfo *info) {
      state[info] = 1;
      stack.push_back({info, 0});
    };
    FnInfo *root = &module->functions[decl.name.text];
    if (state[root] == 0 && root->decl)
      open(root);
    while (!stack.empty()) {
      auto &[info, next] = stack.back();
      if (next == info->callees.size()) {
        state[info] = 2;
        for (FnInfo *callee : info->callees)
          info->prints |= callee->prints;
        module->functionOrder.push_back(info);
        stack.pop_back();
        continue;
      }
      FnInfo *callee = info->callees[next++];
      if (callee->module != module)
        continue; // checked before
      if (state[callee] == 1) {
        std::string cycle;
        bool inside = false;
        for (auto &[member, position] : stack) {
          inside |= member == callee;
          if (!inside)
            continue;
          member->inCycle = true;
          cycle += "`" + member->decl->name.text + "` calls ";
        }
        error(Code::E0209, callee->decl->name.span, "recursion: " + cycle + "`" + callee->decl->name.text + "`")
            .help("functions are expanded where they are called; repeat with `for` instead");
      } else if (state[callee] == 0) {
        open(callee);
      }
    }
  }
}

void Checker::checkBody(FnInfo &info) {
  if (info.inCycle)
    return;
  facts.clear();
  keyUses.clear();
  if (info.generic)
    return checkGeneric(info);
  scopes.clear();
  pushScope();
  currentFn = &info;
  for (const Symbol &size : info.fn->sizes) {
    Binding binding;
    binding.kind = Binding::Size;
    binding.size = Dim(size);
    binding.span = sizeSpans.count(size->id) ? sizeSpans[size->id] : info.decl->name.span;
    scopes.back()[size->name] = binding;
  }
  for (const lang::Variable *parameter : info.fn->parameters) {
    Binding binding;
    binding.kind = parameter->type.hasError() ? Binding::Broken : Binding::Variable;
    binding.span = parameter->span;
    binding.variable = const_cast<lang::Variable *>(parameter);
    scopes.back()[parameter->name] = binding;
  }
  checkFnBody(info, *info.fn);
  currentFn = nullptr;
  scopes.clear();
}

void Checker::checkFnBody(FnInfo &info, CheckedFn &fn) {
  const ast::FnDecl &decl = *info.decl;
  size_t born = program->nodes.size();
  std::vector<Dim> outerFacts = facts;
  auto declareSizes = [&](const Type &type) {
    type.allLeaves([&](const Type &leaf) {
      for (const Dim &dim : leaf.shape)
        if (!prover().isNonNegative(dim))
          facts.push_back(dim);
      return true;
    });
  };
  for (const lang::Variable *parameter : fn.parameters)
    declareSizes(parameter->type);
  if (decl.result && info.generic)
    fn.result = resolveType(*decl.result);
  bool declared = decl.result && !fn.result.hasError();
  if (declared)
    declareSizes(fn.result); // the caller checks them
  Hoist here(*this);
  const Expr *body = checkBlock(decl.body, declared ? &fn.result : nullptr, decl.span);
  if (declared && !body->type.isError())
    body = conform(body, fn.result, "the result of `" + decl.name.text + "`");
  fn.body = here.wrap(body);
  facts = std::move(outerFacts);
  if (decl.result || body->type.hasError())
    return;
  // The caller knows arguments and sizes, and nothing else.
  bool closed = true;
  body->type.allLeaves([&](const Type &leaf) {
    for (const Dim &dim : leaf.shape)
      dim.forEachSymbol([&](const Symbol &symbol) { closed &= !isBornSince(symbol, born); });
    return true;
  });
  if (closed) {
    fn.result = body->type;
    info.resultKnown = true;
    return;
  }
  error(Code::E0403, decl.name.span, "the size of the result is computed inside `" + decl.name.text + "`")
      .help("take the size as an `i64` argument and declare the result's type after `->`");
  fn.body = errorExpr(decl.span);
}

} // namespace ricci::lang
