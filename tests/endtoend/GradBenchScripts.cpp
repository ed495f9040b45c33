// Scripts that hold tests and call them: GradBench's objectives. One that fails exits 4.
#include "tests/endtoend/Process.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <regex>

using namespace ricci;
namespace fs = std::filesystem;

static std::string textOf(const fs::path &path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

static std::vector<fs::path> scriptsIn(const char *folder) {
  std::vector<fs::path> scripts;
  for (const fs::directory_entry &entry : fs::directory_iterator(folder))
    if (entry.path().extension() == ".ricci" && textOf(entry.path()).find("\n@test fn ") != std::string::npos)
      scripts.push_back(entry.path());
  std::sort(scripts.begin(), scripts.end());
  return scripts;
}

class GradBenchScripts : public testing::TestWithParam<fs::path> {};

TEST_P(GradBenchScripts, Pass) {
  test::TemporaryFolder folder;
  test::Outcome outcome = test::runRicci({"run", GetParam()}, folder.path());
  EXPECT_EQ(outcome.status, 0) << outcome.err;

  // A test that the script does not call would pass unseen.
  std::string text = textOf(GetParam());
  std::regex declaration("@test fn (\\w+)\\(\\)");
  for (std::sregex_iterator found(text.begin(), text.end(), declaration), end; found != end; ++found)
    EXPECT_NE(text.find("\n" + (*found)[1].str() + "()\n"), std::string::npos) << (*found)[1] << " is not called";
}

static std::string nameOf(const testing::TestParamInfo<fs::path> &info) { return info.param.stem(); }

INSTANTIATE_TEST_SUITE_P(Objectives, GradBenchScripts,
                         testing::ValuesIn(scriptsIn(RICCI_SOURCE "/tests/endtoend/gradbench")), nameOf);
