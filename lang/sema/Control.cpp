// Loops, and the rule that a key is consumed once.
#include "lang/sema/Checker.h"

#include <algorithm>
#include <fmt/format.h>

namespace ricci::lang {

const Expr *Checker::checkFor(const ast::ForExpr &expr) {
  Hoist here(*this);
  std::optional<std::pair<Dim, Dim>> range = checkRange(expr.range);
  bool fine = range.has_value();
  if (!range)
    range = {Dim(0), Dim(0)};
  if (mentionsOpenIndex(range->first) || mentionsOpenIndex(range->second)) {
    unsupported(expr.range.span, "loops whose length depends on an index are");
    fine = false;
  }
  size_t born = program->nodes.size();
  pushScope();
  ++loopDepth;
  lang::Variable *counter = declareVariable(expr.index, Type::array(Scalar::I64), nullptr);
  counter->symbol = makeSymbol(SymbolInfo::Counter, expr.index.text);
  births[(*counter->symbol)->id] = born;
  ranges[(*counter->symbol)->id] = {range->first, range->second};
  std::vector<Dim> outerFacts = facts;
  facts.push_back(range->second - range->first - Dim(1));
  std::vector<const lang::Variable *> assigned;
  carried.push_back(&assigned);
  KeyUses keysBefore = keyUses;
  const Expr *yield = nullptr;
  const Expr *body = nullptr;
  {
    Hoist inside(*this);
    body = checkBlock(expr.body, nullptr, expr.body.span, true, &yield);
  }
  checkKeysOfLoop(keysBefore, &expr.index.text);
  carried.pop_back();
  facts = std::move(outerFacts);
  --loopDepth;
  popScope();
  bool strayYield = !yield && std::any_of(expr.body.stmts.begin(), expr.body.stmts.end(),
                                          [](const ast::StmtPtr &stmt) { return stmt->kind == ast::StmtKind::Yield; });
  if (!fine || strayYield || (yield && yield->type.hasError()))
    return errorExpr(expr.span);

  auto *node = make<ForExpr>(ExprKind::For, Type{}, expr.span);
  node->counter = counter;
  node->lower = sizeExpr(range->first, Scalar::I64, expr.range.lo->span);
  node->upper = sizeExpr(range->second, Scalar::I64, expr.range.hi->span);
  node->carried = std::move(assigned);
  if (body->kind == ExprKind::Block)
    node->body = static_cast<const BlockExpr *>(body)->statements;
  node->yield = yield;
  if (!yield)
    return here.wrap(node);
  if (yield->type.kind == Type::Unit || yield->type.kind == Type::String) {
    error(Code::E0312, yield->span, "what is yielded has no value");
    return errorExpr(expr.span);
  }
  bool constant = true;
  yield->type.allLeaves([&](const Type &leaf) {
    for (const Dim &dim : leaf.shape)
      dim.forEachSymbol([&](const Symbol &symbol) { constant &= !isBornSince(symbol, born); });
    return true;
  });
  if (!constant) {
    error(Code::E0404, yield->span, fmt::format("`{}` changes its size from pass to pass, so it cannot be stacked", yield->type.text()));
    return errorExpr(expr.span);
  }
  node->type = yield->type.stacked({extentOf(range->first, range->second, prover())});
  return here.wrap(node);
}

void Checker::checkWhile(const ast::WhileStmt &stmt, std::vector<const Stmt *> &out) {
  std::optional<Dim> limit = checkDim(*stmt.limit);
  if (limit && mentionsOpenIndex(*limit)) {
    unsupported(stmt.limit->span, "loops whose length depends on an index are");
    limit.reset();
  }
  auto *node = make<ForExpr>(ExprKind::For, Type{}, stmt.span);
  pushScope();
  ++loopDepth;
  std::vector<Dim> outerFacts = facts;
  carried.push_back(&node->carried);
  KeyUses keysBefore = keyUses;
  {
    Hoist inside(*this);
    node->condition = inside.wrap(checkCondition(*stmt.condition, "while"));
  }
  const Expr *body = nullptr;
  {
    Hoist inside(*this);
    body = checkBlock(stmt.body, nullptr, stmt.body.span, true);
  }
  checkKeysOfLoop(keysBefore, nullptr);
  carried.pop_back();
  facts = std::move(outerFacts);
  --loopDepth;
  popScope();
  if (!limit || node->condition->type.isError())
    return;
  lang::Variable *counter = hidden(Type::array(Scalar::I64), stmt.span);
  node->counter = counter;
  node->lower = literal(Scalar::I64, int64_t{0}, stmt.span);
  node->upper = sizeExpr(*limit, Scalar::I64, stmt.limit->span);
  if (body->kind == ExprKind::Block)
    node->body = static_cast<const BlockExpr *>(body)->statements;
  auto *run = makeStmt<ExprStmt>(StmtKind::Expr, stmt.span);
  run->value = node;
  out.push_back(run);
}

void Checker::useKey(const lang::Variable *key, const std::string &element, bool variesByIndex, Span span) {
  const VariableInfo &info = infoOf(key);
  std::string help = fmt::format("make new keys: `let (a, b) = split({0})`, or `fold_in({0}, i)` for each i", key->name);
  if (binders.size() > info.indexDepth && !variesByIndex) {
    error(Code::E0703, span, fmt::format("key `{}` is used again for every index", key->name)).help(help);
    return;
  }
  auto previous = keyUses.find({key, element});
  if (previous == keyUses.end() && !element.empty())
    previous = keyUses.find({key, ""});
  if (previous == keyUses.end() && element.empty())
    previous = std::find_if(keyUses.begin(), keyUses.end(), [&](const auto &use) { return use.first.first == key; });
  if (previous != keyUses.end()) {
    error(Code::E0701, span, fmt::format("key `{}` is used a second time, and would give the same numbers", key->name))
        .label(previous->second, "first used here")
        .help(help);
    return;
  }
  keyUses[{key, element}] = span;
}

void Checker::renewKey(const lang::Variable *key) {
  std::erase_if(keyUses, [&](const auto &use) { return use.first.first == key; });
}

// A key from outside that the body consumes and does not renew would be used in every pass.
void Checker::checkKeysOfLoop(const KeyUses &before, const std::string *counter) {
  for (const auto &[use, span] : keyUses) {
    const auto &[key, element] = use;
    bool outside = infoOf(key).loopDepth < loopDepth;
    bool chosen = false; // by the counter
    if (counter && !element.empty())
      for (size_t at = element.find(*counter); at != std::string::npos && !chosen; at = element.find(*counter, at + 1)) {
        auto joins = [](char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; };
        chosen = !(at > 0 && joins(element[at - 1])) && !joins(element[std::min(at + counter->size(), element.size() - 1)]);
      }
    if (!outside || chosen || before.count(use))
      continue;
    error(Code::E0702, span, fmt::format("key `{}` is used in every pass of the loop, and would give the same numbers each time", key->name))
        .help((counter ? fmt::format("use `fold_in({}, {})`, or ", key->name, *counter) : "") + "renew it by `split` in the body");
  }
}

} // namespace ricci::lang
