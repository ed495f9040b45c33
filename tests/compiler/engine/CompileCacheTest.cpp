// The cache on disk: found again, never wrong, never in the way.
#include "compiler/engine/Function.h"

#include <cmath>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <sstream>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>

using namespace ricci;
using namespace ricci::engine;
namespace fs = std::filesystem;

namespace {

class CompileCacheTest : public testing::Test {
protected:
  CompileCacheTest() {
    folder = fs::temp_directory_path() / ("ricci-cache-" + std::to_string(getpid()) + "-" +
                                          testing::UnitTest::GetInstance()->current_test_info()->name());
    fs::remove_all(folder);
  }
  ~CompileCacheTest() override { fs::remove_all(folder); }

  std::shared_ptr<const Engine> engineWith(int64_t bytes = CompileCache::defaultBytes) const {
    EngineOptions options;
    options.cacheDirectory = folder;
    options.cacheBytes = bytes;
    return std::make_shared<Engine>(options);
  }

  // f(3) by a new engine; NaN if there is none.
  double evaluate(const std::string &source, const CompileOptions &options = {},
                  int64_t bytes = CompileCache::defaultBytes) const {
    auto engine = engineWith(bytes);
    auto module = engine->compile("f.ricci", source);
    if (!module)
      return NAN;
    auto function = Function::create(engine, *module, {"f", Entry::Value, {}}, options);
    if (!function)
      return NAN;
    double x = 3;
    auto results = (*function)->call(std::vector{Tensor{&x, runtime::DType::F64, 0, nullptr, nullptr}});
    return results ? (*results)[0].as<double>()[0] : NAN;
  }

  std::vector<fs::path> files() const {
    std::vector<fs::path> all;
    std::error_code none;
    for (const auto &entry : fs::directory_iterator(folder, none))
      all.push_back(entry.path());
    return all;
  }

  static std::string read(const fs::path &path) {
    std::ifstream file(path, std::ios::binary);
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }
  static void write(const fs::path &path, const std::string &text) { std::ofstream(path, std::ios::binary) << text; }

  fs::path folder;
  const std::string square = "fn f(x: f64) -> f64 { x * x }\n", cube = "fn f(x: f64) -> f64 { x * x * x }\n";
};

TEST_F(CompileCacheTest, FindsWhatItKept) {
  EXPECT_EQ(evaluate(square), 9);
  ASSERT_EQ(files().size(), 1u);
  // Other code under the same name is what is run then: so it is taken from there.
  std::string kept = read(files()[0]);
  fs::path name = files()[0];
  EXPECT_EQ(evaluate(square), 9);
  EXPECT_EQ(files(), std::vector{name});
  EXPECT_EQ(read(name), kept);
  EXPECT_EQ(fs::status(folder).permissions(), fs::perms::owner_all);
}

TEST_F(CompileCacheTest, DoesNotCompileWhatItFinds) {
  CompileOptions options;
  int asked = 0;
  options.isStopped = [&] { return ++asked, false; };
  EXPECT_EQ(evaluate(square, options), 9);
  EXPECT_GT(asked, 0);
  asked = 0;
  EXPECT_EQ(evaluate(square, options), 9);
  EXPECT_EQ(asked, 0);
}

// A product, a sum and a loop over elements of sizes that only the call tells: none is compiled again for another size.
TEST_F(CompileCacheTest, NewSizesCompileNothing) {
  auto engine = engineWith();
  auto module = engine->compile("f.ricci", "fn f(A: f64[M,K], B: f64[K,N]) -> f64 { sum(exp(A @ B)) }\n");
  ASSERT_TRUE(module);
  auto function = Function::create(engine, *module, {"f", Entry::Value, {}});
  ASSERT_TRUE(function);
  for (int64_t size : {1, 2, 16, 33, 0, 130}) {
    std::vector<double> zeros(static_cast<size_t>(size * size), 0);
    const int64_t sizes[] = {size, size};
    const Tensor square{zeros.data(), runtime::DType::F64, 2, sizes, nullptr};
    auto results = (*function)->call(std::vector{square, square});
    ASSERT_TRUE(results);
    EXPECT_EQ((*results)[0].as<double>()[0], static_cast<double>(size * size));
  }
  EXPECT_EQ(files().size(), 1u);
}

TEST_F(CompileCacheTest, TellsProgramsOptionsAndMachinesApart) {
  EXPECT_EQ(evaluate(square), 9);
  EXPECT_EQ(evaluate(cube), 27);
  EXPECT_EQ(evaluate(square, {.checkNan = true}), 9);
  EXPECT_EQ(evaluate(square, {.vectorBytes = 16}), 9);
  EXPECT_EQ(files().size(), 4u);
  CompileOptions other;
  other.machine = {"aarch64-linux-gnu", "generic", ""};
  EXPECT_NE(CompileCache::key("program", {}), CompileCache::key("program", other));
}

TEST_F(CompileCacheTest, TellsImportedTextsApart) {
  auto load = [&](const std::string &imported) {
    auto engine = engineWith();
    ModuleRequest request;
    request.name = "main.ricci";
    request.texts = {{"main.ricci", "import other\nfn f(x: f64) -> f64 { other.g(x) }\n"}, {"other.ricci", imported}};
    auto module = engine->load(request);
    EXPECT_TRUE(module) << module.error().text;
    auto function = Function::create(engine, *module, {"f", Entry::Value, {}});
    double x = 3;
    auto results = (*function)->call(std::vector{Tensor{&x, runtime::DType::F64, 0, nullptr, nullptr}});
    return (*results)[0].as<double>()[0];
  };
  EXPECT_EQ(load("fn g(x: f64) -> f64 { x + 1.0 }\n"), 4);
  EXPECT_EQ(load("fn g(x: f64) -> f64 { x + 2.0 }\n"), 5);
}

TEST_F(CompileCacheTest, SurvivesEveryByteThatIsWrong) {
  EXPECT_EQ(evaluate(square), 9);
  fs::path name = files()[0];
  const std::string good = read(name);
  // Every byte of the head, and some of the rest.
  for (size_t at = 0; at < good.size(); at += at < 200 ? 7 : 97) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x40);
    write(name, bad);
    ASSERT_EQ(evaluate(square), 9) << "with byte " << at << " changed";
    ASSERT_EQ(read(name), good) << "the bad file was not replaced";
  }
}

