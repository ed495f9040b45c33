// What allocates nothing, and what happens where there is nothing to allocate. `operator new` of the whole process,
// that of libricci.so included, is this file's.
#include <ricci/ricci.hpp>

#include <atomic>
#include <cstdlib>
#include <cstring>
#include <gtest/gtest.h>
#include <new>
#include <optional>
#include <pthread.h>

using ricci::view;

namespace {

// How many were made, on whichever thread, and which one fails.
std::atomic<int64_t> allocations{0}, failing{-1};

} // namespace

void *operator new(size_t size) {
  if (++allocations == failing)
    throw std::bad_alloc();
  if (void *memory = std::malloc(size ? size : 1))
    return memory;
  throw std::bad_alloc();
}
void *operator new(size_t size, const std::nothrow_t &) noexcept {
  return ++allocations == failing ? nullptr : std::malloc(size ? size : 1);
}
void operator delete(void *memory) noexcept { std::free(memory); }
void operator delete(void *memory, size_t) noexcept { std::free(memory); }

namespace {

constexpr const char *source = R"(
fn loss(w: f64[D], X: f64[N,D], y: f64[N]) -> f64 {
  let z[n] = sum[d](X[n,d] * w[d])
  mean[n](softplus(z[n]) - y[n] * z[n])
}
fn outer(x: f64[N]) -> f64[N,N] {
  let A[i,j] = x[i] * x[j]
  A @ A
}
fn checked(x: f64) -> f64 {
  assert x > 0.0, "x must be positive, and this text is too long to be kept without memory of its own"
  x
}
fn growing(x: f64[N], n: i64) -> f64 { sum(concat(x, full(f64[n], 1.0))) }
)";

class Allocation : public testing::Test {
protected:
  ~Allocation() override { failing = -1; }

  ricci::engine engine;
  ricci::module module = engine.compile("test.ricci", source).value();
  std::vector<double> w{1, 2}, Xdata{1, 2, 3, 4, 5, 6}, y{1, 0, 1};
  view<double, 2> X{Xdata.data(), {3, 2}};
};

TEST_F(Allocation, CallsWithAWorkspaceMakeNone) {
  auto vg = module.get("loss").value().value_and_grad({"w"}).value();
  auto ws = vg.workspace({w, X, y}).value();
  double L = 0;
  std::vector<double> g(2);
  // Arguments of other strides are copied, into memory that the workspace got to know with them.
  view<double, 2> columns{Xdata.data(), {3, 2}, {1, 3}};
  auto other = vg.workspace({w, columns, y}).value();
  int64_t before = allocations;
  for (int turn = 0; turn < 100; ++turn) {
    ASSERT_EQ(vg.call_into(ws, {w, X, y}, {&L, g}), ricci::status::ok);
    ASSERT_EQ(vg.call_into(other, {w, columns, y}, {&L, g}), ricci::status::ok);
  }
  EXPECT_EQ(allocations, before);
  EXPECT_GT(L, 0);
}

TEST_F(Allocation, CallsOfScalarFunctionsMakeNone) {
  auto checked = module.get<double(double)>("checked").value();
  checked(1.0);
  int64_t before = allocations;
  for (int turn = 0; turn < 100; ++turn)
    ASSERT_EQ(checked(2.0), 2.0);
  EXPECT_EQ(allocations, before);
}

TEST_F(Allocation, AWorkspaceThatIsTooSmallSaysSo) {
  auto growing = module.get("growing").value();
  std::vector<double> x{1, 2}, large(1000);
  double sum = 0;
  auto ws = growing.workspace({x, int64_t(3)}).value();
  EXPECT_EQ(growing.call_into(ws, {x, int64_t(3)}, {&sum}), ricci::status::ok);
  EXPECT_EQ(sum, 6);
  EXPECT_EQ(growing.call_into(ws, {x, int64_t(100000)}, {&sum}), ricci::status::out_of_memory);
  EXPECT_EQ(growing.call_into(ws, {x, int64_t(3)}, {&sum}), ricci::status::ok);
}

// Every allocation fails once, until one run needs none that fails. Whatever the status, the next run works.
template <typename Body> int64_t failEach(Body body) {
  int64_t number = 0;
  for (bool done = false; !done;) {
    allocations = 0;
    failing = ++number;
    ricci_status status = body();
    done = allocations < number;
    failing = -1;
    if (!done) {
      EXPECT_EQ(status, RICCI_OUT_OF_MEMORY) << "at allocation " << number;
    } else {
      EXPECT_EQ(status, RICCI_OK);
    }
    if (testing::Test::HasFailure())
      return number;
  }
  return number;
}

TEST_F(Allocation, CompilingATextSurvivesEachFailure) {
  ricci_engine *handle = nullptr;
  ASSERT_EQ(ricci_engine_create(nullptr, &handle, nullptr), RICCI_OK);
  int64_t tried = failEach([&] {
    ricci_module *module = nullptr;
    ricci_status status = ricci_module_compile(handle, "test.ricci", source, std::strlen(source), &module, nullptr);
    ricci_module_release(module);
    return status;
  });
  EXPECT_GT(tried, 1000);
  ricci_engine_release(handle);
}

TEST_F(Allocation, MakingAnEngineSurvivesEachFailure) {
  EXPECT_GT(failEach([] {
              ricci_engine *handle = nullptr;
              ricci_status status = ricci_engine_create(nullptr, &handle, nullptr);
              ricci_engine_release(handle);
              return status;
            }),
            2);
}

