// Every built-in elementwise function, on a vector in its domain, away from its kinks.
#include "tests/numerics/SourceChecker.h"

#include <cmath>
#include <map>

using namespace ricci::test;

namespace {

class SourceElementwise : public ::testing::TestWithParam<SourceCase> {};

SourceCase unary(const std::string &name, double low = -2, double high = 2) {
  return {name, "", name + "(x)", {{"x", {5}, Operand::Variable, low, high}}};
}

SourceCase expression(const std::string &name, const std::string &text, std::vector<Operand> operands) {
  return {name, "", text, std::move(operands)};
}

std::vector<SourceCase> cases() {
  std::vector<SourceCase> all = {
      unary("abs", 0.1, 2),    unary("sqrt", 0.2, 3),  unary("rsqrt", 0.2, 3),   unary("cbrt", 0.2, 3),
      unary("exp"),            unary("expm1"),         unary("log", 0.2, 3),     unary("log1p", -0.5, 3),
      unary("log2", 0.2, 3),   unary("sin"),           unary("cos"),             unary("tan", -1, 1),
      unary("asin", -0.8, 0.8), unary("acos", -0.8, 0.8), unary("atan"),         unary("sinh"),
      unary("cosh"),           unary("tanh"),          unary("asinh"),           unary("acosh", 1.3, 3),
      unary("atanh", -0.8, 0.8), unary("sigmoid"),     unary("relu", 0.2, 2),    unary("softplus"),
      unary("gelu"),           unary("silu"),          unary("erf"),             unary("erfc"),
      unary("lgamma", 0.5, 4), unary("digamma", 0.5, 4), unary("softmax"),       unary("log_softmax"),
  };
  for (SourceCase &test : all)
    if (test.name == "softmax" || test.name == "log_softmax")
      test.terms = 5;
  Operand x{"x", {5}, Operand::Variable, 0.3, 2}, y{"y", {5}, Operand::Variable, 2.2, 3};
  for (const char *op : {"+", "-", "*", "/", "**"}) {
    static const std::map<std::string, std::string> names{{"+", "add"}, {"-", "sub"}, {"*", "mul"}, {"/", "div"}, {"**", "power"}};
    all.push_back(expression(names.at(op), std::string("x ") + op + " y", {x, y}));
  }
  all.push_back(expression("rem", "y % x", {{"x", {5}, Operand::Variable, 1.2, 1.4}, {"y", {5}, Operand::Variable, 2.9, 3.5}}));
  all.push_back(expression("pow", "pow(x, y)", {x, y}));
  all.push_back(expression("atan2", "atan2(x, y)", {x, y}));
  all.push_back(expression("max", "max(x, 2.1 - x)", {{"x", {5}, Operand::Variable, 1.2, 2}}));
  all.push_back(expression("min", "min(x, 2.1 - x)", {{"x", {5}, Operand::Variable, 1.2, 2}}));
  all.push_back(expression("square", "x ** 2", {x}));
  all.push_back(expression("seventh", "x ** 7", {x}));
  all.push_back(expression("inverse_cube", "x ** -3", {x}));
  all.push_back(expression("neg", "-x * exp(-x)", {x}));
  all.push_back(expression("clamp", "clamp(x, 0.0, 10.0) * x", {x}));
  all.push_back(expression("scalar_broadcasts", "s * x + 2.0 / s", {x, {"s", {}, Operand::Variable, 1, 2}}));
  all.push_back(expression("lazy_branch", "sum[i](if x[i] > 0.0 then log(x[i]) else 0.0)", {x}));
  all.push_back({"where_safe", "", "grad[x](sum[i](if x[i] > 0.0 then sqrt(x[i]) else 0.0))", {}, 1, false, {0, 0.25},
                 {}});
  all.back().fixed.emplace_back("x", f64({2}, {0, 4}));
  return all;
}

TEST_P(SourceElementwise, Agrees) { checkSource(GetParam()); }
INSTANTIATE_TEST_SUITE_P(Functions, SourceElementwise, ::testing::ValuesIn(cases()), caseName);

// What has no derivative worth testing: values, against numbers.
class SourceValues : public ::testing::TestWithParam<SourceCase> {};

SourceCase valued(const std::string &name, const std::string &text, std::vector<double> expected, Inputs fixed = {}) {
  return {name, "", text, {}, 1, false, std::move(expected), std::move(fixed)};
}

std::vector<SourceCase> valuedCases() {
  std::vector<SourceCase> all;
  auto add = [&](const std::string &name, const std::string &text, std::vector<double> expected, Inputs fixed) {
    all.push_back(valued(name, text, std::move(expected), std::move(fixed)));
  };
  auto reals = [](std::vector<double> values) {
    Inputs inputs;
    int64_t size = int64_t(values.size());
    inputs.emplace_back("x", f64({size}, std::move(values)));
    return inputs;
  };
  auto whole = [](std::vector<int64_t> a, std::vector<int64_t> b) {
    Inputs inputs;
    int64_t size = int64_t(a.size());
    inputs.emplace_back("a", i64({size}, std::move(a)));
    inputs.emplace_back("b", i64({size}, std::move(b)));
    return inputs;
  };
  double inf = INFINITY, nan = NAN;
  add("sign", "sign(x)", {-1, 0, 1, nan}, reals({-3, 0, 2, nan}));
  add("floor", "floor(x)", {-2, 0, 1}, reals({-1.5, 0.5, 1}));
  add("ceil", "ceil(x)", {-1, 1, 1}, reals({-1.5, 0.5, 1}));
  add("round_to_even", "round(x)", {-2, 0, 2, 2}, reals({-1.5, 0.5, 1.5, 2.5}));
  add("isnan", "isnan(x)", {0, 1, 0}, reals({1, nan, inf}));
  add("isfinite", "isfinite(x)", {1, 0, 0}, reals({1, nan, inf}));
  add("nan_propagates", "max(x, 0.0)", {1, nan}, reals({1, nan}));
  add("floor_division", "a / b", {-4, -4, 3, 0}, whole({-7, 7, 7, 1}, {2, -2, 2, 3}));
  add("remainder_of_divisor", "a % b", {1, -1, 1, 1}, whole({-7, 7, 7, 1}, {2, -2, 2, 3}));
  add("integer_power", "a ** 3", {-8, 27}, whole({-2, 3}, {0, 0}));
  add("comparison", "[a[0] < b[0], a[1] == b[1]]", {1, 0}, whole({1, 2}, {3, 4}));
  add("truncates_and_saturates", "[i64(x[0]), i64(x[1]), i64(x[2])]", {-1, 0, 2}, reals({-1.9, nan, 2.9}));
  add("exact_constant", "1/2 + x", {1.5}, reals({1}));
  add("single_precision", "f64(f32(x) * f32(x) / 3.0)", {double(0.5f * 0.5f / 3.0f)}, reals({0.5}));
  add("narrow_integers", "[i64(i32(a[0]) * i32(b[0])), i64(i32(a[0]) / i32(b[0])), i64(i32(a[0]) % i32(b[0]))]", {-14, -4, 1}, whole({-7}, {2}));
  add("narrow_overflow_wraps", "i64(i32(a) * i32(b))", {0}, whole({65536}, {65536}));
  add("counts_truth", "sum[i](i64(x[i] > 0.0))", {2}, reals({1, -1, 2}));
  add("short_circuit", "[a[0] != 0 and b[0] / a[0] > 1, a[0] == 0 or b[0] / a[0] > 1]", {0, 1}, whole({0}, {5}));
  add("array_of_constants", "[[1.0, 2.0], [3.0, 4.0]] @ x", {5, 11}, reals({1, 2}));
  add("relu_at_zero", "grad[x](sum(relu(x)))", {0, 1}, reals({0, 1}));
  add("abs_at_zero", "grad[x](sum(abs(x)))", {0, -1}, reals({0, -1}));
  add("norm_at_zero", "grad[x](norm(x))", {0, 0}, reals({0, 0}));
  add("ties_share", "grad[x](max(x))", {0.5, 0, 0.5}, reals({2, 1, 2}));
  add("tie_of_two", "grad[x](sum(max(x, 1.0)))", {0.5, 1}, reals({1, 2}));
  return all;
}

TEST_P(SourceValues, AreTheseNumbers) { checkSource(GetParam()); }
INSTANTIATE_TEST_SUITE_P(Functions, SourceValues, ::testing::ValuesIn(valuedCases()), caseName);

} // namespace
