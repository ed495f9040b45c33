// Every operation is printed by a test, is in the README, and says its derivative or is listed here with the reason why it has none.
#include "dialects/Ricci.h"

#include "gtest/gtest.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>

using namespace mlir;
using namespace ricci;

namespace {
const std::map<std::string, std::string> withoutDerivative = {
    {"constant", "a constant"},
    {"fill", "a constant"},
    {"iota", "integers"},
    {"dim", "a size"},
    {"to_index", "a size"},
    {"to_tensor", "an integer"},
    {"argsort", "integers"},
    {"for", "Autodiff rewrites loops whole"},
    {"custom", "Autodiff applies its rules"},
    {"checkpoint", "Autodiff differentiates its body"},
    {"yield", "a terminator"},
    {"kernel", "made after derivatives are expanded"},
    {"jvp", "a derivative itself, expanded innermost first"},
    {"vjp", "a derivative itself, expanded innermost first"},
    {"check", "no result"},
    {"watch", "no result"},
    {"host", "no result"},
};

std::vector<RegisteredOperationName> operations(MLIRContext &context) {
  context.loadDialect<RicciDialect>();
  std::vector<RegisteredOperationName> result;
  for (RegisteredOperationName name : context.getRegisteredOperations())
    if (name.getDialectNamespace() == "ricci")
      result.push_back(name);
  return result;
}

TEST(Coverage, EveryOperationHasADerivativeOrAReason) {
  MLIRContext context;
  for (RegisteredOperationName name : operations(context)) {
    bool differentiates = name.hasInterface<ElementwiseOpInterface>() || name.hasInterface<DifferentiableOpInterface>();
    bool excused = withoutDerivative.count(name.stripDialect().str());
    EXPECT_NE(differentiates, excused) << name.getStringRef().str();
  }
}

// Whether `text` has the operation's name, and not just a longer one that starts with it.
bool mentions(const std::string &text, const std::string &name) {
  for (size_t at = text.find(name); at != std::string::npos; at = text.find(name, at + 1)) {
    char next = at + name.size() < text.size() ? text[at + name.size()] : ' ';
    if (!std::isalnum(static_cast<unsigned char>(next)) && next != '_')
      return true;
  }
  return false;
}

std::string contents(const std::string &file) {
  std::ifstream stream(std::filesystem::path(RICCI_SOURCE_FOLDER) / file);
  EXPECT_TRUE(stream) << file;
  return {std::istreambuf_iterator<char>(stream), {}};
}

TEST(Coverage, EveryOperationIsPrintedByATestAndListedInTheReadme) {
  std::string tests = contents("tests/dialects/elementwise.mlir") + contents("tests/dialects/structure.mlir");
  std::string readme = contents("dialects/README.md");
  MLIRContext context;
  for (RegisteredOperationName name : operations(context)) {
    EXPECT_TRUE(mentions(tests, name.getStringRef().str())) << name.getStringRef().str();
    EXPECT_TRUE(mentions(readme, name.stripDialect().str())) << name.getStringRef().str();
  }
}
} // namespace
