// Definitions by index (`let y[i,j] = …`) and reductions.
#include "lang/sema/Checker.h"
#include "lang/sema/Walk.h"

#include <algorithm>
#include <fmt/format.h>

namespace ricci::lang {

const Expr *Checker::checkBuild(const ast::Pattern &pattern, const ast::Expr &value) {
  Hoist here(*this);
  std::optional<Type> declared;
  if (pattern.type) {
    declared = resolveType(*pattern.type);
    size_t axes = pattern.indices.size();
    if (declared->isError())
      declared.reset();
    else if (!declared->hasAxes() || declared->shape.size() != axes) {
      error(Code::E0402, pattern.type->span, fmt::format("`{}` is the type of `{}`, which has {} ax{}", declared->text(), pattern.name.text,
                                                         axes, axes == 1 ? "is" : "es"));
      declared.reset();
    }
  }
  // Left ranges depend on nothing that the left side binds.
  std::vector<std::optional<std::pair<Dim, Dim>>> given;
  bool fine = true;
  std::set<std::string> own;
  for (const ast::IndexBinder &binder : pattern.indices)
    for (const ast::IndexName &name : binder.names)
      own.insert(name.name.text);
  for (const ast::IndexBinder &binder : pattern.indices)
    for (const ast::IndexName &name : binder.names) {
      given.emplace_back();
      if (!name.range)
        continue;
      bool depends = false;
      TreeVisitor names;
      names.onExpr = [&](const ast::Expr &part) {
        if (const auto *other = ast::dynAs<ast::NameExpr>(&part); other && own.count(other->name) && !lookup(other->name)) {
          error(Code::E0108, other->span, fmt::format("the range of `{}` depends on index `{}`", name.name.text, other->name))
              .help("ranges on the left do not depend on each other; choose the elements by `if` on the right");
          depends = true;
        }
      };
      walk(*name.range->lo, names);
      walk(*name.range->hi, names);
      given.back() = depends ? std::nullopt : checkRange(*name.range);
      if (!given.back()) {
        fine = false;
        given.back() = {Dim(0), Dim(0)};
      } else if (given.back()->first.constant() != 0) {
        error(Code::E0107, name.range->span, fmt::format("the range of `{}` starts at {}, ranges on the left start at 0", name.name.text,
                                                         given.back()->first.text()))
            .help(fmt::format("write `{} in 0..n` and shift the subscripts on the right", name.name.text));
        fine = false;
      }
    }
  pushScope();
  openBinder();
  auto *node = make<BuildExpr>(ExprKind::Build, Type{}, pattern.span);
  size_t position = 0, kept = 0;
  std::vector<IndexState *> states;
  for (size_t axis = 0; axis < pattern.indices.size(); ++axis) {
    const ast::IndexBinder &binder = pattern.indices[axis];
    LeftAxis left;
    for (const ast::IndexName &name : binder.names) {
      states.push_back(declareIndex(name, true, given[position++]));
      left.indices.push_back(states.back()->index);
      // A declared size bounds like a subscript of the defined array.
      if (declared && binder.names.size() == 1 && !states.back()->solved)
        states.back()->uses.push_back({Dim(states.back()->index->symbol), declared->shape[axis], name.name.span, pattern.name.text});
    }
    kept += binder.kind == ast::IndexBinder::Kind::All;
    node->axes.push_back(std::move(left));
  }
  Type element = declared ? declared->part(declared->shape.size()) : Type{};
  std::vector<Dim> outerFacts = facts;
  const Expr *body = nullptr;
  {
    Hoist inside(*this);
    body = inside.wrap(check(value, declared ? &element : nullptr));
  }
  facts = std::move(outerFacts);
  fine &= closeBinder(!fine || body->type.hasError());
  popScope();
  if (!fine || body->type.hasError())
    return errorExpr(pattern.span);
  if (!body->type.isArray() && !body->type.isAggregate()) {
    error(Code::E0312, value.span, fmt::format("the elements of `{}` have no value", pattern.name.text));
    return errorExpr(pattern.span);
  }
  if (body->type.shape.size() != kept) {
    error(Code::E0110, value.span, fmt::format("the right side has rank {} for each element, the left has {} `:`", body->type.shape.size(), kept))
        .help("one `:` on the left for each axis that the right side leaves; all others are named");
    return errorExpr(pattern.span);
  }
  if (!requireFixed(body->type, value.span))
    return errorExpr(pattern.span);
  std::vector<Dim> shape;
  size_t next = 0;
  for (const LeftAxis &axis : node->axes) {
    if (axis.indices.empty()) {
      shape.push_back(body->type.shape[next++]);
      continue;
    }
    Dim size(1);
    for (const Index *index : axis.indices)
      size = size * extentOf(index->lower, index->upper, prover());
    shape.push_back(size);
  }
  node->body = body;
  node->type = body->type.part(kept).stacked(shape);
  if (!requireFixed(node->type, pattern.span))
    return errorExpr(pattern.span);
  const Expr *result = declared ? conform(node, *declared, "`" + pattern.name.text + "`") : node;
  return here.wrap(result);
}

static Reduction reductionOf(ast::ReduceOp op) {
  switch (op) {
  case ast::ReduceOp::Sum: return Reduction::Sum;
  case ast::ReduceOp::Prod: return Reduction::Prod;
  case ast::ReduceOp::Max: return Reduction::Max;
  case ast::ReduceOp::Min: return Reduction::Min;
  case ast::ReduceOp::Mean: return Reduction::Mean;
  case ast::ReduceOp::Any: return Reduction::Any;
  case ast::ReduceOp::All: return Reduction::All;
  case ast::ReduceOp::Argmax: return Reduction::Argmax;
  case ast::ReduceOp::Argmin: return Reduction::Argmin;
  case ast::ReduceOp::Logsumexp: return Reduction::Logsumexp;
  }
  return Reduction::Sum;
}

std::optional<Type> Checker::reducedType(Reduction kind, const Type &body, size_t indexCount, Span span) {
  if (body.hasError())
    return std::nullopt;
  auto refuse = [&](Code code, const std::string &message, const std::string &help) -> std::optional<Type> {
    Diagnostic &wrong = error(code, span, message);
    if (!help.empty())
      wrong.help(help);
    return std::nullopt;
  };
  bool adds = kind == Reduction::Sum || kind == Reduction::Mean;
  if (adds && body.isAggregate() && body.isFloating())
    return body;
  if (!body.isArray())
    return refuse(Code::E0309, fmt::format("this reduction takes numbers or arrays, this is `{}`", body.text()),
                  body.isAggregate() ? "structs and tuples of floating fields have `sum` and `mean`; reduce others field by field" : "");
  bool logical = kind == Reduction::Any || kind == Reduction::All;
  if (logical)
    return body.element == Scalar::Bool ? std::optional<Type>(body)
                                        : refuse(Code::E0304, fmt::format("`any` and `all` take `bool`, this is `{}`", body.text()), "");
  if (body.element == Scalar::Bool)
    return refuse(Code::E0303, "a reduction by arithmetic over `bool`", "count with `i64(…)`, or use `any` or `all`");
  if (!isNumber(body.element))
    return refuse(Code::E0305, fmt::format("a reduction takes numbers, this is `{}`", body.text()), "");
  bool floating = kind == Reduction::Mean || kind == Reduction::Logsumexp;
  if (floating && !isFloating(body.element))
    return refuse(Code::E0305, fmt::format("`mean` and `logsumexp` take floating numbers, this is `{}`", body.text()), "convert: `f64(…)`");
  if (kind != Reduction::Argmax && kind != Reduction::Argmin)
    return body;
  Type position = Type::array(Scalar::I64, body.shape);
  return indexCount == 1 ? position : Type::tuple(std::vector<Type>(indexCount, position));
}

// Takes `subscript == left index` out of the guard.
void Checker::takeScatterTerms(ReduceExpr &node) {
  std::vector<const Expr *> conjuncts, rest;
  std::function<void(const Expr *)> split = [&](const Expr *expr) {
    const auto *both = expr->kind == ExprKind::Elementwise ? static_cast<const ElementwiseExpr *>(expr) : nullptr;
    if (both && both->name == "and") {
      split(both->operands[0]);
      split(both->operands[1]);
    } else {
      conjuncts.push_back(expr);
    }
  };
  split(node.guard);
  auto takes = [&](const Expr *conjunct) {
    const auto *equal = conjunct->kind == ExprKind::Elementwise ? static_cast<const ElementwiseExpr *>(conjunct) : nullptr;
    if (!equal || equal->name != "eq")
      return false;
    for (int side : {0, 1}) {
      const Expr *name = equal->operands[side], *subscript = equal->operands[1 - side];
      if (name->kind != ExprKind::Index || !subscript->type.isScalar())
        continue;
      const Index *left = static_cast<const IndexExpr *>(name)->index;
      const IndexState &state = *indexBySymbol.at(left->symbol->id);
      bool taken = std::any_of(node.scatter.begin(), node.scatter.end(), [&](const ScatterTerm &term) { return term.left == left; });
      if (!state.left || !state.open || taken)
        continue;
      // The subscript must vary with what is summed, and not with the index that it selects.
      if (!mentionsAny(*subscript, node.indices, false) || mentionsAny(*subscript, {left}, true))
        continue;
      node.scatter.push_back({left, subscript});
      return true;
    }
    return false;
  };
  for (const Expr *conjunct : conjuncts)
    if (!takes(conjunct))
      rest.push_back(conjunct);
  if (node.scatter.empty())
    return;
  node.guard = nullptr;
  for (const Expr *conjunct : rest)
    node.guard = node.guard ? lift("and", {node.guard, conjunct}, node.guard->span) : conjunct;
}

const Expr *Checker::checkReduce(const ast::ReduceExpr &expr, const Type *expected) {
  if (expr.whole)
    return checkWholeReduce(expr, expected);
  Reduction kind = reductionOf(expr.op);
  std::optional<Type> accumulator;
  if (expr.accumulator) {
    accumulator = resolveType(*expr.accumulator);
    bool numeric = accumulator->isScalar() && isNumber(accumulator->element) && kind != Reduction::Any && kind != Reduction::All &&
                   kind != Reduction::Argmax && kind != Reduction::Argmin;
    if (!accumulator->isError() && !numeric) {
      error(Code::E0305, expr.accumulator->span, "the accumulator is a scalar number type");
      accumulator = Type::error();
    }
  }
  Hoist here(*this);
  pushScope();
  openBinder();
  auto *node = make<ReduceExpr>(ExprKind::Reduce, Type{}, expr.span);
  node->kind = kind;
  bool fine = true;
  for (const ast::IndexBinder &binder : expr.indices)
    for (const ast::IndexName &name : binder.names) {
      std::optional<std::pair<Dim, Dim>> range;
      if (name.range) {
        size_t before = here.lets.size();
        range = checkRange(*name.range);
        for (size_t i = before; i < here.lets.size(); ++i)
          forEachOperand(*here.lets[i], [&](const Expr &value) {
            if (!mentionsAny(value, node->indices, false))
              return;
            unsupported(name.range->span, "ranges that depend on data chosen by an index of the same reduction are");
            range.reset();
          });
        fine &= range.has_value();
        if (!range)
          range = {Dim(0), Dim(0)};
      }
      node->indices.push_back(declareIndex(name, false, range)->index);
    }
  std::vector<Dim> outerFacts = facts;
  Hoist inside(*this);
  if (expr.where) {
    node->guard = checkCondition(*expr.where, "where");
    if (node->guard->type.isError())
      fine = false;
    else {
      for (Dim &fact : factsOf(*node->guard, true))
        facts.push_back(std::move(fact));
      ++guardDepth;
    }
  }
  Type wanted;
  if (accumulator && !accumulator->isError())
    wanted = *accumulator;
  else if (expected && expected->isArray() && kind != Reduction::Argmax && kind != Reduction::Argmin)
    wanted = Type::array(expected->element);
  const Expr *body = nullptr;
  {
    Hoist innermost(*this);
    const Type *guide = wanted.isArray() ? &wanted : nullptr;
    bool floating = kind == Reduction::Mean || kind == Reduction::Logsumexp;
    body = expr.body ? (floating ? checkFloating(*expr.body, guide) : check(*expr.body, guide)) : checkBlock(*expr.block, guide, expr.block->span);
    body = innermost.wrap(body);
  }
  guardDepth -= node->guard && !node->guard->type.isError();
  facts = std::move(outerFacts);
  if (fine && node->guard && kind == Reduction::Sum)
    takeScatterTerms(*node);
  fine &= closeBinder(!fine || body->type.hasError());
  popScope();
  // A range of this binder may rest on values computed here; they come before it.
  here.lets.insert(here.lets.end(), inside.lets.begin(), inside.lets.end());
  here.checks.insert(here.checks.end(), inside.checks.begin(), inside.checks.end());
  if (!fine || body->type.hasError() || (accumulator && accumulator->isError()))
    return errorExpr(expr.span);
  if (body->type.kind == Type::Unit) {
    error(Code::E0312, body->span, "what is reduced has no value");
    return errorExpr(expr.span);
  }
  if (accumulator && body->type.isArray() && isNumber(body->type.element) && body->type.element != accumulator->element) {
    Type converted = Type::array(accumulator->element, body->type.shape);
    auto *convert = make<ElementwiseExpr>(ExprKind::Elementwise, converted, body->span);
    convert->name = "convert";
    convert->operands = {body};
    body = convert;
  }
  std::optional<Type> type = reducedType(kind, body->type, node->indices.size(), body->span);
  if (!type)
    return errorExpr(expr.span);
  for (const Index *index : node->indices)
    for (const Dim &dim : body->type.shape)
      if (dim.mentions(index->symbol)) {
        error(Code::E0404, body->span, fmt::format("size `{}` depends on index `{}`, so the terms have different sizes", dim.text(), index->name));
        return errorExpr(expr.span);
      }
  node->body = body;
  node->type = *type;
  return here.wrap(node);
}

const Expr *Checker::checkWholeReduce(const ast::ReduceExpr &expr, const Type *expected) {
  Hoist here(*this);
  std::optional<Type> wanted;
  if (expr.accumulator)
    wanted = resolveType(*expr.accumulator);
  const Type *guide = wanted ? &*wanted : expected;
  bool floating = expr.op == ast::ReduceOp::Mean || expr.op == ast::ReduceOp::Logsumexp;
  const Expr *array = floating ? checkFloating(*expr.body, guide) : check(*expr.body, guide);
  if (wanted && array->type.isArray() && wanted->isScalar() && isNumber(wanted->element) && isNumber(array->type.element) &&
      array->type.element != wanted->element)
    array = lift("convert", {array}, array->span, wanted->element);
  return here.wrap(reduceAll(reductionOf(expr.op), array, expr.span, expr.opSpan));
}

const Expr *Checker::reduceAll(Reduction kind, const Expr *array, Span span, Span opSpan) {
  if (array->type.hasError())
    return errorExpr(span);
  size_t rank = array->type.isArray() ? array->type.shape.size() : 0;
  std::optional<Type> type = reducedType(kind, Type(array->type), rank, array->span);
  if (!type)
    return errorExpr(span);
  bool position = kind == Reduction::Argmax || kind == Reduction::Argmin;
  if (rank == 0 && position) {
    error(Code::E0402, array->span, "the position of the largest or least needs an array, this is a scalar");
    return errorExpr(span);
  }
  if (rank == 0)
    return array;
  std::vector<const Stmt *> lets;
  if (array->kind != ExprKind::Variable) {
    lang::Variable *value = hidden(array->type, array->span);
    infoOf(value).varies = mentionsOpenIndex(*array);
    auto *let = makeStmt<LetStmt>(StmtKind::Let, array->span);
    let->variable = value;
    let->value = array;
    lets.push_back(let);
    array = read(value, array->span);
  }
  auto *access = make<AccessExpr>(ExprKind::Access, Type::array(array->type.element), array->span);
  access->base = array;
  auto *node = make<ReduceExpr>(ExprKind::Reduce, *reducedType(kind, access->type, rank, span), span);
  node->kind = kind;
  for (size_t axis = 0; axis < rank; ++axis) {
    auto *index = program->make(Index{});
    index->name = "_" + std::to_string(axis);
    index->symbol = makeSymbol(SymbolInfo::Index, index->name);
    index->upper = array->type.shape[axis];
    index->boxLower = Dim(0);
    index->boxUpper = index->upper;
    index->span = opSpan;
    ranges[index->symbol->id] = {Dim(0), index->upper};
    auto state = std::make_unique<IndexState>();
    state->index = index;
    state->solved = true;
    state->open = false;
    indexBySymbol[index->symbol->id] = state.get();
    indexStates.push_back(std::move(state));
    node->indices.push_back(index);
    Subscript subscript;
    subscript.kind = Subscript::Element;
    subscript.affine = Dim(index->symbol);
    subscript.proven = true;
    subscript.span = array->span;
    access->subscripts.push_back(subscript);
  }
  node->body = access;
  return lets.empty() ? node : blockOf(std::move(lets), node, span);
}

} // namespace ricci::lang
