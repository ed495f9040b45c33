#include "compiler/driver/testing/Shrink.h"

#include "lang/Check.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <numeric>

using namespace ricci;
using namespace ricci::driver;

namespace {

// The signature of `fn f`.
class Shrink : public testing::Test {
protected:
  const lang::CheckedFn &function(const std::string &source) {
    lang::DiagnosticEngine diagnostics;
    lang::FileId file = sources.add("t.ricci", source);
    program = lang::check(sources, &sources.file(file), {}, diagnostics);
    EXPECT_TRUE(program) << lang::render(sources, diagnostics);
    return *program->functions.front();
  }
  // From arguments that fail; the text of what is left.
  std::string simplest(const std::string &source, const Fails &fails) {
    Signature signature(function(source));
    for (uint64_t seed = 0; seed < 1000; ++seed) {
      Random random(seed);
      std::optional<Arguments> arguments = signature.drawAny(random);
      if (!arguments || !fails(*arguments))
        continue;
      size_t steps = 0;
      return signature.text(shrink(signature, std::move(*arguments), fails, 20000, steps));
    }
    return "nothing fails";
  }

  lang::SourceManager sources;
  std::unique_ptr<lang::CheckedProgram> program;
};

TEST_F(Shrink, LeavesWhatMattersOnly) {
  auto contains = [](const Elements &elements, auto holds) { return std::ranges::any_of(elements.reals, holds); };
  EXPECT_EQ(simplest("fn f(x: f64[N]) -> f64 { sum(x) }",
                     [&](const Arguments &a) { return contains(a.elements[0], [](double x) { return x < -0.4; }); }),
            "  N = 1\n  x = [-1.0]\n");
  EXPECT_EQ(simplest("fn f(x: f64[N]) -> f64 { sum(x) }",
                     [&](const Arguments &a) {
                       return contains(a.elements[0], [](double x) { return x > 0.1 && x < 0.9; });
                     }),
            "  N = 1\n  x = [0.2]\n");
  EXPECT_EQ(simplest("fn f(x: f64[N], y: f64[M]) -> f64 { sum(x) }",
                     [&](const Arguments &a) { return a.sizes[0] == a.sizes[1] && a.sizes[0] > 1; }),
            "  N = 2\n  M = 2\n  x = [0.0, 0.0]\n  y = [0.0, 0.0]\n");
  EXPECT_EQ(simplest("fn f(k: i64, n: i32) -> i64 { k }",
                     [&](const Arguments &a) { return a.elements[0].integers[0] <= -17; }),
            "  k = -17\n  n = 0\n");
}

TEST_F(Shrink, FindsElementsInTheMiddle) {
  // Two ones with something smaller between them.
  auto fails = [](const Arguments &a) {
    const std::vector<double> &x = a.elements[0].reals;
    for (size_t i = 0; i + 2 < x.size(); ++i)
      if (x[i] > x[i + 1] && x[i + 2] > x[i + 1])
        return true;
    return false;
  };
  EXPECT_EQ(simplest("fn f(x: f64[N]) -> f64 { sum(x) }", fails), "  N = 3\n  x = [1.0, 0.0, 1.0]\n");
}

TEST_F(Shrink, StopsAfterSoManyRuns) {
  Signature signature(function("fn f(x: f64[N]) -> f64 { sum(x) }"));
  Random random(3);
  size_t runs = 0, steps = 0;
  auto count = [&](const Arguments &) {
    ++runs;
    return runs % 2 == 0;
  };
  shrink(signature, *signature.drawAny(random), count, 5, steps);
  EXPECT_LE(runs, 5u);
}

TEST_F(Shrink, DrawsTheSameFromASeed) {
  Signature signature(function("fn f(x: f64[N,M], k: i64, b: bool, y: f32[N+1]) -> f64 { sum(x) }"));
  bool empty = false, one = false, equal = false, negativeZero = false;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Random first(seed), second(seed);
    Arguments arguments = *signature.drawAny(first);
    EXPECT_EQ(signature.text(arguments), signature.text(*signature.drawAny(second)));
    EXPECT_EQ(arguments.elements[3].shape, runtime::Shape{arguments.sizes[0] + 1});
    empty |= arguments.sizes[0] == 0;
    one |= arguments.sizes[1] == 1;
    equal |= arguments.sizes[0] == arguments.sizes[1] && arguments.sizes[0] > 3;
    for (double x : arguments.elements[0].reals) {
      EXPECT_LT(std::abs(x), 10); // moderate, and no NaN
      negativeZero |= x == 0 && std::signbit(x);
    }
  }
  EXPECT_TRUE(empty && one && equal && negativeZero);
}

} // namespace
