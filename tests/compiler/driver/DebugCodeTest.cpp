// `--debug-code`: perf and GDB see compiled code by name and by line of the source.
#include "tests/endtoend/Process.h"
#include "tests/runtime/TestFiles.h"

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <set>
#include <sstream>

using namespace ricci;

namespace {

constexpr const char *program = "fn work(x: f64[N]) -> f64 {\n"
                                "  let y[i] = exp(x[i]) * x[i]\n"
                                "  sum[i](y[i] * y[i])\n"
                                "}\n"
                                "let x[i] = 1.0 / f64(iota(50000)[i] + 1)\n"
                                "print(\"{work(x)}\")\n";

template <typename T> T at(const std::string &bytes, size_t offset) {
  T value{};
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

class DebugCode : public testing::Test {
protected:
  void SetUp() override { std::ofstream(folder.path() / "f.ricci") << program; }
  test::TemporaryFolder folder;
};

TEST_F(DebugCode, PerfIsToldOfFunctionsBehindTheirLines) {
  setenv("JITDUMPDIR", folder.path().c_str(), 1);
  test::Outcome outcome = test::runRicci({"run", "f.ricci", "--debug-code"}, folder.path());
  unsetenv("JITDUMPDIR");
  ASSERT_EQ(outcome.status, 0) << outcome.err;
  std::string dump;
  for (const auto &entry : std::filesystem::directory_iterator(folder.path()))
    if (entry.path().extension() == ".dump") {
      std::ostringstream text;
      text << std::ifstream(entry.path(), std::ios::binary).rdbuf();
      dump = text.str();
    }
  ASSERT_GE(dump.size(), 40u);
  EXPECT_EQ(at<uint32_t>(dump, 0), 0x4A695444u);
  std::set<std::string> names;
  std::map<std::string, std::set<int>> lines; // by function
  uint64_t described = 0;
  std::set<int> pending;
  for (size_t record = at<uint32_t>(dump, 8); record + 16 <= dump.size(); record += at<uint32_t>(dump, record + 4)) {
    const uint32_t kind = at<uint32_t>(dump, record);
    size_t body = record + 16;
    if (kind == 2) {
      described = at<uint64_t>(dump, body);
      size_t entry = body + 16;
      for (uint64_t i = 0; i < at<uint64_t>(dump, body + 8); ++i) {
        const std::string file = dump.c_str() + entry + 16;
        if (file.ends_with("f.ricci"))
          pending.insert(at<int32_t>(dump, entry + 8));
        entry += 16 + file.size() + 1;
      }
    } else if (kind == 0) {
      const std::string name = dump.c_str() + body + 40;
      names.insert(name);
      EXPECT_EQ(at<uint64_t>(dump, body + 8), described) << name << " comes right behind its lines";
      EXPECT_GT(at<uint64_t>(dump, body + 24), 0u);
      lines[name] = std::exchange(pending, {});
    }
  }
  EXPECT_TRUE(names.contains("main"));
  EXPECT_TRUE(names.contains("main.chunk0")) << testing::PrintToString(names);
  std::set<int> all;
  for (const auto &[name, some] : lines)
    all.insert(some.begin(), some.end());
  EXPECT_TRUE(all.contains(2)) << testing::PrintToString(all);
}

TEST_F(DebugCode, GdbStopsAtALineOfTheSource) {
  if (std::system("command -v gdb > /dev/null 2>&1") != 0)
    GTEST_SKIP() << "there is no gdb";
  setenv("JITDUMPDIR", folder.path().c_str(), 1);
  const std::string command = "cd '" + folder.path().string() + "' && gdb -nx -batch -ex 'set breakpoint pending on'" +
                              " -ex 'break f.ricci:2' -ex run -ex bt --args " RICCI_BINARY " run f.ricci --debug-code > gdb.txt 2>&1";
  EXPECT_EQ(std::system(command.c_str()), 0);
  unsetenv("JITDUMPDIR");
  std::ostringstream text;
  text << std::ifstream(folder.path() / "gdb.txt").rdbuf();
  if (text.str().find("ptrace") != std::string::npos && text.str().find("not permitted") != std::string::npos)
    GTEST_SKIP() << "processes may not be traced here";
  EXPECT_NE(text.str().find("f.ricci:2"), std::string::npos) << text.str();
  EXPECT_NE(text.str().find("let y[i] = exp(x[i]) * x[i]"), std::string::npos) << text.str();
}

TEST_F(DebugCode, NothingIsWrittenUnasked) {
  ASSERT_EQ(test::runRicci({"run", "f.ricci"}, folder.path()).status, 0);
  for (const auto &entry : std::filesystem::directory_iterator(folder.path()))
    EXPECT_NE(entry.path().extension(), ".dump");
}

} // namespace
