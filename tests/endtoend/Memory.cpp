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

} // namespace
