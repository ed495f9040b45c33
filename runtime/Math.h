// Special functions that neither the C library nor the vector library has, as compiled code calls them. IEEE special
// values as the functions' limits; poles give NaN, except lgamma's, which give infinity.
#pragma once

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// log |Γ(x)|
double ricci_math_lgamma_f64(double x);
float ricci_math_lgamma_f32(float x);

// ψ(x) = d/dx log Γ(x), to 4 ulp away from its negative zeros.
double ricci_math_digamma_f64(double x);
float ricci_math_digamma_f32(float x);

// ψ⁽ⁿ⁾(x), n ≥ 0, to 1e-13 relative for n ≤ 4 away from zeros.
double ricci_math_polygamma_f64(double x, int64_t n);
float ricci_math_polygamma_f32(float x, int64_t n);

#ifdef __cplusplus
}
#endif
