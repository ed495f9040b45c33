// The C++ header over libricci.so, as a host sees it: nothing else of Ricci is linked.
#include <ricci/ricci.hpp>

#include <atomic>
#include <chrono>
#include <cmath>
#include <gtest/gtest.h>
#include <thread>

using ricci::view;

namespace {

constexpr const char *source = R"(
fn square(x: f64) -> f64 { x * x }
fn scaled(x: f32[N], by: f32) -> f32[N] { by * x }
fn norm2(A: f64[M,N]) -> f64 { sum[i,j](A[i,j] ** 2) }
fn both(x: f64[N]) -> (f64, f64[N]) { (sum[i](x[i]), 2.0 * x) }
fn count(x: i64[N], b: bool[N]) -> i64 { sum[i](if b[i] then x[i] else 0) }
fn checked(x: f64) -> f64 {
  assert x > 0.0, "x must be positive"
  x
}
fn product(A: f64[M,K], B: f64[K,N]) -> f64[M,N] { A @ B }
fn greeting(x: f64) -> f64 {
  print("hello {x}")
  x
}
fn endless(x: f64) -> f64 {
  var y = x
  for t in 0..1000000000000 { y = 0.5 * y + 1.0 }
  y
}
)";

class Header : public testing::Test {
protected:
  ricci::engine engine;
  ricci::module module = engine.compile("test.ricci", source).value();
};

extern "C" double evaluate_in_c(const char *source);

TEST_F(Header, IsC) { EXPECT_EQ(evaluate_in_c("fn f(x: f64) -> f64 { x * x }\n"), 9); }

TEST_F(Header, ChecksTheSignatureOnce) {
  auto square = module.get<double(double)>("square");
  ASSERT_TRUE(square);
  EXPECT_EQ((*square)(3.0), 9.0);
  EXPECT_FALSE(module.get<float(double)>("square"));
  EXPECT_FALSE(module.get<double(float)>("square"));
  EXPECT_FALSE((module.get<double(double, double)>("square")));
  EXPECT_FALSE((module.get<double(view<double, 1>)>("norm2")));
  auto none = module.get<double(double)>("squares");
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().status(), ricci::status::invalid_argument);
  EXPECT_NE(none.error().message().find("is `square` meant?"), std::string::npos);
  EXPECT_THROW(none.value(), ricci::error);
}

TEST_F(Header, PassesVectorsViewsAndScalars) {
  auto scaled = module.get<ricci::array<float, 1>(view<float, 1>, float)>("scaled").value();
  std::vector<float> x{1, 2, 3};
  ricci::array<float, 1> y = scaled(x, 2.0f);
  EXPECT_EQ(y.size(0), 3);
  EXPECT_EQ(y(2), 6.0f);
  const std::array<float, 2> fixed{4, 5};
  EXPECT_EQ(scaled(fixed, 0.5f)(1), 2.5f);
  auto norm2 = module.get<double(view<double, 2>)>("norm2").value();
  double A[] = {1, 2, 3, 4, 5, 6};
  EXPECT_EQ(norm2(view<double, 2>(A, {2, 3})), 91);
  EXPECT_EQ(norm2(view<double, 2>(A, {2, 2}, {3, 1})), 1 + 4 + 16 + 25);
  EXPECT_EQ(norm2(view<double, 2>(A + 5, {1, 3}, {0, -2})), 36 + 16 + 4);
  auto count = module.get<int64_t(view<int64_t, 1>, view<bool, 1>)>("count").value();
  std::vector<int64_t> numbers{1, 10, 100};
  std::array<bool, 3> mask{true, false, true};
  EXPECT_EQ(count(numbers, mask), 101);
}

TEST_F(Header, GivesTuples) {
  auto both = module.get<std::tuple<double, ricci::array<double, 1>>(view<double, 1>)>("both").value();
  std::vector<double> x{1, 2, 3};
  auto [sum, twice] = both(x);
  EXPECT_EQ(sum, 6);
  EXPECT_EQ(twice(1), 4);
}

