// Modules, functions and their derivatives by the engine's own interface.
#include "compiler/engine/Function.h"

#include <cmath>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <thread>

using namespace ricci;
using namespace ricci::engine;

namespace {

constexpr const char *source = R"(
fn loss(w: f64[D], X: f64[N,D], y: f64[N]) -> f64 {
  let z[n] = sum[d](X[n,d] * w[d])
  mean[n]((z[n] - y[n]) ** 2)
}
fn twice(x: f64[N]) -> f64[N] { 2.0 * x }
fn square(x: f64) -> f64 { x * x }
fn part(x: f64[3], k: i64) -> f64 { x[k] }
struct Line { slope: f64, offset: f64 }
fn fit(p: Line, x: f64[N], y: f64[N]) -> f64 { sum[n]((p.slope * x[n] + p.offset - y[n]) ** 2) }
fn said(x: f64) -> f64 {
  print("x is {x}")
  x
}
)";

// A tensor with the memory for it.
struct Owned {
  std::vector<double> data;
  std::vector<int64_t> sizes, strides;
  Tensor tensor() {
    return {data.data(), runtime::DType::F64, int32_t(sizes.size()), sizes.data(),
            strides.empty() ? nullptr : strides.data()};
  }
};
Owned scalar(double value) { return {{value}, {}, {}}; }
Owned vectorOf(std::vector<double> values) { return {values, {int64_t(values.size())}, {}}; }

class EngineTest : public testing::Test {
protected:
  std::shared_ptr<const Function> get(const std::string &name) {
    if (!module) {
      auto made = engine->compile("model.ricci", source);
      EXPECT_TRUE(made) << made.error().text;
      module = *made;
    }
    auto entry = module->find(name);
    EXPECT_TRUE(entry);
    auto function = Function::create(engine, module, *entry);
    EXPECT_TRUE(function) << function.error().text;
    return *function;
  }
  static std::vector<double> numbers(const runtime::Array &array) {
    auto all = array.as<double>();
    return {all.begin(), all.end()};
  }

  std::shared_ptr<const Engine> engine = std::make_shared<Engine>(EngineOptions{});
  std::shared_ptr<const Module> module;
  Owned w = vectorOf({1, 2}), X{{1, 2, 3, 4, 5, 6}, {3, 2}, {}}, y = vectorOf({1, 1, 1});
  // z = 5, 11, 17; z − y = 4, 10, 16
  static constexpr double value = (16 + 100 + 256) / 3.0;
  const std::vector<double> gradient{2 * (4 * 1 + 10 * 3 + 16 * 5) / 3.0, 2 * (4 * 2 + 10 * 4 + 16 * 6) / 3.0};
};

TEST_F(EngineTest, CallsAFunctionWithTheSizesOfItsArguments) {
  auto loss = get("loss");
  EXPECT_EQ(loss->signature().text(), "loss(w: f64[D], X: f64[N,D], y: f64[N]) -> f64");
  auto results = loss->call(std::vector{w.tensor(), X.tensor(), y.tensor()});
  ASSERT_TRUE(results) << results.error().text;
  EXPECT_DOUBLE_EQ((*results)[0].as<double>()[0], value);
}

TEST_F(EngineTest, DifferentiatesByName) {
  auto loss = get("loss");
  auto both = loss->derivative(Entry::ValueGrad, {"w"});
  ASSERT_TRUE(both) << both.error().text;
  EXPECT_EQ((*both)->signature().text(), "loss_value_grad_w(w: f64[D], X: f64[N,D], y: f64[N]) -> (f64, f64[D])");
  auto results = (*both)->call(std::vector{w.tensor(), X.tensor(), y.tensor()});
  ASSERT_TRUE(results);
  EXPECT_DOUBLE_EQ((*results)[0].as<double>()[0], value);
  EXPECT_DOUBLE_EQ((*results)[1].as<double>()[0], gradient[0]);
  EXPECT_DOUBLE_EQ((*results)[1].as<double>()[1], gradient[1]);
}

