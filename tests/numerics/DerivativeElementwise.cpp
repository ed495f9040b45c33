#include "tests/numerics/DerivativeCases.h"

using namespace ricci::test;

namespace {

DerivativeCase unary(const std::string &op, double low, double high, int order = 2) {
  return {op, "func.func @f(%x: tensor<3xf64>) -> tensor<3xf64> {\n  %r = ricci." + op +
                  " %x : tensor<3xf64>\n  return %r : tensor<3xf64>\n}", low, high, order};
}

DerivativeCase binary(const std::string &op, double low, double high, int order = 2) {
  return {op, "func.func @f(%x: tensor<3xf64>, %y: tensor<3xf64>) -> tensor<3xf64> {\n  %r = ricci." + op +
                  " %x, %y : tensor<3xf64>\n  return %r : tensor<3xf64>\n}", low, high, order};
}

} // namespace

std::vector<DerivativeCase> ricci::test::elementwiseCases() {
  return {
      binary("add", -2, 2), binary("sub", -2, 2), binary("mul", -2, 2, 3), binary("div", 0.5, 2, 3),
      binary("rem", 0.6, 0.9), binary("pow", 0.5, 2, 3), binary("max", -2, 2), binary("min", -2, 2),
      binary("atan2", 0.5, 2, 3), binary("mask_mul", 0.5, 2, 3),
      unary("neg", -2, 2), unary("abs", -2, 2), unary("sign", 0.5, 2), unary("floor", 0.1, 0.9),
      unary("ceil", 0.1, 0.9), unary("round", 0.1, 0.4),
      unary("sqrt", 0.5, 2, 3), unary("rsqrt", 0.5, 2, 3), unary("cbrt", 0.5, 2, 3), unary("exp", -2, 2, 3),
      unary("expm1", -2, 2, 3), unary("log", 0.5, 2, 3), unary("log1p", -0.5, 2, 3), unary("log2", 0.5, 2, 3),
      unary("sin", -3, 3, 3), unary("cos", -3, 3, 3), unary("tan", -1, 1, 3), unary("asin", -0.7, 0.7, 3),
      unary("acos", -0.7, 0.7, 3), unary("atan", -2, 2, 3), unary("sinh", -2, 2, 3), unary("cosh", -2, 2, 3),
      unary("tanh", -2, 2, 3), unary("asinh", -2, 2, 3), unary("acosh", 1.5, 3, 3), unary("atanh", -0.7, 0.7, 3),
      unary("sigmoid", -3, 3, 3), unary("softplus", -3, 3, 3), unary("relu", -2, 2), unary("gelu", -2, 2, 3),
      unary("silu", -2, 2, 3), unary("erf", -2, 2, 3), unary("erfc", -2, 2, 3), unary("lgamma", 1, 3, 3),
      unary("digamma", 1, 3, 3),
      {"polygamma", R"(func.func @f(%x: tensor<3xf64>) -> tensor<3xf64> {
         %r = ricci.polygamma %x order 2 : tensor<3xf64>
         return %r : tensor<3xf64>
       })", 1.5, 3},
      {"powi", R"(func.func @f(%x: tensor<4xf64>) -> tensor<4xf64> {
         %n = ricci.constant dense<[0, 1, 3, -2]> : tensor<4xi64>
         %r = ricci.powi %x, %n : tensor<4xf64>
         return %r : tensor<4xf64>
       })", 0.5, 2, 3},
      {"select", R"(func.func @f(%x: tensor<3xf64>, %y: tensor<3xf64>) -> tensor<3xf64> {
         %c = ricci.cmp gt %x, %y : tensor<3xf64>
         %xy = ricci.mul %x, %y : tensor<3xf64>
         %s = ricci.sin %x : tensor<3xf64>
         %r = ricci.select %c, %xy, %s : tensor<3xf64>
         return %r : tensor<3xf64>
       })", -2, 2, 3},
      {"convert", R"(func.func @f(%x: tensor<3xf64>) -> tensor<3xf64> {
         %s = ricci.convert %x : tensor<3xf64> -> tensor<3xf64>
         %r = ricci.mul %s, %x : tensor<3xf64>
         return %r : tensor<3xf64>
       })"},
      // a value used often: cotangents meet
      {"fan-out", R"(func.func @f(%x: tensor<3xf64>) -> (tensor<3xf64>, tensor<3xf64>) {
         %a = ricci.mul %x, %x : tensor<3xf64>
         %b = ricci.exp %a : tensor<3xf64>
         %c = ricci.mul %b, %a : tensor<3xf64>
         %d = ricci.sub %c, %x : tensor<3xf64>
         return %d, %b : tensor<3xf64>, tensor<3xf64>
       })", 0.2, 1, 3},
      {"stop_grad of a constant part", R"(func.func @f(%x: tensor<3xf64>) -> tensor<3xf64> {
         %k = ricci.fill 3.0 : f64 : tensor<3xf64>
         %s = ricci.stop_grad %k : tensor<3xf64>
         %r = ricci.mul %s, %x : tensor<3xf64>
         return %r : tensor<3xf64>
       })"},
  };
}
