// Functions compiled ahead of time, loaded as the shared library that they become.
#include "compiler/aot/Export.h"
#include "compiler/aot/Link.h"

#include <algorithm>
#include <cmath>
#include <dlfcn.h>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <set>
#include <sstream>
#include <unistd.h>

using namespace ricci;
using namespace ricci::engine;
namespace fs = std::filesystem;

namespace {

constexpr const char *source = R"(
struct Line { slope: f64, offset: f64 }
fn along(p: Line, x: f32[N], double: bool) -> f64[N] {
  let y[n] = (p.slope * f64(x[n]) + p.offset) * (if double then 2.0 else 1.0)
  y
}
fn inner(x: f64[N+1], n: i64) -> (f64[N], f64[n]) {
  let d[i in 0..N] = x[i + 1] - x[i]
  (d, full(f64[n], 7.0))
}
fn product(A: f64[M,K], B: f64[K,N]) -> f64[M,N] { A @ B }
fn order(x: f64[N]) -> i64[N] { argsort(x) }
fn special(x: f64) -> f64 { lgamma(x) + digamma(x) + erf(x) }
fn checked(x: f64) -> f64 {
  assert x > 0.0, "x must be positive"
  x
}
fn same(x: f64[N]) -> (f64[N], f64[N]) { (2.0 * x, x) }
fn waves(x: f64[N]) -> f64[N] {
  let y[n] = exp(sin(x[n]))
  y
}
fn said(x: f64) -> f64 {
  print("x is {x}")
  x
}
)";

class Aot : public testing::Test {
protected:
  Aot() {
    folder = fs::temp_directory_path() / ("ricci-aot-" + std::to_string(getpid()) + "-" +
                                          testing::UnitTest::GetInstance()->current_test_info()->name());
    EngineOptions options;
    options.runtimes = {RICCI_RUNTIMES};
    engine = std::make_shared<Engine>(options);
    auto made = engine->compile("model.ricci", source);
    EXPECT_TRUE(made) << made.error().text;
    module = *made;
  }
  ~Aot() override {
    if (library)
      dlclose(library);
    fs::remove_all(folder);
  }

  template <typename F> F *get(const std::string &name, const aot::ExportOptions &options = {}) {
    auto exported = aot::exportFunctions(*engine, *module, folder, {name}, options);
    EXPECT_TRUE(exported) << exported.error().text;
    if (!exported)
      return nullptr;
    library = dlopen(exported->library.c_str(), RTLD_NOW | RTLD_LOCAL);
    EXPECT_TRUE(library) << dlerror();
    return reinterpret_cast<F *>(dlsym(library, name.c_str()));
  }
  std::string message() const { return reinterpret_cast<const char *(*)()>(dlsym(library, "model_message"))(); }
  std::string header() const {
    std::ifstream file(folder / "model.h");
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }

  fs::path folder;
  std::shared_ptr<const Engine> engine;
  std::shared_ptr<const Module> module;
  void *library = nullptr;
};

TEST_F(Aot, FlattensStructsAndPassesScalarsByValue) {
  auto *along = get<int32_t(double, double, const float *, bool, int64_t, double *)>("along");
  EXPECT_NE(
      header().find(
          "int32_t along(double p_slope, double p_offset, const float *x, bool double_, int64_t N, double *result);"),
      std::string::npos)
      << header();
  const float x[] = {1, 2, 3};
  double y[3];
  EXPECT_EQ(along(2, 1, x, true, 3, y), 0);
  EXPECT_EQ(y[2], 14);
  EXPECT_EQ(along(2, 1, x, false, 3, y), 0);
  EXPECT_EQ(y[2], 7);
}

TEST_F(Aot, ComputesSizesFromWhatTheyAreMadeOf) {
  auto *inner = get<int32_t(const double *, int64_t, int64_t, double *, double *)>("inner");
  const double x[] = {1, 3, 6};
  double d[2], full[4] = {};
  EXPECT_EQ(inner(x, 3, 2, d, full), 0) << message();
  EXPECT_EQ(d[1], 3);
  EXPECT_EQ(full[2], 7);
  EXPECT_EQ(full[3], 0);
}

TEST_F(Aot, ContractsWithTheRuntimesKernels) {
  for (bool threads : {true, false}) {
    aot::ExportOptions options;
    options.threads = threads;
    auto *product =
        get<int32_t(const double *, const double *, int64_t, int64_t, int64_t, double *)>("product", options);
    const int64_t m = 150, k = 70, n = 90;
    std::vector<double> a(m * k), b(k * n), c(m * n);
    for (size_t i = 0; i < a.size(); ++i)
      a[i] = double(i % 7) - 3;
    for (size_t i = 0; i < b.size(); ++i)
      b[i] = double(i % 5) - 2;
    // In the order in which the types name them.
    EXPECT_EQ(product(a.data(), b.data(), m, k, n, c.data()), 0) << message();
    double expected = 0;
    for (int64_t p = 0; p < k; ++p)
      expected += a[149 * k + p] * b[p * n + 89];
    EXPECT_EQ(c[149 * n + 89], expected);
    dlclose(std::exchange(library, nullptr));
  }
}

TEST_F(Aot, SharesLongLoopsAmongThreads) {
  auto *function = get<int32_t(const double *, int64_t, double *)>("waves");
  std::vector<double> x(1 << 20, 0.5), y(1 << 20);
  EXPECT_EQ(function(x.data(), 1 << 20, y.data()), 0);
  EXPECT_NEAR(y[12345], std::exp(std::sin(0.5)), 1e-14);
}

