#include "lang/sema/RangeSolver.h"

#include <algorithm>

namespace ricci::lang {

namespace {

struct Solver {
  const std::vector<RangeUnknown> &unknowns;
  SymbolRanges &ranges;
  Prover prover;
  std::vector<RangeResult> results;
  std::vector<bool> done;

  Solver(const std::vector<RangeUnknown> &unknowns, SymbolRanges &ranges, const std::vector<Dim> &facts)
      : unknowns(unknowns), ranges(ranges), prover(ranges, facts), results(unknowns.size()), done(unknowns.size()) {}

  void run() {
    for (size_t i = 0; i < unknowns.size(); ++i)
      fixByBareUses(i);
    for (bool progress = true; progress;) {
      progress = false;
      for (size_t i = 0; i < unknowns.size(); ++i)
        progress |= !done[i] && boundByAffineUses(i);
    }
  }

  static bool isBare(const RangeUse &use, const Symbol &symbol) { return use.subscript == Dim(symbol); }

  void finish(size_t i, RangeResult::Status status, const Dim &upper) {
    done[i] = true;
    results[i].status = status;
    results[i].upper = upper;
    ranges[unknowns[i].symbol->id] = {Dim(0), upper};
  }

  void fixByBareUses(size_t i) {
    const RangeUse *first = nullptr;
    for (const RangeUse &use : unknowns[i].uses) {
      if (!isBare(use, unknowns[i].symbol))
        continue;
      if (!first) {
        first = &use;
        continue;
      }
      switch (prover.isEqual(first->size, use.size)) {
      case Truth::Yes: break;
      case Truth::Unknown: results[i].equalities.push_back({*first, use}); break;
      case Truth::No:
        results[i].first = *first;
        results[i].second = use;
        return finish(i, RangeResult::Conflict, first->size);
      }
    }
    if (first)
      finish(i, RangeResult::Solved, first->size);
  }

  // Whether a bound found for unknown `i` may mention the symbol.
  bool mayMention(size_t i, const Symbol &symbol) const {
    if (symbol->kind != SymbolInfo::Index)
      return true;
    return !unknowns[i].left && symbol->id < unknowns[i].symbol->id;
  }

  bool boundByAffineUses(size_t i) {
    const Symbol &symbol = unknowns[i].symbol;
    std::optional<Dim> upper;
    for (const RangeUse &use : unknowns[i].uses) {
      Dim slope, rest;
      for (const auto &[monomial, coefficient] : use.subscript.terms()) {
        Dim others(coefficient);
        bool here = false;
        for (const Symbol &factor : monomial) {
          here |= factor == symbol;
          if (factor != symbol)
            others = others * Dim(factor);
        }
        (here ? slope : rest) = (here ? slope : rest) + others;
      }
      if (slope == Dim(0))
        continue;
      auto keep = [&](const Symbol &other) { return mayMention(i, other); };
      bool rises = prover.isNonNegative(slope), falls = !rises && prover.isNonNegative(Dim(0) - slope);
      std::optional<Dim> most = prover.corner(rest, true, keep), least = prover.corner(rest, false, keep);
      bool known = (rises || falls) && most && least;
      for (const Dim *bound : {known ? &*most : nullptr, known ? &*least : nullptr})
        if (bound)
          bound->forEachSymbol([&](const Symbol &other) { known &= mayMention(i, other); });
      if (!known) {
        results[i].status = RangeResult::Undetermined;
        results[i].first = use;
        return false;
      }
      // 0 ≤ a i + r < n:  i < ⌈(n - r)/a⌉ for a > 0,  i ≤ ⌊r/-a⌋ for a < 0
      Dim below = rises ? Dim(0) - *least : *most - use.size + Dim(1); // > 0: out of bounds at 0
      bool inside = prover.isNonNegative(Dim(0) - below);
      bool sizesOnly = true; // then the program can be expected to be provable
      below.forEachSymbol([&](const Symbol &other) { sizesOnly &= other->kind == SymbolInfo::Size; });
      if (prover.isNonNegative(below - Dim(1)) || (!inside && sizesOnly)) {
        results[i].first = use;
        finish(i, RangeResult::StartsOutside, Dim(0));
        return true;
      }
      Dim bound = rises ? floorDivide(use.size - *most + slope - Dim(1), slope)
                        : floorDivide(*least, Dim(0) - slope) + Dim(1);
      if (!upper || prover.isLessOrEqual(bound, *upper))
        upper = bound;
      else if (!prover.isLessOrEqual(*upper, bound))
        upper = minimum(*upper, bound);
    }
    if (!upper) {
      results[i].status = RangeResult::NoUse;
      return false;
    }
    finish(i, RangeResult::Solved, *upper);
    return true;
  }
};

} // namespace

std::vector<RangeResult> solveRanges(const std::vector<RangeUnknown> &unknowns, SymbolRanges &ranges,
                                     const std::vector<Dim> &facts) {
  Solver solver(unknowns, ranges, facts);
  solver.run();
  return std::move(solver.results);
}

} // namespace ricci::lang
