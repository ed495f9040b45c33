// Proofs about sizes: whether a symbolic integer is never negative, given the ranges of its indices and facts that hold
// where it is evaluated. Sound and incomplete: a proof that is not found says nothing. Arithmetic is taken to be exact,
// so forms with coefficients past 2^31 are not reasoned about.
#pragma once

#include "lang/sema/Dim.h"

#include <map>
#include <optional>
#include <vector>

namespace ricci::lang {

// lower ≤ symbol < upper. The bounds mention only symbols made earlier, or opaque nodes over those.
struct SymbolRange {
  Dim lower, upper;
};
using SymbolRanges = std::map<unsigned, SymbolRange>; // by id

enum class Truth { No, Unknown, Yes };

class Prover {
public:
  // `facts`: forms known to be ≥ 0.
  Prover(const SymbolRanges &ranges, std::vector<Dim> facts = {}) : ranges(&ranges), facts(std::move(facts)) {}

  void assume(const Dim &nonNegative) { facts.push_back(nonNegative); }

  bool isNonNegative(const Dim &) const;
  bool isLessOrEqual(const Dim &a, const Dim &b) const { return isNonNegative(b - a); }
  // No: never equal.
  Truth isEqual(const Dim &, const Dim &) const;

  // The value at the corner of the box where the form is least or greatest, in symbols for which `keep` answers yes and
  // symbols without a range; nothing if a sign is not known or an index stands inside a quotient.
  std::optional<Dim> corner(const Dim &, bool greatest, const std::function<bool(const Symbol &)> &keep) const;

private:
  struct Search;
  const SymbolRanges *ranges;
  std::vector<Dim> facts;
};

// max(upper - lower, 0), the maximum left out where it is provable.
Dim extentOf(const Dim &lower, const Dim &upper, const Prover &);

} // namespace ricci::lang