TEST_F(Aot, SortsAndKnowsSpecialFunctions) {
  auto *order = get<int32_t(const double *, int64_t, int64_t *)>("order");
  const double x[] = {3, 1, 2};
  int64_t places[3];
  EXPECT_EQ(order(x, 3, places), 0);
  EXPECT_EQ(places[0], 1);
  EXPECT_EQ(places[2], 0);
  dlclose(library);
  auto *special = get<int32_t(double, double *)>("special");
  double y = 0;
  EXPECT_EQ(special(3.0, &y), 0);
  EXPECT_NEAR(y, std::lgamma(3.0) + 0.92278433509846714 + std::erf(3.0), 1e-12);
}

TEST_F(Aot, FailuresAreNumbersWithAMessage) {
  auto *checked = get<int32_t(double, double *)>("checked");
  double y = 0;
  EXPECT_EQ(checked(2, &y), 0);
  EXPECT_EQ(checked(-2, &y), 5);
  EXPECT_EQ(message(), "model.ricci:15:3: x must be positive");
  EXPECT_EQ(checked(3, &y), 0);
  EXPECT_EQ(y, 3);
}

TEST_F(Aot, ResultsMayLieOverArguments) {
  auto *same = get<int32_t(const double *, int64_t, double *, double *)>("same");
  double x[] = {1, 2}, copy[2];
  EXPECT_EQ(same(x, 2, x, copy), 0);
  EXPECT_EQ(x[1], 4);
  EXPECT_EQ(copy[1], 2);
}

TEST_F(Aot, ShowsNothingButWhatTheHeaderDeclares) {
  get<void()>("product");
  std::ifstream file(folder / "model.o", std::ios::binary);
  std::stringstream bytes;
  bytes << file.rdbuf();
  // The C library, and an OpenMP runtime's entries that every one has.
  const std::set<std::string> allowed{"GOMP_parallel",
                                      "omp_get_max_threads",
                                      "omp_in_parallel",
                                      "aligned_alloc",
                                      "free",
                                      "memcpy",
                                      "memmove",
                                      "memset",
                                      "strlen",
                                      "_setjmp",
                                      "longjmp",
                                      "__tls_get_addr"};
  for (const std::string &name : aot::undefinedSymbols(bytes.str()))
    EXPECT_TRUE(allowed.contains(name)) << name;
  EXPECT_EQ(aot::globalSymbols(bytes.str()), (std::vector<std::string>{"model_message", "product"}));
}

TEST_F(Aot, MakesObjectsForOtherMachines) {
  auto machine = aot::parseMachine("aarch64-linux-gnu");
  ASSERT_TRUE(machine) << machine.error().text;
  aot::ExportOptions options;
  options.machine = *machine;
  auto exported = aot::exportFunctions(*engine, *module, folder, {"product", "waves", "special", "order"}, options);
  ASSERT_TRUE(exported) << exported.error().text;
  EXPECT_EQ(exported->library, "");
  std::ifstream file(exported->object, std::ios::binary);
  std::stringstream stream;
  stream << file.rdbuf();
  const std::string bytes = stream.str();
  ASSERT_GT(bytes.size(), 64u);
  EXPECT_EQ(static_cast<unsigned char>(bytes[18]), 183) << "not EM_AARCH64";
  EXPECT_EQ(aot::globalSymbols(bytes),
            (std::vector<std::string>{"model_message", "order", "product", "special", "waves"}));
  for (const std::string &name : aot::undefinedSymbols(bytes)) {
    EXPECT_FALSE(name.starts_with("ricci_") || name.starts_with("_ZGV") || name.starts_with("_Z")) << name;
    EXPECT_FALSE(name.starts_with("__aarch64_")) << name;
  }
  // An older processor of this kind.
  auto older = aot::parseMachine("x86-64-v2");
  ASSERT_TRUE(older);
  options.machine = *older;
  auto *product = get<int32_t(const double *, const double *, int64_t, int64_t, int64_t, double *)>("product", options);
  const double a[] = {1, 2, 3, 4}, b[] = {1, 0, 0, 1};
  double c[4];
  EXPECT_EQ(product(a, b, 2, 2, 2, c), 0);
  EXPECT_EQ(c[3], 4);
}

TEST_F(Aot, SaysWhatItCannot) {
  auto expect = [&](const std::string &text, const std::string &name, Status status, const std::string &part) {
    auto other = engine->compile("other.ricci", text);
    ASSERT_TRUE(other) << other.error().text;
    auto made = aot::exportFunctions(*engine, **other, folder, {name}, {});
    ASSERT_FALSE(made);
    EXPECT_EQ(made.error().status, status);
    EXPECT_NE(made.error().message.find(part), std::string::npos) << made.error().message;
  };
  expect(source, "said", Status::InvalidArgument, "prints");
  expect(source, "sayd", Status::InvalidArgument, "there is no function");
  expect("fn double(x: f64) -> f64 { 2.0 * x }\n", "double", Status::InvalidArgument, "no name for a function in C");
  EXPECT_FALSE(aot::parseMachine("z80-linux-gnu"));
  EXPECT_FALSE(aot::parseMachine("x86_64-linux-gnu/no-such-processor"));
  EXPECT_FALSE(aot::parseMachine("x86_64-windows-msvc"));
  auto without = std::make_shared<Engine>(EngineOptions{});
  auto made = aot::exportFunctions(*without, *module, folder, {"checked"}, {});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().status, Status::Io);
  made = aot::exportFunctions(*engine, *module, "/proc/no/folder", {"checked"}, {});
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().status, Status::Io);
}

} // namespace
