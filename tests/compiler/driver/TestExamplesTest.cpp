// ricci test: examples in doc comments.

#include "compiler/driver/testing/ExampleTest.h"
#include "tests/compiler/driver/Tested.h"

using namespace ricci;

namespace {

using TestExamples = test::Tested;

const std::string twice = "fn twice(x: f64) -> f64 { 2 * x }\n";

TEST_F(TestExamples, RunInTheScopeOfTheirFile) {
  expectPass("## Twice.\n##\n##     let y = twice(2.0)\n##     assert y == 4.0\n" + twice, "twice");
  expectPass("## ```ricci\n## assert twice(2.0) == 4.0\n## ```\n" + twice, "twice");
  // The file's own script does not run; what the example declares is the example's.
  expectPass("param needed: f64\n##     fn four() -> f64 { twice(2.0) }\n##     struct P { x: f64 }\n"
             "##     assert P(x = four()).x == 4.0\nstruct S { x: f64 }\n" +
                 twice,
             "S");
  write("m.ricci", twice);
  expectPass("import m\n##     assert m.twice(1.0) == 2.0\nlet x = 1", "x");
  expectPass("##     import m as n\n##     assert n.twice(1.0) == 2.0\nlet x = 1", "x");
}

TEST_F(TestExamples, SayWhereTheyFail) {
  write("t.ricci", "## Twice.\n##\n##     let ü = 1\n" + twice);
  nlohmann::json wrong = resultOf("# Ä\n## Twice.\n##\n##     let a = 1\n##       twicer(2.0)\n" + twice, "twice");
  EXPECT_EQ(wrong["message"], "in the example at line 4\n"
                              "error[E0204]: unknown function `twicer`\n"
                              "  --> t.ricci:5:10\n"
                              "   |          twicer(2.0)\n"
                              "   |          ^^^^^^\n"
                              "   = help: did you mean `twice`?\n");
  EXPECT_EQ(run({"t.ricci"}).status, 1);
  nlohmann::json failed =
      resultOf("## ```\n## print(\"x\")\n## assert twice(2.0) == 5.0, \"five\"\n## ```\n" + twice, "twice");
  EXPECT_EQ(failed["kind"], "example");
  EXPECT_EQ(failed["message"], "in the example at line 2\n"
                               "error[R0005]: five\n"
                               "  --> t.ricci:3:4\n"
                               "   | ## assert twice(2.0) == 5.0, \"five\"\n"
                               "   |    ^\n"
                               "it printed\nx\n");
  EXPECT_EQ(run({"t.ricci"}).status, 4);
  expectFailure("##     param x: f64\nlet y = 1", "y", "the input `x` has no value");
}

TEST_F(TestExamples, CompareValues) {
  expectPass("##     twice(2.0)  # = 4.0\n##     let y = twice(1.0) / 3.0  # = 0.667\n##     y\n"
             "##     let a[i,j in 0..2] = eye(2)[i,j]  # = [[1.0, 0.0], [0.0, 1.0]]\n##     (1, y)  # = (1, 0.67)\n"
             "##     twice(\n##       0.5)  # = 1.0\n" +
                 twice,
             "twice");
  expectFailure("##     twice(2.0)\n##     twice(2.5)  # = 4.0\n" + twice, "twice",
                "  --> t.ricci:2: the value is 5.0\n   |        twice(2.5)  # = 4.0\n");
  expectFailure("##     print(\"a\")  # = a\n" + twice, "twice",
                "t.ricci:1: nothing ends on this line that has a value");
  expectFailure("##     twice(2.0)\n##     # = 4.0\n" + twice, "twice", "t.ricci:2: nothing ends on this line");
  expectPass("##     twice(2.0)  # == 5.0\n" + twice, "twice");
}

TEST_F(TestExamples, AreNotCodeInOtherLanguages) {
  write("t.ricci", "## ```text\n## nothing\n## ```\n" + twice);
  EXPECT_EQ(run({"t.ricci"}).status, 0);
}

TEST(ValuesWritten, StandForWhatIsRoundedToThem) {
  using driver::isValueWritten;
  EXPECT_TRUE(isValueWritten("[1.0, 2.0]", "[1.0,2.0]"));
  EXPECT_TRUE(isValueWritten("[[1, 2],\n [3, 4]]", "[[1, 2], [3, 4]]"));
  EXPECT_TRUE(isValueWritten("P(a = -0.3333333333333333, b = nan)", "P(a = -0.33, b = nan)"));
  EXPECT_TRUE(isValueWritten("1.2345e-08", "1.23e-08"));
  EXPECT_TRUE(isValueWritten("0.0000000123", "1.23e-8"));
  EXPECT_TRUE(isValueWritten("1250.0", "1.2e3"));
  EXPECT_TRUE(isValueWritten("0.125", "0.12"));
  EXPECT_TRUE(isValueWritten("true", "true"));
  EXPECT_FALSE(isValueWritten("-0.3333333333333333", "0.33"));
  EXPECT_FALSE(isValueWritten("0.338", "0.33"));
  EXPECT_FALSE(isValueWritten("3", "2"));
  EXPECT_FALSE(isValueWritten("2.0", "2"));
  EXPECT_FALSE(isValueWritten("2", "2.0"));
  EXPECT_FALSE(isValueWritten("[1.0, 2.0]", "[1.0]"));
  EXPECT_FALSE(isValueWritten("[1.0]", "[1.0, 2.0]"));
  EXPECT_FALSE(isValueWritten("inf", "1.0"));
  EXPECT_FALSE(isValueWritten("true", "false"));
  EXPECT_FALSE(isValueWritten("1.0", ""));
}

} // namespace
