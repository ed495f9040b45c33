// What importing the standard library costs.
#include "tests/endtoend/Process.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <fstream>

using namespace ricci;
namespace fs = std::filesystem;

static double milliseconds(const std::string &program, const fs::path &folder) {
  std::vector<double> times;
  for (int k = 0; k < 11; ++k) {
    auto start = std::chrono::steady_clock::now();
    EXPECT_EQ(test::runRicci({"check", program}, folder).status, 0);
    times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
  }
  std::nth_element(times.begin(), times.begin() + times.size() / 2, times.end());
  return times[times.size() / 2];
}

TEST(Standard, ImportingAllOfItTakesLittleTime) {
  test::TemporaryFolder folder;
  std::ofstream all(folder.path() / "all.ricci"), nothing(folder.path() / "nothing.ricci");
  for (const fs::directory_entry &entry : fs::directory_iterator(RICCI_SOURCE "/lang/std"))
    if (entry.path().extension() == ".ricci")
      all << "import std." << entry.path().stem().string() << "\n";
  all.close();
  nothing.close();
  EXPECT_LT(milliseconds("all.ricci", folder.path()) - milliseconds("nothing.ricci", folder.path()), 150.0);
}
