// Constant expressions of literals, computed exactly: `1/2` is 0.5 where a float is wanted and 0 where an integer is.
#pragma once

#include "lang/Ast.h"

#include <cstdint>
#include <optional>

namespace ricci::lang {

struct Constant {
  struct Rational {
    int64_t numerator = 0, denominator = 1; // in lowest terms, denominator positive
  };

  bool integer = false;          // made of integer literals only
  int64_t whole = 0;             // then its value by the rules of i64
  double real = 0;               // its value in floating point
  std::optional<Rational> exact; // absent where it does not fit

  static Constant ofInteger(int64_t);
  // `digits` as the literal has them; `nearest` is the double nearest to it.
  static Constant ofDigits(const std::string &digits, double nearest);
  static Constant ofReal(double);
};

// Nothing for what is no constant expression, or has no value as an integer (`1/0`).
std::optional<Constant> constantOf(const ast::Expr &);

} // namespace ricci::lang
