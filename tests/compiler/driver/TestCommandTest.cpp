// ricci test: which tests it finds, when they fail, what it says.

#include "tests/endtoend/Process.h"

#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace ricci;
using nlohmann::json;

namespace {

class TestCommand : public testing::Test {
protected:
  test::Outcome run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "test");
    return test::runRicci(arguments, folder.path());
  }
  void write(const std::string &name, std::string_view text) {
    std::filesystem::create_directories((folder.path() / name).parent_path());
    std::ofstream(folder.path() / name, std::ios::binary) << text;
  }
  // The result of one test in t.ricci, which holds `text`.
  json resultOf(const std::string &text, const std::string &function, std::vector<std::string> options = {}) {
    write("t.ricci", text);
    options.insert(options.begin(), {"t.ricci", "--json"});
    test::Outcome outcome = run(options);
    json object = json::parse(outcome.out, nullptr, false);
    for (const json &entry : object["tests"])
      if (entry["name"] == "t.ricci:" + function)
        return entry;
    ADD_FAILURE() << "no result for " << function << "\n" << outcome.out << outcome.err;
    return {{"status", ""}, {"message", ""}};
  }
  void expectFailure(const std::string &text, const std::string &function, std::string_view fragment) {
    json result = resultOf(text, function);
    EXPECT_EQ(result["status"], "failed") << text;
    EXPECT_NE(result["message"].get<std::string>().find(fragment), std::string::npos) << result["message"];
  }
  void expectPass(const std::string &text, const std::string &function) {
    json result = resultOf(text, function);
    EXPECT_EQ(result["status"], "passed") << result["message"];
  }

  test::TemporaryFolder folder;
};

// ------------------------------------------------------------------ tests without arguments

