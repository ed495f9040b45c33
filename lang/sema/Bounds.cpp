#include "lang/sema/Bounds.h"

#include <algorithm>
#include <array>

namespace ricci::lang {

namespace {

constexpr int64_t kLargestCoefficient = int64_t{1} << 31;
constexpr int kBudget = 1000; // steps of one proof
constexpr int kFactDepth = 3; // facts combined in one proof

bool isTooLarge(const Dim &form) {
  if (form.terms().size() > Dim::maxWeight)
    return true;
  return std::any_of(form.terms().begin(), form.terms().end(), [](const auto &term) {
    return term.second > kLargestCoefficient || term.second < -kLargestCoefficient;
  });
}

unsigned degree(const Dim::Monomial &monomial, const Symbol &symbol) {
  return std::count_if(monomial.begin(), monomial.end(), [&](const Symbol &s) { return compare(s, symbol) == 0; });
}

Dim product(const Dim::Monomial &monomial) {
  Dim result(1);
  for (const Symbol &symbol : monomial)
    result = result * Dim(symbol);
  return result;
}

// The coefficients of the form as a polynomial in `symbol`.
std::vector<Dim> coefficientsOf(const Dim &form, const Symbol &symbol) {
  std::vector<Dim> result(1);
  for (const auto &[monomial, coefficient] : form.terms()) {
    unsigned power = degree(monomial, symbol);
    if (power >= result.size())
      result.resize(power + 1);
    Dim term(coefficient);
    for (const Symbol &factor : monomial)
      if (compare(factor, symbol) != 0)
        term = term * Dim(factor);
    result[power] = result[power] + term;
  }
  return result;
}

Dim evaluate(const std::vector<Dim> &coefficients, const Dim &at) {
  Dim result;
  for (size_t power = coefficients.size(); power-- > 0;)
    result = result * at + coefficients[power];
  return result;
}

// Whether `by` divides the form's value for all integers, by trying all residues.
bool isAlwaysDivisible(const Dim &form, int64_t by) {
  constexpr int64_t mostTrials = 4096;
  std::vector<Symbol> symbols;
  bool plain = true;
  form.forEachSymbol([&](const Symbol &symbol) {
    plain &= !symbol->isOpaque();
    if (std::none_of(symbols.begin(), symbols.end(), [&](const Symbol &s) { return compare(s, symbol) == 0; }))
      symbols.push_back(symbol);
  });
  int64_t trials = 1;
  for (size_t i = 0; i < symbols.size() && trials <= mostTrials; ++i)
    trials *= by;
  if (!plain || by > mostTrials || trials > mostTrials)
    return false;
  for (int64_t trial = 0; trial < trials; ++trial) {
    int64_t sum = 0;
    for (const auto &[monomial, coefficient] : form.terms()) {
      int64_t value = coefficient % by;
      for (const Symbol &factor : monomial) {
        int64_t digits = trial;
        for (const Symbol &symbol : symbols) {
          if (compare(symbol, factor) == 0)
            break;
          digits /= by;
        }
        value = value * (digits % by) % by;
      }
      sum += value;
    }
    if (sum % by != 0)
      return false;
  }
  return true;
}

} // namespace

struct Prover::Search {
  const Prover &prover;
  int budget = kBudget;

  const SymbolRange *rangeOf(const Symbol &symbol) const {
    auto found = prover.ranges->find(symbol->id);
    return symbol->isOpaque() || found == prover.ranges->end() ? nullptr : &found->second;
  }

  // Without facts, by looking at signs alone.
  bool isPlainlyNonNegative(const Symbol &symbol) const {
    switch (symbol->kind) {
    case SymbolInfo::Size:
      return true;
    case SymbolInfo::Scalar:
      return false;
    case SymbolInfo::Index:
    case SymbolInfo::Counter: {
      const SymbolRange *range = rangeOf(symbol);
      return range && isPlainlyNonNegative(range->lower);
    }
    case SymbolInfo::FloorDivide:
      return isPlainlyNonNegative(symbol->left) && isPlainlyNonNegative(symbol->right);
    case SymbolInfo::Remainder:
      return isPlainlyNonNegative(symbol->right);
    case SymbolInfo::Minimum:
      return isPlainlyNonNegative(symbol->left) && isPlainlyNonNegative(symbol->right);
    case SymbolInfo::Maximum:
      return isPlainlyNonNegative(symbol->left) || isPlainlyNonNegative(symbol->right);
    }
    return false;
  }

