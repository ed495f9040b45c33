// Compilation in another process: the same code, the same errors, and an error where the process ends.
#include "compiler/engine/Function.h"

#include <gtest/gtest.h>
#include <thread>

using namespace ricci;
using namespace ricci::engine;

namespace {

std::shared_ptr<const Engine> engineBy(const std::string &compiler) {
  EngineOptions options;
  options.compiler = compiler;
  return std::make_shared<Engine>(options);
}

Result<double> evaluate(const std::shared_ptr<const Engine> &engine, const std::string &source,
                        const CompileOptions &options = {}) {
  auto module = engine->compile("f.ricci", source);
  if (!module)
    return module.error();
  auto function = Function::create(engine, *module, {"f", Entry::Grad, {"x"}}, options);
  if (!function)
    return function.error();
  double x = 3;
  auto results = (*function)->call(std::vector{Tensor{&x, runtime::DType::F64, 0, nullptr, nullptr}});
  if (!results)
    return results.error();
  return (*results)[0].as<double>()[0];
}

constexpr const char *worker = RICCI_BINARY " compile-worker";
constexpr const char *square = "fn f(x: f64) -> f64 { x * x }\n";

TEST(Worker, CompilesAsThisProcessDoes) {
  auto value = evaluate(engineBy(worker), square);
  ASSERT_TRUE(value) << value.error().text;
  EXPECT_EQ(*value, 6);
}

TEST(Worker, PassesDiagnosticsOn) {
  // What the pipeline says, not sema.
  const char *text = "fn g() -> f64 {\n  sum(zeros(f64[2305843009213693953]))\n}\n";
  auto here = engineBy(""), there = engineBy(worker);
  auto module = there->compile("f.ricci", text);
  ASSERT_TRUE(module) << module.error().text;
  auto one = here->code(**module, {"g", Entry::Value, {}}), other = there->code(**module, {"g", Entry::Value, {}});
  ASSERT_FALSE(one);
  ASSERT_FALSE(other);
  EXPECT_EQ(other.error().text, one.error().text);
  EXPECT_EQ(other.error().code, "E0910");
  ASSERT_EQ(other.error().diagnostics.size(), 1u);
  EXPECT_EQ(other.error().diagnostics[0].line, 2u);
}

TEST(Worker, BringsImportsAlong) {
  auto engine = engineBy(worker);
  ModuleRequest request;
  request.name = "main.ricci";
  request.texts = {{"main.ricci", "import other\nfn f(x: f64) -> f64 { other.g(x) }\n"},
                   {"other.ricci", "fn g(x: f64) -> f64 { x + 1.0 }\n"}};
  auto module = engine->load(request);
  ASSERT_TRUE(module);
  auto code = engine->code(**module, {"f", Entry::Value, {}});
  EXPECT_TRUE(code) << code.error().text;
}

// Planted in a compiler of the tests' own.
TEST(Worker, ACrashIsAnError) {
  for (const char *crash : {"abort", "segmentation", "fatal", "recursion", "exit", "half", "nonsense"}) {
    auto value = evaluate(engineBy(std::string(RICCI_CRASHING_COMPILER " ") + crash), square);
    ASSERT_FALSE(value) << crash;
    EXPECT_EQ(value.error().status, Status::Fault) << value.error().text;
  }
  auto value = evaluate(engineBy("/no/such/program"), square);
  ASSERT_FALSE(value);
  EXPECT_TRUE(value.error().status == Status::Io || value.error().status == Status::Fault);
}

TEST(Worker, CanBeStopped) {
  std::atomic<bool> stop{false};
  CompileOptions options;
  options.isStopped = [&] { return stop.load(); };
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    stop = true;
  });
  auto value = evaluate(engineBy("sleep 1000"), square, options);
  later.join();
  ASSERT_FALSE(value);
  EXPECT_EQ(value.error().status, Status::Stopped);
}

} // namespace
