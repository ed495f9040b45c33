// Numbers as the reference interpreter and the folders see them: `Scalar` is one element of a tensor, `evaluateUnary`
// and `evaluateBinary` apply an elementwise body to elements, and `numbers` holds the functions that bodies call.
// Integers wrap, division floors and is total. f32 is computed in f64 and rounded once, so that a body's value is the
// correctly rounded one up to double rounding.
#pragma once

#include "mlir/IR/BuiltinTypes.h"
#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <type_traits>
#include <variant>

namespace ricci {

class Scalar {
public:
  Scalar(bool value) : value(value) {}
  Scalar(int32_t value) : value(value) {}
  Scalar(int64_t value) : value(value) {}
  Scalar(float value) : value(value) {}
  Scalar(double value) : value(value) {}

  // The element as T: exact when T is its own type, else as `convert` defines it.
  template <typename T> T as() const;
  // Zero, one or any small number of an element type.
  static Scalar of(mlir::Type element, double value);
  static Scalar fromAttribute(mlir::Attribute attribute);
  // An IntegerAttr or FloatAttr of this element type.
  mlir::TypedAttr toAttribute(mlir::Type element) const;
  // Float to integer truncates, saturates, and maps NaN to 0; to bool it asks for non-zero.
  Scalar convertTo(mlir::Type element) const;

  // The same number of the same type; NaN equals nothing.
  friend bool operator==(const Scalar &, const Scalar &) = default;

  template <typename Fn> decltype(auto) visit(Fn &&fn) const { return std::visit(std::forward<Fn>(fn), value); }

private:
  std::variant<bool, int32_t, int64_t, float, double> value;
};

namespace numbers {

// An integer whose arithmetic is modulo 2^bits.
template <typename T> struct Wrapping {
  using Bits = std::make_unsigned_t<T>;
  T value;
  friend Wrapping operator+(Wrapping x, Wrapping y) { return {T(Bits(x.value) + Bits(y.value))}; }
  friend Wrapping operator-(Wrapping x, Wrapping y) { return {T(Bits(x.value) - Bits(y.value))}; }
  friend Wrapping operator*(Wrapping x, Wrapping y) { return {T(Bits(x.value) * Bits(y.value))}; }
  friend Wrapping operator-(Wrapping x) { return {T(Bits(0) - Bits(x.value))}; }
  friend auto operator<=>(Wrapping, Wrapping) = default;
};

// Floors; x / 0 is 0.
template <typename T> Wrapping<T> divide(Wrapping<T> x, Wrapping<T> y) {
  if (y.value == 0)
    return {0};
  if (y.value == -1)
    return -x;
  T quotient = x.value / y.value;
  return {T(quotient - (x.value % y.value != 0 && (x.value < 0) != (y.value < 0)))};
}
// Has the divisor's sign; x % 0 is 0.
template <typename T> Wrapping<T> remainder(Wrapping<T> x, Wrapping<T> y) {
  if (y.value == 0)
    return {0};
  return x - y * divide(x, y);
}
template <typename T> Wrapping<T> maximum(Wrapping<T> x, Wrapping<T> y) { return x < y ? y : x; }
template <typename T> Wrapping<T> minimum(Wrapping<T> x, Wrapping<T> y) { return y < x ? y : x; }
template <typename T> Wrapping<T> absolute(Wrapping<T> x) { return x.value < 0 ? -x : x; }
template <typename T> Wrapping<T> signOf(Wrapping<T> x) { return {T((x.value > 0) - (x.value < 0))}; }
// By repeated squaring. A negative power is 0 unless x is 1 or -1.
template <typename T> Wrapping<T> power(Wrapping<T> x, Wrapping<T> y) {
  if (y.value < 0 && x.value != 1 && x.value != -1)
    return {0};
  Wrapping<T> result{1};
  for (auto bits = typename Wrapping<T>::Bits(y.value); bits; bits >>= 1, x = x * x)
    if (bits & 1)
      result = result * x;
  return result;
}

Wrapping<int64_t> threefry(Wrapping<int64_t> key, Wrapping<int64_t> counter);
// Logical; 0 when the distance is not in 0 ≤ y < 64.
Wrapping<int64_t> shiftRight(Wrapping<int64_t> x, Wrapping<int64_t> y);

inline double divide(double x, double y) { return x / y; }
double remainder(double x, double y);
// NaN if either is; +0 is above -0.
double maximum(double x, double y);
double minimum(double x, double y);
double absolute(double x);
double signOf(double x);
double power(double x, int64_t y);
inline double select(bool condition, double x, double y) { return condition ? x : y; }

double floor(double x);
double ceil(double x);
double roundeven(double x);
double sqrt(double x);
double cbrt(double x);
double exp(double x);
double expm1(double x);
double log(double x);
double log1p(double x);
double log2(double x);
double sin(double x);
double cos(double x);
double tan(double x);
double asin(double x);
double acos(double x);
double atan(double x);
double atan2(double y, double x);
double sinh(double x);
double cosh(double x);
double tanh(double x);
double sigmoid(double x);
double asinh(double x);
double acosh(double x);
double atanh(double x);
double erf(double x);
double erfc(double x);
double pow(double x, double y);
double lgamma(double x);
double digamma(double x);
// The derivative of digamma of order n; n = 0 is digamma itself.
double polygamma(double x, int64_t n);

} // namespace numbers

// The element types that a body must compile for.
struct Floats {
  template <typename T> static constexpr bool contains = std::is_floating_point_v<T>;
};
struct Integers {
  template <typename T> static constexpr bool contains = std::is_integral_v<T> && !std::is_same_v<T, bool>;
};
struct Numbers {
  template <typename T> static constexpr bool contains = !std::is_same_v<T, bool>;
};
struct Words {
  template <typename T> static constexpr bool contains = std::is_same_v<T, int64_t>;
};
struct Booleans {
  template <typename T> static constexpr bool contains = std::is_same_v<T, bool>;
};

namespace detail {
template <typename T> auto widen(T value) {
  if constexpr (std::is_same_v<T, bool>)
    return value;
  else if constexpr (std::is_floating_point_v<T>)
    return static_cast<double>(value);
  else
    return numbers::Wrapping<T>{value};
}
template <typename T, typename R> T narrow(R result) {
  if constexpr (std::is_class_v<R>)
    return result.value;
  else
    return static_cast<T>(result);
}
} // namespace detail

// `body` on operands that all have the result's type, one of the domain's.
template <typename Domain, typename Body> Scalar evaluateUnary(llvm::ArrayRef<Scalar> operands, Body body) {
  return operands[0].visit([&](auto x) -> Scalar {
    using T = decltype(x);
    if constexpr (Domain::template contains<T>)
      return detail::narrow<T>(body(detail::widen(x)));
    else
      llvm_unreachable("the verifier admits no such element type");
  });
}
template <typename Domain, typename Body> Scalar evaluateBinary(llvm::ArrayRef<Scalar> operands, Body body) {
  return operands[0].visit([&](auto x) -> Scalar {
    using T = decltype(x);
    if constexpr (Domain::template contains<T>)
      return detail::narrow<T>(body(detail::widen(x), detail::widen(operands[1].as<T>())));
    else
      llvm_unreachable("the verifier admits no such element type");
  });
}

} // namespace ricci
