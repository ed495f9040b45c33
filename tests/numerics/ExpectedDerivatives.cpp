#include "tests/numerics/ExpectedDerivatives.h"

#include <gtest/gtest.h>

using namespace ricci::test;

static void expectNear(const char *what, const std::vector<double> &actual, const std::vector<double> &expected) {
  ASSERT_EQ(actual.size(), expected.size()) << what;
  for (size_t k = 0; k < expected.size(); ++k)
    EXPECT_NEAR(actual[k], expected[k], 1e-12) << what << ", element " << k;
}

void ricci::test::expectDerivatives(const std::string &text, const std::vector<double> &x,
                                    const std::vector<double> &gradient, const std::vector<double> &hessian) {
  DerivativeChecker checker;
  size_t results = gradient.size();
  Vectors ones = {std::vector<double>(x.size(), 1.0)};
  Derivatives d = checker.at(text, {x}, ones, {{1.0}});
  ASSERT_EQ(d.vjp.size(), 1u);
  expectNear("vjp", d.vjp[0], gradient);
  double along = 0;
  for (double g : gradient)
    along += g;
  expectNear("jvp", d.jvp[0], {along});
  expectNear("hvp", d.hvp[0], hessian);
  expectNear("reverse over forward", d.reverseOverForward[0], hessian);
  expectNear("reverse over reverse", d.reverseOverReverse[0], hessian);
  EXPECT_EQ(results, x.size());
}

std::string ricci::test::summed(const std::string &body, const std::string &type) {
  return "func.func @f(%x: " + type + ") -> tensor<f64> {\n  %zero = ricci.fill 0.0 : f64 : " + type + "\n" + body +
         "\n  %r = ricci.einsum \"i->\" (%y) : (" + type + ") -> tensor<f64>\n  return %r : tensor<f64>\n}";
}
