// The standard library: its tests run and all are called, importing all of it is cheap.
#include "tests/endtoend/Process.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <regex>

using namespace ricci;
namespace fs = std::filesystem;

static const fs::path library = RICCI_SOURCE "/lang/std";

static std::vector<std::string> modulesIn(const fs::path &folder) {
  std::vector<std::string> names;
  for (const fs::directory_entry &entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".ricci")
      names.push_back(entry.path().stem());
  std::sort(names.begin(), names.end());
  return names;
}

class StandardTests : public testing::TestWithParam<std::string> {};

TEST_P(StandardTests, Pass) {
  test::TemporaryFolder folder;
  fs::path script = library / "tests" / (GetParam() + ".ricci");
  test::Outcome outcome = test::runRicci({"run", script}, folder.path());
  EXPECT_EQ(outcome.status, 0) << outcome.err;

  // The script calls its tests itself; one that is left out would pass unseen.
  std::ifstream file(script);
  std::string text{std::istreambuf_iterator<char>(file), {}};
  std::regex declaration("@test fn (\\w+)\\(\\)");
  int tests = 0;
  for (std::sregex_iterator found(text.begin(), text.end(), declaration), end; found != end; ++found, ++tests)
    EXPECT_NE(text.find("\n" + (*found)[1].str() + "()\n"), std::string::npos) << (*found)[1] << " is not called";
  EXPECT_GT(tests, 0);
}

INSTANTIATE_TEST_SUITE_P(Modules, StandardTests, testing::ValuesIn(modulesIn(library / "tests")),
                         [](const auto &info) { return info.param; });

static double milliseconds(const std::vector<std::string> &arguments, const fs::path &folder) {
  std::vector<double> times;
  for (int k = 0; k < 11; ++k) {
    auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(test::runRicci(arguments, folder).status, 0);
    times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  std::nth_element(times.begin(), times.begin() + times.size() / 2, times.end());
  return times[times.size() / 2];
}

TEST(Standard, ImportingAllOfItCostsLittle) {
  test::TemporaryFolder folder;
  std::ofstream program(folder.path() / "all.ricci"), empty(folder.path() / "nothing.ricci");
  for (const std::string &name : modulesIn(library))
    program << "import std." << name << "\n";
  program.close();
  empty.close();
  double all = milliseconds({"check", "all.ricci"}, folder.path());
  double nothing = milliseconds({"check", "nothing.ricci"}, folder.path());
  EXPECT_LT(all - nothing, 150.0);
}
