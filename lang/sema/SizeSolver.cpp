#include "lang/sema/SizeSolver.h"

#include <algorithm>

namespace ricci::lang {

const Dim *SizeSolver::valueOf(const Symbol &symbol) const {
  auto found = solutions.find(symbol->id);
  return found == solutions.end() ? nullptr : &found->second.value;
}

const SizeEquation *SizeSolver::originOf(const Symbol &symbol) const {
  auto found = solutions.find(symbol->id);
  return found == solutions.end() ? nullptr : &equations[found->second.equation];
}

void SizeSolver::addUnknown(const Symbol &symbol) {
  if (std::find(unknowns.begin(), unknowns.end(), symbol) == unknowns.end())
    unknowns.push_back(symbol);
}

Dim SizeSolver::substitute(const Dim &dim) const {
  return dim.substitute([&](const Symbol &symbol) -> std::optional<Dim> {
    const Dim *value = valueOf(symbol);
    return value ? std::optional<Dim>(*value) : std::nullopt;
  });
}

std::vector<Symbol> SizeSolver::unsolved() const {
  std::vector<Symbol> result;
  for (const Symbol &symbol : unknowns)
    if (!valueOf(symbol))
      result.push_back(symbol);
  return result;
}

void SizeSolver::solve() {
  for (bool progress = true; progress;) {
    progress = false;
    for (size_t i = 0; i < equations.size(); ++i) {
      Dim formal = substitute(equations[i].formal);
      std::vector<Symbol> open = unsolved();
      Symbol only;
      bool several = false;
      formal.forEachSymbol([&](const Symbol &symbol) {
        if (std::find(open.begin(), open.end(), symbol) == open.end())
          return;
        several |= only && only != symbol;
        only = symbol;
      });
      if (!only || several)
        continue;
      Dim rest;
      int64_t slope = 0;
      bool linear = true;
      for (const auto &[monomial, coefficient] : formal.terms()) {
        Dim term(coefficient);
        bool mentions = false;
        for (const Symbol &symbol : monomial) {
          term = term * Dim(symbol);
          mentions |= Dim(symbol).mentions(only);
        }
        if (!mentions)
          rest = rest + term;
        else if (monomial.size() == 1 && monomial.front() == only)
          slope = coefficient;
        else
          linear = false;
      }
      if (!linear || slope == 0)
        continue;
      std::optional<Dim> value = divideExactly(equations[i].actual - rest, Dim(slope));
      if (!value)
        continue;
      solutions[only->id] = {*value, i};
      progress = true;
    }
  }
}

} // namespace ricci::lang