  bool isPlainlyNonNegative(const Dim &form) const {
    return std::all_of(form.terms().begin(), form.terms().end(), [&](const auto &term) {
      return term.second >= 0 && std::all_of(term.first.begin(), term.first.end(),
                                             [&](const Symbol &symbol) { return isPlainlyNonNegative(symbol); });
    });
  }

  // What to get rid of first: opaque nodes over indices from the outside in, then indices from the innermost out, then
  // other opaque nodes.
  Symbol nextToEliminate(const Dim &form) const {
    Symbol best;
    for (const auto &[monomial, coefficient] : form.terms())
      for (const Symbol &symbol : monomial) {
        if (!symbol->isOpaque() && !rangeOf(symbol))
          continue;
        auto key = [&](const Symbol &s) {
          unsigned stage = s->isOpaque() ? (mentionsRange(s) ? 2 : 0) : 1;
          return std::array<unsigned, 3>{stage, s->isOpaque() ? s->weight : 0, s->id};
        };
        if (!best || key(best) < key(symbol))
          best = symbol;
      }
    return best;
  }

  bool mentionsRange(const Symbol &opaque) const {
    bool found = false;
    Dim(opaque).forEachSymbol([&](const Symbol &symbol) { found |= rangeOf(symbol) != nullptr; });
    return found;
  }

  bool prove(const Dim &form, int factDepth) {
    if (std::optional<int64_t> constant = form.constant())
      return *constant >= 0;
    if (--budget < 0 || isTooLarge(form))
      return false;
    if (isPlainlyNonNegative(form))
      return true;
    if (Symbol symbol = nextToEliminate(form))
      if (symbol->isOpaque() ? eliminateOpaque(form, symbol, factDepth) : eliminateIndex(form, symbol, factDepth))
        return true;
    return factDepth > 0 && useFact(form, factDepth);
  }

  // 0 ≤ fact, so form ≥ form - k·fact for every k ≥ 0; k is chosen to cancel a negative term. The latest facts, those of
  // conditions nearby, come first.
  bool useFact(const Dim &form, int factDepth) {
    for (size_t i = prover.facts.size(); i-- > 0;)
      for (const auto &[wanted, need] : form.terms())
        for (const auto &[offered, supply] : prover.facts[i].terms()) {
          const Dim &fact = prover.facts[i];
          if (need >= 0 || supply >= 0 || need % supply != 0)
            continue;
          std::optional<Dim> factor = divideExactly(product(wanted), product(offered));
          if (!factor || !isPlainlyNonNegative(*factor))
            continue;
          if (prove(form - fact * *factor * Dim(need / supply), factDepth - 1))
            return true;
          if (budget < 0)
            return false;
        }
    return false;
  }

  // A polynomial whose coefficients have one sign is monotone where its symbol is not negative.
  bool eliminateIndex(const Dim &form, const Symbol &symbol, int factDepth) {
    const SymbolRange &range = *rangeOf(symbol);
    std::vector<Dim> coefficients = coefficientsOf(form, symbol);
    if (coefficients.size() > 2 && !isPlainlyNonNegative(range.lower))
      return false;
    auto all = [&](int sign) {
      return std::all_of(coefficients.begin() + 1, coefficients.end(),
                         [&](const Dim &c) { return isPlainlyNonNegative(c * Dim(sign)); });
    };
    if (all(1))
      return prove(evaluate(coefficients, range.lower), factDepth);
    if (all(-1))
      return prove(evaluate(coefficients, range.upper - Dim(1)), factDepth);
    return false;
  }

