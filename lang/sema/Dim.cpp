#include "lang/sema/Dim.h"

#include <algorithm>
#include <atomic>
#include <numeric>

namespace ricci::lang {

namespace {

int64_t wrappingAdd(int64_t a, int64_t b) { return static_cast<int64_t>(static_cast<uint64_t>(a) + static_cast<uint64_t>(b)); }
int64_t wrappingMul(int64_t a, int64_t b) { return static_cast<int64_t>(static_cast<uint64_t>(a) * static_cast<uint64_t>(b)); }

int64_t floorQuotient(int64_t a, int64_t b) {
  if (b == -1)
    return wrappingMul(a, -1);
  int64_t quotient = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

int64_t floorRemainder(int64_t a, int64_t b) { return b == -1 ? 0 : a - floorQuotient(a, b) * b; }

template <class T> int order(const T &a, const T &b) { return a < b ? -1 : b < a ? 1 : 0; }

int compare(const Dim::Monomial &a, const Dim::Monomial &b) {
  if (int bySize = order(a.size(), b.size()))
    return bySize;
  for (size_t i = 0; i < a.size(); ++i)
    if (int bySymbol = lang::compare(a[i], b[i]))
      return bySymbol;
  return 0;
}

int compare(const Dim &a, const Dim &b) {
  if (int bySize = order(a.terms().size(), b.terms().size()))
    return bySize;
  for (auto i = a.terms().begin(), j = b.terms().begin(); i != a.terms().end(); ++i, ++j) {
    if (int byMonomial = compare(i->first, j->first))
      return byMonomial;
    if (int byCoefficient = order(i->second, j->second))
      return byCoefficient;
  }
  return 0;
}

unsigned nextId() {
  static std::atomic<unsigned> counter{0};
  return ++counter;
}

Dim opaque(SymbolInfo::Kind kind, const Dim &left, const Dim &right) {
  auto info = std::make_shared<SymbolInfo>(SymbolInfo{kind, nextId(), "", left, right});
  info->weight = 1 + left.weight() + right.weight();
  return Dim(Symbol(std::move(info)));
}

} // namespace

int compare(const Symbol &a, const Symbol &b) {
  if (a == b)
    return 0;
  if (int byKind = order(a->isOpaque() ? a->kind : SymbolInfo::Size, b->isOpaque() ? b->kind : SymbolInfo::Size))
    return byKind;
  if (!a->isOpaque())
    return order(a->id, b->id);
  if (int byLeft = compare(a->left, b->left))
    return byLeft;
  return compare(a->right, b->right);
}

bool Dim::Less::operator()(const Monomial &a, const Monomial &b) const { return compare(a, b) < 0; }

Symbol makeSymbol(SymbolInfo::Kind kind, std::string name) {
  return std::make_shared<SymbolInfo>(SymbolInfo{kind, nextId(), std::move(name), {}, {}});
}

Dim::Dim(int64_t constant) {
  if (constant)
    monomials[{}] = constant;
}

Dim::Dim(Symbol symbol) { monomials[{std::move(symbol)}] = 1; }

std::optional<int64_t> Dim::constant() const {
  if (monomials.empty())
    return 0;
  if (monomials.size() == 1 && monomials.begin()->first.empty())
    return monomials.begin()->second;
  return std::nullopt;
}

bool Dim::operator==(const Dim &other) const { return compare(*this, other) == 0; }

Dim Dim::operator+(const Dim &other) const {
  Dim sum = *this;
  for (const auto &[monomial, coefficient] : other.monomials) {
    auto [place, fresh] = sum.monomials.try_emplace(monomial, coefficient);
    if (!fresh)
      place->second = wrappingAdd(place->second, coefficient);
    if (place->second == 0)
      sum.monomials.erase(place);
  }
  return sum;
}

Dim Dim::operator-(const Dim &other) const { return *this + other * Dim(-1); }

Dim Dim::operator*(const Dim &other) const {
  auto before = [](const Symbol &a, const Symbol &b) { return lang::compare(a, b) < 0; };
  Dim product;
  for (const auto &[a, x] : monomials)
    for (const auto &[b, y] : other.monomials) {
      Monomial both;
      std::merge(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(both), before);
      auto [place, fresh] = product.monomials.try_emplace(std::move(both), 0);
      place->second = wrappingAdd(place->second, wrappingMul(x, y));
      if (place->second == 0)
        product.monomials.erase(place);
    }
  return product;
}

Dim Dim::substitute(const std::function<std::optional<Dim>(const Symbol &)> &value) const {
  Dim result;
  for (const auto &[monomial, coefficient] : monomials) {
    Dim term(coefficient);
    for (const Symbol &symbol : monomial) {
      if (std::optional<Dim> replacement = value(symbol)) {
        term = term * *replacement;
        continue;
      }
      if (!symbol->isOpaque()) {
        term = term * Dim(symbol);
        continue;
      }
      Dim left = symbol->left.substitute(value), right = symbol->right.substitute(value);
      switch (symbol->kind) {
      case SymbolInfo::FloorDivide: term = term * floorDivide(left, right); break;
      case SymbolInfo::Remainder: term = term * remainder(left, right); break;
      case SymbolInfo::Minimum: term = term * minimum(left, right); break;
      default: term = term * maximum(left, right); break;
      }
    }
    result = result + term;
  }
  return result;
}

void Dim::forEachSymbol(const std::function<void(const Symbol &)> &visit) const {
  for (const auto &[monomial, coefficient] : monomials)
    for (const Symbol &symbol : monomial) {
      visit(symbol);
      symbol->left.forEachSymbol(visit);
      symbol->right.forEachSymbol(visit);
    }
}

bool Dim::mentions(const Symbol &wanted) const {
  bool found = false;
  forEachSymbol([&](const Symbol &symbol) { found |= lang::compare(symbol, wanted) == 0; });
  return found;
}

unsigned Dim::weight() const {
  unsigned total = 0;
  for (const auto &[monomial, coefficient] : monomials) {
    ++total;
    for (const Symbol &symbol : monomial)
      total += symbol->weight;
  }
  return total;
}

std::optional<Dim> divideExactly(const Dim &dividend, const Dim &divisor) {
  if (divisor.terms().size() != 1)
    return std::nullopt;
  const auto &[by, factor] = *divisor.terms().begin();
  Dim quotient;
  for (const auto &[monomial, coefficient] : dividend.terms()) {
    if (floorRemainder(coefficient, factor) != 0)
      return std::nullopt;
    Dim::Monomial rest = monomial;
    for (const Symbol &symbol : by) {
      auto found = std::find_if(rest.begin(), rest.end(), [&](const Symbol &s) { return compare(s, symbol) == 0; });
      if (found == rest.end())
        return std::nullopt;
      rest.erase(found);
    }
    Dim term(floorQuotient(coefficient, factor));
    for (const Symbol &symbol : rest)
      term = term * Dim(symbol);
    quotient = quotient + term;
  }
  return quotient;
}

namespace {

// dividend = divisor × whole + rest, as far as the coefficients tell.
struct Split {
  Dim whole, rest;
};

Split splitByConstant(const Dim &dividend, int64_t divisor) {
  Split split;
  for (const auto &[monomial, coefficient] : dividend.terms()) {
    Dim symbols(1);
    for (const Symbol &symbol : monomial)
      symbols = symbols * Dim(symbol);
    // ⌊(c q + r) / c⌋ = q + ⌊r / c⌋; only the constant is reduced, a product keeps its coefficient as written.
    int64_t remaining = floorRemainder(coefficient, divisor);
    if (!monomial.empty() && remaining != 0)
      remaining = coefficient;
    split.whole = split.whole + symbols * Dim(floorQuotient(wrappingAdd(coefficient, wrappingMul(remaining, -1)), divisor));
    split.rest = split.rest + symbols * Dim(remaining);
  }
  return split;
}

} // namespace

Dim floorDivide(const Dim &dividend, const Dim &divisor) {
  std::optional<int64_t> by = divisor.constant();
  if (by && *by == 0)
    return opaque(SymbolInfo::FloorDivide, dividend, divisor);
  if (std::optional<int64_t> constant = dividend.constant(); constant && by)
    return Dim(floorQuotient(*constant, *by));
  if (std::optional<Dim> quotient = divideExactly(dividend, divisor))
    return *quotient;
  if (!by || *by < 0) {
    if (dividend == divisor)
      return Dim(1);
    return opaque(SymbolInfo::FloorDivide, dividend, divisor);
  }
  auto [whole, rest] = splitByConstant(dividend, *by);
  if (std::optional<int64_t> constant = rest.constant())
    return whole + Dim(floorQuotient(*constant, *by));
  int64_t common = *by;
  for (const auto &[monomial, coefficient] : rest.terms())
    if (coefficient != INT64_MIN)
      common = std::gcd(common, coefficient);
    else
      common = 1;
  if (common > 1)
    return whole + floorDivide(*divideExactly(rest, Dim(common)), Dim(*by / common));
  return whole + opaque(SymbolInfo::FloorDivide, rest, divisor);
}

Dim remainder(const Dim &dividend, const Dim &divisor) {
  std::optional<int64_t> by = divisor.constant();
  if (by && *by == 0)
    return opaque(SymbolInfo::Remainder, dividend, divisor);
  if (std::optional<int64_t> constant = dividend.constant(); constant && by)
    return Dim(floorRemainder(*constant, *by));
  if (divideExactly(dividend, divisor))
    return Dim(0);
  if (!by || *by < 0)
    return dividend == divisor ? Dim(0) : opaque(SymbolInfo::Remainder, dividend, divisor);
  Dim rest = splitByConstant(dividend, *by).rest;
  if (std::optional<int64_t> constant = rest.constant())
    return Dim(floorRemainder(*constant, *by));
  return opaque(SymbolInfo::Remainder, rest, divisor);
}

static Dim extreme(const Dim &a, const Dim &b, SymbolInfo::Kind kind) {
  if (std::optional<int64_t> difference = (a - b).constant())
    return (*difference <= 0) == (kind == SymbolInfo::Minimum) ? a : b;
  return compare(a, b) < 0 ? opaque(kind, a, b) : opaque(kind, b, a);
}

Dim minimum(const Dim &a, const Dim &b) { return extreme(a, b, SymbolInfo::Minimum); }
Dim maximum(const Dim &a, const Dim &b) { return extreme(a, b, SymbolInfo::Maximum); }

// ------------------------------------------------------------------ text

static std::string symbolText(const Symbol &symbol, bool asFactor = false) {
  if (asFactor && (symbol->kind == SymbolInfo::FloorDivide || symbol->kind == SymbolInfo::Remainder))
    return "(" + symbolText(symbol) + ")";
  auto quoted = [](const Dim &dim) {
    bool simple = dim.terms().size() <= 1 && (dim.constant() || dim.terms().begin()->second == 1);
    return simple ? dim.text() : "(" + dim.text() + ")";
  };
  switch (symbol->kind) {
  case SymbolInfo::FloorDivide: return quoted(symbol->left) + "/" + quoted(symbol->right);
  case SymbolInfo::Remainder: return quoted(symbol->left) + "%" + quoted(symbol->right);
  case SymbolInfo::Minimum: return "min(" + symbol->left.text() + ", " + symbol->right.text() + ")";
  case SymbolInfo::Maximum: return "max(" + symbol->left.text() + ", " + symbol->right.text() + ")";
  default: return symbol->name;
  }
}

std::string Dim::text() const {
  std::vector<std::pair<Monomial, int64_t>> ordered(monomials.begin(), monomials.end());
  // Products first, what is added before what is subtracted, the constant last unless all else is subtracted.
  std::sort(ordered.begin(), ordered.end(), [](const auto &a, const auto &b) {
    auto rank = [](const auto &term) {
      bool constant = term.first.empty(), negative = term.second < 0;
      return constant ? (negative ? 3 : 1) : (negative ? 2 : 0);
    };
    return rank(a) != rank(b) ? rank(a) < rank(b) : compare(a.first, b.first) < 0;
  });
  if (ordered.size() > 1 && ordered[0].second > 0 && !ordered[0].first.empty()) {
    auto constant = std::find_if(ordered.begin(), ordered.end(), [](const auto &term) { return term.first.empty(); });
    if (constant != ordered.end())
      std::rotate(constant, constant + 1, ordered.end());
  }
  std::string out;
  for (const auto &[monomial, coefficient] : ordered) {
    if (coefficient < 0)
      out += "-";
    else if (!out.empty())
      out += "+";
    uint64_t magnitude = coefficient < 0 ? 0 - static_cast<uint64_t>(coefficient) : static_cast<uint64_t>(coefficient);
    std::string factor;
    if (magnitude != 1 || monomial.empty())
      factor = std::to_string(magnitude);
    for (const Symbol &symbol : monomial) {
      if (!factor.empty())
        factor += "*";
      factor += symbolText(symbol, monomial.size() > 1 || magnitude != 1);
    }
    out += factor;
  }
  return out.empty() ? "0" : out;
}

} // namespace ricci::lang
