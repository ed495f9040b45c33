#include "dialects/Equation.h"

#include "gtest/gtest.h"

using namespace ricci;

namespace {
TEST(Equation, TakesApartAndPutsTogether) {
  Equation equation = llvm::cantFail(Equation::parse("ij,jk->ik"));
  EXPECT_EQ(equation.inputs, (std::vector<std::string>{"ij", "jk"}));
  EXPECT_EQ(equation.output, "ik");
  EXPECT_EQ(equation.str(), "ij,jk->ik");
  EXPECT_EQ(equation.letters(), "ijk");
  EXPECT_EQ(equation.summed(), "j");
}

TEST(Equation, ScalarsAndNothing) {
  EXPECT_TRUE(llvm::cantFail(Equation::parse("->ij")).inputs.empty());
  EXPECT_EQ(llvm::cantFail(Equation::parse(",->")).inputs, (std::vector<std::string>{"", ""}));
}

TEST(Equation, FreshIsUnused) {
  EXPECT_EQ(llvm::cantFail(Equation::parse("ab->b")).fresh(), 'c');
  std::string all = indexLetters(52);
  EXPECT_EQ((Equation{{all}, ""}).fresh(), '\0');
}

TEST(Equation, SaysWhatIsWrong) {
  auto missing = Equation::parse("ij");
  EXPECT_EQ(llvm::toString(missing.takeError()), "equation 'ij' has no '->'");
  auto digit = Equation::parse("i->2");
  EXPECT_EQ(llvm::toString(digit.takeError()), "equation 'i->2': '2' is not a letter");
}
} // namespace
