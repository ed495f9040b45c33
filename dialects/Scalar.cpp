#include "dialects/Scalar.h"

#include "mlir/IR/BuiltinAttributes.h"
#include "runtime/Threefry.h"

#include <cmath>
#include <limits>
#include <vector>

using namespace ricci;

namespace {
template <typename To, typename From> To convert(From x) {
  if constexpr (std::is_same_v<To, bool>) {
    return x != From(0);
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    if (std::isnan(x))
      return 0;
    // The bounds as floats: the least is exact, the first too large is a power of two.
    From least = static_cast<From>(std::numeric_limits<To>::min());
    if (x < least)
      return std::numeric_limits<To>::min();
    if (x >= -least)
      return std::numeric_limits<To>::max();
    return static_cast<To>(x);
  } else {
    return static_cast<To>(x);
  }
}
} // namespace

template <typename T> T Scalar::as() const {
  return visit([](auto x) { return convert<T>(x); });
}
template bool Scalar::as() const;
template int32_t Scalar::as() const;
template int64_t Scalar::as() const;
template float Scalar::as() const;
template double Scalar::as() const;

Scalar Scalar::convertTo(mlir::Type element) const {
  if (element.isF64())
    return as<double>();
  if (element.isF32())
    return as<float>();
  if (element.isInteger(64) || element.isIndex())
    return as<int64_t>();
  if (element.isInteger(32))
    return as<int32_t>();
  return as<bool>();
}

Scalar Scalar::of(mlir::Type element, double value) { return Scalar(value).convertTo(element); }

Scalar Scalar::fromAttribute(mlir::Attribute attribute) {
  if (auto number = llvm::dyn_cast<mlir::FloatAttr>(attribute)) {
    if (number.getType().isF32())
      return number.getValue().convertToFloat();
    return number.getValueAsDouble();
  }
  auto number = llvm::cast<mlir::IntegerAttr>(attribute);
  if (number.getType().isInteger(1))
    return !number.getValue().isZero();
  if (number.getType().isInteger(32))
    return static_cast<int32_t>(number.getValue().getSExtValue());
  return number.getValue().getSExtValue();
}

mlir::TypedAttr Scalar::toAttribute(mlir::Type element) const {
  Scalar converted = convertTo(element);
  return converted.visit([&](auto x) -> mlir::TypedAttr {
    if constexpr (std::is_floating_point_v<decltype(x)>)
      return mlir::FloatAttr::get(element, llvm::APFloat(x));
    else
      return mlir::IntegerAttr::get(element, x);
  });
}