TEST_F(EngineTest, FindsDerivativesByTheirNames) {
  EXPECT_EQ(numbers((*get("loss_grad_w")->call(std::vector{w.tensor(), X.tensor(), y.tensor()}))[0]), gradient);
  Owned direction = vectorOf({1, 0});
  auto tangent = get("loss_jvp_w")->call(std::vector{w.tensor(), X.tensor(), y.tensor(), direction.tensor()});
  EXPECT_DOUBLE_EQ((*tangent)[0].as<double>()[0], gradient[0]);
  auto product = get("loss_hvp_w")->call(std::vector{w.tensor(), X.tensor(), y.tensor(), direction.tensor()});
  EXPECT_DOUBLE_EQ((*product)[0].as<double>()[0], 2 * (1 + 9 + 25) / 3.0);
  EXPECT_DOUBLE_EQ((*product)[0].as<double>()[1], 2 * (2 + 12 + 30) / 3.0);
  Owned x = vectorOf({1, 2, 3}), cotangent = vectorOf({1, 10, 100});
  EXPECT_EQ(numbers((*get("twice_vjp_x")->call(std::vector{x.tensor(), cotangent.tensor()}))[0]),
            (std::vector<double>{2, 20, 200}));
}

TEST_F(EngineTest, DifferentiatesByFieldsAndWholeStructs) {
  Owned slope = scalar(2), offset = scalar(1), x = vectorOf({1, 2}), t = vectorOf({0, 0});
  std::vector arguments{slope.tensor(), offset.tensor(), x.tensor(), t.tensor()};
  auto byField = get("fit")->derivative(Entry::Grad, {"p.slope"});
  ASSERT_TRUE(byField) << byField.error().text;
  EXPECT_DOUBLE_EQ((*(*byField)->call(arguments))[0].as<double>()[0], 2 * (3 * 1 + 5 * 2));
  auto whole = get("fit")->derivative(Entry::Grad, {"p"});
  ASSERT_TRUE(whole);
  EXPECT_EQ((*whole)->signature().results.size(), 2u);
  EXPECT_DOUBLE_EQ((*(*whole)->call(arguments))[1].as<double>()[0], 2 * (3 + 5));
  EXPECT_EQ(get("fit_grad_p_slope")->entry().variables, std::vector<std::string>{"p.slope"});
}

TEST_F(EngineTest, UsesTheRulesThatAFunctionBringsAlong) {
  auto made = engine->compile("rule.ricci", R"(
@vjp(rounded) fn straight_through(x: f64, y: f64, dy: f64) -> f64 { 7.0 * dy }
fn rounded(x: f64) -> f64 { floor(x) }
)");
  ASSERT_TRUE(made) << made.error().text;
  auto slope = Function::create(engine, *made, {"rounded", Entry::Grad, {"x"}});
  ASSERT_TRUE(slope) << slope.error().text;
  Owned x = scalar(2.5);
  EXPECT_EQ((*(*slope)->call(std::vector{x.tensor()}))[0].as<double>()[0], 7);
}

TEST_F(EngineTest, SaysWhatIsWrongWithADerivative) {
  auto loss = get("loss");
  struct {
    std::vector<std::string> names;
    const char *code, *part;
  } cases[] = {{{"v"}, "E0201", "no parameter `v`"},
               {{"w", "w"}, "E0607", "named twice"},
               {{"w.first"}, "E0205", "no field `first`"},
               {{}, "", "nothing"}};
  for (const auto &[names, code, part] : cases) {
    auto none = loss->derivative(Entry::Grad, names);
    ASSERT_FALSE(none);
    EXPECT_EQ(none.error().status, Status::InvalidArgument);
    EXPECT_EQ(none.error().code, code);
    EXPECT_NE(none.error().message.find(part), std::string::npos) << none.error().message;
  }
  EXPECT_EQ(get("part")->derivative(Entry::Grad, {"k"}).error().code, "E0602");
  EXPECT_EQ(get("twice")->derivative(Entry::Grad, {"x"}).error().code, "E0603");
}

TEST_F(EngineTest, TakesAnyStrides) {
  auto loss = get("loss");
  Owned columns{{1, 3, 5, 2, 4, 6}, {3, 2}, {1, 3}};
  Owned spread{{1, -1, 2, -1}, {2}, {2}};
  std::vector<double> backwards{1, 1, 1};
  int64_t size = 3, step = -1;
  Tensor reversed{&backwards[2], runtime::DType::F64, 1, &size, &step};
  auto results = loss->call(std::vector{spread.tensor(), columns.tensor(), reversed});
  ASSERT_TRUE(results) << results.error().text;
  EXPECT_DOUBLE_EQ((*results)[0].as<double>()[0], value);
}

