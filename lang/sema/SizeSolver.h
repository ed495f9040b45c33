// Finds size parameters from equations between what a declaration says (`N-K+1`) and what is there (`62`).
#pragma once

#include "lang/Source.h"
#include "lang/sema/Dim.h"

#include <map>
#include <string>
#include <vector>

namespace ricci::lang {

struct SizeEquation {
  Dim formal, actual;
  Span span;
  std::string from; // what the actual size belongs to: `argument `X``
};

class SizeSolver {
public:
  explicit SizeSolver(std::vector<Symbol> unknowns) : unknowns(std::move(unknowns)) {}

  void addUnknown(const Symbol &);
  void add(SizeEquation equation) { equations.push_back(std::move(equation)); }
  // In rounds: an equation that is linear in its one unknown gives it.
  void solve();

  const Dim *valueOf(const Symbol &) const;
  // The equation that gave the symbol its value.
  const SizeEquation *originOf(const Symbol &) const;
  Dim substitute(const Dim &) const;
  std::vector<Symbol> unsolved() const;
  const std::vector<SizeEquation> &all() const { return equations; }
  const std::vector<Symbol> &symbols() const { return unknowns; }

private:
  struct Solution {
    Dim value;
    size_t equation;
  };
  std::vector<Symbol> unknowns;
  std::vector<SizeEquation> equations;
  std::map<unsigned, Solution> solutions; // by the symbol's id
};

} // namespace ricci::lang
