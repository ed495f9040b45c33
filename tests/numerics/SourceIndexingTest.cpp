// Accesses, definitions by index, reductions with guards, gather and scatter.
#include "tests/numerics/SourceChecker.h"

#include <cmath>

using namespace ricci::test;

namespace {

class SourceIndexing : public ::testing::TestWithParam<SourceCase> {};

SourceCase call(const std::string &name, const std::string &source, const std::string &expression,
                std::vector<Operand> operands, double terms = 1) {
  return {name, source, expression, std::move(operands), terms};
}

std::vector<SourceCase> cases() {
  Operand x{"x", {6}}, A{"A", {3, 4}}, B{"B", {4, 5}}, S{"S", {4, 4}};
  return {
      call("matmul", "fn f(A: f64[M,K], B: f64[K,N]) -> f64[M,N] { let C[i,j] = sum[k](A[i,k] * B[k,j]); C }", "f(A, B)", {A, B}, 4),
      call("matmul_operator", "", "A @ B", {A, B}, 4),
      call("matrix_vector", "", "A @ v", {A, {"v", {4}}}, 4),
      call("transposed", "", "A.T @ A", {A}, 3),
      call("diagonal", "fn f(S: f64[N,N]) -> f64[N] { let d[i] = S[i,i] * S[i,i]; d }", "f(S)", {S}),
      call("trace", "", "sum[i](S[i,i] ** 3)", {S}, 4),
      call("outer", "fn f(x: f64[N], y: f64[M]) -> f64[N,M] { let o[i,j] = x[i] * exp(y[j]); o }", "f(x, y)", {x, {"y", {2}}}),
      call("repeated", "fn f(x: f64[N]) -> f64[N,N] { let o[i,j in 0..N] = x[i]; o }", "f(x)", {x}),
      call("increments", "fn f(x: f64[N]) -> f64[N-1] { let y[i in 0..N-1] = x[i+1] - x[i]; y }", "f(x)", {x}),
      call("convolution", "fn f(x: f64[H,W], k: f64[A,B]) -> f64[H-A+1,W-B+1] { let y[i,j] = sum[a,b](x[i+a,j+b] * k[a,b]); y }",
           "f(S, k)", {S, {"k", {2, 3}}}, 6),
      call("same_padding", "fn f(x: f64[N], k: f64[K]) -> f64[N] { let y[i in 0..N] = sum[a](x[pad(i + a - K/2)] * k[a]); y }",
           "f(x, k)", {x, {"k", {3}}}, 3),
      call("clamped", "fn f(x: f64[N]) -> f64[N] { let y[i in 0..N] = x[clamp(i - 2)] * x[clamp(i + 3)]; y }", "f(x)", {x}),
      call("wrapped", "fn f(x: f64[N]) -> f64[N] { let y[i in 0..N] = x[wrap(i - 2)] * x[wrap(i + 3)]; y }", "f(x)", {x}),
      call("strided", "fn f(x: f64[N]) -> f64[N/2] { let y[i] = x[2*i] * x[2*i+1]; y }", "f(x)", {x}),
      call("reversed", "fn f(x: f64[N]) -> f64[N] { let y[i in 0..N] = x[N-1-i] * x[i]; y }", "f(x)", {x}),
      call("pooling", "fn f(x: f64[N]) -> f64[N/2] { let y[i] = max[a in 0..2](x[2*i + a]); y }", "f(x)", {x}, 2),
      call("packed_triangle",
           "fn f(l: f64[M], D: i64) -> f64[D,D] { let L[i in 0..D, j in 0..D] = if j < i then l[i*(i-1)/2 + j] else 0.0; L }",
           "f(l, 4)", {{"l", {6}}}),
      call("guarded_sum", "", "sum[i, j where i < j](abs(x[i] - x[j]))", {x}, 15),
      call("guarded_product", "", "prod[i where i % 2 == 0](x[i])", {{"x", {5}, Operand::Variable, 0.5, 2}}, 3),
      call("guarded_max", "", "max[i where i > 2](x[i])", {x}),
      call("guarded_min", "", "min[i where i > 2](x[i])", {x}),
      call("guarded_mean", "", "mean[i where i % 3 == 0](exp(x[i]))", {x}, 2),
      call("guarded_logsumexp", "", "logsumexp[i where i > 1](x[i])", {x}, 4),
      call("ragged_range", "fn f(x: f64[N]) -> f64[N] { let y[i in 0..N] = sum[j in 0..i+1](x[j] * x[i]); y }", "f(x)", {x}, 6),
      call("sum_all", "", "sum(A)", {A}, 12),
      call("prod_all", "", "prod(x)", {{"x", {5}, Operand::Variable, 0.5, 2}}, 5),
      call("mean_all", "", "mean(A * A)", {A}, 12),
      call("max_all", "", "max(A)", {A}),
      call("logsumexp_rows", "fn f(A: f64[M,N]) -> f64[M] { let y[i] = logsumexp[j](A[i,j]); y }", "f(A)", {A}, 4),
      call("independent_of_index", "", "sum[i in 0..4, j in 0..3](x[j])", {x}, 12),
      call("keeps_an_axis", "", "sum[i](A[i,:])", {A}, 3),
      call("gather", "fn f(E: f64[V,D], t: i64[T]) -> f64[T,D] { let y[t_, d] = E[t[t_], d]; y }", "f(A, t)",
           {A, {"t", {5}, Operand::Integers, 0, 3}}),
      call("gather_in_two_axes", "", "sum[n](A[a[n], b[n]] ** 2)",
           {A, {"a", {6}, Operand::Integers, 0, 3}, {"b", {6}, Operand::Integers, 0, 4}}, 6),
      call("scatter", "fn f(b: i64[N], w: f64[N], B: i64) -> f64[B] { let h[k in 0..B] = sum[i where b[i] == k](w[i] * w[i]); h }",
           "f(b, x, 4)", {x, {"b", {6}, Operand::Integers, -1, 5}}, 6),
      call("scatter_in_two_axes",
           "fn f(a: i64[N], b: i64[N], w: f64[N]) -> f64[3,2] { let h[p in 0..3, q in 0..2] = sum[i where a[i] == p and b[i] == q](w[i]); h }",
           "f(a, b, x)", {x, {"a", {6}, Operand::Integers, 0, 3}, {"b", {6}, Operand::Integers, 0, 2}}, 6),
      call("scatter_uses_left",
           "fn f(b: i64[N], w: f64[N], c: f64[3]) -> f64[3] { let h[k in 0..3] = sum[i where b[i] == k and w[i] > -0.5](w[i] * c[k]); h }",
           "f(b, x, c)", {x, {"b", {6}, Operand::Integers, 0, 3}, {"c", {3}}}, 6),
      call("scatter_rows", "fn f(b: i64[M], A: f64[M,N]) -> f64[2,N] { let h[k in 0..2,:] = sum[i where b[i] == k](A[i,:]); h }",
           "f(b, A)", {A, {"b", {3}, Operand::Integers, 0, 2}}, 3),
      call("batched_call",
           "fn g(v: f64[N]) -> f64[N] { let n[i] = v[i] / norm(v); n }\nfn f(A: f64[M,N]) -> f64[M,N] { let y[i,:] = g(A[i,:]); y }",
           "f(A)", {A}, 4),
      call("batched_softmax", "fn f(A: f64[M,N]) -> f64[M,N] { let y[i,:] = softmax(A[i,:]); y }", "f(A)", {A}, 4),
      call("split_axis", "fn f(x: f64[T,M], H: i64) -> f64[H,T,M/H] { let q[h in 0..H, t, e] = x[t, (h,e)]; q }", "f(A, 2) ", {A}),
      call("merge_axes", "fn f(q: f64[H,T,E]) -> f64[T,H*E] { let y[t, (h,e)] = q[h,t,e]; y }", "f(q)", {{"q", {2, 3, 2}}}),
      call("slice", "", "x[1..4] * x[2..5]", {x}),
      call("slice_by_two", "", "x[1..6 by 2]", {x}),
      call("slice_of_axis", "", "A[:, 1..3]", {A}),
      call("with_element", "", "(x with [2] = x[0] * x[1]) * x", {x}),
      call("with_row", "", "(A with [1,:] = A[0,:] * A[2,:])", {A}),
      call("with_slice", "", "(x with [1..3] = x[3..5]) * x", {x}),
      call("concat", "", "concat(A, A * A, axis = 0)", {A}),
      call("concat_columns", "", "concat(A, A[:, 1..3], axis = 1)", {A}),
      call("rotated", "fn f(x: f64[N], s: i64) -> f64[N] { concat(x[s..N], x[0..s], axis = 0) }", "f(x, 2) * x", {x}),
      call("reshape", "", "reshape(A, f64[2,6]) ** 2", {A}),
      call("einsum", "", "einsum(\"ij,jk,ik->i\", A, B, C)", {A, B, {"C", {3, 5}}}, 20),
      call("einsum_diagonal", "", "einsum(\"ii->i\", S)", {S}),
      call("array_literal", "", "[x[0], x[1] * x[2], 1.0]", {x}),
      call("nested_reductions", "", "sum[i](log(sum[j](exp(A[i,j]))))", {A}, 12),
      call("dot", "", "dot(x, x * x)", {x}, 6),
      call("norm", "", "norm(A)", {A}, 12),
      call("empty", "", "sum(x)", {{"x", {0}}}),
      call("empty_rows", "fn f(A: f64[M,N]) -> f64[M] { let y[i] = sum[j](A[i,j]); y }", "f(A)", {{"A", {3, 0}}}),
      call("no_rows", "fn f(A: f64[M,N]) -> f64[M] { let y[i] = sum[j](A[i,j]); y }", "f(A)", {{"A", {0, 3}}}),
      call("single", "", "A @ B", {{"A", {1, 1}}, {"B", {1, 1}}}),
      call("empty_contraction", "", "A @ B", {{"A", {2, 0}}, {"B", {0, 3}}}),
  };
}

TEST_P(SourceIndexing, Agrees) { checkSource(GetParam()); }
INSTANTIATE_TEST_SUITE_P(Expressions, SourceIndexing, ::testing::ValuesIn(cases()), caseName);


void expectStop(const char *expression, const char *code, const Inputs &inputs, const char *source = "") {
  for (auto evaluate : {interpretSource, runSource}) {
    Evaluated result = evaluate(source, expression, inputs);
    EXPECT_EQ(result.error.substr(0, 5), code) << expression << ": " << result.error;
  }
}

Inputs oneVector(std::vector<double> values) {
  Inputs inputs;
  int64_t size = int64_t(values.size());
  inputs.emplace_back("x", f64({size}, std::move(values)));
  return inputs;
}

TEST(SourceChecks, SubscriptOutside) {
  Inputs inputs = oneVector({1, 2, 3});
  inputs.emplace_back("t", i64({2}, {0, 3}));
  expectStop("sum[i](x[t[i]])", "R0001", inputs);
}

TEST(SourceChecks, OnlyWhereReached) {
  Inputs inputs = oneVector({1, 2, 3});
  inputs.emplace_back("t", i64({2}, {0, 3}));
  for (auto evaluate : {interpretSource, runSource}) {
    Evaluated result = evaluate("", "sum[i](if t[i] < 3 then x[t[i]] else 0.5)", inputs);
    ASSERT_EQ(result.error, "");
    EXPECT_EQ(numbers(result.values[0]), std::vector<double>{1.5});
    result = evaluate("", "sum[i where t[i] < 3](x[t[i]])", inputs);
    ASSERT_EQ(result.error, "");
    EXPECT_EQ(numbers(result.values[0]), std::vector<double>{1});
  }
}

TEST(SourceChecks, DivisionByZero) {
  Inputs inputs;
  inputs.emplace_back("a", i64({2}, {1, 2}));
  inputs.emplace_back("b", i64({2}, {1, 0}));
  expectStop("a / b", "R0002", inputs);
  expectStop("a % b", "R0002", inputs);
}

TEST(SourceChecks, NothingToChooseFrom) {
  expectStop("argmax[i](x[i])", "R0004", oneVector({}));
  expectStop("argmax[i where x[i] > 5.0](x[i])", "R0004", oneVector({1, 2}));
}

TEST(SourceChecks, Assertion) {
  expectStop("f(x)", "R0005", oneVector({1, -2}), "fn f(x: f64[N]) -> f64 { assert min(x) > 0.0, \"positive\"; sum(x) }");
}

TEST(SourceReductions, EmptyAndSpecial) {
  auto value = [](const char *expression, const Inputs &inputs) {
    Evaluated reference = interpretSource("", expression, inputs), compiled = runSource("", expression, inputs);
    EXPECT_EQ(reference.error + compiled.error, "") << expression;
    if (reference.values.empty() || compiled.values.empty())
      return std::vector<double>{};
    std::vector<double> expected = numbers(reference.values[0]), actual = numbers(compiled.values[0]);
    for (size_t i = 0; i < expected.size(); ++i)
      EXPECT_TRUE(expected[i] == actual[i] || (std::isnan(expected[i]) && std::isnan(actual[i]))) << expression;
    return expected;
  };
  using List = std::vector<double>;
  double inf = INFINITY;
  Inputs none = oneVector({});
  EXPECT_EQ(value("sum(x)", none), List{0});
  EXPECT_EQ(value("prod(x)", none), List{1});
  EXPECT_EQ(value("max(x)", none), List{-inf});
  EXPECT_EQ(value("min(x)", none), List{inf});
  EXPECT_TRUE(std::isnan(value("mean(x)", none)[0]));
  EXPECT_EQ(value("any[i](x[i] > 0.0)", none), List{0});
  EXPECT_EQ(value("all[i](x[i] > 0.0)", none), List{1});
  EXPECT_EQ(value("logsumexp(x)", none), List{-inf});
  EXPECT_EQ(value("logsumexp(x)", oneVector({-inf, -inf})), List{-inf});
  EXPECT_EQ(value("logsumexp(x)", oneVector({1, inf})), List{inf});
  EXPECT_EQ(value("grad[x](logsumexp(x))", oneVector({-inf, 0})), (List{0, 1}));
  EXPECT_EQ(value("argmax(x)", oneVector({1, 3, 3, 2})), List{1});
  EXPECT_EQ(value("argmin[i where i > 0](x[i])", oneVector({0, 3, 1, 2})), List{2});
  EXPECT_TRUE(std::isnan(value("max(x)", oneVector({1, std::nan(""), 2}))[0]));
}

} // namespace
