#include "runtime/Math.h"

#include <array>
#include <cmath>
#include <limits>
#include <span>

namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();
constexpr double pi = 3.14159265358979323846;

double horner(std::span<const double> coefficients, double x) {
  double value = 0;
  for (size_t i = coefficients.size(); i-- > 0;)
    value = value * x + coefficients[i];
  return value;
}

// ψ on [1, 2] as (x - x₀)(Y + P(x-1)/Q(x-1)), x₀ its zero as a sum of three numbers. Coefficients: Boost.Math 1.80,
// digamma.hpp, the 53-bit version (John Maddock).
double digammaNearZero(double x) {
  constexpr double y = 0.99558162689208984;
  constexpr double zero1 = 1569415565.0 / 1073741824, zero2 = 381566830.0 / 1073741824 / 1073741824;
  constexpr double zero3 = 0.9016312093258695918615325266959189453125e-19;
  static constexpr double p[] = {0.25479851061131551,  -0.32555031186804491,  -0.65031853770896507,
                                 -0.28919126444774784, -0.045251321448739056, -0.0020713321167745952};
  static constexpr double q[] = {1.0,
                                 2.0767117023730469,
                                 1.4606242909763515,
                                 0.43593529692665969,
                                 0.054151797245674225,
                                 0.0021284987017821144,
                                 -0.55789841321675513e-6};
  double distance = ((x - zero1) - zero2) - zero3;
  return distance * y + distance * (horner(p, x - 1) / horner(q, x - 1));
}

// B₂, B₄, …, B₂₄
constexpr double bernoulli[] = {1.0 / 6,       -1.0 / 30,   1.0 / 42,        -1.0 / 30,       5.0 / 66, -691.0 / 2730,
                                7.0 / 6,       -3617.0 / 510, 43867.0 / 798, -174611.0 / 330, 854513.0 / 138,
                                -236364091.0 / 2730};

// ψ(x) ~ log x - 1/(2x) - Σ B₂ₖ / (2k x²ᵏ)  (Abramowitz and Stegun 6.3.18), for x ≥ 10
double digammaAsymptotic(double x) {
  double square = 1 / (x * x), sum = 0;
  for (int k = 8; k >= 1; --k)
    sum = (sum + bernoulli[k - 1] / (2 * k)) * square;
  return std::log(x) - 1 / (2 * x) - sum;
}

double digamma(double x) {
  if (x <= 0) {
    if (x == std::floor(x))
      return nan;
    // ψ(x) = ψ(1-x) - π cot(πx)  (6.3.7), with x reduced so that the cotangent is accurate
    return digamma(1 - x) - pi / std::tan(pi * (x - std::round(x)));
  }
  if (!(x < 10))
    return std::isinf(x) || std::isnan(x) ? x : digammaAsymptotic(x);
  // ψ(x+1) = ψ(x) + 1/x  (6.3.5)
  double shift = 0;
  for (; x > 2; shift += 1 / x)
    x -= 1;
  for (; x < 1; x += 1)
    shift -= 1 / x;
  return shift + digammaNearZero(x);
}

// ζ(s, x) = Σ 1/(x+k)ˢ for s ≥ 2, x > 0 by Euler-Maclaurin (Abramowitz and Stegun 23.2; Johansson 2015, eq. 1).
double hurwitzZeta(double s, double x) {
  double sum = 0;
  for (; x < 10 + s; x += 1)
    sum += std::pow(x, -s);
  double power = std::pow(x, -s);
  sum += power * x / (s - 1) + power / 2;
  // Σ B₂ₖ/(2k)! s(s+1)…(s+2k-2) x^(-s-2k+1)
  double factor = power * s / (2 * x);
  for (int k = 1; k <= 12; ++k) {
    sum += bernoulli[k - 1] * factor;
    factor *= (s + 2 * k - 1) * (s + 2 * k) / ((2 * k + 1) * (2 * k + 2) * x * x);
  }
  return sum;
}

constexpr int maxReflected = 64;

// dⁿ/dxⁿ π cot(πx) as a polynomial in c = cot(πx): dc/dx = -π(1 + c²).
double cotangentDerivative(double x, int64_t n) {
  double c = 1 / std::tan(pi * (x - std::round(x)));
  std::array<double, maxReflected + 2> coefficients{0, pi};
  for (int64_t order = 0; order < n; ++order) {
    std::array<double, maxReflected + 2> next{};
    for (int64_t k = 1; k <= order + 1; ++k) {
      next[k - 1] -= pi * k * coefficients[k];
      next[k + 1] -= pi * k * coefficients[k];
    }
    coefficients = next;
  }
  return horner(coefficients, c);
}

double polygamma(double x, int64_t n) {
  if (n == 0)
    return digamma(x);
  double parity = n % 2 ? -1 : 1;
  if (x <= 0) {
    if (x == std::floor(x) || n > maxReflected)
      return nan;
    // ψ⁽ⁿ⁾(x) = (-1)ⁿ ψ⁽ⁿ⁾(1-x) - dⁿ/dxⁿ π cot(πx)  (6.4.7)
    return parity * polygamma(1 - x, n) - cotangentDerivative(x, n);
  }
  if (std::isnan(x))
    return x;
  if (std::isinf(x))
    return 0;
  // ψ⁽ⁿ⁾(x) = (-1)ⁿ⁺¹ n! ζ(n+1, x)  (6.4.10)
  double s = static_cast<double>(n) + 1;
  return -parity * std::tgamma(s) * hurwitzZeta(s, x);
}

} // namespace

// The reentrant forms: lgamma writes the sign of Γ to a global.
double ricci_math_lgamma_f64(double x) {
  int sign;
  return lgamma_r(x, &sign);
}
float ricci_math_lgamma_f32(float x) {
  int sign;
  return static_cast<float>(lgamma_r(x, &sign));
}

double ricci_math_digamma_f64(double x) { return digamma(x); }
float ricci_math_digamma_f32(float x) { return static_cast<float>(digamma(x)); }

double ricci_math_polygamma_f64(double x, int64_t n) { return polygamma(x, n); }
float ricci_math_polygamma_f32(float x, int64_t n) { return static_cast<float>(polygamma(x, n)); }
