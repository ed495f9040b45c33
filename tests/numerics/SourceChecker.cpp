#include "tests/numerics/SourceChecker.h"

#include <cmath>
#include <limits>
#include <random>

using namespace ricci;
using namespace ricci::test;
using runtime::Array;

namespace {

using Vector = std::vector<double>;

Vector flatten(const std::vector<Array> &arrays) {
  Vector all;
  for (const Array &array : arrays) {
    Vector part = numbers(array);
    all.insert(all.end(), part.begin(), part.end());
  }
  return all;
}

double largest(const Vector &values) {
  double result = 1;
  for (double value : values)
    if (std::isfinite(value))
      result = std::max(result, std::abs(value));
  return result;
}

void expectNear(const char *what, const Vector &actual, const Vector &expected, double bound) {
  ASSERT_EQ(actual.size(), expected.size()) << what;
  for (size_t i = 0; i < actual.size() && !::testing::Test::HasFailure(); ++i) {
    if (std::isnan(expected[i]) || std::isinf(expected[i]))
      EXPECT_TRUE(actual[i] == expected[i] || (std::isnan(actual[i]) && std::isnan(expected[i])))
          << what << "[" << i << "]: " << actual[i] << " for " << expected[i];
    else
      EXPECT_NEAR(actual[i], expected[i], bound) << what << "[" << i << "]";
  }
}

double dot(const Vector &x, const Vector &y) {
  double sum = 0;
  for (size_t i = 0; i < std::min(x.size(), y.size()); ++i)
    sum += x[i] * y[i];
  return sum;
}

class Experiment {
public:
  explicit Experiment(const SourceCase &test) : test(test), inputs(test.fixed) {
    for (const Operand &operand : test.operands)
      inputs.emplace_back(operand.name, random(operand));
  }

  void run() {
    Evaluated value = both("value", test.expression, inputs);
    if (::testing::Test::HasFatalFailure())
      return;
    if (!test.expected.empty())
      expectNear("value", flatten(value.values), test.expected, bound(test.expected));
    if (test.derivatives && value.values.size() == 1)
      differentiate(value.values.front());
  }

private:
  SharedArray random(const Operand &operand) {
    int64_t count = 1;
    for (int64_t size : operand.shape)
      count *= size;
    if (operand.kind == Operand::Integers) {
      std::uniform_int_distribution<int64_t> uniform(int64_t(operand.low), int64_t(operand.high) - 1);
      std::vector<int64_t> values(count);
      for (int64_t &value : values)
        value = uniform(engine);
      return i64(operand.shape, values);
    }
    std::uniform_real_distribution<double> uniform(operand.low, operand.high);
    Vector values(count);
    for (double &value : values)
      value = uniform(engine);
    return f64(operand.shape, values);
  }

  // Rounding of the sums and of a chain of functions, each a few ulp.
  double bound(const Vector &values) const {
    return std::numeric_limits<double>::epsilon() * (64 + 8 * test.terms) * largest(values);
  }

  bool near(const Vector &actual, const Vector &expected) const {
    for (size_t i = 0; i < expected.size(); ++i)
      if (std::isfinite(expected[i]) && !(std::abs(actual[i] - expected[i]) <= bound(expected)))
        return false;
    return true;
  }

  // The first part of the compiler after which the value is another.
  std::string culprit(const std::string &expression, const Inputs &at, const Vector &expected) const {
    for (auto [after, name] : {std::pair(After::Simplify, "Simplify"), std::pair(After::Fuse, "Fuse")}) {
      Evaluated value = interpretAfter(after, test.source, expression, at);
      if (!value.error.empty() || !near(flatten(value.values), expected))
        return name + (value.error.empty() ? "" : ": " + value.error);
    }
    return "Lower";
  }

  // By interpreter and by compiled code; they must agree.
  Evaluated both(const char *what, const std::string &expression, const Inputs &at) {
    Evaluated reference = interpretSource(test.source, expression, at);
    EXPECT_EQ(reference.error, "") << what << " of " << expression << " interpreted";
    Evaluated compiled = runSource(test.source, expression, at);
    EXPECT_EQ(compiled.error, "") << what << " of " << expression << " compiled";
    if (!reference.error.empty() || !compiled.error.empty())
      return reference;
    Vector expected = flatten(reference.values), actual = flatten(compiled.values);
    expectNear(what, actual, expected, bound(expected));
    if (!near(actual, expected))
      ADD_FAILURE() << expression << " goes wrong in " << culprit(expression, at, expected);
    return reference;
  }

  Inputs with(const Inputs &extra) const {
    Inputs all = inputs;
    all.insert(all.end(), extra.begin(), extra.end());
    return all;
  }