TEST_F(EngineTest, TakesMemoryThatIsNotAlignedToItsElements) {
  alignas(8) char bytes[3 * 8 + 1];
  const double x[] = {1, 2, 3};
  std::memcpy(bytes + 1, x, sizeof x);
  int64_t size = 3;
  auto results = get("twice")->call(std::vector{Tensor{bytes + 1, runtime::DType::F64, 1, &size, nullptr}});
  ASSERT_TRUE(results);
  EXPECT_EQ(numbers((*results)[0]), (std::vector<double>{2, 4, 6}));
}

TEST_F(EngineTest, ChecksArgumentsAgainstTheSignature) {
  auto part = get("part"), loss = get("loss");
  int64_t k = 1, three = 3;
  Tensor index{&k, runtime::DType::I64, 0, nullptr, nullptr};
  Owned x = vectorOf({1, 2, 3}), shorter = vectorOf({1, 2});
  EXPECT_EQ((*part->call(std::vector{x.tensor(), index}))[0].as<double>()[0], 2);
  for (const std::vector<Tensor> &wrong :
       {std::vector{x.tensor()}, std::vector{shorter.tensor(), index}, std::vector{index, index},
        std::vector{x.tensor(), x.tensor()},
        std::vector{Tensor{nullptr, runtime::DType::F64, 1, &three, nullptr}, index}}) {
    auto results = part->call(wrong);
    ASSERT_FALSE(results);
    EXPECT_EQ(results.error().status, Status::InvalidArgument) << results.error().text;
  }
  // Sizes that only must agree with one another are the code's to check.
  auto results = loss->call(std::vector{shorter.tensor(), X.tensor(), shorter.tensor()});
  ASSERT_FALSE(results);
  EXPECT_EQ(results.error().code, "R0003");
}

TEST_F(EngineTest, RunTimeErrorsCarryTheirPlace) {
  auto part = get("part");
  int64_t k = 3;
  Owned x = vectorOf({1, 2, 3});
  auto results = part->call(std::vector{x.tensor(), Tensor{&k, runtime::DType::I64, 0, nullptr, nullptr}});
  ASSERT_FALSE(results);
  const Error &error = results.error();
  EXPECT_EQ(error.status, Status::RunTime);
  EXPECT_EQ(error.code, "R0001");
  ASSERT_EQ(error.diagnostics.size(), 1u);
  EXPECT_EQ(error.diagnostics[0].file, "model.ricci");
  EXPECT_EQ(error.diagnostics[0].line, 8u);
  EXPECT_NE(error.text.find("fn part"), std::string::npos);
  auto json = nlohmann::json::parse(error.json());
  EXPECT_EQ(json["code"], "R0001");
  EXPECT_EQ(json["diagnostics"][0]["line"], 8);
}

TEST_F(EngineTest, WrongProgramsAreDiagnosedAsData) {
  auto none = engine->compile("wrong.ricci", "fn f(x: f64[N]) -> f64 { sum[i](x[i] * q) }\n");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().status, Status::WrongProgram);
  EXPECT_EQ(none.error().code, "E0201");
  ASSERT_EQ(none.error().diagnostics.size(), 1u);
  EXPECT_EQ(none.error().diagnostics[0].column, 40u);
  EXPECT_FALSE(engine->compileFile("/nowhere/at/all.ricci"));
  EXPECT_EQ(engine->compileFile("/nowhere/at/all.ricci").error().status, Status::Io);
}

TEST_F(EngineTest, WritesWhereTheHostSays) {
  auto twice = get("twice");
  Owned x = vectorOf({1, 2, 3});
  auto workspace = twice->workspace(std::vector{x.tensor()});
  ASSERT_TRUE(workspace);
  alignas(64) double aligned[8] = {};
  int64_t three = 3, strides[] = {2};
  Tensor plain{aligned, runtime::DType::F64, 1, &three, nullptr};
  EXPECT_EQ(twice->callInto(workspace->get(), std::vector{x.tensor()}, std::vector{plain}), Status::Ok);
  EXPECT_EQ(aligned[2], 6);
  EXPECT_EQ(aligned[3], 0) << "wrote past the end";
  double spread[6] = {};
  Tensor strided{spread, runtime::DType::F64, 1, &three, strides};
  EXPECT_EQ(twice->callInto(workspace->get(), std::vector{x.tensor()}, std::vector{strided}), Status::Ok);
  EXPECT_EQ(spread[4], 6);
  EXPECT_EQ(spread[3], 0);
  // Over the argument itself.
  EXPECT_EQ(twice->callInto(workspace->get(), std::vector{x.tensor()}, std::vector{x.tensor()}), Status::Ok);
  EXPECT_EQ(x.data, (std::vector<double>{2, 4, 6}));
  // Memory of another size.
  Owned shorter = vectorOf({0, 0});
  EXPECT_EQ(twice->callInto(workspace->get(), std::vector{x.tensor()}, std::vector{shorter.tensor()}),
            Status::InvalidArgument);
}

