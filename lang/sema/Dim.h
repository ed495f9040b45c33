// Sizes: integer polynomials in symbols, in a canonical form, so that equality is structural.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ricci::lang {

// What stands for an unknown integer: a size of a signature, an i64 scalar's value, an index or loop counter, or a
// quotient, remainder, least or greatest of two sizes (an opaque node over Dims). Leaves compare by id, opaque nodes by
// what they say.
class Dim;
struct SymbolInfo;
using Symbol = std::shared_ptr<const SymbolInfo>;

class Dim {
public:
  Dim(int64_t constant = 0);
  Dim(Symbol symbol);

  std::optional<int64_t> constant() const;
  bool operator==(const Dim &) const;
  Dim operator+(const Dim &) const;
  Dim operator-(const Dim &) const;
  Dim operator*(const Dim &) const;

  // Sum of coefficient × product of symbols (ascending; the empty product is the constant term). Arithmetic wraps.
  using Monomial = std::vector<Symbol>;
  struct Less { bool operator()(const Monomial &, const Monomial &) const; };
  const std::map<Monomial, int64_t, Less> &terms() const { return monomials; }

  // Replaces symbols for which `value` answers, inside opaque nodes too.
  Dim substitute(const std::function<std::optional<Dim>(const Symbol &)> &value) const;
  // Every symbol in it, those inside opaque nodes too.
  void forEachSymbol(const std::function<void(const Symbol &)> &visit) const;
  bool mentions(const Symbol &) const;
  // Nodes in all; forms past `maxWeight` are not worth keeping.
  unsigned weight() const;
  static constexpr unsigned maxWeight = 96;
  // In the names of the source: `N-K+1`.
  std::string text() const;

private:
  std::map<Monomial, int64_t, Less> monomials;
};

Dim floorDivide(const Dim &, const Dim &); // rounds down; exact division simplifies
Dim remainder(const Dim &, const Dim &);   // sign of the divisor
Dim minimum(const Dim &, const Dim &);
Dim maximum(const Dim &, const Dim &);

struct SymbolInfo {
  enum Kind {
    Size,    // a dimension: never negative
    Scalar,  // the value of an i64 variable
    Index,   // an index of a left side or reduction
    Counter, // a loop's counter
    FloorDivide, Remainder, Minimum, Maximum, // of left and right
  } kind;
  unsigned id; // unique
  std::string name;
  Dim left, right;
  unsigned weight = 1;

  bool isOpaque() const { return kind >= FloorDivide; }
};

// The part of `dividend / divisor` for a divisor of one term that divides every term; nothing otherwise.
std::optional<Dim> divideExactly(const Dim &dividend, const Dim &divisor);
// -1, 0, 1: a total order in which equal means the same value.
int compare(const Symbol &, const Symbol &);

Symbol makeSymbol(SymbolInfo::Kind kind, std::string name);

} // namespace ricci::lang
