// How much memory derivatives take, as `ricci bench` measures it.
#include "tests/endtoend/Process.h"

#include <fmt/format.h>
#include <fstream>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

using namespace ricci;

namespace {

class Memory : public testing::Test {
protected:
  // The peak of one call of a function of the program, in bytes.
  int64_t peak(const std::string &program, const std::string &function, const std::vector<std::string> &inputs) {
    std::ofstream(folder.path() / "p.ricci") << program;
    std::vector<std::string> arguments{"bench", "p.ricci", function, "--json"};
    arguments.insert(arguments.end(), inputs.begin(), inputs.end());
    test::Outcome outcome = test::runRicci(arguments, folder.path());
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    return outcome.status == 0 ? nlohmann::json::parse(outcome.out)["peak_bytes"].get<int64_t>() : 0;
  }

  test::TemporaryFolder folder;
};

// Four blocks of four layers: all sixteen arrays, or four and the four of one block.
TEST_F(Memory, CheckpointsKeepLess) {
  const std::string program = R"(
fn block(w: f64[D,D], x: f64[N,D]) -> f64[N,D] { tanh(tanh(tanh(tanh(x @ w) @ w) @ w) @ w) }
fn kept(w: f64[D,D], x: f64[N,D]) -> f64 { sum(block(w, block(w, block(w, block(w, x)))) ** 2) }
fn again(w: f64[D,D], x: f64[N,D]) -> f64 {
  var h = x
  h = checkpoint(block(w, h))
  h = checkpoint(block(w, h))
  h = checkpoint(block(w, h))
  h = checkpoint(block(w, h))
  sum(h ** 2)
}
fn slope(w: f64[D,D], x: f64[N,D]) -> f64[D,D] { grad[w](kept(w, x)) }
fn slope_again(w: f64[D,D], x: f64[N,D]) -> f64[D,D] { grad[w](again(w, x)) }
fn second(w: f64[D,D], x: f64[N,D]) -> f64[D,D] { grad[w](sum(slope(w, x) ** 2)) }
fn second_again(w: f64[D,D], x: f64[N,D]) -> f64[D,D] { grad[w](sum(slope_again(w, x) ** 2)) }
)";
  const std::vector<std::string> inputs{"w=f64[8,8]", "x=f64[4000,8]"};
  const int64_t array = 4000 * 8 * 8;
  EXPECT_GE(peak(program, "slope", inputs), 16 * array);
  EXPECT_LE(peak(program, "slope_again", inputs), 11 * array);
  EXPECT_LE(2 * peak(program, "second_again", inputs), peak(program, "second", inputs));
}

// Past the size that is saved as it is, memory grows as the root of the turns, in counted loops and in bounded ones: here
// a row is 27 kB, and 10,000 rows are more than 256 MiB.
TEST_F(Memory, LoopsKeepTheRootOfTheirTurns) {
  const std::string program = R"(
fn counted(w: f64[D], turns: i64) -> f64 {
  var h = w
  for t in 0..turns { h = sin(h) + w }
  sum(h)
}
fn bounded(w: f64[D], turns: i64) -> f64 {
  var h = w
  var t = 0
  while t < turns limit 100000 {
    h = sin(h) + w
    t = t + 1
  }
  sum(h)
}
fn short(w: f64[D]) -> f64[D] { grad[w](counted(w, 2000)) }
fn long(w: f64[D]) -> f64[D] { grad[w](counted(w, 10000)) }
fn longer(w: f64[D]) -> f64[D] { grad[w](counted(w, 22500)) }
fn until(w: f64[D]) -> f64[D] { grad[w](bounded(w, 10000)) }
)";
  const std::vector<std::string> inputs{"w=f64[3400]"};
  const int64_t row = 3400 * 8;
  EXPECT_GE(peak(program, "short", inputs), 2000 * row);
  int64_t root = peak(program, "long", inputs);
  EXPECT_LE(root, 3 * 100 * row);
  EXPECT_LE(10 * peak(program, "longer", inputs), 17 * root); // 15 as the root, 22.5 as the turns
  EXPECT_LE(peak(program, "until", inputs), 3 * 100 * row);
}

} // namespace
