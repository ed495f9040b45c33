// Functions with rules of their own where a wrong treatment of the rules would show: whether they are used at all, what
// is constant to them, zeros against infinities.
#include "tests/numerics/ExpectedDerivatives.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace ricci::test;

namespace {

const char *const modes[] = {"vjp", "jvp"};

// result = f(of) for vectors of two. The body gives %q from %p; the rule, which is the same in both modes for a
// function of each element, gives %h from %p, %q and the tangent or cotangent %g.
std::string custom(const std::string &mode, const std::string &result, const std::string &of, const std::string &body,
                   const std::string &rule) {
  const std::string type = "tensor<2xf64>";
  return result + " = ricci.custom \"f\"(" + of + ") {\n^bb0(%p: " + type + "):\n" + body +
         "\nricci.yield %q : " + type + "\n} " + mode + " {\n^bb0(%p: " + type + ", %q: " + type + ", %g: " + type +
         "):\n" + rule + "\nricci.yield %h : " + type + "\n} : (" + type + ") -> " + type + "\n";
}

// √x by 1/(2y)
std::string root(const std::string &mode, const std::string &result, const std::string &of) {
  return custom(mode, result, of, "%q = ricci.sqrt %p : tensor<2xf64>", R"(
    %d = ricci.add %q, %q : tensor<2xf64>
    %h = ricci.div %g, %d : tensor<2xf64>)");
}

// sin with the derivative 3
TEST(DerivativeCustom, theRuleIsUsed) {
  for (const char *mode : modes)
    expectDerivatives(summed("%three = ricci.fill 3.0 : f64 : tensor<2xf64>\n" +
                             custom(mode, "%y", "%x", "%q = ricci.sin %p : tensor<2xf64>",
                                    "%h = ricci.mul %g, %three : tensor<2xf64>")),
                      {0.5, 2}, {3, 3}, {0, 0});
}

// p v with v = x² from outside: constant in the first derivative, hence in the second
TEST(DerivativeCustom, outerValuesAreConstants) {
  for (const char *mode : modes)
    expectDerivatives(summed("%v = ricci.mul %x, %x : tensor<2xf64>\n" +
                             custom(mode, "%y", "%x", "%q = ricci.mul %p, %v : tensor<2xf64>",
                                    "%h = ricci.mul %g, %v : tensor<2xf64>")),
                      {0.5, 2}, {0.25, 4}, {0, 0});
}

// if x > 0 then √x else 0
TEST(DerivativeCustom, branchNotTaken) {
  for (const char *mode : modes)
    expectDerivatives(summed(root(mode, "%s", "%x") + R"(
      %c = ricci.cmp gt %x, %zero : tensor<2xf64>
      %y = ricci.select %c, %s, %zero : tensor<2xf64>)"),
                      {0, 4}, {0, 0.25}, {0, -1.0 / 32});
}

// if x > 0 then √√x else 0: the first rule's cotangent is masked as well
TEST(DerivativeCustom, chainInBranchNotTaken) {
  for (const char *mode : modes)
    expectDerivatives(summed(root(mode, "%s", "%x") + root(mode, "%t", "%s") + R"(
      %c = ricci.cmp gt %x, %zero : tensor<2xf64>
      %y = ricci.select %c, %t, %zero : tensor<2xf64>)"),
                      {0, 1}, {0, 0.25}, {0, -3.0 / 16});
}

// In a loop: c' = if x > 0 then c √x else c
TEST(DerivativeCustom, branchNotTakenInLoop) {
  for (const char *mode : modes)
    expectDerivatives(summed(R"(
      %lo = arith.constant 0 : index
      %hi = arith.constant 2 : index
      %one = ricci.fill 1.0 : f64 : tensor<2xf64>
      %y = ricci.for %lo to %hi init(%one : tensor<2xf64>) {
      ^bb0(%i: tensor<i64>, %c: tensor<2xf64>):
        %b = ricci.cmp gt %x, %zero : tensor<2xf64>
        )" + root(mode, "%s", "%x") +
                             R"(
        %m = ricci.mul %c, %s : tensor<2xf64>
        %n = ricci.select %b, %m, %c : tensor<2xf64>
        ricci.yield %n : tensor<2xf64>
      } : tensor<2xf64>)"),
                      {0, 2}, {0, 1}, {0, 0});
}