TEST_F(CompileCacheTest, SurvivesTruncation) {
  EXPECT_EQ(evaluate(square), 9);
  fs::path name = files()[0];
  const std::string good = read(name);
  for (size_t size : {size_t(0), size_t(5), size_t(40), size_t(150), good.size() / 2, good.size() - 1}) {
    write(name, good.substr(0, size));
    ASSERT_EQ(evaluate(square), 9) << size;
  }
  write(name, good + "more");
  EXPECT_EQ(evaluate(square), 9);
}

TEST_F(CompileCacheTest, DoesNotRunOneProgramsCodeForAnother) {
  EXPECT_EQ(evaluate(square), 9);
  fs::path first = files()[0];
  EXPECT_EQ(evaluate(cube), 27);
  for (const fs::path &name : files())
    if (name != first) // a file under another's name
      fs::copy_file(first, name, fs::copy_options::overwrite_existing);
  EXPECT_EQ(evaluate(cube), 27);
}

TEST_F(CompileCacheTest, AnotherVersionsFileIsCompiledAnew) {
  EXPECT_EQ(evaluate(square), 9);
  fs::path name = files()[0];
  std::string other = read(name);
  other.replace(other.find("code 1"), 6, "code 0");
  write(name, other);
  EXPECT_EQ(evaluate(square), 9);
  EXPECT_FALSE(buildIdentity().empty()); // and another build has other names
}

TEST_F(CompileCacheTest, GoesOnWithoutAFolder) {
  write(folder, "a file where the folder should be");
  EXPECT_EQ(evaluate(square), 9);
  fs::remove(folder);
  folder = "/proc/nothing/can/be/written/here";
  EXPECT_EQ(evaluate(square), 9);
}

TEST_F(CompileCacheTest, StaysBelowItsBound) {
  EXPECT_EQ(evaluate(square), 9);
  int64_t one = static_cast<int64_t>(fs::file_size(files()[0]));
  for (int number = 0; number < 12; ++number)
    EXPECT_EQ(evaluate("fn f(x: f64) -> f64 { x * " + std::to_string(number) + ".0 }\n", {}, 5 * one), 3.0 * number);
  int64_t total = 0;
  for (const fs::path &name : files())
    total += static_cast<int64_t>(fs::file_size(name));
  EXPECT_LE(total, 5 * one);
  EXPECT_GE(files().size(), 2u);
  EXPECT_EQ(evaluate(cube, {}, 10), 27); // nothing fits
}

TEST_F(CompileCacheTest, ManyProcessesWriteAtOnce) {
  std::vector<pid_t> children;
  for (int number = 0; number < 8; ++number) {
    pid_t child = fork();
    if (child == 0) {
      bool right = true;
      for (int turn = 0; turn < 3; ++turn)
        right &= evaluate(square) == 9 &&
                 evaluate("fn f(x: f64) -> f64 { x + " + std::to_string(turn) + ".0 }\n") == 3 + turn;
      _exit(right ? 0 : 1);
    }
    children.push_back(child);
  }
  for (pid_t child : children) {
    int status = 0;
    waitpid(child, &status, 0);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(files().size(), 4u) << "parts of files are left";
}

TEST_F(CompileCacheTest, KeepsWhatIsSavedThroughASerialForm) {
  ObjectCode code{"object", "entry", 3, 2, {1, 2, 3}};
  std::string bytes = serialise(code);
  auto back = deserialise(bytes);
  ASSERT_TRUE(back);
  EXPECT_EQ(back->object, "object");
  EXPECT_EQ(back->entry, "entry");
  EXPECT_EQ(back->inputs, 3u);
  EXPECT_EQ(back->cost.bytes, 3);
  for (size_t size = 0; size < bytes.size(); ++size)
    EXPECT_FALSE(deserialise(std::string_view(bytes).substr(0, size)));
}

} // namespace
