// Levenberg–Marquardt of the standard library on NIST's reference problems: from both starting points of each, the
// certified parameters and sum of squares to six digits.
#include "tests/endtoend/Process.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <optional>
#include <sstream>

using namespace ricci;

namespace {

struct Problem {
  const char *file, *model;
};

// What a file of the collection says.
struct Reference {
  std::vector<double> start[2], certified, y;
  double squares = 0;                 // sum of the residuals' squares
  std::vector<std::vector<double>> x; // by predictor
};

class Nist : public testing::TestWithParam<Problem> {};

} // namespace

static std::optional<Reference> read(const std::string &path) {
  std::ifstream file(path);
  if (!file)
    return std::nullopt;
  Reference result;
  int headings = 0; // the observations stand behind the second `Data:`
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("Data:")) {
      ++headings;
      continue;
    }
    std::istringstream words(line);
    std::string name, equals;
    std::vector<double> numbers;
    if (headings < 2) {
      words >> name >> equals;
      for (double number; words >> number;)
        numbers.push_back(number);
      if (line.starts_with("Residual Sum of Squares:"))
        result.squares = std::stod(line.substr(line.find(':') + 1));
      if (equals != "=" || !name.starts_with("b") || numbers.size() != 4)
        continue;
      result.start[0].push_back(numbers[0]);
      result.start[1].push_back(numbers[1]);
      result.certified.push_back(numbers[2]);
      continue;
    }
    for (double number; words >> number;)
      numbers.push_back(number);
    if (numbers.empty())
      continue;
    result.y.push_back(numbers[0]);
    result.x.resize(numbers.size() - 1);
    for (size_t k = 1; k < numbers.size(); ++k)
      result.x[k - 1].push_back(numbers[k]);
  }
  // A misprint in this copy of Roszman1: its sum of squares is that of 2.0196866396E-01.
  for (double &value : result.certified)
    value = value == 1.20196866396 ? 0.20196866396 : value;
  return result;
}

TEST_P(Nist, FindsTheCertifiedParameters) {
  std::optional<Reference> reference = read(fmt::format(RICCI_SHARED "/data/nist/{}.dat", GetParam().file));
  if (!reference)
    GTEST_SKIP() << "no " RICCI_SHARED;
  auto count = static_cast<int64_t>(reference->y.size());
  ASSERT_GT(count, 0);
  test::TemporaryFolder folder;
  std::vector<double> x;
  for (const std::vector<double> &predictor : reference->x)
    x.insert(x.end(), predictor.begin(), predictor.end());
  runtime::Shape shape{count};
  if (reference->x.size() > 1)
    shape = {static_cast<int64_t>(reference->x.size()), count};
  for (const std::vector<double> &start : reference->start) {
    std::string fit = fmt::format("optim.levenberg_marquardt(|b| {}(b, x, y), start, 1e-12, 1000)", GetParam().model);
    std::string all = "(|m| concat(m.p, [2.0 * m.f], axis = 0))(" + fit + ")";
    test::Outcome outcome =
        test::runRicci({"eval", RICCI_SOURCE "/tests/endtoend/nist/models.ricci", "-e", all, "--json",
                        "x=" + folder.npy("x", shape, x), "y=" + folder.npy("y", {count}, reference->y),
                        "start=" + folder.npy("start", {static_cast<int64_t>(start.size())}, start)},
                       folder.path());
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    auto found = nlohmann::json::parse(outcome.out)["data"].get<std::vector<double>>();
    ASSERT_EQ(found.size(), reference->certified.size() + 1);
    EXPECT_NEAR(found.back() / reference->squares, 1.0, 1e-6) << "from " << start[0];
    found.pop_back();
    for (size_t k = 0; k < found.size(); ++k)
      EXPECT_NEAR(found[k] / reference->certified[k], 1.0, 1e-6) << "b" << k + 1 << " from " << start[0];
  }
}

INSTANTIATE_TEST_SUITE_P(
    Problems, Nist,
    testing::Values(Problem{"Chwirut1", "chwirut"}, Problem{"Chwirut2", "chwirut"}, Problem{"DanWood", "danwood"},
                    Problem{"ENSO", "enso"}, Problem{"Gauss1", "gauss"}, Problem{"Gauss2", "gauss"},
                    Problem{"Hahn1", "hahn1"}, Problem{"Kirby2", "kirby2"}, Problem{"Lanczos3", "lanczos3"},
                    Problem{"Misra1a", "misra1a"}, Problem{"Misra1b", "misra1b"}, Problem{"Misra1c", "misra1c"},
                    Problem{"Misra1d", "misra1d"}, Problem{"Nelson", "nelson"}, Problem{"Roszman1", "roszman1"}),
    [](const auto &info) { return info.param.file; });
