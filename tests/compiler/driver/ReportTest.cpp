// `ricci inspect` as people and scripts use it: text, JSON that fits the published schema, conditions, one line, differences.
#include "tests/compiler/driver/Schema.h"
#include "tests/endtoend/Process.h"
#include "tests/runtime/TestFiles.h"

#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>

using namespace ricci;
using nlohmann::json;

namespace {

constexpr const char *program = R"(fn loss(w: f64[D], X: f64[N,D], y: f64[N]) -> f64 {
  let r[n] = sum[d](X[n,d] * w[d]) - y[n]
  sum[n](r[n] * r[n])
}
fn step(w: f64[D], X: f64[N,D], y: f64[N]) -> f64[D] {
  w - 0.1 * grad[w](loss(w, X, y))
}
fn soft(x: f64[N,D]) -> f64[N,D] {
  let e[i,j] = exp(x[i,j] - max[k](x[i,k]))
  let y[i,j] = e[i,j] / sum[k](e[i,k])
  y
}
)";

class Report : public testing::Test {
protected:
  void SetUp() override { std::ofstream(folder.path() / "f.ricci") << program; }

  test::Outcome run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "inspect");
    return test::runRicci(arguments, folder.path());
  }
  std::string textOf(const std::vector<std::string> &arguments) {
    test::Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.out;
  }
  json jsonOf(std::vector<std::string> arguments) {
    arguments.push_back("--json");
    return json::parse(textOf(arguments));
  }
  void expectAssertion(const std::string &condition, int status, std::string_view fragment = "") {
    test::Outcome outcome = run({"f.ricci", "soft", "x=f64[64,256]", "--assert", condition});
    EXPECT_EQ(outcome.status, status) << condition << outcome.err;
    EXPECT_NE(outcome.err.find(fragment), std::string::npos) << condition << outcome.err;
    EXPECT_EQ(outcome.out, "") << condition;
  }

  test::TemporaryFolder folder;
};

TEST_F(Report, CountsInTheProgramsOwnSizes) {
  json dynamic = jsonOf({"f.ricci", "step"});
  EXPECT_EQ(dynamic["totals"]["flops"]["formula"], "4·D·N + 2·D + N");
  EXPECT_TRUE(dynamic["totals"]["flops"]["number"].is_null());
  EXPECT_TRUE(dynamic["run_ms"].is_null());
  json given = jsonOf({"f.ricci", "step", "w=f64[30]", "X=f64[500,30]", "y=f64[500]"});
  EXPECT_EQ(given["totals"]["flops"]["formula"], "4·D·N + 2·D + N");
  EXPECT_EQ(given["totals"]["flops"]["number"], 4 * 30 * 500 + 2 * 30 + 500);
  EXPECT_EQ(given["sizes"], (json{{"D", 30}, {"N", 500}}));
  EXPECT_GE(given["run_ms"]["runs"], 3);
  for (const json &kernel : given["kernels"]) {
    EXPECT_GT(kernel["predicted_ms"], 0) << kernel;
    EXPECT_GE(kernel["measured_ms"]["median"], kernel["measured_ms"]["min"]) << kernel;
  }
}

TEST_F(Report, SaysWhatDecidedAndWhatRules) {
  json report = jsonOf({"f.ricci", "step"});
  ASSERT_FALSE(report["provenance"].empty());
  for (const json &made : report["provenance"]) {
    EXPECT_FALSE(made["rules"].empty());
    EXPECT_EQ(made["primal"]["file"], "f.ricci");
  }
  auto has = [](const json &decisions, std::string_view kind, std::string_view what) {
    return std::any_of(decisions.begin(), decisions.end(), [&](const json &decision) {
      return decision["kind"] == kind && decision["what"].get<std::string>().find(what) != std::string::npos;
    });
  };
  EXPECT_TRUE(has(report["decisions"], "fusion", "one kernel computes"));
  EXPECT_TRUE(has(report["decisions"], "vector", "lanes"));
  json soft = jsonOf({"f.ricci", "soft"});
  EXPECT_EQ(soft["totals"]["kernels"], 1);
  EXPECT_EQ(soft["kernels"][0]["bytes"]["formula"], "16·D·N");
}

TEST_F(Report, PlansMemory) {
  const json memory = jsonOf({"f.ricci", "step"})["memory"];
  unsigned results = 0;
  for (const json &block : memory["allocations"]) {
    EXPECT_LE(block["fused_lines"][0], block["fused_lines"][1]) << block;
    EXPECT_EQ(block["place"]["file"], "f.ricci") << block;
    if (block["result"].get<bool>()) {
      ++results;
      EXPECT_EQ(block["bytes"]["formula"], "8·D");
    }
  }
  EXPECT_EQ(results, 1u) << memory;
  EXPECT_EQ(memory["peak"]["formula"], "8·D + scratch of kernel 1")
      << "sizes decide whether there is a block of residuals or all";
}

