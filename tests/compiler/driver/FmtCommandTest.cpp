#include "tests/endtoend/Process.h"

#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <nlohmann/json.hpp>

using namespace ricci;

namespace {

class Fmt : public testing::Test {
protected:
  test::Outcome run(std::vector<std::string> arguments, const std::string &input = "") {
    arguments.insert(arguments.begin(), "fmt");
    return test::runRicci(arguments, folder.path(), input);
  }
  void write(const std::string &name, std::string_view text) {
    std::ofstream(folder.path() / name, std::ios::binary) << text;
  }
  std::string contents(const std::string &name) const {
    std::ifstream file(folder.path() / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  test::TemporaryFolder folder;
};

TEST_F(Fmt, RewritesFilesInPlace) {
  write("a.ricci", "let x=1 # one\n");
  write("b.ricci", "let x = 1\n");
  test::Outcome outcome = run({"a.ricci", "b.ricci"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err, "formatted a.ricci\n");
  EXPECT_EQ(contents("a.ricci"), "let x = 1  # one\n");
  outcome = run({"a.ricci", "b.ricci"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.err, "");
  write("a.ricci", "let x=1");
  EXPECT_EQ(run({"a.ricci", "--quiet"}).err, "");
  EXPECT_EQ(contents("a.ricci"), "let x = 1\n");
}

TEST_F(Fmt, ChecksWithoutWriting) {
  write("a.ricci", "let x=1\n");
  write("b.ricci", "let x = 1\n");
  test::Outcome outcome = run({"--check", "a.ricci", "b.ricci"});
  EXPECT_EQ(outcome.status, 5);
  EXPECT_EQ(outcome.out, "a.ricci\n");
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(contents("a.ricci"), "let x=1\n");
  EXPECT_EQ(run({"--check", "b.ricci"}).status, 0);
  EXPECT_EQ(nlohmann::json::parse(run({"--check", "--json", "a.ricci"}).out), nlohmann::json({"a.ricci"}));
}

TEST_F(Fmt, ReadsStandardInput) {
  test::Outcome outcome = run({"-"}, "let x=1\n");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, "let x = 1\n");
  outcome = run({"-", "--check"}, "let x=1\n");
  EXPECT_EQ(outcome.status, 5);
  EXPECT_EQ(outcome.out, "<stdin>\n");
  EXPECT_EQ(run({"-", "--json"}, "let x=1\n").status, 2);
}

TEST_F(Fmt, LeavesFaultyFilesAlone) {
  write("bad.ricci", "let x=\n");
  write("a.ricci", "let x=1\n");
  test::Outcome outcome = run({"bad.ricci", "none.ricci", "a.ricci"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("bad.ricci:1:7"), std::string::npos) << outcome.err;
  EXPECT_NE(outcome.err.find("none.ricci"), std::string::npos) << outcome.err;
  EXPECT_EQ(contents("bad.ricci"), "let x=\n");
  EXPECT_EQ(contents("a.ricci"), "let x = 1\n");
  EXPECT_EQ(run({"none.ricci", "bad.ricci"}).status, 3);
  EXPECT_EQ(run({"--check", "a.ricci", "bad.ricci"}).status, 1);
  EXPECT_EQ(run({}).status, 2);
}

TEST_F(Fmt, OurExamplesAreInTheFormat) {
  std::vector<std::string> arguments{"--check"};
  for (const auto &entry : std::filesystem::directory_iterator(RICCI_SOURCE "/examples"))
    if (entry.path().extension() == ".ricci")
      arguments.push_back(entry.path());
  EXPECT_GT(arguments.size(), 4u);
  EXPECT_EQ(run(arguments).out, "");
}

} // namespace