TEST_F(Header, ErrorsCarryWhatThereIsToKnow) {
  auto wrong = engine.compile("wrong.ricci", "fn f(x: f64) -> f64 { x + y }\n");
  ASSERT_FALSE(wrong);
  EXPECT_EQ(wrong.error().status(), ricci::status::wrong_program);
  EXPECT_EQ(wrong.error().code(), "E0201");
  ASSERT_EQ(wrong.error().spans().size(), 1u);
  EXPECT_EQ(wrong.error().spans()[0].file, "wrong.ricci");
  EXPECT_EQ(wrong.error().spans()[0].column, 27u);
  EXPECT_NE(wrong.error().text().find("x + y"), std::string::npos);
  EXPECT_NE(wrong.error().json().find("\"line\":1"), std::string::npos);
  auto checked = module.get<double(double)>("checked").value();
  EXPECT_EQ(checked(1.0), 1.0);
  try {
    checked(-1.0);
    FAIL();
  } catch (const ricci::error &error) {
    EXPECT_EQ(error.status(), ricci::status::run_time_error);
    EXPECT_EQ(error.code(), "R0005");
    EXPECT_NE(error.message().find("x must be positive"), std::string::npos);
  }
}

TEST_F(Header, ResultsOutliveTheirMakers) {
  std::optional<ricci::array<double, 1>> kept;
  {
    ricci::engine other;
    auto both = other.compile("t.ricci", source).value().get("both").value();
    std::vector<double> x{1, 2};
    kept.emplace(std::move(both.call({x}).value()[1]));
  }
  EXPECT_EQ((*kept)(1), 4);
}

TEST_F(Header, UsesTheHostsMemoryThreadsAndOutput) {
  struct Counts {
    std::atomic<int64_t> live{0}, calls{0}, parallel{0};
  } counts;
  std::string printed;
  ricci::engine_options options;
  options.threads = 3;
  options.allocator = {[](void *user, size_t bytes, size_t alignment) {
                         auto *counts = static_cast<Counts *>(user);
                         counts->live += int64_t(bytes);
                         ++counts->calls;
                         return std::aligned_alloc(alignment, bytes);
                       },
                       [](void *user, void *memory, size_t bytes) {
                         static_cast<Counts *>(user)->live -= int64_t(bytes);
                         std::free(memory);
                       },
                       &counts};
  options.executor = {[](void *user, int32_t copies, void (*work)(void *), void *argument) {
                        ++static_cast<Counts *>(user)->parallel;
                        std::vector<std::thread> threads;
                        for (int32_t i = 0; i < copies; ++i)
                          threads.emplace_back(work, argument);
                        for (std::thread &thread : threads)
                          thread.join();
                      },
                      &counts};
  options.print = [&](std::string_view text) { printed += text; };
  {
    ricci::engine host(options);
    auto module = host.compile("test.ricci", source).value();
    auto product = module.get<ricci::array<double, 2>(view<double, 2>, view<double, 2>)>("product").value();
    const int64_t n = 700;
    std::vector<double> a(n * n, 1.0), b(n * n, 2.0);
    auto c = product(view<double, 2>(a.data(), {n, n}), view<double, 2>(b.data(), {n, n}));
    EXPECT_EQ(c(n - 1, n - 1), 2.0 * n);
    EXPECT_GT(counts.calls, 0);
    EXPECT_GT(counts.parallel, 0);
    module.get<double(double)>("greeting").value()(1.0);
  }
  EXPECT_EQ(printed, "hello 1.0\n");
  EXPECT_EQ(counts.live, 0);
}

TEST_F(Header, KeepsToTheMemoryLimit) {
  ricci::engine_options options;
  options.memory_limit = 1 << 20;
  auto module = ricci::engine(options).compile("test.ricci", source).value();
  auto scaled = module.get("scaled").value();
  std::vector<float> x(1 << 20);
  auto results = scaled.call({x, 2.0f});
  ASSERT_FALSE(results);
  EXPECT_EQ(results.error().status(), ricci::status::out_of_memory);
}