namespace ricci::numbers {

Wrapping<int64_t> threefry(Wrapping<int64_t> key, Wrapping<int64_t> counter) {
  return {static_cast<int64_t>(runtime::threefry2x32(key.value, counter.value))};
}

Wrapping<int64_t> shiftRight(Wrapping<int64_t> x, Wrapping<int64_t> y) {
  if (y.value < 0 || y.value > 63)
    return {0};
  return {static_cast<int64_t>(static_cast<uint64_t>(x.value) >> y.value)};
}

double remainder(double x, double y) {
  double rest = std::fmod(x, y);
  return rest != 0 && (rest < 0) != (y < 0) ? rest + y : rest;
}

double maximum(double x, double y) {
  if (std::isnan(x) || std::isnan(y))
    return std::numeric_limits<double>::quiet_NaN();
  if (x == y)
    return std::signbit(x) ? y : x;
  return x > y ? x : y;
}

double minimum(double x, double y) { return -maximum(-x, -y); }
double absolute(double x) { return std::fabs(x); }
double signOf(double x) { return std::isnan(x) ? x : (x > 0) - (x < 0); }

double power(double x, int64_t y) {
  double result = 1;
  uint64_t bits = y < 0 ? -static_cast<uint64_t>(y) : y;
  for (; bits; bits >>= 1, x *= x)
    if (bits & 1)
      result *= x;
  return y < 0 ? 1 / result : result;
}

double floor(double x) { return std::floor(x); }
double ceil(double x) { return std::ceil(x); }
// To even, whatever the rounding mode: the nearest integers differ by one half or less from x.
double roundeven(double x) {
  double below = std::floor(x), rest = x - below;
  if (!(rest >= 0))
    return x; // inf and NaN
  bool up = rest > 0.5 || (rest == 0.5 && std::fmod(below, 2) != 0);
  return std::copysign(up ? below + 1 : below, x);
}
double sqrt(double x) { return std::sqrt(x); }
double cbrt(double x) { return std::cbrt(x); }
double exp(double x) { return std::exp(x); }
double expm1(double x) { return std::expm1(x); }
double log(double x) { return std::log(x); }
double log1p(double x) { return std::log1p(x); }
double log2(double x) { return std::log2(x); }
double sin(double x) { return std::sin(x); }
double cos(double x) { return std::cos(x); }
double tan(double x) { return std::tan(x); }
double asin(double x) { return std::asin(x); }
double acos(double x) { return std::acos(x); }
double atan(double x) { return std::atan(x); }
double atan2(double y, double x) { return std::atan2(y, x); }
double sinh(double x) { return std::sinh(x); }
double cosh(double x) { return std::cosh(x); }
double tanh(double x) { return std::tanh(x); }
// Left of 0 by eˣ, which is right where 1 + e⁻ˣ overflows.
double sigmoid(double x) { return x < 0 ? std::exp(x) / (1 + std::exp(x)) : 1 / (1 + std::exp(-x)); }
double asinh(double x) { return std::asinh(x); }
double acosh(double x) { return std::acosh(x); }
double atanh(double x) { return std::atanh(x); }
double erf(double x) { return std::erf(x); }
double erfc(double x) { return std::erfc(x); }
double pow(double x, double y) { return std::pow(x, y); }
double lgamma(double x) {
  int sign; // std::lgamma writes it to a global
  return ::lgamma_r(x, &sign);
}
double digamma(double x) { return polygamma(x, 0); }

namespace {
constexpr double pi = 3.14159265358979323846;

// B_2, B_4, …, B_28
constexpr double bernoulli[] = {1.0 / 6,       -1.0 / 30,           1.0 / 42,       -1.0 / 30,
                                5.0 / 66,      -691.0 / 2730,       7.0 / 6,        -3617.0 / 510,
                                43867.0 / 798, -174611.0 / 330,     854513.0 / 138, -236364091.0 / 2730,
                                8553103.0 / 6, -23749461029.0 / 870};

// Σ_k over the asymptotic series of ψ^(n)(x), n ≥ 1, up to sign (Abramowitz and Stegun 6.4.11):
// |ψ^(n)(x)| ~ (n-1)!/x^n + n!/(2 x^(n+1)) + Σ_k B_2k (2k+n-1)!/((2k)! x^(2k+n))
double asymptoticPolygamma(double x, int64_t n) {
  double leading = std::tgamma(double(n)) / power(x, n);
  double sum = leading * (1 + n / (2 * x));
  double factor = leading * n * (n + 1) / (2 * x * x); // (2k+n-1)!/((2k)! x^(2k+n)) at k = 1
  for (int k = 1; k <= 14; ++k) {
    sum += bernoulli[k - 1] * factor;
    factor *= (2.0 * k + n) * (2.0 * k + n + 1) / ((2.0 * k + 1) * (2.0 * k + 2) * x * x);
  }
  return sum;
}

// d^n/dx^n π cot(πx) as a polynomial in c = cot(πx): dc/dx = -π(1 + c²).
double cotangentDerivative(double x, int64_t n) {
  double c = 1 / std::tan(pi * (x - std::round(x)));
  std::vector<double> coefficients = {0, pi};
  for (int64_t order = 0; order < n; ++order) {
    std::vector<double> next(coefficients.size() + 1, 0.0);
    for (size_t k = 1; k < coefficients.size(); ++k) {
      next[k - 1] -= pi * k * coefficients[k];
      next[k + 1] -= pi * k * coefficients[k];
    }
    coefficients = std::move(next);
  }
  double value = 0;
  for (size_t k = coefficients.size(); k-- > 0;)
    value = value * c + coefficients[k];
  return value;
}

// ψ(x) = ψ(x+n) - Σ 1/(x+k), ψ(x) ~ log x - 1/(2x) - Σ_k B_2k/(2k x^2k), x > 0. In long double, since it is a
// difference of larger numbers around its zero at 1.4616….
double positiveDigamma(long double x) {
  long double sum = 0, series = 0;
  for (; x < 16; x += 1)
    sum -= 1 / x;
  long double scale = 1 / (x * x);
  for (int k = 1; k <= 14; ++k, scale /= x * x)
    series += bernoulli[k - 1] / (2 * k) * scale;
  return static_cast<double>(sum + std::log(x) - 1 / (2 * x) - series);
}
} // namespace

double polygamma(double x, int64_t n) {
  if (std::isnan(x) || (x <= 0 && x == std::floor(x)))
    return std::numeric_limits<double>::quiet_NaN();
  double parity = n % 2 ? -1 : 1;
  // Reflection: ψ^(n)(x) = (-1)^n ψ^(n)(1-x) - dⁿ/dxⁿ π cot(πx)
  if (x < 0)
    return parity * polygamma(1 - x, n) - cotangentDerivative(x, n);
  if (std::isinf(x))
    return n == 0 ? x : 0;
  if (n == 0)
    return positiveDigamma(x);
  // Recurrence: ψ^(n)(x) = ψ^(n)(x+1) - (-1)^n n!/x^(n+1)
  double sum = 0, factorial = std::tgamma(n + 1.0);
  for (; x < 16 + n; x += 1)
    sum -= parity * factorial / power(x, n + 1);
  return sum - parity * asymptoticPolygamma(x, n);
}

} // namespace ricci::numbers
