// GradBench's objectives, value and derivative, against the values it publishes: 1e-10 relative in f64.
#include "tests/endtoend/Process.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <fstream>

using namespace ricci;
using nlohmann::json;

static void flatten(const json &nested, std::vector<double> &values) {
  if (nested.is_array())
    for (const json &item : nested)
      flatten(item, values);
  else
    values.push_back(nested.get<double>());
}

static std::vector<double> flat(const json &nested) {
  std::vector<double> values;
  flatten(nested, values);
  return values;
}

static runtime::Shape shapeOf(const json &nested) {
  runtime::Shape shape;
  for (const json *level = &nested; level->is_array(); level = &(*level)[0]) {
    shape.push_back(static_cast<int64_t>(level->size()));
    if (level->empty())
      break;
  }
  return shape;
}

class GradBench : public testing::Test {
protected:
  // Loads a case and writes its input's arrays as files; numbers become literals.
  bool open(const std::string &name, const std::vector<std::string> &inputs) {
    std::ifstream file(RICCI_SHARED "/data/gradbench/" + name);
    if (!file)
      return false;
    json parsed = json::parse(file);
    expected = parsed["expected"];
    for (const std::string &input : inputs) {
      const json &value = parsed["input"][input];
      if (value.is_array())
        given.push_back(input + "=" + folder.npy(input, shapeOf(value), flat(value)));
      else
        given.push_back(input + "=" + value.dump());
    }
    return true;
  }

  std::vector<double> evaluate(const std::string &program, const std::string &expression) {
    std::vector<std::string> arguments{"eval", RICCI_SOURCE "/tests/endtoend/gradbench/" + program, "-e", expression, "--json"};
    arguments.insert(arguments.end(), given.begin(), given.end());
    test::Outcome outcome = test::runRicci(arguments, folder.path());
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    if (outcome.status != 0)
      return {};
    return flat(json::parse(outcome.out)["data"]);
  }

  // Relative to the largest element: a gradient's small parts carry the rounding of its large ones.
  static void expectClose(const std::vector<double> &actual, const std::vector<double> &wanted) {
    ASSERT_EQ(actual.size(), wanted.size());
    double largest = 0;
    for (double value : wanted)
      largest = std::max(largest, std::abs(value));
    for (size_t i = 0; i < actual.size(); ++i)
      ASSERT_NEAR(actual[i], wanted[i], 1e-10 * largest) << "element " << i;
  }

  test::TemporaryFolder folder;
  std::vector<std::string> given;
  json expected;
};

TEST_F(GradBench, LeastSquares) {
  if (!open("llsq_n64_m8.json", {"x", "n"}))
    GTEST_SKIP() << "no " RICCI_SHARED;
  expectClose(evaluate("llsq.ricci", "objective(x, n)"), flat(expected["primal"]));
  expectClose(evaluate("llsq.ricci", "gradient(x, n)"), flat(expected["gradient"]));
}

TEST_F(GradBench, LogSumExp) {
  if (!open("lse_n1000.json", {"x"}))
    GTEST_SKIP() << "no " RICCI_SHARED;
  expectClose(evaluate("lse.ricci", "objective(x)"), flat(expected["primal"]));
  expectClose(evaluate("lse.ricci", "gradient(x)"), flat(expected["gradient"]));
}

TEST_F(GradBench, KMeans) {
  if (!open("kmeans_n400_k5_d4.json", {"points", "centroids"}))
    GTEST_SKIP() << "no " RICCI_SHARED;
  expectClose(evaluate("kmeans.ricci", "cost(points, centroids)"), flat(expected["cost"]));
  expectClose(evaluate("kmeans.ricci", "direction(points, centroids)"), flat(expected["dir"]));
}

class Mixture : public GradBench, public testing::WithParamInterface<const char *> {};

TEST_P(Mixture, PosteriorAndGradient) {
  if (!open(GetParam(), {"alpha", "mu", "q", "l", "x", "gamma", "m"}))
    GTEST_SKIP() << "no " RICCI_SHARED;
  expectClose(evaluate("gmm.ricci", "objective(alpha, mu, q, l, x, gamma, m)"), flat(expected["objective"]));
  const char *parts[] = {"alpha", "mu", "q", "l"};
  for (int k = 0; k < 4; ++k) {
    SCOPED_TRACE(parts[k]);
    expectClose(evaluate("gmm.ricci", fmt::format("gradient(alpha, mu, q, l, x, gamma, m).{}", k)),
                flat(expected["jacobian"][parts[k]]));
  }
}

INSTANTIATE_TEST_SUITE_P(Sizes, Mixture, testing::Values("gmm_d2_K5.json", "gmm_d10_K25.json"));