// The rule chooses itself: f(log x) with f(p) = if p > 0 then p² else 0. Beneath it the slope of log is infinite.
TEST(DerivativeCustom, choiceInTheRule) {
  const std::string clipped = R"(
    %none = ricci.fill 0.0 : f64 : tensor<2xf64>
    %c = ricci.cmp gt %p, %none : tensor<2xf64>
    %pp = ricci.mul %p, %p : tensor<2xf64>
    %q = ricci.select %c, %pp, %none : tensor<2xf64>)";
  const std::string rule = R"(
    %none = ricci.fill 0.0 : f64 : tensor<2xf64>
    %c = ricci.cmp gt %p, %none : tensor<2xf64>
    %two = ricci.fill 2.0 : f64 : tensor<2xf64>
    %d = ricci.mul %p, %two : tensor<2xf64>
    %m = ricci.mul %g, %d : tensor<2xf64>
    %h = ricci.select %c, %m, %none : tensor<2xf64>)";
  DerivativeChecker checker;
  for (const char *mode : modes) {
    std::string text = summed("%l = ricci.log %x : tensor<2xf64>\n" + custom(mode, "%y", "%l", clipped, rule));
    Derivatives d = checker.at(text, {{0, std::exp(1.0)}}, {{1, 1}}, {{1.0}});
    EXPECT_EQ(d.vjp[0][0], 0) << mode;
    EXPECT_NEAR(d.vjp[0][1], 2 / std::exp(1.0), 1e-15) << mode;
    EXPECT_EQ(d.reverseOverReverse[0][0], 0) << mode;
  }
  // In a loop, c' = √(f(c) - 1): at 1 the second turn does not take its branch, and the first has an infinite slope.
  for (const char *mode : modes) {
    std::string text = summed(R"(
      %lo = arith.constant 0 : index
      %hi = arith.constant 2 : index
      %one = ricci.fill 1.0 : f64 : tensor<2xf64>
      %y = ricci.for %lo to %hi init(%x : tensor<2xf64>) {
      ^bb0(%i: tensor<i64>, %k: tensor<2xf64>):
        )" + custom(mode, "%l", "%k", clipped, rule) +
                              R"(
        %m = ricci.sub %l, %one : tensor<2xf64>
        %n = ricci.sqrt %m : tensor<2xf64>
        ricci.yield %n : tensor<2xf64>
      } : tensor<2xf64>)");
    Derivatives d = checker.at(text, {{1, 2}}, {{1, 1}}, {{1.0}});
    EXPECT_EQ(d.vjp[0][0], 0) << mode;
    EXPECT_NEAR(d.vjp[0][1], std::sqrt(2.0), 1e-15) << mode;
  }
}

// Σ_i where ok_i of f(x)_i = (A x)_i: the row that does not count is not a number
TEST(DerivativeCustom, missingDataInAContraction) {
  const std::string head = R"(
    %a = ricci.constant dense<[[1.0, 2.0], [0x7FF8000000000000, 0x7FF8000000000000], [3.0, 1.0]]> : tensor<3x2xf64>
    %none = ricci.fill 0.0 : f64 : tensor<3xf64>
    %d = ricci.custom "residuals"(%x, %a) {
    ^bb0(%p: tensor<2xf64>, %m: tensor<3x2xf64>):
      %z = ricci.einsum "ij,j->i" (%m, %p) : (tensor<3x2xf64>, tensor<2xf64>) -> tensor<3xf64>
      ricci.yield %z : tensor<3xf64>
    })";
  const std::string vjp = R"( vjp {
    ^bb0(%p: tensor<2xf64>, %m: tensor<3x2xf64>, %z: tensor<3xf64>, %g: tensor<3xf64>):
      %h = ricci.einsum "i,ij->j" (%g, %m) : (tensor<3xf64>, tensor<3x2xf64>) -> tensor<2xf64>
      %n = ricci.einsum "i,j->ij" (%g, %p) : (tensor<3xf64>, tensor<2xf64>) -> tensor<3x2xf64>
      ricci.yield %h, %n : tensor<2xf64>, tensor<3x2xf64>
    })";
  const std::string jvp = R"( jvp {
    ^bb0(%p: tensor<2xf64>, %m: tensor<3x2xf64>, %z: tensor<3xf64>, %g: tensor<2xf64>, %h: tensor<3x2xf64>):
      %u = ricci.einsum "ij,j->i" (%m, %g) : (tensor<3x2xf64>, tensor<2xf64>) -> tensor<3xf64>
      %v = ricci.einsum "ij,j->i" (%h, %p) : (tensor<3x2xf64>, tensor<2xf64>) -> tensor<3xf64>
      %t = ricci.add %u, %v : tensor<3xf64>
      ricci.yield %t : tensor<3xf64>
    })";
  const std::string tail = R"( : (tensor<2xf64>, tensor<3x2xf64>) -> tensor<3xf64>
    %missing = ricci.isnan %d : tensor<3xf64>
    %e = ricci.mul %d, %d : tensor<3xf64>
    %w = ricci.select %missing, %none, %e : tensor<3xf64>
    %r = ricci.einsum "i->" (%w) : (tensor<3xf64>) -> tensor<f64>
    return %r : tensor<f64>
  })";
  // 2 Σ a_i (a_i·x) at (1, 1): values 3 and 4
  for (const std::string &rule : {vjp, jvp})
    expectDerivatives("func.func @f(%x: tensor<2xf64>) -> tensor<f64> {" + head + rule + tail, {1, 1},
                      {2 * (1 * 3 + 3 * 4), 2 * (2 * 3 + 1 * 4)}, {2 * (1 * 3 + 3 * 4), 2 * (2 * 3 + 1 * 4)});
}