TEST_F(Header, StopsARunningLoop) {
  auto endless = module.get("endless").value();
  ricci::stop_token stop;
  std::thread later([&] {
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
    stop.request();
  });
  auto results = endless.call({1.0}, &stop);
  later.join();
  ASSERT_FALSE(results);
  EXPECT_EQ(results.error().status(), ricci::status::stopped);
  EXPECT_EQ(results.error().code(), "R0104");
  // What is asked to stop before it begins does not compile.
  EXPECT_EQ(module.get("product", &stop).error().status(), ricci::status::stopped);
  stop.reset();
  EXPECT_TRUE(module.get("product", &stop));
}

TEST_F(Header, OptionsOfAnotherSize) {
  ricci_engine_options options = RICCI_ENGINE_OPTIONS_INIT;
  ricci_engine *engine = nullptr;
  // An older host.
  options.struct_size = offsetof(ricci_engine_options, memory_limit);
  options.memory_limit = -1;
  EXPECT_EQ(ricci_engine_create(&options, &engine, nullptr), RICCI_OK);
  ricci_engine_release(engine);
  // One that did not set it, a value that is none.
  options.struct_size = 0;
  EXPECT_EQ(ricci_engine_create(&options, &engine, nullptr), RICCI_INVALID_ARGUMENT);
  options.struct_size = sizeof options;
  EXPECT_EQ(ricci_engine_create(&options, &engine, nullptr), RICCI_INVALID_ARGUMENT);
  // A newer host, with nothing set that this library lacks; and with something.
  struct {
    ricci_engine_options known = RICCI_ENGINE_OPTIONS_INIT;
    int64_t later = 0;
  } newer;
  newer.known.struct_size = sizeof newer;
  EXPECT_EQ(ricci_engine_create(&newer.known, &engine, nullptr), RICCI_OK);
  ricci_engine_release(engine);
  newer.later = 1;
  EXPECT_EQ(ricci_engine_create(&newer.known, &engine, nullptr), RICCI_INVALID_ARGUMENT);
}

TEST_F(Header, RefusesTensorsThatAreNone) {
  auto norm2 = module.get("norm2").value();
  double data[4] = {};
  int64_t sizes[] = {2, 2}, huge[] = {int64_t(1) << 40, int64_t(1) << 40}, negative[] = {-1, 2};
  DLTensor good{data, {kDLCPU, 0}, 2, {kDLFloat, 64, 1}, sizes, nullptr, 0};
  double value;
  DLTensor out{&value, {kDLCPU, 0}, 0, {kDLFloat, 64, 1}, nullptr, nullptr, 0};
  auto call = [&](DLTensor tensor) {
    return ricci_function_call_into(norm2.get(), nullptr, &tensor, 1, &out, 1, nullptr, nullptr);
  };
  EXPECT_EQ(call(good), RICCI_OK);
  DLTensor wrong = good;
  wrong.device.device_type = static_cast<DLDeviceType>(2);
  EXPECT_EQ(call(wrong), RICCI_INVALID_ARGUMENT);
  wrong = good, wrong.dtype.bits = 16;
  EXPECT_EQ(call(wrong), RICCI_INVALID_ARGUMENT);
  wrong = good, wrong.shape = huge;
  EXPECT_EQ(call(wrong), RICCI_INVALID_ARGUMENT);
  wrong = good, wrong.shape = negative;
  EXPECT_EQ(call(wrong), RICCI_INVALID_ARGUMENT);
  wrong = good, wrong.ndim = 100;
  EXPECT_EQ(call(wrong), RICCI_INVALID_ARGUMENT);
  wrong = good, wrong.data = nullptr;
  EXPECT_EQ(call(wrong), RICCI_INVALID_ARGUMENT);
  wrong = good, wrong.data = reinterpret_cast<char *>(data) - 8, wrong.byte_offset = 8;
  EXPECT_EQ(call(wrong), RICCI_OK);
}

} // namespace