TEST_F(EngineTest, RehearsesWithoutEffects) {
  std::string printed;
  EngineOptions options;
  options.print = [&](std::string_view text) { printed += text; };
  engine = std::make_shared<Engine>(options);
  auto said = get("said");
  Owned x = scalar(2);
  auto workspace = said->workspace(std::vector{x.tensor()});
  ASSERT_TRUE(workspace);
  EXPECT_EQ(printed, "");
  ASSERT_TRUE(said->call(std::vector{x.tensor()}));
  EXPECT_EQ(printed, "x is 2.0\n");
}

TEST_F(EngineTest, ReportsWhatAFunctionCosts) {
  auto text = get("loss_grad_w")->report();
  ASSERT_TRUE(text) << text.error().text;
  auto report = nlohmann::json::parse(*text);
  EXPECT_EQ(report["function"], "loss_grad_w");
  EXPECT_EQ(report["program"], "model.ricci");
  EXPECT_FALSE(report["kernels"].empty());
  EXPECT_FALSE(report["totals"]["flops"]["formula"].get<std::string>().empty());
  EXPECT_TRUE(report.contains("memory"));
}

// Of C's functions, of the runtime's and of what compiled code is called itself.
TEST_F(EngineTest, FunctionsMayBeCalledAsTheyLike) {
  for (const char *name : {"memcpy", "malloc", "tan", "cosf", "ricci_alloc", "ricci_contract", "main", "_start"}) {
    auto made = engine->compile("names.ricci", std::string("fn ") + name + R"((x: f64[N], T: i64) -> f64[N] {
  var s = x
  for t in 0..T { s = s with [t % N] = sinh(s[(t + 1) % N]) }
  s @ full(f64[N,N], 1.0)
})");
    ASSERT_TRUE(made) << made.error().text;
    auto function = Function::create(engine, *made, {name, Entry::Value, {}});
    ASSERT_TRUE(function) << function.error().text;
    Owned x = vectorOf({0.5, 0.25});
    int64_t turns = 1;
    auto results = (*function)->call(std::vector{x.tensor(), Tensor{&turns, runtime::DType::I64, 0, nullptr, nullptr}});
    ASSERT_TRUE(results) << name << results.error().text;
    EXPECT_NEAR((*results)[0].as<double>()[1], std::sinh(0.25) + 0.25, 1e-15) << name;
  }
}

TEST_F(EngineTest, ShowsStages) {
  get("loss");
  auto ir = engine->stage(*module, {"loss", Entry::Grad, {"w"}}, Stage::Fused);
  ASSERT_TRUE(ir);
  EXPECT_NE(ir->find("ricci.kernel"), std::string::npos);
}

TEST_F(EngineTest, ManyThreadsCompileAndCall) {
  get("loss");
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int number = 0; number < 16; ++number)
    threads.emplace_back([&, number] {
      auto own = number % 2 ? Result<std::shared_ptr<const Module>>(module) : engine->compile("model.ricci", source);
      auto both = Function::create(engine, *own, {"loss", Entry::ValueGrad, {"w"}});
      for (int turn = 0; both && turn < 50; ++turn) {
        auto results = (*both)->call(std::vector{w.tensor(), X.tensor(), y.tensor()});
        right += results && std::abs((*results)[0].as<double>()[0] - value) < 1e-12 &&
                 std::abs((*results)[1].as<double>()[1] - gradient[1]) < 1e-12;
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(right, 16 * 50);
}

TEST_F(EngineTest, ManyThreadsCallOneFunction) {
  auto loss = get("loss");
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int number = 0; number < 16; ++number)
    threads.emplace_back([&] {
      for (int turn = 0; turn < 200; ++turn) {
        auto results = loss->call(std::vector{w.tensor(), X.tensor(), y.tensor()});
        right += results && std::abs((*results)[0].as<double>()[0] - value) < 1e-12;
      }
    });
  for (std::thread &thread : threads)
    thread.join();
  EXPECT_EQ(right, 16 * 200);
}

} // namespace
