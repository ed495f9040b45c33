// The standard library: its tests pass, importing it costs nothing after the check.
#include "tests/endtoend/Process.h"

#include <gtest/gtest.h>

#include <fstream>
#include <regex>

using namespace ricci;
namespace fs = std::filesystem;

TEST(Standard, ItsTestsPass) {
  int written = 0;
  for (const fs::directory_entry &entry : fs::directory_iterator(RICCI_SOURCE "/lang/std/tests")) {
    std::ifstream file(entry.path());
    for (std::string line; std::getline(file, line);)
      written += line.starts_with("@test");
  }
  test::TemporaryFolder folder;
  test::Outcome outcome = test::runRicci({"test", RICCI_SOURCE "/lang/std"}, folder.path());
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  std::smatch counts;
  ASSERT_TRUE(std::regex_search(outcome.out, counts, std::regex("(\\d+) passed, 0 failed"))) << outcome.out;
  EXPECT_GE(std::stoi(counts[1]), written); // derivatives of the library's functions are compared too
  EXPECT_GT(written, 30);
}

// Two programs of the same script; full.ricci imports all of the library, bare.ricci nothing.
static void write(const fs::path &folder, const char *script) {
  std::ofstream full(folder / "full.ricci"), bare(folder / "bare.ricci");
  for (const fs::directory_entry &entry : fs::directory_iterator(RICCI_SOURCE "/lang/std"))
    if (entry.path().extension() == ".ricci")
      full << "import std." << entry.path().stem().string() << "\n";
  full << script;
  bare << script;
}

TEST(Standard, WhatIsUnusedCostsNothingAfterCheck) {
  test::TemporaryFolder folder;
  write(folder.path(), "print(1.0)\n");
  for (const char *stage : {"ricci", "llvm"}) {
    std::string option = std::string("--stage=") + stage;
    test::Outcome full = test::runRicci({"inspect", "full.ricci", option}, folder.path());
    test::Outcome bare = test::runRicci({"inspect", "bare.ricci", option}, folder.path());
    ASSERT_EQ(full.status, 0) << full.err;
    EXPECT_EQ(full.out.size(), bare.out.size());
    EXPECT_EQ(full.out.find("adam"), std::string::npos);
  }
}
