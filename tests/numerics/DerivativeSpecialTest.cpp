// Where formulas break but derivatives do not: branches not taken, elements not read, zeros, ties. To second order, in
// every combination of modes.
#include "tests/numerics/ExpectedDerivatives.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

using namespace ricci::test;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();

// if x > 0 then x log x else 0
TEST(DerivativeSpecial, branchNotTaken) {
  std::string text = summed(R"(
    %c = ricci.cmp gt %x, %zero : tensor<2xf64>
    %l = ricci.log %x : tensor<2xf64>
    %m = ricci.mul %x, %l : tensor<2xf64>
    %y = ricci.select %c, %m, %zero : tensor<2xf64>)");
  expectDerivatives(text, {0, 2}, {0, 1 + std::log(2.0)}, {0, 0.5});
  expectDerivatives(text, {-1, 1}, {0, 1}, {0, 1});
}

// if x > 0 then sqrt(sqrt(x)) / x else x²: several infinite steps in the branch not taken
TEST(DerivativeSpecial, chainInBranchNotTaken) {
  std::string text = summed(R"(
    %c = ricci.cmp gt %x, %zero : tensor<2xf64>
    %s = ricci.sqrt %x : tensor<2xf64>
    %t = ricci.sqrt %s : tensor<2xf64>
    %q = ricci.div %t, %x : tensor<2xf64>
    %m = ricci.mul %x, %x : tensor<2xf64>
    %y = ricci.select %c, %q, %m : tensor<2xf64>)");
  expectDerivatives(text, {0, 1}, {0, -0.75}, {2, 0.75 * 1.75});
}

// The norm at 0: s = Σ x², if s > 0 then √s else 0
TEST(DerivativeSpecial, normAtZero) {
  std::string text = R"(func.func @f(%x: tensor<2xf64>) -> tensor<f64> {
    %zero = ricci.fill 0.0 : f64 : tensor<f64>
    %s = ricci.einsum "i,i->" (%x, %x) : (tensor<2xf64>, tensor<2xf64>) -> tensor<f64>
    %c = ricci.cmp gt %s, %zero : tensor<f64>
    %q = ricci.sqrt %s : tensor<f64>
    %r = ricci.select %c, %q, %zero : tensor<f64>
    return %r : tensor<f64>
  })";
  expectDerivatives(text, {0, 0}, {0, 0}, {0, 0});
  expectDerivatives(text, {3, 4}, {0.6, 0.8}, {0.2 - 0.6 * 0.28, 0.2 - 0.8 * 0.28});
}

// Σ_i where ok_i (dot(A_i, x) - 1)²: a row of missing data, in a contraction
TEST(DerivativeSpecial, missingData) {
  std::string text = R"(func.func @f(%x: tensor<2xf64>) -> tensor<f64> {
    %zero = ricci.fill 0.0 : f64 : tensor<3xf64>
    %one = ricci.fill 1.0 : f64 : tensor<3xf64>
    %a = ricci.constant dense<[[1.0, 2.0], [0x7FF8000000000000, 0x7FF8000000000000], [3.0, 1.0]]> : tensor<3x2xf64>
    %col = ricci.gather %a {map = affine_map<(d0) -> (d0, 0)>, symbol_axes = [], modes = array<i32: 0, 0>} : tensor<3x2xf64> -> tensor<3xf64>
    %missing = ricci.isnan %col : tensor<3xf64>
    %d = ricci.einsum "ij,j->i" (%a, %x) : (tensor<3x2xf64>, tensor<2xf64>) -> tensor<3xf64>
    %e = ricci.sub %d, %one : tensor<3xf64>
    %q = ricci.mul %e, %e : tensor<3xf64>
    %y = ricci.select %missing, %zero, %q : tensor<3xf64>
    %r = ricci.einsum "i->" (%y) : (tensor<3xf64>) -> tensor<f64>
    return %r : tensor<f64>
  })";
  // 2 Σ a_i (a_i·x - 1); x = (1, 1): residuals 2 and 3
  expectDerivatives(text, {1, 1}, {2 * (1 * 2 + 3 * 3), 2 * (2 * 2 + 1 * 3)}, {2 * (1 * 3 + 3 * 4), 2 * (2 * 3 + 1 * 4)});
  // At the minimum the cotangents of rows that count are zero, their derivatives are not.
  expectDerivatives(text, {0.2, 0.4}, {0, 0}, {2 * (1 * 3 + 3 * 4), 2 * (2 * 3 + 1 * 4)});
}

// log of everything, of which one element is read
TEST(DerivativeSpecial, elementNotRead) {
  std::string text = R"(func.func @f(%x: tensor<2xf64>) -> tensor<f64> {
    %l = ricci.log %x : tensor<2xf64>
    %r = ricci.gather %l {map = affine_map<() -> (1)>, symbol_axes = [], modes = array<i32: 0>} : tensor<2xf64> -> tensor<f64>
    return %r : tensor<f64>
  })";
  expectDerivatives(text, {0, 2}, {0, 0.5}, {0, -0.25});
}

