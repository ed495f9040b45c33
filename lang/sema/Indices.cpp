// Indices: their ranges, given or inferred, and the bounds of what they access. Accesses are judged when the outermost
// binder closes, since only then all ranges are known.
#include "lang/sema/Checker.h"

#include <algorithm>
#include <fmt/format.h>

namespace ricci::lang {

std::optional<std::pair<Dim, Dim>> Checker::checkRange(const ast::Range &range) {
  std::optional<Dim> lower = checkDim(*range.lo), upper = checkDim(*range.hi);
  if (!lower || !upper)
    return std::nullopt;
  return std::pair(*lower, *upper);
}

IndexState *Checker::declareIndex(const ast::IndexName &name, bool left, const std::optional<std::pair<Dim, Dim>> &range) {
  if (const Binding *visible = lookup(name.name.text); visible && visible->kind != Binding::Broken) {
    bool twice = scopes.back().count(name.name.text) && visible->kind == Binding::Index;
    if (twice)
      error(Code::E0106, name.name.span, "index `" + name.name.text + "` is bound twice").label(visible->span, "first here");
    else
      error(Code::E0105, name.name.span, "index `" + name.name.text + "` hides a name that is visible here")
          .label(visible->span, "`" + name.name.text + "` is this")
          .help("give the index another name");
  }
  const Binding *outer = lookup(name.name.text);
  bool broken = outer && outer->kind != Binding::Broken;
  if (broken && outer->index)
    outer->index->broken = true;
  auto *index = program->make(Index{});
  index->name = name.name.text;
  index->symbol = makeSymbol(SymbolInfo::Index, name.name.text);
  births[index->symbol->id] = program->nodes.size() - 1;
  index->span = name.name.span;
  auto state = std::make_unique<IndexState>();
  state->index = index;
  state->left = left;
  state->broken = broken;
  if (range) {
    ranges[index->symbol->id] = {range->first, range->second};
    state->solved = true;
  }
  indexBySymbol[index->symbol->id] = state.get();
  binders.back().push_back(state.get());
  Binding binding;
  binding.kind = Binding::Index;
  binding.index = state.get();
  binding.span = name.name.span;
  scopes.back()[name.name.text] = binding;
  if (state->solved)
    finishRange(*state);
  indexStates.push_back(std::move(state));
  return indexStates.back().get();
}

// From the range found to the bounds and the box of the index.
void Checker::finishRange(IndexState &state) {
  const SymbolRange &range = ranges[state.index->symbol->id];
  state.solved = true;
  state.index->lower = range.lower;
  state.index->upper = range.upper;
  bool ragged = false, data = false;
  for (const Dim *bound : {&range.lower, &range.upper})
    bound->forEachSymbol([&](const Symbol &symbol) {
      ragged |= symbol->kind == SymbolInfo::Index;
      data |= varying.count(symbol->id) > 0;
    });
  state.index->ragged = ragged || data;
  if (!state.index->ragged) {
    state.index->boxLower = range.lower;
    state.index->boxUpper = range.upper;
    return;
  }
  if (data)
    return;
  boxLater.push_back(state.index); // an outer range may still be open
  boxRagged(*state.index);
}

// The box of a range that depends on other indices, as far as theirs are known.
void Checker::boxRagged(Index &index) {
  auto keep = [](const Symbol &symbol) { return symbol->kind != SymbolInfo::Index; };
  auto free = [&](std::optional<Dim> bound) {
    bool pure = bound.has_value();
    if (bound)
      bound->forEachSymbol([&](const Symbol &symbol) { pure &= symbol->kind != SymbolInfo::Index; });
    return pure ? bound : std::nullopt;
  };
  index.boxLower = free(prover().corner(index.lower, false, keep));
  index.boxUpper = free(prover().corner(index.upper, true, keep));
}

void Checker::recordAccess(Subscript *subscript, const Dim &form, const Expr *base, unsigned axis) {
  const Dim &size = base->type.shape[axis];
  std::string array = source(base->span);
  bool linear = subscript->affine.has_value();
  // An index that a call was given tells the function where to read, but what the function reads does not tell its range.
  auto named = [&](const IndexState *state) {
    const Binding *visible = lookup(state->index->name);
    return visible && visible->index == state;
  };
  for (auto &binder : binders)
    for (IndexState *state : binder)
      if (linear && !state->solved && form.mentions(state->index->symbol) && named(state))
        state->uses.push_back({form, size, subscript->span, array});
  PendingAccess access{subscript, form, size, array, axis, guardDepth > 0, facts, {}};
  for (auto &binder : binders)
    for (IndexState *state : binder)
      access.around.push_back(state->index);
  pending.push_back(std::move(access));
  if (binders.empty())
    flushAccesses();
}

bool Checker::closeBinder(bool quiet) {
  std::vector<IndexState *> states = binders.back();
  auto solve = [&] {
    std::vector<RangeUnknown> unknowns;
    std::vector<IndexState *> open;
    for (IndexState *state : states)
      if (!state->solved) {
        unknowns.push_back({state->index->symbol, state->left, state->uses});
        open.push_back(state);
      }
    std::vector<RangeResult> results = solveRanges(unknowns, ranges, facts);
    std::vector<std::pair<IndexState *, RangeResult>> failed;
    for (size_t i = 0; i < open.size(); ++i) {
      if (results[i].status != RangeResult::Solved) {
        failed.push_back({open[i], results[i]});
        continue;
      }
      finishRange(*open[i]);
      for (const auto &[first, second] : results[i].equalities)
        if (hoist)
          hoist->checks.push_back({first.size, second.size,
                                   fmt::format("index `{}` runs over {} in `{}` and over {} in `{}`", open[i]->index->name,
                                               first.size.text(), first.array, second.size.text(), second.array),
                                   second.span});
    }
    return failed;
  };
  auto failed = solve();
  solvingGroups = true;
  bool fine = compareGroups();
  solvingGroups = false;
  // What a merged axis decides may decide others.
  if (std::any_of(failed.begin(), failed.end(), [](const auto &entry) { return entry.first->solved; }))
    failed = solve();
  for (auto &[state, result] : failed) {
    if (state->solved)
      continue;
    bool news = result.status == RangeResult::Conflict || result.status == RangeResult::StartsOutside || !quiet;
    if (!state->broken && news)
      reportRange(*state, result);
    fine = false;
    ranges.try_emplace(state->index->symbol->id, SymbolRange{Dim(0), Dim(0)});
    state->solved = true;
    // Their subscripts have been spoken about.
    const Symbol &symbol = state->index->symbol;
    std::erase_if(pending, [&](const PendingAccess &access) { return access.form.mentions(symbol); });
  }
  for (IndexState *state : states) {
    state->open = false;
    fine &= !state->broken;
  }
  binders.pop_back();
  if (binders.empty()) {
    for (Index *index : boxLater)
      boxRagged(*index);
    boxLater.clear();
    flushAccesses();
    groups.clear();
  }
  return fine;
}

void Checker::reportRange(const IndexState &state, const RangeResult &result) {
  const Index &index = *state.index;
  std::string ask = fmt::format("write `{} in a..b`", index.name);
  switch (result.status) {
  case RangeResult::Solved: return;
  case RangeResult::NoUse:
    error(Code::E0102, index.span, fmt::format("nothing tells the range of index `{}`", index.name))
        .help(ask + (state.uses.empty() ? "; a range is inferred from subscripts of arrays" : ""));
    return;
  case RangeResult::Conflict:
    error(Code::E0104, result.second.span,
          fmt::format("index `{}` runs over {} in `{}`, but over {} in `{}`", index.name, result.first.size.text(),
                      result.first.array, result.second.size.text(), result.second.array))
        .here(fmt::format("`{}` is {} here, from {}", index.name, result.second.size.text(), result.second.array))
        .label(result.first.span, fmt::format("{} here, from {}", result.first.size.text(), result.first.array))
        .help("sizes that meet in one index must be equal; to take part of an axis " + ask);
    return;
  case RangeResult::StartsOutside:
    error(Code::E0103, result.first.span,
          fmt::format("`{}` is out of bounds at {} = 0, so no range from 0 can be inferred", source(result.first.span), index.name))
        .help(ask + ", or read through `pad(…)`, `clamp(…)` or `wrap(…)`");
    return;
  case RangeResult::Undetermined:
    error(Code::E0109, index.span, fmt::format("the range of index `{}` cannot be inferred", index.name))
        .label(result.first.span, "this bounds it together with other indices or values")
        .help(ask);
    return;
  }
}

// Sizes of merged axes: the product of the extents. Solves one member, compares when all are known.
bool Checker::compareGroups() {
  bool fine = true;
  for (GroupUse &group : groups) {
    if (group.compared)
      continue;
    Dim product(1);
    IndexState *unknown = nullptr;
    unsigned unknowns = 0;
    for (IndexState *member : group.members) {
      if (member->solved)
        product = product * (member->index->upper);
      else if (std::none_of(member->uses.begin(), member->uses.end(),
                            [&](const RangeUse &use) { return use.subscript == Dim(member->index->symbol); })) {
        unknown = member;
        ++unknowns;
      } else {
        unknowns = 2; // its bare uses will tell
      }
    }
    // Members of binders further out may still gain uses; only the innermost binder is complete.
    bool closing = unknown && !binders.empty() &&
                   std::find(binders.back().begin(), binders.back().end(), unknown) != binders.back().end();
    if (unknowns == 1 && closing && solvingGroups) {
      Dim extent = floorDivide(group.size, product);
      ranges[unknown->index->symbol->id] = {Dim(0), extent};
      finishRange(*unknown);
      product = product * extent;
      unknowns = 0;
    }
    if (unknowns > 0)
      continue;
    group.compared = true;
    Dim form;
    for (IndexState *member : group.members)
      form = form * member->index->upper + Dim(member->index->symbol);
    group.subscript->affine = form;
    std::string names;
    for (IndexState *member : group.members)
      names += (names.empty() ? "" : ",") + member->index->name;
    bool fromZero = std::all_of(group.members.begin(), group.members.end(),
                                [](IndexState *member) { return member->index->lower == Dim(0); });
    std::string what = fmt::format("`({})` covers {} elements of an axis of size {}", names, product.text(), group.size.text());
    if (!fromZero || !equate(product, group.size, group.span, what)) {
      error(Code::E0401, group.span, what).help("a merged subscript covers its axis exactly");
      fine = false;
    }
  }
  return fine;
}

void Checker::flushAccesses() {
  std::vector<PendingAccess> accesses;
  std::swap(accesses, pending);
  for (PendingAccess &access : accesses) {
    std::vector<Dim> extents;
    bool empty = false;
    for (const Index *index : access.around) {
      Dim extent = index->upper - index->lower;
      empty |= extent.constant() && *extent.constant() <= 0;
      extents.push_back(extent - Dim(1)); // it is evaluated for some index
    }
    std::vector<Dim> known = extents;
    known.insert(known.end(), access.facts.begin(), access.facts.end());
    Prover proof(ranges, std::move(known));
    Dim beyond = access.form - access.size;
    access.subscript->proven = empty || (proof.isNonNegative(access.form) && proof.isNonNegative(Dim(-1) - beyond));
    if (access.subscript->proven)
      continue;
    // Conditions may contradict each other, and then prove anything.
    if (access.guarded)
      proof = Prover(ranges, std::move(extents));
    auto eliminate = [](const Symbol &) { return false; };
    std::optional<Dim> least = proof.corner(access.form, false, eliminate), most = proof.corner(access.form, true, eliminate);
    if (!least || !most)
      continue;
    // Under a condition only what is outside for every index is surely wrong.
    const Dim &low = access.guarded ? *most : *least, &high = access.guarded ? *least : *most;
    bool below = proof.isNonNegative(Dim(-1) - low), above = proof.isNonNegative(high - access.size);
    if (!below && !above)
      continue;
    std::string help = "read through `pad(…)`, `clamp(…)` or `wrap(…)`";
    for (const Index *index : access.around)
      if (access.form.mentions(index->symbol))
        help = fmt::format("restrict the index: `{} in a..b`, or ", index->name) + help;
    error(Code::E0501, access.subscript->span,
          fmt::format("`{}` reaches {}, axis {} of `{}` {}", source(access.subscript->span), below ? low.text() : high.text(),
                      access.axis, access.array, below ? "starts at 0" : "has size " + access.size.text()))
        .help(help);
  }
}

} // namespace ricci::lang