TEST_F(TestCommand, SaysWhatFailed) {
  write("t.ricci",
        "fn twice(x: i64) -> i64 { 2 * x }\n@test fn good() { assert twice(2) == 4 }\n"
        "@test fn bad() {\n  print(\"twice(2) is {twice(2)}\")\n  assert twice(2) == 5, \"five is wanted\"\n}\n");
  test::Outcome outcome = run({"t.ricci"});
  EXPECT_EQ(outcome.status, 4);
  EXPECT_EQ(outcome.out.substr(0, outcome.out.find(" in ")), "1 passed, 1 failed");
  EXPECT_EQ(outcome.err, "failed t.ricci:bad\n"
                         "error[R0005]: five is wanted\n"
                         "  --> t.ricci:5:3\n"
                         "   |   assert twice(2) == 5, \"five is wanted\"\n"
                         "   |   ^\n"
                         "it printed\n"
                         "twice(2) is 4\n\n");
  outcome = run({"t.ricci", "--filter", "good"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.out.substr(0, outcome.out.find(" in ")), "1 passed, 0 failed");
}

TEST_F(TestCommand, ExpectsRunTimeErrors) {
  std::string divide = "fn f(n: i64) -> i64 { 3 / n }\n";
  expectPass(divide + "@test(fails = \"R0002\") fn t() { assert f(0) == 0 }", "t");
  expectPass(divide + "@test(fails = \"division\") fn t() { assert f(0) == 0 }", "t");
  expectFailure(divide + "@test(fails = \"R0002\") fn t() { assert f(1) == 3 }", "t", "`R0002`, and did not");
  expectFailure(divide + "@test(fails = \"R0002\") fn t() { assert f(1) == 0 }", "t",
                "`R0002`, and failed with this:\nerror[R0005]");
  expectPass("@test(fails = \"larger than any memory\") fn t() { assert sum(zeros(f64[2305843009213693953])) == 0 }",
             "t");
  expectFailure("@test fn t() { assert sum(zeros(f64[2305843009213693953])) == 0 }", "t", "error[E0910]");
}

// ------------------------------------------------------------------ files, names, output

TEST_F(TestCommand, LooksIntoFolders) {
  std::string passes = "@test fn passes() { assert true }\n";
  write("a/one.ricci", passes);
  write("a/b/two.ricci", passes);
  write("a/.hidden/three.ricci", passes);
  write("a/other.txt", "no program");
  auto names = [&](const std::vector<std::string> &arguments) {
    std::vector<std::string> found;
    json object = json::parse(run(arguments).out);
    for (const json &entry : object["tests"])
      found.push_back(entry["name"]);
    return found;
  };
  EXPECT_EQ(names({"--json"}), (std::vector<std::string>{"a/b/two.ricci:passes", "a/one.ricci:passes"}));
  EXPECT_EQ(names({"--json", "a/one.ricci", "a"}),
            (std::vector<std::string>{"a/one.ricci:passes", "a/b/two.ricci:passes"}));
  EXPECT_EQ(names({"--json", "--filter", "two"}), (std::vector<std::string>{"a/b/two.ricci:passes"}));
  EXPECT_EQ(run({"a", "--filter", "three"}).status, 2);
  test::Outcome missing = run({"c.ricci"});
  EXPECT_EQ(missing.status, 3);
  EXPECT_NE(missing.err.find("c.ricci"), std::string::npos);
}

TEST_F(TestCommand, ReportsWrongProgramsAndGoesOn) {
  write("a.ricci", "let x = y\n");
  write("b.ricci", "@test fn t() { assert true }\n");
  test::Outcome outcome = run({});
  EXPECT_EQ(outcome.status, 1);
  EXPECT_NE(outcome.err.find("failed a.ricci\nerror[E0201]: unknown name `y`\n  --> a.ricci:1:9"), std::string::npos)
      << outcome.err;
  EXPECT_EQ(outcome.out.substr(0, outcome.out.find(" in ")), "1 passed, 1 failed");
}

TEST_F(TestCommand, SpeaksJson) {
  write("t.ricci", "@test fn good() { assert true }\n@test fn bad(x: f64[N]) { assert N < 1 }\n");
  test::Outcome outcome = run({"t.ricci", "--json"});
  EXPECT_EQ(outcome.status, 4);
  EXPECT_EQ(outcome.err, "");
  json object = json::parse(outcome.out);
  EXPECT_EQ(object["passed"], 1);
  EXPECT_EQ(object["failed"], 1);
  EXPECT_EQ(object["unchecked"], 0);
  EXPECT_GT(object["ms"], 0);
  ASSERT_EQ(object["tests"].size(), 2u);
  EXPECT_EQ(object["tests"][0]["name"], "t.ricci:good");
  EXPECT_EQ(object["tests"][0]["kind"], "test");
  EXPECT_EQ(object["tests"][0]["status"], "passed");
  EXPECT_EQ(object["tests"][0]["message"], "");
  EXPECT_FALSE(object["tests"][0].contains("seed"));
  EXPECT_EQ(object["tests"][1]["kind"], "property");
  EXPECT_EQ(object["tests"][1]["status"], "failed");
  EXPECT_TRUE(object["tests"][1].contains("seed"));
}

TEST_F(TestCommand, ShowsProgressOnATerminalOnly) {
  write("t.ricci", "@test fn one() { assert true }\n@test fn two() { assert true }\n");
  test::Process shown({"test", "t.ricci"}, folder.path(), test::Process::Errors::Terminal);
  EXPECT_TRUE(shown.complains("1 done, 0 failed: t.ricci:two"));
  EXPECT_EQ(shown.wait().status, 0);
  test::Process quiet({"test", "t.ricci", "--quiet"}, folder.path(), test::Process::Errors::Terminal);
  EXPECT_EQ(quiet.wait().status, 0);
  EXPECT_EQ(quiet.err(), "");
  EXPECT_EQ(run({"t.ricci"}).err, "");
}

// ------------------------------------------------------------------ tests with arguments

TEST_F(TestCommand, FindsAndSimplifiesCounterexamples) {
  expectPass("@test fn t(x: f64[N,M], y: f64[N,M]) { assert all(x + y == y + x) }", "t");
  expectFailure("@test fn t(x: f64[N,M]) { assert N < 3 or M < 2 }", "t",
                "with\n  N = 3\n  M = 2\n  x = [[0.0, 0.0],\n       [0.0, 0.0],\n       [0.0, 0.0]]\n");
  expectFailure("@test fn t(x: f64[N], k: i64, b: bool) { assert all[i](x[i] < 2.5) or not b }", "t",
                "with\n  N = 1\n  x = [3.0]\n  k = 0\n  b = true\n");
  expectFailure("@test fn t(x: f64[N,N]) { assert N < 2 }", "t", "with\n  N = 2\n");
  expectFailure("struct P<N> { a: f64, b: f32[N] }\n@test fn t(p: P<N>) { assert sum(p.b) > -1.25 }", "t",
                "with\n  N = 1\n  p = P(a = 0.0, b = [-2.0])\n");
  expectFailure("@test(fails = \"R0005\") fn t(k: i64) { assert k < 7 }", "t", "with\n  k = 0\n");
}

TEST_F(TestCommand, FitsSizesToTheSignature) {
  expectFailure("@test fn t(x: f64[N+1]) { assert N < 3 }", "t", "with\n  N = 3\n  x = [0.0, 0.0, 0.0, 0.0]\n");
  expectFailure("@test fn t(x: f64[2*N]) { assert N < 2 }", "t", "with\n  N = 2\n  x = [0.0, 0.0, 0.0, 0.0]\n");
  expectFailure("@test fn t(x: f64[N-K+1], y: f64[K]) { assert N < 2 or K < 2 }", "t",
                "with\n  N = 2\n  K = 2\n  x = [0.0]\n  y = [0.0, 0.0]\n");
  expectFailure("@test fn t(x: f64[k], k: i64) { assert k < 3 }", "t", "with\n  x = [0.0, 0.0, 0.0]\n  k = 3\n");
  expectPass("@test fn t(x: f64[k], k: i64) { assert k >= 0 }", "t");
}

TEST_F(TestCommand, ReproducesAFailureFromItsSeed) {
  std::string text = "@test fn t(x: f64[N]) { assert all[i](x[i] < 2.0) or N < 4 }";
  json first = resultOf(text, "t");
  ASSERT_EQ(first["status"], "failed");
  std::string seed = std::to_string(first["seed"].get<uint64_t>());
  json again = resultOf(text, "t", {"--seed", seed, "--runs", "1"});
  EXPECT_EQ(again["status"], "failed");
  EXPECT_EQ(again["seed"], first["seed"]);
  auto counterexample = [](const json &result) {
    std::string message = result["message"];
    return message.substr(0, message.find("found in run"));
  };
  EXPECT_EQ(counterexample(again), counterexample(first));
  EXPECT_EQ(resultOf(text, "t", {"--runs", "0"})["status"], "passed");
}

} // namespace
