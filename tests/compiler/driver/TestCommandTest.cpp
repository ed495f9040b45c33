// ricci test: which tests it finds, when they fail, what it says.

#include "tests/compiler/driver/Tested.h"

using namespace ricci;
using nlohmann::json;

namespace {

using TestCommand = test::Tested;

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
                         "where\n"
                         "  twice(2) = 4\n"
                         "it printed\n"
                         "twice(2) is 4\n\n");
  outcome = run({"t.ricci", "--filter", "good"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.out.substr(0, outcome.out.find(" in ")), "1 passed, 0 failed");
}

TEST_F(TestCommand, ShowsValuesBehindAnAssertion) {
  std::string start = "fn f(x: f64[N]) -> f64[N] { 2 * x }\n@test fn t() {\n  let x = [1.0, 2.0]\n  let y = f(x)\n"
                      "  assert y[0] == 2.0\n  print(\"not here\")\n";
  expectFailure(
      start + "  assert sum(f(x)) + 1 < sum(y)\n}", "t",
      "where\n  sum(f(x)) + 1 = 7.0\n  sum(y) = 6.0\n  x = [1.0, 2.0]\n  y = [2.0, 4.0]\nit printed\nnot here\n");
  expectFailure(start + "  var s = 1\n  for i in 0..3 { s = s + i }\n  assert all(y == x) or s == 5\n}", "t",
                "where\n  y = [2.0, 4.0]\n  x = [1.0, 2.0]\n  s = 4\n");
  expectFailure("@test fn t(x: f64[N]) { let n = N\n  assert N * 2 < n + 3 }", "t",
                "where\n  N * 2 = 6\n  n + 3 = 6\nwith\n  N = 3\n");
  // Of what a function that the test calls asserts, the function's own values cannot be told.
  json inside =
      resultOf("fn g(k: i64) -> i64 {\n  let l = k\n  assert l > 3\n  l\n}\n@test fn t() { assert g(2) == 2 }", "t");
  EXPECT_EQ(inside["message"].get<std::string>().find("where"), std::string::npos) << inside["message"];
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

TEST_F(TestCommand, ExamplesPass) {
  for (const char *path : {"examples", "lang/std"})
    if (std::string whole = std::string(RICCI_SOURCE) + "/" + path; std::filesystem::exists(whole)) {
      test::Outcome outcome = run({whole});
      EXPECT_EQ(outcome.status, 0) << outcome.err;
    }
}

TEST_F(TestCommand, ReadsStandardInput) {
  test::Outcome outcome = test::runRicci({"test", "-"}, folder.path(),
                                         "##     twice(1)  # = 2\nfn twice(n: i64) -> i64 { 2 * n }\n"
                                         "@test fn t() { assert twice(2) == 4 }\n");
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out.substr(0, outcome.out.find(" in ")), "2 passed, 0 failed");
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
