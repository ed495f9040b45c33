#include "tests/endtoend/Process.h"

#include <fstream>
#include <gtest/gtest.h>
#include <iterator>

using namespace ricci;

namespace {

class Doc : public testing::Test {
protected:
  test::Outcome run(std::vector<std::string> arguments, const std::string &input = "") {
    arguments.insert(arguments.begin(), "doc");
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

TEST_F(Doc, WritesPagesIntoANewFolder) {
  write("a.ricci", "## Twice `x`.\nexport fn twice(x: f64) -> f64 { 2.0 * x }\n");
  write("b.ricci", "param n: i64 = 3\n");
  test::Outcome outcome = run({"a.ricci", "b.ricci", "-o", "out/doc"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(outcome.err, "wrote out/doc/index.html\n");
  EXPECT_NE(contents("out/doc/index.html").find("a.html#fn.twice"), std::string::npos);
  EXPECT_NE(contents("out/doc/a.html").find("Twice <code>x</code>."), std::string::npos);
  EXPECT_NE(contents("out/doc/b.html").find("param.n"), std::string::npos);
  EXPECT_EQ(run({"--quiet", "a.ricci", "-o", "out/doc"}).err, "");
  EXPECT_EQ(run({"-", "-o", "out/doc"}, "param m: i64\n").status, 0);
  EXPECT_NE(contents("out/doc/_stdin_.html").find("param.m"), std::string::npos);
}

TEST_F(Doc, NeedsAFolder) {
  write("a.ricci", "param n: i64 = 3\n");
  EXPECT_EQ(run({"a.ricci"}).status, 2);
  EXPECT_EQ(run({"-o", "out"}).status, 2);
  write("file", "");
  EXPECT_EQ(run({"a.ricci", "-o", "file"}).status, 3);
}

TEST_F(Doc, WritesNothingForFaultyFiles) {
  write("a.ricci", "param n: i64 = 3\n");
  write("bad.ricci", "let x =\n");
  test::Outcome outcome = run({"a.ricci", "bad.ricci", "-o", "out"});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("bad.ricci:1:8"), std::string::npos) << outcome.err;
  EXPECT_FALSE(std::filesystem::exists(folder.path() / "out"));
  EXPECT_EQ(run({"none.ricci", "-o", "out"}).status, 3);
}

} // namespace