// In a loop: c' = if x > 0 then c √x else c
TEST(DerivativeSpecial, branchNotTakenInLoop) {
  std::string text = summed(R"(
    %lo = arith.constant 0 : index
    %hi = arith.constant 2 : index
    %one = ricci.fill 1.0 : f64 : tensor<2xf64>
    %y = ricci.for %lo to %hi init(%one : tensor<2xf64>) {
    ^bb0(%i: tensor<i64>, %c: tensor<2xf64>):
      %p = ricci.cmp gt %x, %zero : tensor<2xf64>
      %s = ricci.sqrt %x : tensor<2xf64>
      %m = ricci.mul %c, %s : tensor<2xf64>
      %n = ricci.select %p, %m, %c : tensor<2xf64>
      ricci.yield %n : tensor<2xf64>
    } : tensor<2xf64>)");
  expectDerivatives(text, {0, 2}, {0, 1}, {0, 0});
}

TEST(DerivativeSpecial, ties) {
  std::string reduce = R"(func.func @f(%x: tensor<3xf64>) -> tensor<f64> {
    %q = ricci.mul %x, %x : tensor<3xf64>
    %r = ricci.reduce max [0] %q : tensor<3xf64> -> tensor<f64>
    return %r : tensor<f64>
  })";
  expectDerivatives(reduce, {2, 1, 2}, {2, 0, 2}, {1, 0, 1});
  std::string binary = summed(R"(
    %s = ricci.sin %x : tensor<2xf64>
    %y = ricci.max %s, %s : tensor<2xf64>)");
  expectDerivatives(binary, {0.5, 1}, {std::cos(0.5), std::cos(1.0)}, {-std::sin(0.5), -std::sin(1.0)});
}

// max(log x, -1) at 0 takes the constant
TEST(DerivativeSpecial, extremumOverInfinite) {
  std::string text = summed(R"(
    %l = ricci.log %x : tensor<2xf64>
    %k = ricci.fill -1.0 : f64 : tensor<2xf64>
    %y = ricci.max %l, %k : tensor<2xf64>)");
  expectDerivatives(text, {0, 2}, {0, 0.5}, {0, -0.25});
}

// relu'(0) = abs'(0) = 0
TEST(DerivativeSpecial, kinks) {
  expectDerivatives(summed("%y = ricci.relu %x : tensor<2xf64>"), {0, 2}, {0, 1}, {0, 0});
  expectDerivatives(summed("%y = ricci.abs %x : tensor<2xf64>"), {0, -2}, {0, -1}, {0, 0});
}

TEST(DerivativeSpecial, productsWithZeros) {
  std::string text = R"(func.func @f(%x: tensor<3xf64>) -> tensor<f64> {
    %r = ricci.reduce prod [0] %x : tensor<3xf64> -> tensor<f64>
    return %r : tensor<f64>
  })";
  // ∂²/∂x_i∂x_j is the third factor
  expectDerivatives(text, {0, 2, 3}, {6, 0, 0}, {5, 3, 2});
  expectDerivatives(text, {0, 0, 3}, {0, 0, 0}, {3, 3, 0});
  expectDerivatives(text, {0, 0, 0}, {0, 0, 0}, {0, 0, 0});
}

// x ** 2 by real and by integer exponent, at 0 and below
TEST(DerivativeSpecial, powersAtZero) {
  expectDerivatives(summed(R"(
    %k = ricci.fill 2.0 : f64 : tensor<2xf64>
    %y = ricci.pow %x, %k : tensor<2xf64>)"), {0, -3}, {0, -6}, {2, 2});
  expectDerivatives(summed(R"(
    %k = ricci.fill 1.0 : f64 : tensor<2xf64>
    %y = ricci.pow %x, %k : tensor<2xf64>)"), {0, -3}, {1, 1}, {0, 0});
  expectDerivatives(summed(R"(
    %n = ricci.constant dense<[0, 1]> : tensor<2xi64>
    %y = ricci.powi %x, %n : tensor<2xf64>)"), {0, 0}, {0, 1}, {0, 0});
}

// f64(f32(x))²: rounded on the way, and so is the cotangent
TEST(DerivativeSpecial, conversionBetweenFloats) {
  expectDerivatives(summed(R"(
    %s = ricci.convert %x : tensor<2xf64> -> tensor<2xf32>
    %q = ricci.mul %s, %s : tensor<2xf32>
    %y = ricci.convert %q : tensor<2xf32> -> tensor<2xf64>)"), {0.5, 3}, {1, 6}, {2, 2});
}

// What is infinite on the way that is taken stays so.
TEST(DerivativeSpecial, infiniteDerivativeIsKept) {
  DerivativeChecker checker;
  Derivatives d = checker.at(summed("%y = ricci.sqrt %x : tensor<2xf64>"), {{0, 1}}, {{1, 1}}, {{1.0}});
  EXPECT_EQ(d.vjp[0][0], inf);
  EXPECT_EQ(d.vjp[0][1], 0.5);
  d = checker.at(summed("%y = ricci.log %x : tensor<2xf64>"), {{nan, 1}}, {{1, 1}}, {{1.0}});
  EXPECT_TRUE(std::isnan(d.vjp[0][0]));
}

} // namespace
