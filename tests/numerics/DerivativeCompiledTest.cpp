// Derivatives with control flow as compiled code: simplified, fused, lowered, against what the interpreter makes of
// them as they are expanded.
#include "tests/compiler/Lower/Compare.h"
#include "tests/numerics/DerivativeCases.h"

#include <gtest/gtest.h>

using namespace ricci::test;

namespace {

class CompiledDerivative : public testing::TestWithParam<DerivativeCase> {};

TEST_P(CompiledDerivative, equalsTheInterpreter) {
  const DerivativeCase &test = GetParam();
  DerivativeChecker checker;
  std::vector<std::string> texts = expandedDerivatives(checker.context(), test.text);
  EXPECT_FALSE(texts.empty());
  for (const std::string &text : texts) {
    CompareOptions options;
    options.simplify = options.fuse = true;
    options.low = test.low;
    options.high = test.high;
    options.roundings = 1000; // a turn magnifies those of the turns before
    EXPECT_TRUE(compiledEqualsReference(text, options)) << test.name << ", " << text.substr(0, text.find('('));
  }
}

std::vector<DerivativeCase> cases() {
  std::vector<DerivativeCase> all = loopCases();
  for (auto &&more : {whileCases(), customCases(), checkpointCases()})
    all.insert(all.end(), more.begin(), more.end());
  return all;
}

INSTANTIATE_TEST_SUITE_P(Cases, CompiledDerivative, testing::ValuesIn(cases()),
                         [](const auto &info) { return std::to_string(info.index); });

} // namespace
