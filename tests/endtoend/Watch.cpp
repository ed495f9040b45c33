// run --watch, and what else happens to files while `ricci` runs.
#include "runtime/Npy.h"
#include "tests/endtoend/Process.h"

#include <gtest/gtest.h>

#include <csignal>
#include <fstream>

using namespace ricci;

namespace {

class Watch : public testing::Test {
protected:
  // As some editors save: over the file; and as others do: a new file in its place.
  void write(const std::string &name, std::string_view text) {
    std::ofstream(folder.path() / name, std::ios::binary) << text;
  }
  void replace(const std::string &name, std::string_view text) {
    write(name + ".new", text);
    std::filesystem::rename(folder.path() / (name + ".new"), folder.path() / name);
  }

  test::TemporaryFolder folder;
};

TEST_F(Watch, RunsAgainWhenTheScriptChanges) {
  write("s.ricci", "print(\"one\")\n");
  test::Process ricci({"run", "--watch", "s.ricci"}, folder.path());
  ASSERT_TRUE(ricci.says("one\n")) << ricci.out() << ricci.err();
  write("s.ricci", "print(\"two\")\n");
  ASSERT_TRUE(ricci.says("one\ntwo\n")) << ricci.out() << ricci.err();
  replace("s.ricci", "print(\"three\")\n");
  ASSERT_TRUE(ricci.says("one\ntwo\nthree\n")) << ricci.out() << ricci.err();
  ricci.signal(SIGINT);
  test::Outcome outcome = ricci.wait();
  EXPECT_EQ(outcome.status, 128 + SIGINT);
  EXPECT_EQ(outcome.err, "") << "it ends quietly";
}

TEST_F(Watch, GoesOnAfterErrors) {
  write("s.ricci", "let x = \n");
  test::Process ricci({"run", "--watch", "s.ricci", "n=3"}, folder.path());
  ASSERT_TRUE(ricci.complains("error[E")) << ricci.err();
  write("s.ricci", "print(\"one\")\n");
  ASSERT_TRUE(ricci.complains("there is no input `n`")) << ricci.err();
  write("s.ricci", "param n: i64\nassert n > 3, \"n is small\"\n");
  ASSERT_TRUE(ricci.complains("n is small")) << ricci.err();
  std::filesystem::remove(folder.path() / "s.ricci");
  ASSERT_TRUE(ricci.complains("cannot read s.ricci")) << ricci.err();
  write("s.ricci", "param n: i64\nprint(n)\n");
  EXPECT_TRUE(ricci.says("3\n")) << ricci.out() << ricci.err();
}

TEST_F(Watch, RunsAgainWhenDataChange) {
  std::filesystem::create_directory(folder.path() / "sub");
  folder.npy("x", {1}, {1});
  folder.npy("sub/y", {1}, {10});
  write("sub/s.ricci",
        "let y: f64[N] = load(\"y.npy\")\nparam x: f64[N]\nparam z: f64[N]\nprint(x[0] + y[0] + z[0])\n");
  test::Process ricci({"run", "sub/s.ricci", "x=x.npy", "z=z.npz:a", "--watch"}, folder.path());
  ASSERT_TRUE(ricci.complains("z.npz")) << "a file that is not there yet is watched too" << ricci.err();
  write("p.ricci", "struct P { a: f64[1] }\n");
  ASSERT_EQ(test::runRicci({"eval", "p.ricci", "-e", "P([100.0])", "-o", "z.npz"}, folder.path()).status, 0);
  ASSERT_TRUE(ricci.says("111.0\n")) << ricci.out() << ricci.err();
  folder.npy("x", {1}, {2});
  ASSERT_TRUE(ricci.says("111.0\n112.0\n")) << ricci.out() << ricci.err();
  folder.npy("sub/y", {1}, {20});
  EXPECT_TRUE(ricci.says("111.0\n112.0\n122.0\n")) << ricci.out() << ricci.err();
}

constexpr std::string_view slowly = "var s = 0.0\nfor t in 0..30000000 { s = sin(s) + f64(t) }\nassert s > 0.0\n";

TEST_F(Watch, RunsOnceMoreForChangesDuringARun) {
  write("s.ricci", "print(\"begin\")\n" + std::string(slowly) + "print(\"end\")\n");
  test::Process ricci({"run", "--watch", "s.ricci"}, folder.path());
  ASSERT_TRUE(ricci.says("begin\n")) << ricci.err();
  write("s.ricci", "print(\"first change\")\n");
  write("s.ricci", "print(\"second change\")\n");
  ASSERT_TRUE(ricci.says("begin\nend\nsecond change\n")) << ricci.out() << ricci.err();
  write("s.ricci", "print(\"last\")\n");
  EXPECT_TRUE(ricci.says("begin\nend\nsecond change\nlast\n")) << ricci.out() << ricci.err();
}

TEST_F(Watch, SeparatesRunsOnATerminal) {
  write("s.ricci", "print(\"one\")\n");
  test::Process ricci({"run", "--watch", "s.ricci"}, folder.path(), test::Process::Errors::Terminal);
  ASSERT_TRUE(ricci.says("one\n")) << ricci.err();
  EXPECT_EQ(ricci.err(), "");
  write("s.ricci", "print(\"two\")\n");
  ASSERT_TRUE(ricci.says("one\ntwo\n")) << ricci.err();
  EXPECT_NE(ricci.err().find(":"), std::string::npos) << "the time of day";
}

TEST_F(Watch, NeedsAFile) {
  test::Outcome outcome = test::runRicci({"run", "--watch", "-"}, folder.path());
  EXPECT_EQ(outcome.status, 2);
  EXPECT_NE(outcome.err.find("--watch needs a file"), std::string::npos) << outcome.err;
  EXPECT_EQ(test::runRicci({"run", "--watch"}, folder.path()).status, 2);
  EXPECT_EQ(test::runRicci({"run", "--watch", "s.ricci", "x=hello"}, folder.path()).status, 2)
      << "what no file can put right ends it";
}

TEST_F(Watch, AMappedFileCutShortEndsTheProgram) {
  int64_t rows = 1 << 21;
  write("x.npy", runtime::npyHeaderText({runtime::DType::F64, {rows, 512}}));
  std::filesystem::resize_file(folder.path() / "x.npy", 128 + rows * 512 * 8);
  write("s.ricci", "let x: f64[N,D] = load(\"x.npy\")\nprint(\"begin\")\nvar s = 0.0\n"
                   "for t in 0..1000000000 { s = s + sin(x[t % N, 0]) }\nprint(s)\n");
  test::Process ricci({"run", "s.ricci"}, folder.path());
  ASSERT_TRUE(ricci.says("begin\n")) << ricci.err();
  std::filesystem::resize_file(folder.path() / "x.npy", 128);
  test::Outcome outcome = ricci.wait();
  EXPECT_EQ(outcome.status, 3);
  EXPECT_NE(outcome.err.find("cut short"), std::string::npos) << outcome.err;
}

} // namespace