  Inputs moved(const Inputs &along, double step) const {
    Inputs all = inputs;
    for (auto &[name, array] : all)
      for (const auto &[direction, tangent] : along)
        if (direction == name + "_dot") {
          Vector values = numbers(*array);
          for (size_t i = 0; i < values.size(); ++i)
            values[i] += step * tangent->as<double>()[i];
          array = f64(array->shape(), values);
        }
    return all;
  }

  Inputs directions(const char *suffix) {
    Inputs result;
    for (const Operand &operand : test.operands)
      if (operand.kind == Operand::Variable)
        result.emplace_back(operand.name + suffix, random({"", operand.shape, Operand::Variable, -1, 1}));
    return result;
  }

  std::string along(const char *suffix) const {
    std::string text;
    for (const Operand &operand : test.operands)
      if (operand.kind == Operand::Variable)
        text += (text.empty() ? "" : ", ") + operand.name + (*suffix ? " -> " + operand.name + suffix : "");
    return text;
  }

  void differentiate(const Array &value) {
    Inputs v = directions("_dot"), u = directions("_other");
    if (v.empty())
      return;
    const std::string &f = test.expression;
    Vector jv = flatten(both("jvp", "jvp[" + along("_dot") + "](" + f + ")", with(v)).values);

    // Central differences of fourth order.
    const double h = 1e-3;
    Vector p1 = flatten(interpretSource(test.source, f, moved(v, h)).values), m1 = flatten(interpretSource(test.source, f, moved(v, -h)).values);
    Vector p2 = flatten(interpretSource(test.source, f, moved(v, 2 * h)).values), m2 = flatten(interpretSource(test.source, f, moved(v, -2 * h)).values);
    Vector differences(p1.size());
    for (size_t i = 0; i < p1.size(); ++i)
      differences[i] = (8 * (p1[i] - m1[i]) - (p2[i] - m2[i])) / (12 * h);
    expectNear("jvp against differences", jv, differences, 1e-7 * largest(differences));

    Inputs weight;
    weight.emplace_back("w_bar", random({"", value.shape(), Operand::Variable, -1, 1}));
    Vector w = numbers(*weight.front().second);
    Vector jw = flatten(both("vjp", "vjp[" + along("") + "](" + f + ", w_bar)", with(weight)).values);
    auto directionOf = [](const Inputs &inputs) {
      Vector all;
      for (const auto &[name, array] : inputs) {
        Vector part = numbers(*array);
        all.insert(all.end(), part.begin(), part.end());
      }
      return all;
    };
    double scale = 1 + largest(jv) * double(jv.size()) + largest(jw) * double(jw.size());
    EXPECT_NEAR(dot(jv, w), dot(directionOf(v), jw), 1e-13 * scale * (1 + test.terms)) << "vjp against jvp";

    std::string scalar = value.rank() == 0 ? "(" + f + ") * w_bar" : "sum((" + f + ") * w_bar)";
    auto hvp = [&](const char *what, const char *suffix, const Inputs &along) {
      Inputs all = with(along);
      all.push_back(weight.front());
      return flatten(both(what, "hvp[" + this->along(suffix) + "](" + scalar + ")", all).values);
    };
    Vector hv = hvp("hvp", "_dot", v), hu = hvp("hvp of the other", "_other", u);
    double size = 1 + largest(hv) * double(hv.size()) + largest(hu) * double(hu.size());
    EXPECT_NEAR(dot(hv, directionOf(u)), dot(hu, directionOf(v)), 1e-13 * size * (1 + test.terms)) << "symmetry of hvp";
  }

  const SourceCase &test;
  Inputs inputs;
  std::mt19937_64 engine{20240607};
};

} // namespace

void ricci::test::checkSource(const SourceCase &test) { Experiment(test).run(); }

void ricci::test::checkFunction(const std::string &source, const std::string &name, const Inputs &arguments, double terms) {
  std::string call;
  for (const auto &[argument, array] : arguments)
    call += (call.empty() ? "" : ", ") + argument;
  Evaluated expected = interpretSource(source, name + "(" + call + ")", arguments);
  ASSERT_EQ(expected.error, "");
  Vector values = flatten(expected.values);
  double bound = std::numeric_limits<double>::epsilon() * (64 + 8 * terms) * largest(values);
  for (auto evaluate : {interpretFunction, runFunction}) {
    Evaluated actual = evaluate(source, name, arguments);
    ASSERT_EQ(actual.error, "") << name << (evaluate == runFunction ? " compiled" : " interpreted");
    ASSERT_EQ(actual.values.size(), expected.values.size());
    for (size_t i = 0; i < actual.values.size(); ++i)
      EXPECT_EQ(actual.values[i].shape(), expected.values[i].shape()) << name;
    expectNear(name.c_str(), flatten(actual.values), values, bound);
  }
}
