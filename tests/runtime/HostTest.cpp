#include "runtime/Host.h"
#include "runtime/DataFile.h"
#include "tests/runtime/TestFiles.h"

#include <gtest/gtest.h>

using namespace ricci::runtime;
using namespace ricci::runtime::test;

namespace {

class HostTest : public testing::Test {
protected:
  HostTest() {
    operands.push_back(Array::scalar(int64_t(3)));
    operands.push_back(Array::scalar(0.25));
    operands.push_back(arrayOf<double>({2}, {1, 2}));
    operands.push_back(arrayOf<float>({3, 2}, {0, 1, 2, 3, 4, 5}));
    operands.push_back(arrayOf<int64_t>({3}, {7, -1, 7}));
  }

  std::string print(std::string_view spec) {
    std::string printed;
    auto result = performEffect("print", spec, operands, [&](std::string_view text) { printed += text; });
    return result ? printed : "error: " + result.error().message;
  }
  // The written file's contents, or the error.
  std::string draw(std::string_view what, const std::string &options) {
    std::string path = folder.path("chart.svg");
    auto result = performEffect(what, "path=" + path + "\n" + options, operands, {});
    return result ? readBytes(path) : "error: " + result.error().message;
  }

  TemporaryFolder folder;
  std::vector<Array> operands;
};

size_t countOf(std::string_view text, std::string_view part) {
  size_t count = 0;
  for (size_t at = 0; (at = text.find(part, at)) != std::string_view::npos; at += part.size())
    ++count;
  return count;
}

TEST_F(HostTest, PrintsTextAndOperands) {
  EXPECT_EQ(print(""), "\n");
  EXPECT_EQ(print("step {0}: loss {1:.4f}"), "step 3: loss 0.2500\n");
  EXPECT_EQ(print("{{{0}}} 100%"), "{3} 100%\n");
  EXPECT_EQ(print("{2} {2:.1e}"), "[1.0, 2.0] [1.0e+00, 2.0e+00]\n");
  EXPECT_EQ(print("{(0,1)}"), "(3, 0.25)\n");
  EXPECT_EQ(print("{Mlp(w=2,in=Pair(a=0,b=1))}"), "Mlp(w = [1.0, 2.0], in = Pair(a = 3, b = 0.25))\n");
  EXPECT_EQ(print("{0:>5}|"), "    3|\n");
}

TEST_F(HostTest, RefusesBadFormatsWithoutThrowing) {
  EXPECT_NE(print("{0:.4f}").find("error: format `.4f`"), std::string::npos);
  EXPECT_NE(print("{1:{}}").find("error"), std::string::npos);
  for (const char *spec : {"{", "}", "{9}", "{x}", "{(0}", "{0", "{A(0)}", "{A(b=0", "{-1}", "{}", "{(0 1)}"})
    EXPECT_NE(print(spec).find("error: malformed"), std::string::npos) << spec;
}

void printing(ricci_context *context, const ricci_array *in, ricci_array *) {
  ricci_host(context, "print", "x = {0}", "a.ricci:1:1", 1, in);
  ricci_host(context, "print", "{0:d}", "a.ricci:2:1", 1, in);
}

TEST_F(HostTest, EffectsOfCompiledCodeReachTheContext) {
  std::string printed;
  Context context({.print = [&](std::string_view text) { printed += text; }});
  ricci_array input = operands[1].descriptor();
  auto result = invoke(context, printing, std::span(&input, 1), 0);
  EXPECT_EQ(printed, "x = 0.25\n");
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().where, "a.ricci:2:1");
  EXPECT_EQ(result.error().code, printFailedCode);
}

TEST_F(HostTest, FailsWithValues) {
  auto result = performEffect("nonfinite", "`log` gives {0} at [{1}]", operands, {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, notFiniteCode);
  EXPECT_EQ(result.error().message, "`log` gives 3 at [0.25]");
}

TEST_F(HostTest, SavesArraysAndAggregates) {
  std::string path = folder.path("a\\b.npz"), escaped = folder.path("a\\\\b.npz");
  EXPECT_TRUE(performEffect("save", "path=" + escaped + "\nvalue=Mlp(w=2,b=1)", operands, {}));
  EXPECT_EQ(elementsOf<double>(*readArray(path + ":w", {DType::F64, {2}})), (std::vector<double>{1, 2}));
  auto result = performEffect("save", "path=" + folder.path("no/x.npy") + "\nvalue=2", operands, {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, saveFailedCode);
  EXPECT_NE(result.error().message.find("no/x.npy"), std::string::npos);
  EXPECT_FALSE(performEffect("save", "value=2", operands, {}));
  EXPECT_FALSE(performEffect("save", "path=x.npy", operands, {}));
  EXPECT_FALSE(performEffect("save", "path=x.npy\nvalue=9", operands, {}));
  EXPECT_FALSE(performEffect("dance", "", operands, {}));
}

TEST_F(HostTest, PlotsEachSeries) {
  std::string chart = draw("plot", "title=a < b\nvalue=2\nvalue=3\nlegend=one, two, three\n");
  EXPECT_NE(chart.find("a &lt; b"), std::string::npos);
  EXPECT_EQ(countOf(chart, "stroke-width=\"1.8\""), 3u);
  EXPECT_NE(chart.find(">two</text>"), std::string::npos);
  chart = draw("plot", "value=Losses(train=2,test=2)");
  EXPECT_NE(chart.find(">train</text>"), std::string::npos);
  EXPECT_NE(draw("plot", "value=2\ncolour=red").find("unknown option `colour`"), std::string::npos);
  EXPECT_FALSE(performEffect("plot", "path=x.png\nvalue=2", operands, {}));
}

TEST_F(HostTest, ScattersByLabel) {
  std::string chart = draw("scatter", "value=3\nvalue=4");
  EXPECT_EQ(countOf(chart, "r=\"3.5\""), 3u);
  EXPECT_NE(chart.find(">-1</text>"), std::string::npos);
  EXPECT_EQ(countOf(draw("scatter", "value=3"), "r=\"3.5\""), 3u);
  EXPECT_NE(draw("scatter", "value=2").find("[N,2]"), std::string::npos);
  EXPECT_NE(draw("scatter", "value=3\nvalue=2").find("one label a point"), std::string::npos);
}

} // namespace
