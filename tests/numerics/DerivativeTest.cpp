#include "tests/numerics/DerivativeCases.h"

#include "dialects/Ricci.h"

#include <gtest/gtest.h>
#include <set>

using namespace ricci;
using namespace ricci::test;

namespace {

std::vector<DerivativeCase> allCases() {
  std::vector<DerivativeCase> cases = elementwiseCases();
  for (auto &&more : {structuralCases(), loopCases(), whileCases(), customCases(), checkpointCases()})
    cases.insert(cases.end(), more.begin(), more.end());
  return cases;
}

class Derivative : public testing::TestWithParam<DerivativeCase> {};

TEST_P(Derivative, agreesWithItsIdentities) {
  DerivativeChecker checker;
  for (const std::string &failure : checker.check(GetParam()))
    ADD_FAILURE() << GetParam().name << ": " << failure;
}

std::string testName(const testing::TestParamInfo<DerivativeCase> &info) {
  std::string name = std::to_string(info.index) + "_";
  for (char c : info.param.name)
    name += std::isalnum(static_cast<unsigned char>(c)) ? c : '_';
  return name;
}

INSTANTIATE_TEST_SUITE_P(Cases, Derivative, testing::ValuesIn(allCases()), testName);

bool hasRule(mlir::RegisteredOperationName name) {
  return name.hasInterface<ElementwiseOpInterface>() || name.hasInterface<DifferentiableOpInterface>() ||
         llvm::is_contained({ForOp::getOperationName(), CustomOp::getOperationName(), CheckpointOp::getOperationName()},
                            name.getStringRef());
}

// Every operation that has a rule is in some case.
TEST(DerivativeTable, isComplete) {
  // No float goes in, or none comes out.
  const std::set<std::string> none = {"ricci.and", "ricci.or",   "ricci.not",      "ricci.shr",  "ricci.threefry",
                                      "ricci.cmp", "ricci.ipow", "ricci.isfinite", "ricci.unit", "ricci.isnan"};
  DerivativeChecker checker;
  std::set<std::string> covered;
  for (const DerivativeCase &test : allCases())
    for (const std::string &name : operationsOf(checker.context(), test.text))
      covered.insert(name);
  for (mlir::RegisteredOperationName name : checker.context().getRegisteredOperations()) {
    std::string text = name.getStringRef().str();
    if (hasRule(name) && !none.count(text))
      EXPECT_TRUE(covered.count(text)) << text << " has a derivative that no case checks";
  }
}

// The dialect is closed under differentiation: rules emit operations that have rules, or that compute no float from
// floats.
TEST(DerivativeTable, isClosed) {
  const std::set<std::string> sources = {"ricci.constant", "ricci.fill",     "ricci.iota",  "ricci.dim",     "ricci.to_index",
                                         "ricci.to_tensor", "arith.constant", "ricci.yield", "func.return", "func.func",
                                         "builtin.module"};
  DerivativeChecker checker;
  std::set<std::string> ruled;
  for (mlir::RegisteredOperationName name : checker.context().getRegisteredOperations())
    if (hasRule(name))
      ruled.insert(name.getStringRef().str());
  for (const DerivativeCase &test : allCases())
    for (const std::string &name : operationsOfDerivatives(checker.context(), test.text))
      EXPECT_TRUE(ruled.count(name) || sources.count(name) || test.text.find(name) != std::string::npos)
          << "a derivative of '" << test.name << "' needs " << name << ", which has no rule";
}

} // namespace
