#include "Checking.h"

#include <gtest/gtest.h>

namespace ricci::lang::test {

static InputHeader array(Scalar element, std::vector<int64_t> shape) { return {element, std::move(shape), std::nullopt, false}; }
static InputHeader integer(int64_t value) { return {Scalar::I64, {}, value, true}; }

static CheckOptions running(std::vector<std::pair<std::string, InputHeader>> given = {}) {
  CheckOptions options;
  options.given = std::move(given);
  options.loadHeader = [](const std::string &path, const std::string &key) -> std::optional<InputHeader> {
    if (path == "X.npy")
      return array(Scalar::F64, {1797, 64});
    if (path == "y.npy")
      return array(Scalar::I64, {1500});
    return std::nullopt;
  };
  return options;
}

TEST(Inputs, HeadersMakeSizesConstant) {
  const char *program = "let X: f64[N,D] = load(\"X.npy\")\nlet m[d] = mean[n](X[n,d])";
  EXPECT_EQ(typeOf(program), "f64[D]");
  EXPECT_EQ(typeOf(program, running()), "f64[64]");
}

TEST(Inputs, ConflictsShowBothSites) {
  Checked checked("let X: f64[N,D] = load(\"X.npy\")\nlet y: i64[N] = load(\"y.npy\")", running());
  EXPECT_EQ(checked.errors(), "E0401 2:8");
  std::string text = render(checked.sources, checked.diagnostics);
  EXPECT_NE(text.find("`N` is 1500 here, from `y`"), std::string::npos) << text;
  EXPECT_NE(text.find("`N` is 1797 here, from `X`"), std::string::npos) << text;
}

TEST(Inputs, TypesAreNotConverted) {
  EXPECT_EQ(Checked("let X: f32[N,D] = load(\"X.npy\")", running()).errors(), "E0803 1:8");
  EXPECT_EQ(Checked("let X: f64[N] = load(\"X.npy\")", running()).errors(), "E0803 1:8");
  EXPECT_EQ(Checked("param n: i64 = 2", running({{"n", {Scalar::F64, {}, std::nullopt, true}}})).errors(), "E0803 1:10");
  EXPECT_EQ(Checked("param r: f32 = 2", running({{"r", integer(3)}})).errors(), "");
}

TEST(Inputs, ParamsAreConstantsInARun) {
  const char *program = "param n: i64 = 8\nlet x[i in 0..n] = f64(i)";
  EXPECT_EQ(typeOf(program), "f64[max(0, n)]");
  EXPECT_EQ(typeOf(program, running()), "f64[8]");
  EXPECT_EQ(typeOf(program, running({{"n", integer(5)}})), "f64[5]");
}

TEST(Inputs, StructsLeafByLeaf) {
  const char *program = "struct P<D> { w: f64[D], b: f64 }\nparam p: P<D>\nlet y = p.w";
  auto options = running({{"p.w", array(Scalar::F64, {3})}, {"p.b", array(Scalar::F64, {})}});
  EXPECT_EQ(typeOf(program, options), "f64[3]");
}

TEST(Inputs, FreeNamesOfTheExpression) {
  CheckOptions options = running({{"A", array(Scalar::F32, {2, 3})}});
  options.expression = "sum[i,j](A[i,j]) * 2";
  EXPECT_EQ(last("let x = 1.0", options), "(mul (sum i<2 j<3 A[i, j]) 2)");
  options.expression = "sum(A) + B";
  EXPECT_EQ(Checked("let x = 1.0", options).errors(), "E0801 1:10");
}

} // namespace ricci::lang::test
