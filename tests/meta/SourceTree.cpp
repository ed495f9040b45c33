// What the README promises about the source: short files, includes that point downward, nothing unfinished.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <string>
#include <vector>

namespace fs = std::filesystem;

namespace {

struct Source {
  std::string path; // relative to the project
  std::vector<std::string> lines;
};

const std::vector<Source> &sources() {
  static const std::vector<Source> all = [] {
    std::vector<Source> found;
    for (const char *folder : {"lang", "dialects", "compiler", "runtime", "include", "bindings", "examples", "tests", "benchmarks"}) {
      fs::path root = fs::path(RICCI_SOURCE) / folder;
      if (!fs::exists(root))
        continue;
      for (const fs::directory_entry &entry : fs::recursive_directory_iterator(root)) {
        std::string extension = entry.path().extension();
        if (extension != ".h" && extension != ".hpp" && extension != ".cpp" && extension != ".td" && extension != ".def" &&
            extension != ".py" && extension != ".js")
          continue;
        Source source{fs::relative(entry.path(), RICCI_SOURCE), {}};
        std::ifstream file(entry.path());
        for (std::string line; std::getline(file, line);)
          source.lines.push_back(line);
        found.push_back(std::move(source));
      }
    }
    return found;
  }();
  return all;
}

std::vector<std::string> includes(const Source &source) {
  static const std::regex pattern(R"(^\s*#?\s*include\s+[<"]([^>"]+)[>"])");
  std::vector<std::string> found;
  std::smatch match;
  for (const std::string &line : source.lines)
    if (std::regex_search(line, match, pattern))
      found.push_back(match[1]);
  return found;
}

bool startsWith(const std::string &text, const std::string &prefix) { return text.compare(0, prefix.size(), prefix) == 0; }

} // namespace

TEST(SourceTree, IsFound) { EXPECT_GT(sources().size(), 50u); }

TEST(SourceTree, FilesAreShort) {
  for (const Source &source : sources())
    EXPECT_LE(source.lines.size(), 500u) << source.path;
}

TEST(SourceTree, LangAndRuntimeKnowNoLlvm) {
  for (const Source &source : sources())
    if (startsWith(source.path, "lang/") || startsWith(source.path, "runtime/"))
      for (const std::string &header : includes(source))
        EXPECT_FALSE(startsWith(header, "mlir/") || startsWith(header, "llvm/") || startsWith(header, "dialects/") ||
                     startsWith(header, "compiler/"))
            << source.path << " includes " << header;
}

TEST(SourceTree, RuntimeKnowsNoLanguage) {
  for (const Source &source : sources())
    if (startsWith(source.path, "runtime/"))
      for (const std::string &header : includes(source))
        EXPECT_FALSE(startsWith(header, "lang/")) << source.path << " includes " << header;
}

TEST(SourceTree, DialectsKnowNoPasses) {
  for (const Source &source : sources())
    if (startsWith(source.path, "dialects/"))
      for (const std::string &header : includes(source))
        EXPECT_FALSE(startsWith(header, "compiler/") || startsWith(header, "lang/"))
            << source.path << " includes " << header;
}

TEST(SourceTree, PassesMeetOnlyInTheIr) {
  const std::vector<std::string> passes{"Frontend", "Autodiff", "Checks", "Simplify", "Fuse", "Lower", "Reference", "Jit", "Inspect"};
  for (const Source &source : sources())
    for (const std::string &own : passes)
      if (startsWith(source.path, "compiler/" + own + "/"))
        for (const std::string &header : includes(source))
          for (const std::string &other : passes)
            EXPECT_FALSE(other != own && startsWith(header, "compiler/" + other + "/"))
                << source.path << " includes " << header;
}

TEST(SourceTree, NothingIsLeftForLater) {
  // Split, so that this file does not find itself.
  const std::regex pattern("\\b(TO" "DO|FIX" "ME|XX" "X)\\b|not yet imple" "mented");
  for (const Source &source : sources())
    for (size_t i = 0; i < source.lines.size(); ++i)
      EXPECT_FALSE(std::regex_search(source.lines[i], pattern)) << source.path << ":" << i + 1;
}
