// The programs on the pages: every block marked `ricci` is checked, run and tested. What a block takes from the text around it, data
// mostly, stands here.
#include "tests/endtoend/Process.h"

#include <fstream>
#include <gtest/gtest.h>
#include <map>

using namespace ricci;

namespace {

struct Block {
  size_t line; // its first one
  std::string text;
};

std::vector<Block> blocksOf(const std::string &page) {
  std::ifstream file(std::string(RICCI_SOURCE) + "/" + page);
  std::vector<Block> blocks;
  bool inside = false;
  size_t number = 0;
  for (std::string line; std::getline(file, line);) {
    ++number;
    if (line == "```ricci")
      blocks.push_back({number + 1, ""});
    if (line.starts_with("```"))
      inside = line == "```ricci";
    else if (inside)
      blocks.back().text += line + "\n";
  }
  return blocks;
}

// By how the block begins.
const std::map<std::string, std::string> before = {
    {"fn nll(", "let w = [0.5, -0.25]\nlet v = [1.0, 0.0]\nlet X = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]\n"
                "let y = [0.0, 1.0, 1.0]\n"},
    {"let total = first", "let first = 1\nlet second = 2\n"},
    {"let C[i,j]", "let A = [[1.0, 2.0], [3.0, 4.0]]\nlet B = A\nlet x = [1.0, 2.0, 4.0]\nlet f = [1.0, 2.0]\n"
                   "let N = 3\nlet E = A\nlet tok = [1, 0, 1]\nlet K = 4\nlet bin = [0, 3, 3]\nlet w = x\n"
                   "let H = 2\nlet X = ones(f64[3,4])\n"},
    {"fn minimise<P>", "let target = [1.0, 2.0]\n"},
};

class Pages : public testing::TestWithParam<const char *> {};

TEST_P(Pages, Run) {
  test::TemporaryFolder folder;
  std::vector<Block> blocks = blocksOf(GetParam());
  EXPECT_FALSE(blocks.empty());
  for (const Block &block : blocks) {
    std::string program = block.text;
    for (const auto &[start, given] : before)
      if (block.text.starts_with(start))
        program = given + program;
    std::ofstream(folder.path() / "block.ricci") << program;
    for (const char *command : {"run", "test"}) {
      test::Outcome outcome = test::runRicci({command, "block.ricci"}, folder.path());
      EXPECT_EQ(outcome.status, 0) << GetParam() << ":" << block.line << "\n" << program << outcome.err;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Every, Pages, testing::Values("README.md", "lang/README.md"));

} // namespace
