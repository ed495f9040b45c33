// Every case of the public list through `ricci einsum`: valid ones exactly, invalid ones refused with a reason.
#include "tests/endtoend/Process.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>

using namespace ricci;
using nlohmann::json;

static std::vector<std::string> writeOperands(const test::TemporaryFolder &folder, const json &shapes) {
  std::vector<std::string> files;
  for (size_t k = 0; k < shapes.size(); ++k) {
    runtime::Shape shape = shapes[k].get<runtime::Shape>();
    std::vector<double> values(static_cast<size_t>(*runtime::elementCount(shape)));
    for (size_t i = 0; i < values.size(); ++i)
      values[i] = static_cast<double>((i * 7919 + 13 * k) % 17) - 8.0;
    files.push_back(folder.npy(fmt::format("x{}", k), shape, values));
  }
  return files;
}

static void flatten(const json &nested, std::vector<double> &values) {
  if (!nested.is_array())
    return values.push_back(nested.get<double>());
  for (const json &item : nested)
    flatten(item, values);
}

class EinsumCases : public testing::Test {
protected:
  void SetUp() override {
    std::ifstream file(RICCI_SHARED "/cases/einsum.json");
    if (!file)
      GTEST_SKIP() << "no " RICCI_SHARED "/cases/einsum.json";
    cases = json::parse(file);
  }
  json cases;
};

TEST_F(EinsumCases, ValidOnesAreExact) {
  for (const json &item : cases["valid"]) {
    std::string equation = item["equation"];
    SCOPED_TRACE(equation + " " + item["shapes"].dump());
    test::TemporaryFolder folder;
    std::vector<std::string> arguments{"einsum", equation, "--json"};
    for (const std::string &file : writeOperands(folder, item["shapes"]))
      arguments.push_back(file);
    test::Outcome outcome = test::runRicci(arguments, folder.path());
    ASSERT_EQ(outcome.status, 0) << outcome.err;
    json result = json::parse(outcome.out);
    EXPECT_EQ(result["shape"], item["expected_shape"]);
    std::vector<double> values;
    flatten(result["data"], values);
    EXPECT_EQ(values, item["expected"].get<std::vector<double>>());
  }
}

TEST_F(EinsumCases, InvalidOnesAreRefused) {
  for (const json &item : cases["invalid"]) {
    std::string equation = item["equation"];
    SCOPED_TRACE(equation + " " + item["shapes"].dump());
    test::TemporaryFolder folder;
    std::vector<std::string> arguments{"einsum", equation};
    for (const std::string &file : writeOperands(folder, item["shapes"]))
      arguments.push_back(file);
    test::Outcome outcome = test::runRicci(arguments, folder.path());
    EXPECT_EQ(outcome.status, 1) << outcome.out;
    EXPECT_NE(outcome.err.find("error["), std::string::npos) << outcome.err;
  }
}
