// ricci test: derivatives of a file's functions, and rules that it brings.

#include "compiler/driver/testing/Differences.h"
#include "tests/compiler/driver/Tested.h"

#include <cmath>

using namespace ricci;
using nlohmann::json;

namespace {

class TestDerivatives : public test::Tested {
protected:
  // Of everything: `name kind status`.
  std::vector<std::string> results(const std::string &text) {
    write("t.ricci", text);
    json object = json::parse(run({"t.ricci", "--json"}).out, nullptr, false);
    std::vector<std::string> lines;
    for (const json &entry : object["tests"]) {
      std::string name = entry["name"];
      lines.push_back(name.substr(name.find(':') + 1) + " " + entry["kind"].get<std::string>() + " " +
                      entry["status"].get<std::string>());
    }
    return lines;
  }
  using Lines = std::vector<std::string>;
};

TEST_F(TestDerivatives, AreCheckedForEveryDifferentiableFunction) {
  EXPECT_EQ(results("struct P<N> { a: f64, b: f64[N], n: i64 }\n"
                    "fn loss(p: P<N>, X: f64[M,N], t: i64[M]) -> f64 { sum[m](tanh(p.a + X[m,t[m]] * p.b[t[m]])) }\n"
                    "fn single(x: f32) -> f32 { log(x) * sqrt(x) }\n"
                    "fn generic<T: float>(x: T[N]) -> T[N] { x ** 3 }\n"
                    "fn ranked(x: f64[N]) -> (f64[N], i64[N]) { top_k(x, N) }\n"
                    "fn shifted(x: f64[N+1]) -> f64[N] { let d[i in 0..N] = x[i+1] * x[i]; d }\n"
                    "fn grown(x: f64[N], k: key) -> f64[2,N] { stack(x * normal(k, f64[N]), exp(x)) }\n"
                    "fn guarded(x: f64) -> f64 {\n  assert x > 0.0\n  1 / x\n}\n"
                    "fn kinks(x: f64[N]) -> f64 { sum[i](abs(x[i])) + max(x) }\n"),
            (Lines{"loss derivative passed", "single derivative passed", "generic derivative passed",
                   "ranked derivative passed", "shifted derivative passed", "grown derivative passed",
                   "guarded derivative passed", "kinks derivative passed"}));
}

TEST_F(TestDerivatives, OfWhatHasNoneAreNotMentioned) {
  EXPECT_EQ(results("fn counts(x: f64[N]) -> i64 { sum[i where x[i] > 0.0](1) }\nfn next(n: i64) -> i64 { n + 1 }\n"
                    "fn half(n: i64) -> f64 { 0.5 * f64(n) }\nfn constant(x: f64) -> f64 { 1.0 }\n"
                    "@test fn t(x: f64) { assert x == x }\n"),
            (Lines{"t property passed"}));
}

TEST_F(TestDerivatives, SayWhyTheyCouldNotBeChecked) {
  std::string text = "fn cast(x: f64) -> f64 { f64(i64(x)) * x }\n"
                     "fn nowhere(x: f64) -> f64 {\n  assert x > 1e9\n  x\n}\n"
                     "fn undefined(x: f64) -> f64 { log(-x * x) }\n"
                     "fn rough(x: f64) -> f64 { sin(1e6 * x) }\n"
                     "fn held(x: f64) -> f64 { x * stop_grad(x) }\n"
                     "fn minimise<P>(f: fn(P) -> f64, p: P) -> P { p - 0.1 * grad[p](f(p)) }\n";
  write("t.ricci", text);
  test::Outcome outcome = run({"t.ricci"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(
      outcome.out.substr(0, outcome.out.find(" in ")),
      "derivatives: 0 checked, 6 could not be:\n"
      "  t.ricci:cast: this casts an integer or `bool` that depends on `x` to floating point; its derivative is lost\n"
      "  t.ricci:nowhere: R0005: assertion failed: x > 1e9\n"
      "  t.ricci:undefined: its value is not finite\n"
      "  t.ricci:rough: differences of its values settle nowhere\n"
      "  t.ricci:held: `stop_grad` makes it another than that of its values; forward and reverse mode agree\n"
      "  t.ricci:minimise: it is made for each call, and no test calls it\n"
      "0 passed, 0 failed");
  EXPECT_EQ(run({"t.ricci", "--quiet"}).out.substr(0, 9), "0 passed,");
}

TEST_F(TestDerivatives, OfFunctionsMadeForEachCallAreCheckedAsTestsCallThem) {
  std::string text = "fn step<P>(p: P, g: P) -> P { p - 0.1 * g }\n"
                     "fn along<P>(f: fn(P) -> f64, p: P) -> P { p - 0.1 * grad[p](f(p)) }\n"
                     "fn calls(x: f64[2]) -> f64[2] { along(|q| sum(q ** 3), x) }\n";
  EXPECT_EQ(results(text + "@test fn t(x: f64[N]) { assert all(step(x, zeros(x)) == x) }\n"
                           "@test fn u() { assert all(calls([1.0, 2.0]) < 2.0) }\n"),
            (Lines{"t property passed", "u test passed", "calls derivative passed", "step derivative passed",
                   "along derivative passed"}));
  // What the function was given captures what is not there without the call.
  json captures = resultOf("fn along<P>(f: fn(P) -> f64, p: P) -> P { p - 0.1 * grad[p](f(p)) }\n"
                           "@test fn t() {\n  let a = 2.0\n  assert along(|q| a * q, 1.0) < 1.0\n}\n",
                           "along");
  EXPECT_EQ(captures["status"], "unchecked");
}

// ------------------------------------------------------------------ rules

TEST_F(TestDerivatives, RightRulesPass) {
  EXPECT_EQ(
      results("@vjp(cap) fn cap_vjp(x: f64, y: f64, dy: f64) -> f64 { dy * (1.0 - y * y) }\n"
              "fn cap(x: f64) -> f64 { tanh(x) }\n"
              "@vjp(scale) fn scale_vjp(x: f64, z: f32[N], k: i64, y: f32[N], dy: f32[N]) -> (f64, f32[N]) {\n"
              "  (f64(sum(dy * z)), f32(x) * dy)\n}\n"
              "@jvp(scale) fn scale_jvp(x: f64, z: f32[N], k: i64, y: f32[N], dx: f64, dz: f32[N]) -> f32[N] {\n"
              "  f32(dx) * z + f32(x) * dz\n}\n"
              "fn scale(x: f64, z: f32[N], k: i64) -> f32[N] { f32(x) * z }\n"
              // At the kink it says 1.
              "@vjp(ramp) fn ramp_vjp(x: f64, y: f64, dy: f64) -> f64 { if x >= 0.0 then dy else 0.0 }\n"
              "fn ramp(x: f64) -> f64 { max(x, 0.0) }\n"),
      (Lines{"cap_vjp derivative passed", "cap derivative passed", "cap_vjp rule passed", "scale_vjp derivative passed",
             "scale_jvp derivative passed", "scale derivative passed", "scale_jvp rule passed", "scale_vjp rule passed",
             "ramp_vjp derivative passed", "ramp derivative passed", "ramp_vjp rule passed"}));
}

TEST_F(TestDerivatives, WrongRulesAreFound) {
  auto ruleOf = [&](const std::string &text, const std::string &rule) {
    write("t.ricci", text);
    json object = json::parse(run({"t.ricci", "--json"}).out, nullptr, false);
    for (const json &entry : object["tests"])
      if (entry["name"] == "t.ricci:" + rule && entry["kind"] == "rule")
        return entry;
    return json{{"status", ""}, {"message", ""}};
  };
  auto says = [](const json &result, const std::string &fragment) {
    return result["status"] == "failed" && result["message"].get<std::string>().find(fragment) != std::string::npos;
  };
  std::string scale = "fn scale(x: f64, z: f64[N]) -> f64[N] { x * z }\n";
  json reverse = ruleOf("@vjp(scale) fn back(x: f64, z: f64[N], y: f64[N], dy: f64[N]) -> (f64, f64[N]) {\n"
                        "  (sum(dy * z), dy)\n}\n" +
                            scale,
                        "back");
  EXPECT_TRUE(says(reverse, "the rule `back` differs from the derivative of the body of `scale`")) << reverse;
  EXPECT_TRUE(says(reverse, "/∂z[0]: forward ")) << reverse;
  EXPECT_FALSE(says(reverse, "/∂x:")) << reverse;
  json forward = ruleOf("@jvp(scale) fn ahead(x: f64, z: f64[N], y: f64[N], dx: f64, dz: f64[N]) -> f64[N] {\n"
                        "  2.0 * dx * z + x * dz\n}\n" +
                            scale,
                        "ahead");
  EXPECT_TRUE(says(forward, "/∂x: forward ")) << forward;
  EXPECT_FALSE(says(forward, "/∂z")) << forward;
  // The body's own derivative is 0 wherever it has one.
  EXPECT_TRUE(
      says(ruleOf("@vjp(near) fn back(x: f64, y: f64, dy: f64) -> f64 { dy }\nfn near(x: f64) -> f64 { round(x) }\n",
                  "back"),
           "∂near/∂x: forward 0, back 1\n"));
  // The body's derivative cannot be derived: differences tell.
  json cast = ruleOf(
      "@vjp(f) fn back(x: f64, y: f64, dy: f64) -> f64 { dy }\nfn f(x: f64) -> f64 { f64(i64(x)) * x }\n", "back");
  EXPECT_TRUE(says(cast, "∂f/∂x: differences 0, back 1\n")) << cast;
  // Who calls a function with a wrong rule has a wrong derivative, but only in the mode that it is for.
  json caller = resultOf("@vjp(scale) fn back(x: f64, z: f64[N], y: f64[N], dy: f64[N]) -> (f64, f64[N]) {\n"
                         "  (2.0 * sum(dy * z), x * dy)\n}\n"
                         "@jvp(scale) fn ahead(x: f64, z: f64[N], y: f64[N], dx: f64, dz: f64[N]) -> f64[N] {\n"
                         "  dx * z + x * dz\n}\n"
                         "fn caller(x: f64) -> f64 { sum(scale(x, [1.0, 2.0])) }\n" +
                             scale,
                         "caller");
  EXPECT_TRUE(says(caller, "its derivatives in forward and in reverse mode differ\n"
                           "  ∂caller/∂x: forward 3, reverse 6, differences 3\n"))
      << caller;
}

// A space without another direction leaves rounding to be normalised: no way to its derivative is right, and none is wrong.
TEST_F(TestDerivatives, ThatRoundingDecidesAreNotBlamed) {
  expectPass("fn krylov(A: f64[N,N], b: f64[N], m: i64) -> f64[m,N] {\n"
             "  var V = zeros(f64[m,N]) with [0,:] = b / norm(b)\n"
             "  for j in 1..m {\n    let u = A @ V[j-1,:]\n    let c[i] = sum[n](V[i,n] * u[n])\n"
             "    let r = u - V.T @ c\n    V = V with [j,:] = r / norm(r)\n  }\n  V\n}\n",
             "krylov");
}

TEST_F(TestDerivatives, FailuresReproduce) {
  std::string text = "@vjp(cap) fn back(x: f64, y: f64, dy: f64) -> f64 { if x > 0.0 then dy else 0.5 * dy }\n"
                     "fn cap(x: f64) -> f64 { x }\n";
  write("t.ricci", text);
  auto rule = [&](const std::vector<std::string> &options) {
    json object = json::parse(run(options).out, nullptr, false);
    return object["tests"].back();
  };
  json first = rule({"t.ricci", "--json"});
  ASSERT_EQ(first["status"], "failed");
  json again = rule({"t.ricci", "--json", "--seed", std::to_string(first["seed"].get<uint64_t>())});
  EXPECT_EQ(again["message"], first["message"]);
}

// ------------------------------------------------------------------ differences

TEST(Differences, BoundTheirError) {
  auto slope = [](double (*f)(double), double noise = 1e-15) {
    return driver::slopeAtZero([f](double t) { return std::optional(f(t)); }, noise);
  };
  std::pair<double (*)(double), double> smooth[] = {
      {[](double t) { return std::exp(3 * t); }, 3},
      {[](double t) { return 1e6 + std::sin(t); }, 1},
      {[](double t) { return std::log(0.1 + t); }, 10},
      {[](double t) { return std::abs(t - 0.5); }, -1},
      {[](double) { return 7.0; }, 0},
  };
  for (auto [f, expected] : smooth) {
    std::optional<driver::Slope> found = slope(f, 0x1p-51 * std::abs(f(0)));
    ASSERT_TRUE(found);
    EXPECT_LE(std::abs(found->value - expected), found->error) << expected;
    EXPECT_LE(found->error, 1e-4 * (1 + std::abs(expected))) << expected;
  }
  EXPECT_FALSE(slope([](double t) { return std::abs(t - 0.001); }));
  EXPECT_FALSE(slope([](double t) { return t > 0.0001 ? 1.0 : 0.0; }));
  EXPECT_FALSE(slope([](double t) { return std::cbrt(t); }));
  EXPECT_FALSE(slope([](double t) { return std::sin(1e4 * t); }));
  EXPECT_FALSE(slope([](double t) { return std::sqrt(t); })); // NaN on the left
  EXPECT_FALSE(driver::slopeAtZero([](double t) { return t < 0 ? std::nullopt : std::optional(t); }, 0));
}

} // namespace
