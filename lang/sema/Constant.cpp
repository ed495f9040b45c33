#include "lang/sema/Constant.h"

#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>

namespace ricci::lang {

using Rational = Constant::Rational;

static std::optional<Rational> rational(__int128 numerator, __int128 denominator) {
  if (denominator == 0)
    return std::nullopt;
  if (denominator < 0) {
    numerator = -numerator;
    denominator = -denominator;
  }
  __int128 a = numerator < 0 ? -numerator : numerator, b = denominator;
  while (b != 0) {
    __int128 rest = a % b;
    a = b;
    b = rest;
  }
  numerator /= a;
  denominator /= a;
  constexpr int64_t most = std::numeric_limits<int64_t>::max();
  if (numerator > most || numerator < -most || denominator > most)
    return std::nullopt;
  return Rational{static_cast<int64_t>(numerator), static_cast<int64_t>(denominator)};
}

static double toReal(const Rational &r) {
  return static_cast<double>(static_cast<long double>(r.numerator) / static_cast<long double>(r.denominator));
}

Constant Constant::ofInteger(int64_t value) {
  return {true, value, static_cast<double>(value), rational(value, 1)};
}

Constant Constant::ofReal(double value) { return {false, 0, value, std::nullopt}; }

Constant Constant::ofDigits(const std::string &digits, double nearest) {
  Constant result = ofReal(nearest);
  constexpr int mostDigits = 18;
  __int128 mantissa = 0;
  int scale = 0, count = 0;
  bool fraction = false;
  size_t i = 0;
  for (; i < digits.size() && digits[i] != 'e' && digits[i] != 'E'; ++i) {
    if (digits[i] == '.') {
      fraction = true;
      continue;
    }
    mantissa = mantissa * 10 + (digits[i] - '0');
    scale += fraction;
    count += mantissa != 0;
    if (count > mostDigits)
      return result;
  }
  if (i < digits.size()) {
    int exponent = 0;
    bool negative = digits[i + 1] == '-';
    for (i += 1 + (digits[i + 1] == '-' || digits[i + 1] == '+'); i < digits.size(); ++i) {
      exponent = exponent * 10 + (digits[i] - '0');
      if (exponent > mostDigits)
        return result;
    }
    scale += negative ? exponent : -exponent;
  }
  __int128 power = 1;
  for (int k = 0; k < std::abs(scale); ++k) {
    if (k >= mostDigits)
      return result;
    power *= 10;
  }
  result.exact = scale >= 0 ? rational(mantissa, power) : rational(mantissa * power, 1);
  return result;
}

static Constant negated(const Constant &x) {
  Constant result = x;
  result.whole = static_cast<int64_t>(0 - static_cast<uint64_t>(x.whole));
  result.real = -x.real;
  if (result.exact)
    result.exact->numerator = -result.exact->numerator;
  return result;
}

static std::optional<int64_t> integerResult(ast::BinaryOp op, int64_t a, int64_t b) {
  auto u = [](int64_t x) { return static_cast<uint64_t>(x); };
  switch (op) {
  case ast::BinaryOp::Add: return static_cast<int64_t>(u(a) + u(b));
  case ast::BinaryOp::Sub: return static_cast<int64_t>(u(a) - u(b));
  case ast::BinaryOp::Mul: return static_cast<int64_t>(u(a) * u(b));
  case ast::BinaryOp::Div:
  case ast::BinaryOp::Rem: {
    if (b == 0)
      return std::nullopt;
    if (b == -1)
      return op == ast::BinaryOp::Div ? static_cast<int64_t>(0 - u(a)) : 0;
    int64_t quotient = a / b - (a % b != 0 && (a < 0) != (b < 0));
    return op == ast::BinaryOp::Div ? quotient : a - quotient * b;
  }
  case ast::BinaryOp::Pow: {
    if (b < 0)
      return std::nullopt;
    uint64_t result = 1, base = u(a);
    for (uint64_t n = u(b); n != 0; n >>= 1, base *= base)
      if (n & 1)
        result *= base;
    return static_cast<int64_t>(result);
  }
  default: return std::nullopt;
  }
}

static std::optional<Rational> exactResult(ast::BinaryOp op, const Rational &a, const Rational &b) {
  using Wide = __int128;
  switch (op) {
  case ast::BinaryOp::Add:
    return rational(Wide(a.numerator) * b.denominator + Wide(b.numerator) * a.denominator, Wide(a.denominator) * b.denominator);
  case ast::BinaryOp::Sub:
    return rational(Wide(a.numerator) * b.denominator - Wide(b.numerator) * a.denominator, Wide(a.denominator) * b.denominator);
  case ast::BinaryOp::Mul: return rational(Wide(a.numerator) * b.numerator, Wide(a.denominator) * b.denominator);
  case ast::BinaryOp::Div: return rational(Wide(a.numerator) * b.denominator, Wide(a.denominator) * b.numerator);
  default: return std::nullopt;
  }
}

static double realResult(ast::BinaryOp op, double a, double b) {
  switch (op) {
  case ast::BinaryOp::Add: return a + b;
  case ast::BinaryOp::Sub: return a - b;
  case ast::BinaryOp::Mul: return a * b;
  case ast::BinaryOp::Div: return a / b;
  case ast::BinaryOp::Rem: {
    double rest = std::fmod(a, b);
    return rest != 0 && (rest < 0) != (b < 0) ? rest + b : rest;
  }
  default: return std::pow(a, b);
  }
}

static std::optional<Constant> combined(ast::BinaryOp op, const Constant &a, const Constant &b) {
  if (op < ast::BinaryOp::Add || op == ast::BinaryOp::MatMul)
    return std::nullopt;
  Constant result;
  result.integer = a.integer && b.integer;
  if (result.integer) {
    std::optional<int64_t> whole = integerResult(op, a.whole, b.whole);
    if (!whole)
      return std::nullopt;
    result.whole = *whole;
  }
  if (a.exact && b.exact)
    result.exact = exactResult(op, *a.exact, *b.exact);
  result.real = result.exact ? toReal(*result.exact) : realResult(op, a.real, b.real);
  return result;
}

std::optional<Constant> constantOf(const ast::Expr &expr) {
  switch (expr.kind) {
  case ast::ExprKind::Int: return Constant::ofInteger(static_cast<int64_t>(ast::as<ast::IntExpr>(expr).value));
  case ast::ExprKind::Float: {
    const auto &literal = ast::as<ast::FloatExpr>(expr);
    return Constant::ofDigits(literal.digits, literal.value);
  }
  case ast::ExprKind::Constant:
    switch (ast::as<ast::ConstantExpr>(expr).value) {
    case ast::Constant::Inf: return Constant::ofReal(std::numeric_limits<double>::infinity());
    case ast::Constant::Nan: return Constant::ofReal(std::numeric_limits<double>::quiet_NaN());
    case ast::Constant::Pi: return Constant::ofReal(std::numbers::pi);
    }
    return std::nullopt;
  case ast::ExprKind::Unary: {
    const auto &unary = ast::as<ast::UnaryExpr>(expr);
    std::optional<Constant> operand = constantOf(*unary.operand);
    if (!operand || unary.op != ast::UnaryOp::Neg)
      return std::nullopt;
    return negated(*operand);
  }
  case ast::ExprKind::Binary: {
    const auto &binary = ast::as<ast::BinaryExpr>(expr);
    std::optional<Constant> lhs = constantOf(*binary.lhs);
    if (!lhs)
      return std::nullopt;
    std::optional<Constant> rhs = constantOf(*binary.rhs);
    if (!rhs)
      return std::nullopt;
    return combined(binary.op, *lhs, *rhs);
  }
  default: return std::nullopt;
  }
}

} // namespace ricci::lang