// (p w, log p) at p = 0, of which the first alone is used, and by a constant w: what has no tangent or cotangent is an
// exact zero to the rule, whatever it is multiplied by.
TEST(DerivativeCustom, absentIsZero) {
  const std::string head = R"(
    %w = ricci.constant dense<[2.0, 3.0]> : tensor<2xf64>
    %y:2 = ricci.custom "pair"(%x, %w) {
    ^bb0(%p: tensor<2xf64>, %v: tensor<2xf64>):
      %a = ricci.mul %p, %v : tensor<2xf64>
      %b = ricci.log %p : tensor<2xf64>
      ricci.yield %a, %b : tensor<2xf64>, tensor<2xf64>
    })";
  const std::string vjp = R"( vjp {
    ^bb0(%p: tensor<2xf64>, %v: tensor<2xf64>, %a: tensor<2xf64>, %b: tensor<2xf64>, %g: tensor<2xf64>, %h: tensor<2xf64>):
      %s = ricci.mul %g, %v : tensor<2xf64>
      %t = ricci.div %h, %p : tensor<2xf64>
      %pc = ricci.add %s, %t : tensor<2xf64>
      %vc = ricci.mul %g, %p : tensor<2xf64>
      ricci.yield %pc, %vc : tensor<2xf64>, tensor<2xf64>
    })";
  const std::string jvp = R"( jvp {
    ^bb0(%p: tensor<2xf64>, %v: tensor<2xf64>, %a: tensor<2xf64>, %b: tensor<2xf64>, %g: tensor<2xf64>, %h: tensor<2xf64>):
      %s = ricci.mul %g, %v : tensor<2xf64>
      %o = ricci.fill 0.0 : f64 : tensor<2xf64>
      %i = ricci.div %a, %o : tensor<2xf64>
      %t = ricci.mul %h, %i : tensor<2xf64>
      %at = ricci.add %s, %t : tensor<2xf64>
      %bt = ricci.div %g, %p : tensor<2xf64>
      ricci.yield %at, %bt : tensor<2xf64>, tensor<2xf64>
    })";
  const std::string tail = R"( : (tensor<2xf64>, tensor<2xf64>) -> (tensor<2xf64>, tensor<2xf64>)
    %r = ricci.einsum "i->" (%y#0) : (tensor<2xf64>) -> tensor<f64>
    return %r : tensor<f64>
  })";
  for (const std::string &rule : {vjp, jvp})
    expectDerivatives("func.func @f(%x: tensor<2xf64>) -> tensor<f64> {" + head + rule + tail, {0, 2}, {2, 3}, {0, 0});
}

// What is infinite on the way that is taken stays so.
TEST(DerivativeCustom, infiniteDerivativeIsKept) {
  DerivativeChecker checker;
  for (const char *mode : modes) {
    Derivatives d = checker.at(summed(root(mode, "%y", "%x")), {{0, 1}}, {{1, 1}}, {{1.0}});
    EXPECT_TRUE(std::isinf(d.vjp[0][0])) << mode;
    EXPECT_EQ(d.vjp[0][1], 0.5) << mode;
  }
}

} // namespace
