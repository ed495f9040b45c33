// Each example runs, and says the number it should.
#include "tests/endtoend/Process.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

using namespace ricci;

static test::Outcome runExample(const test::TemporaryFolder &folder, const std::string &name,
                                std::vector<std::string> settings = {}) {
  std::vector<std::string> arguments{"run", RICCI_SOURCE "/examples/" + name};
  arguments.insert(arguments.end(), settings.begin(), settings.end());
  return test::runRicci(arguments, folder.path());
}

class Digits : public testing::TestWithParam<int> {};

TEST_P(Digits, LearnsTheHeldOutRows) {
  test::TemporaryFolder folder;
  test::Outcome outcome = runExample(folder, "digits_mlp.ricci", {fmt::format("seed={}", GetParam())});
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  const std::string label = "held-out accuracy ";
  size_t at = outcome.out.rfind(label);
  ASSERT_NE(at, std::string::npos) << outcome.out;
  EXPECT_GE(std::stod(outcome.out.substr(at + label.size())), 0.96);
  EXPECT_NE(outcome.out.find("epoch "), std::string::npos);
  std::ifstream chart(folder.path() / "digits_loss.svg");
  std::string first;
  ASSERT_TRUE(std::getline(chart, first));
  EXPECT_NE(first.find("<"), std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Seeds, Digits, testing::Range(0, 5));

TEST(Examples, DigitsByLstm) {
  for (int seed : {0, 1, 2}) {
    SCOPED_TRACE(seed);
    test::TemporaryFolder folder;
    test::Outcome outcome = runExample(folder, "digits_lstm.ricci", {fmt::format("seed={}", seed)});
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    const std::string label = "held-out accuracy ";
    size_t at = outcome.out.rfind(label);
    ASSERT_NE(at, std::string::npos) << outcome.out;
    EXPECT_GE(std::stod(outcome.out.substr(at + label.size())), 0.95);
  }
}

// The others assert their own numbers; a failed assert exits 4.
TEST(Examples, LogisticNewton) {
  test::TemporaryFolder folder;
  test::Outcome outcome = runExample(folder, "logistic_newton.ricci");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  // The path, not only its end: a wrong direction may still get there. NumPy's Newton steps with an exact solve.
  EXPECT_NE(outcome.out.find("step  3: loss 0.14688464"), std::string::npos) << outcome.out;
  EXPECT_NE(outcome.out.find("step  7: loss 0.06642111"), std::string::npos) << outcome.out;
}

TEST(Examples, Ridge) {
  test::TemporaryFolder folder;
  test::Outcome outcome = runExample(folder, "ridge.ricci");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("R² "), std::string::npos);
}

TEST(Examples, CurveFit) {
  test::TemporaryFolder folder;
  test::Outcome outcome = runExample(folder, "curve_fit.ricci");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_NE(outcome.out.find("Levenberg-Marquardt 238.942129"), std::string::npos) << outcome.out;
}

TEST(Examples, Rosenbrock) {
  for (int n : {2, 3, 8, 40}) {
    SCOPED_TRACE(n);
    test::TemporaryFolder folder;
    test::Outcome outcome = runExample(folder, "rosenbrock.ricci", {fmt::format("n={}", n)});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
  }
}

TEST(Examples, Attention) {
  for (int seed : {0, 1, 2}) {
    SCOPED_TRACE(seed);
    test::TemporaryFolder folder;
    test::Outcome outcome = runExample(folder, "attention.ricci", {fmt::format("seed={}", seed)});
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_NE(outcome.out.find("causal: yes"), std::string::npos);
  }
}

TEST(Examples, AFailedAssertExitsFour) {
  test::TemporaryFolder folder;
  test::Outcome outcome = runExample(folder, "logistic_newton.ricci", {"newton_steps=1"});
  EXPECT_EQ(outcome.status, 4);
  EXPECT_NE(outcome.err.find("did not converge"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("logistic_newton.ricci:"), std::string::npos) << outcome.err;
}

// Parts 1 and 2 of the tour, what this version has: its tests pass, its derivatives are right.
TEST(Examples, TheTourTestsItself) {
  std::ifstream file(RICCI_SHARED "/cases/tour.ricci");
  if (!file)
    GTEST_SKIP() << "no " RICCI_SHARED "/cases/tour.ricci";
  test::TemporaryFolder folder;
  std::ofstream tour(folder.path() / "tour.ricci");
  for (std::string line; std::getline(file, line) && !(line.starts_with("# ---") && line.ends_with("part 3"));)
    tour << line << "\n";
  tour.close();
  EXPECT_EQ(test::runRicci({"check", "tour.ricci"}, folder.path()).status, 0);
  test::Outcome outcome = test::runRicci({"test", "tour.ricci"}, folder.path());
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_NE(outcome.out.find(" passed, 0 failed"), std::string::npos) << outcome.out;
  EXPECT_EQ(outcome.out.find("\n0 passed"), std::string::npos) << outcome.out; // its functions were found
}