TEST_F(Report, AssertsConditions) {
  expectAssertion("spills <= 8 && vector_width>=4 && kernels<=1", 0);
  expectAssertion("bytes == 2*8*64*256 && !(kernels > 1)", 0);
  expectAssertion("kernels > 1 || stack < 1e6", 0);
  expectAssertion("kernels == 7", 5, "`kernels == 7` does not hold: kernels = 1");
  expectAssertion("kernels <= 1 &&", 2, "\n  kernels <= 1 &&\n                 ^");
  expectAssertion("kernels <= 1) ", 2, "\n              ^");
  expectAssertion("nonsense < 1", 2, "there is no `nonsense`");
  expectAssertion(std::string(100000, '('), 2, "nested too deeply");
  EXPECT_EQ(run({"f.ricci", "soft", "--assert", "flops > 0"}).status, 2) << "a size that is not known is no number";
}

TEST_F(Report, ExplainsALine) {
  std::string text = textOf({"f.ricci", "step", "--why", "2"});
  EXPECT_NE(text.find("f.ricci:2"), std::string::npos) << text;
  EXPECT_NE(text.find("vjp of"), std::string::npos) << text;
  EXPECT_NE(text.find("4·D·N + N FLOP"), std::string::npos) << text;
  EXPECT_EQ(run({"f.ricci", "step", "--why", "0"}).status, 2);
}

TEST_F(Report, ComparesWithAnOldOne) {
  std::ofstream(folder.path() / "old.json") << textOf({"f.ricci", "soft", "--json"});
  EXPECT_EQ(textOf({"f.ricci", "soft", "--diff", "old.json"}), "nothing changed\n");
  std::string changed = textOf({"f.ricci", "step", "--diff", "old.json"});
  EXPECT_NE(changed.find("kernels      1 → 2"), std::string::npos) << changed;
  EXPECT_NE(changed.find("  - max - exp sum ab->a /"), std::string::npos) << changed;
  EXPECT_EQ(run({"f.ricci", "soft", "--diff", "f.ricci"}).status, 3);
  EXPECT_EQ(run({"f.ricci", "soft", "--diff", "missing.json"}).status, 3);
}

TEST_F(Report, ReportsExpressionsAndPages) {
  json report = jsonOf({"-e", "sum[i](x[i] * x[i])", "x=f64[100]"});
  EXPECT_EQ(report["totals"]["flops"]["number"], 200);
  EXPECT_EQ(report["program"], "sum[i](x[i] * x[i])");
  EXPECT_EQ(textOf({"f.ricci", "soft", "--html", "page.html"}), "");
  std::ifstream file(folder.path() / "page.html");
  std::string page{std::istreambuf_iterator<char>(file), {}};
  EXPECT_NE(page.find("<title>f.ricci"), std::string::npos);
  EXPECT_EQ(page.find("@data@"), std::string::npos);
  EXPECT_EQ(page.find("http"), page.find("http://www.w3.org/2000/svg")) << "nothing is asked from elsewhere";
  EXPECT_EQ(run({"f.ricci", "soft", "--html", "missing/page.html"}).status, 3);
}

TEST_F(Report, RefusesWhatDoesNotGoTogether) {
  EXPECT_EQ(run({"f.ricci", "soft", "--stage=fused", "--why", "1"}).status, 2);
  EXPECT_EQ(run({"f.ricci", "nothing"}).status, 2);
}

// Examples are scripts; nothing is run.
TEST_F(Report, FitsTheSchemaForEveryExample) {
  std::ifstream file(RICCI_SOURCE "/compiler/Inspect/report.schema.json");
  const json schema = json::parse(file);
  unsigned examples = 0;
  for (const auto &entry : std::filesystem::directory_iterator(RICCI_SOURCE "/examples")) {
    if (entry.path().extension() != ".ricci")
      continue;
    ++examples;
    const json report = jsonOf({entry.path()});
    const std::vector<std::string> wrong = test::violations(schema, report);
    EXPECT_TRUE(wrong.empty()) << entry.path() << ": " << testing::PrintToString(wrong).substr(0, 2000);
    EXPECT_FALSE(report["kernels"].empty()) << entry.path();
    EXPECT_FALSE(report["decisions"].empty()) << entry.path();
  }
  EXPECT_GE(examples, 7u);
  EXPECT_FALSE(test::violations(schema, json{{"version", 2}}).empty());
}

} // namespace