  bool eliminateOpaque(const Dim &form, const Symbol &node, int factDepth) {
    std::vector<Dim> coefficients = coefficientsOf(form, node);
    if (coefficients.size() != 2)
      return false;
    const Dim &factor = coefficients[1];
    bool positive = isPlainlyNonNegative(factor), negative = isPlainlyNonNegative(factor * Dim(-1));
    auto with = [&](const Dim &value) { return prove(evaluate(coefficients, value), factDepth); };
    switch (node->kind) {
    case SymbolInfo::Minimum:
      return negative ? with(node->left) || with(node->right) : with(node->left) && with(node->right);
    case SymbolInfo::Maximum:
      return positive ? with(node->left) || with(node->right) : with(node->left) && with(node->right);
    case SymbolInfo::Remainder: {
      std::optional<int64_t> by = node->right.constant();
      if (!by || *by <= 0)
        return positive && isPlainlyNonNegative(node->right) && with(Dim(0));
      if (positive && with(Dim(0)))
        return true;
      if (negative && with(Dim(*by - 1)))
        return true;
      return with(node->left - Dim(*by) * floorDivide(node->left, node->right)); // a % b = a - b ⌊a/b⌋
    }
    default:
      return eliminateQuotient(coefficients[0], factor, node, positive, negative, factDepth);
    }
  }

  // q = ⌊a/d⌋ in rest + k q, by a - d + 1 ≤ d q ≤ a.
  bool eliminateQuotient(const Dim &rest, const Dim &factor, const Symbol &node, bool positive, bool negative,
                         int factDepth) {
    const Dim &a = node->left, &d = node->right;
    std::optional<int64_t> by = d.constant();
    if (by && *by <= 0)
      return false;
    if (positive && isPlainlyNonNegative(node) && prove(rest, factDepth))
      return true;
    std::optional<Dim> whole = divideExactly(factor, d);
    if (!by) {
      // d may be 0, then q = 0 and d q ≤ a needs a ≥ 0.
      return negative && whole && isPlainlyNonNegative(d) && isPlainlyNonNegative(a) &&
             prove(rest + *whole * a, factDepth);
    }
    Dim scaledRest = whole ? rest : rest * d, scale = whole ? *whole : factor;
    if (isAlwaysDivisible(a, *by))
      return prove(scaledRest + scale * a, factDepth);
    if (positive)
      return prove(scaledRest + scale * (a - d + Dim(1)), factDepth);
    return negative && prove(scaledRest + scale * a, factDepth);
  }
};

bool Prover::isNonNegative(const Dim &form) const { return Search{*this}.prove(form, kFactDepth); }

Truth Prover::isEqual(const Dim &a, const Dim &b) const {
  Dim difference = a - b;
  if (std::optional<int64_t> constant = difference.constant())
    return *constant == 0 ? Truth::Yes : Truth::No;
  bool notLess = isNonNegative(difference), notGreater = isNonNegative(Dim(0) - difference);
  if (notLess && notGreater)
    return Truth::Yes;
  if (isNonNegative(difference - Dim(1)) || isNonNegative(Dim(-1) - difference))
    return Truth::No;
  return Truth::Unknown;
}

std::optional<Dim> Prover::corner(const Dim &form, bool greatest, const std::function<bool(const Symbol &)> &keep) const {
  Search search{*this};
  Dim result = form;
  for (int steps = 0; steps < kBudget; ++steps) {
    Symbol innermost;
    bool hidden = false;
    for (const auto &[monomial, coefficient] : result.terms())
      for (const Symbol &symbol : monomial) {
        if (search.rangeOf(symbol) && !keep(symbol) && (!innermost || innermost->id < symbol->id))
          innermost = symbol;
        if (symbol->isOpaque())
          Dim(symbol).forEachSymbol([&](const Symbol &inner) { hidden |= search.rangeOf(inner) && !keep(inner); });
      }
    if (hidden || isTooLarge(result))
      return std::nullopt;
    if (!innermost)
      return result;
    std::vector<Dim> coefficients = coefficientsOf(result, innermost);
    const SymbolRange &range = *search.rangeOf(innermost);
    if (coefficients.size() != 2)
      return std::nullopt;
    bool rises = isNonNegative(coefficients[1]);
    if (!rises && !isNonNegative(coefficients[1] * Dim(-1)))
      return std::nullopt;
    result = evaluate(coefficients, rises == greatest ? range.upper - Dim(1) : range.lower);
  }
  return std::nullopt;
}

Dim extentOf(const Dim &lower, const Dim &upper, const Prover &prover) {
  Dim difference = upper - lower;
  if (prover.isNonNegative(difference))
    return difference;
  if (prover.isNonNegative(Dim(0) - difference))
    return Dim(0);
  return maximum(difference, Dim(0));
}

} // namespace ricci::lang