TEST_F(Allocation, DiagnosticsSurviveEachFailure) {
  ricci_engine *handle = nullptr;
  ASSERT_EQ(ricci_engine_create(nullptr, &handle, nullptr), RICCI_OK);
  const char *wrong = "fn f(x: f64[N]) -> f64 { sum[i](x[i] * y[i]) + q }\n";
  for (int64_t number = 1; number < 400; ++number) {
    allocations = 0;
    failing = number;
    ricci_module *module = nullptr;
    ricci_error *error = nullptr;
    ricci_status status = ricci_module_compile(handle, "t.ricci", wrong, std::strlen(wrong), &module, &error);
    failing = -1;
    EXPECT_TRUE(status == RICCI_OUT_OF_MEMORY || status == RICCI_WRONG_PROGRAM);
    ricci_error_text(error); // there or not
    ricci_error_release(error);
  }
  ricci_engine_release(handle);
}

TEST_F(Allocation, CallsAndWorkspacesSurviveEachFailure) {
  auto outer = module.get("outer").value();
  std::vector<double> x{1, 2, 3};
  DLTensor in = view<double, 1>(x).tensor();
  failEach([&] {
    DLManagedTensorVersioned *result = nullptr;
    ricci_status status = ricci_function_call(outer.get(), &in, 1, &result, 1, nullptr, nullptr);
    if (result)
      result->deleter(result);
    return status;
  });
  failEach([&] {
    ricci_workspace *workspace = nullptr;
    ricci_status status = ricci_workspace_create(outer.get(), &in, 1, &workspace, nullptr);
    ricci_workspace_release(workspace);
    return status;
  });
}

// In the middle of compiled code.
TEST_F(Allocation, FailedAssertsSurviveEachFailure) {
  auto checked = module.get("checked").value();
  double x = -1, y;
  DLTensor in{&x, {kDLCPU, 0}, 0, {kDLFloat, 64, 1}, nullptr, nullptr, 0}, out = in;
  out.data = &y;
  for (int64_t number = 1; number < 60; ++number) {
    allocations = 0;
    failing = number;
    ricci_error *error = nullptr;
    ricci_status status = ricci_function_call_into(checked.get(), nullptr, &in, 1, &out, 1, nullptr, &error);
    failing = -1;
    EXPECT_TRUE(status == RICCI_OUT_OF_MEMORY || status == RICCI_RUN_TIME_ERROR);
    ricci_error_release(error);
  }
}

TEST_F(Allocation, TheHostsAllocatorMayFailAtAnyCall) {
  struct Host {
    int64_t calls = 0, failing = -1, live = 0;
  } host;
  ricci_allocator allocator{[](void *user, size_t bytes, size_t alignment) -> void * {
                              auto *host = static_cast<Host *>(user);
                              if (++host->calls == host->failing)
                                return nullptr;
                              ++host->live;
                              return std::aligned_alloc(alignment, bytes);
                            },
                            [](void *user, void *memory, size_t) {
                              --static_cast<Host *>(user)->live;
                              std::free(memory);
                            },
                            &host};
  ricci::engine_options options;
  options.allocator = allocator;
  {
    ricci::engine limited(options);
    auto module = limited.compile("test.ricci", source).value();
    std::vector<double> x(300, 1.0);
    for (int64_t number = 1;; ++number) {
      auto fresh = module.get("outer").value(); // without memory of earlier calls
      host.calls = 0;
      host.failing = number;
      auto results = fresh.call({x});
      bool failed = host.calls >= number;
      host.failing = -1;
      if (!failed) {
        EXPECT_TRUE(results);
        EXPECT_GT(number, 2);
        break;
      }
      // It may have been asked again after memory that was kept was given back.
      if (results)
        EXPECT_EQ((results.value()[0].as<double, 2>()(0, 0)), 300);
      else
        EXPECT_EQ(results.error().status(), ricci::status::out_of_memory);
      auto again = fresh.call({x});
      ASSERT_TRUE(again);
      EXPECT_EQ((again.value()[0].as<double, 2>()(0, 0)), 300);
    }
  }
  EXPECT_EQ(host.live, 0);
}

TEST_F(Allocation, DeepNestingIsDiagnosed) {
  for (const auto &[open, close] : {std::pair("(", ")"), std::pair("-", ""), std::pair("if x > 0.0 then x else ", ""),
                                    std::pair("[", "]"), std::pair("{ ", " }"), std::pair("sin(", ")")}) {
    std::string text = "fn f(x: f64) -> f64 { ";
    for (int depth = 0; depth < 100000; ++depth)
      text += open;
    text += "x";
    for (int depth = 0; depth < 100000; ++depth)
      text += close;
    text += " }\n";
    // On a thread with little stack, as hosts have them.
    struct Work {
      ricci::engine *engine;
      std::string *text;
      std::optional<ricci::result<ricci::module>> made;
    } work{&engine, &text, {}};
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, 128 << 10);
    pthread_t thread;
    ASSERT_EQ(pthread_create(
                  &thread, &attributes,
                  [](void *opaque) -> void * {
                    auto *work = static_cast<Work *>(opaque);
                    work->made = work->engine->compile("deep.ricci", *work->text);
                    return nullptr;
                  },
                  &work),
              0);
    pthread_join(thread, nullptr);
    pthread_attr_destroy(&attributes);
    ASSERT_FALSE(*work.made) << open;
    EXPECT_EQ(work.made->error().status(), ricci::status::wrong_program);
  }
}

} // namespace
