// Loops, structs, derivative forms inside programs, random numbers.
#include "tests/numerics/SourceChecker.h"

#include <algorithm>
#include <cmath>

using namespace ricci::test;

namespace {

class SourceProgram : public ::testing::TestWithParam<SourceCase> {};

const char *mlp = R"(
struct Mlp<D,H> { w: f64[D,H], b: f64[H] }
fn apply(p: Mlp<D,H>, x: f64[D]) -> f64 { sum[h](tanh(sum[d](x[d] * p.w[d,h]) + p.b[h])) }
fn fields(w: f64[D,H], b: f64[H], x: f64[D]) -> f64 { apply(Mlp(w = w, b = b), x) }
fn step(w: f64[D,H], b: f64[H], x: f64[D]) -> f64[D,H] {
  let p = Mlp(w = w, b = b)
  let g = grad[p](apply(p, x))
  let q = p - 0.1 * g
  q.w
}
fn changed(w: f64[D,H], b: f64[H], x: f64[D]) -> f64 {
  let p = Mlp(w = w, b = b)
  let q = p with (b = b * b)
  dot(q, p) + norm(p) * sum(x)
}
fn steps(w: f64[D,H], b: f64[H], x: f64[D]) -> f64[H] {
  var p = Mlp(w = w, b = b)
  for t in 0..3 { p = p - 0.1 * grad[p](apply(p, x)) }
  p.b
}
)";

std::vector<SourceCase> cases() {
  Operand x{"x", {4}}, W{"W", {3, 3}}, A{"A", {3, 4}};
  std::vector<Operand> network{{"w", {4, 2}}, {"b", {2}}, {"x", {4}}};
  return {
      {"loop_carries", "fn f(x: f64[N], n: i64) -> f64[N] { var v = x; for t in 0..n { v = tanh(v * v + x) }; v }", "f(x, 5)", {x}, 5},
      {"loop_stacks", "fn f(x: f64[N]) -> f64[N] { var s = 0.0; for t in 0..N { s = s + x[t] * x[t]; yield s } }", "f(x)", {x}, 4},
      {"loop_never_runs", "fn f(x: f64[N]) -> f64[N] { var v = x; for t in 3..1 { v = v * 2.0 }; v }", "f(x)", {x}},
      {"loop_counts", "fn f(x: f64[N]) -> f64[N] { var v = x; for t in 1..4 { v = v * f64(t) + x ** t }; v }", "f(x)", {x}, 4},
      {"recurrent",
       "fn f(x: f64[T,D], W: f64[H,H], U: f64[H,D]) -> f64[T,H] { var h = zeros(f64[H]); for t in 0..T { h = tanh(W @ h + U @ x[t,:]); yield h } }",
       "f(A, W, U)", {A, W, {"U", {3, 4}}}, 12},
      {"nested_loops", "fn f(x: f64[N]) -> f64 { var s = 0.5; for i in 0..N { for j in 0..i { s = s + x[i] * x[j] * s } }; s }", "f(x)", {x}, 6},
      {"loop_updates_rows",
       "fn f(W: f64[N,N]) -> f64[N,N] { var V = W; for j in 1..N { V = V with [j,:] = sin(V[j-1,:] + W[j,:]) }; V }", "f(W)", {W}, 3},
      {"loop_inside_indices",
       "fn g(v: f64[N], s: f64) -> f64 { var a = s; for t in 0..N { a = sin(a + v[t]) }; a }\nfn f(A: f64[M,N]) -> f64[M] { let y[i] = g(A[i,:], 0.3); y }",
       "f(A)", {A}, 4},
      {"struct_function", mlp, "fields(w, b, x)", network, 8},
      {"struct_gradient_step", mlp, "step(w, b, x)", network, 8},
      {"struct_with", mlp, "changed(w, b, x)", network, 16},
      {"struct_descent", mlp, "steps(w, b, x)", network, 24},
      {"product_of_views",
       "fn f(a: f64[9,15], b: f64[8,13]) -> f64[6,6] { let c[i in 0..6, j in 0..6] = sum[k in 0..7](a[i+2,2*k+1] * b[7-k,2*j]); c }", "f(a, b)",
       {{"a", {9, 15}}, {"b", {8, 13}}}, 8},
      {"product_of_windows", "fn f(a: f64[12,4], b: f64[3,4,5]) -> f64[10,5] { let c[t in 0..10, j] = sum[d,k](a[t+d,k] * b[d,k,j]); c }", "f(a, b)",
       {{"a", {12, 4}}, {"b", {3, 4, 5}}}, 12},
      {"product_of_slices", "fn f(a: f64[N,K], b: f64[K,M], lo: i64, hi: i64) -> f64[hi-lo,M] { a[lo..hi,:] @ b }", "f(a, b, 2, 8)",
       {{"a", {9, 5}}, {"b", {5, 7}}}, 8},
      {"product_of_functions", "fn f(a: f64[N,K], b: f64[K,M]) -> f64[N,M] { let c[i,j] = sum[k](tanh(a[i,k]) * exp(b[k,j])); c }", "f(a, b)",
       {{"a", {5, 6}}, {"b", {6, 7}}}, 12},
      {"per_example",
       "fn f(w: f64[D], X: f64[N,D]) -> f64[N,D] { let g[n,:] = grad[w](softplus(dot(X[n,:], w)) ** 2); g }", "f(w, A)",
       {A, {"w", {4}}}, 4},
      {"value_and_gradient", "fn f(x: f64[N]) -> f64[N] { let (l, g) = value_grad[x](sum(exp(x) * x)); l * g }", "f(x)", {x}, 4},
      {"jacobian", "fn g(x: f64[N]) -> f64[N] { let y[i] = x[i] * sum(sin(x)); y }", "jacobian[x](g(x))", {x}, 4},
      {"jacobian_of_scalar", "", "jacobian[x](prod(x))", {x}, 4},
      {"hessian", "", "hessian[x](sum[i in 0..3](100.0 * (x[i+1] - x[i]**2)**2 + (1.0 - x[i])**2))", {x}, 12},
      {"batched_hessian", "fn f(w: f64[D], X: f64[N,D]) -> f64[N,D,D] { let h[n,:,:] = hessian[w](exp(dot(X[n,:], w))); h }", "f(w, A)",
       {A, {"w", {4}}}, 4},
      {"batched_hvp", "fn f(w: f64[D], v: f64[D], X: f64[N,D]) -> f64[N,D] { let h[n,:] = hvp[w -> v](exp(dot(X[n,:], w))); h }", "f(w, v, A)",
       {A, {"w", {4}}, {"v", {4}}}, 4},
      {"batched_jacobian", "fn f(w: f64[D], X: f64[N,D]) -> f64[N,D,D] { let h[n,:,:] = jacobian[w](sin(X[n,:] * w)); h }", "f(w, A)",
       {A, {"w", {4}}}, 4},
      {"gradient_of_gradient", "fn g(x: f64[N]) -> f64 { sum(exp(x) * sin(x)) }\nfn f(x: f64[N]) -> f64 { let h = grad[x](g(x)); dot(h, h) }", "f(x)", {x}, 4},
      {"gradient_of_a_field", std::string(mlp) + "fn f(w: f64[D,H], b: f64[H], x: f64[D]) -> f64[H] { let p = Mlp(w = w, b = b); let (g, h) = grad[p.b, p.w](apply(p, x)); g * h[0,:] }",
       "f(w, b, x)", network, 8},
      {"tuples_stack", "fn f(x: f64[N]) -> f64[N] { var s = 0.0; let (a, b) = for t in 0..N { s = sin(s + x[t]); yield (s, x[t] * s) }; a * b }", "f(x)", {x}, 4},
      {"branch_assigns", "fn f(x: f64[N]) -> f64 { var s = 1.0; for t in 0..N { s = if x[t] > 0.0 then s * x[t] else s + x[t] }; s }", "f(x)", {x}, 4},
      {"conditions_as_values", "fn f(x: f64[N]) -> f64[N] { let m[i] = x[i] > 0.0; let y[i] = if m[i] and any(m) then x[i]**2 else -x[i]; y }", "f(x)", {x}, 4},
      {"two_dimensional_argmax", "fn f(A: f64[M,N]) -> f64 { let (i, j) = argmax[i,j](A[i,j]); A[i,j] ** 2 }", "f(A)", {A}},
      {"checkpoint_of_a_struct", std::string(mlp) + "fn f(w: f64[D,H], b: f64[H], x: f64[D]) -> f64 { let q = checkpoint(Mlp(w = sin(w), b = b * b)); apply(q, x) + sum(q.b) }",
       "f(w, b, x)", network, 8},
      {"checkpoint_of_a_tuple", "fn f(x: f64[N]) -> f64[N] { let (a, n, b) = checkpoint((exp(x), N, sum(x * x))); a * b + f64(n) }", "f(x)", {x}, 4},
      {"checkpoint_inside_indices", "fn f(A: f64[M,N]) -> f64[M] { let y[i] = checkpoint(sum[j](tanh(A[i,j] * A[i,0]))) * A[i,1]; y }", "f(A)", {A}, 4},
      {"checkpoint_in_a_loop", "fn f(x: f64[N], W: f64[N,N]) -> f64[N] { var v = x; for t in 0..3 { v = checkpoint(tanh(W @ v + x)) }; v }", "f(W[0,:], W)", {W}, 9},
      {"checkpoint_of_a_loop", "fn g(v: f64[N]) -> f64[N] { var h = v; for t in 0..3 { h = sin(h) * v }; h }\nfn f(x: f64[N]) -> f64[N] { checkpoint(g(checkpoint(x * x))) }",
       "f(x)", {x}, 4},
      {"checkpoint_assigns", "fn f(x: f64[N]) -> f64[N] { var s = 1.0; let y = checkpoint(for t in 0..N { s = s * cos(x[t]); yield s * x[t] }); y * s }", "f(x)", {x}, 4},
      {"checkpoint_in_a_branch", "fn f(x: f64[N]) -> f64[N] { let y[i] = if x[i] > 0.0 then checkpoint(log(x[i])) else x[i]; y }", "f(x)", {x}},
      {"custom_constant", "", "x * stop_grad(exp(x))", {x}, 1, false},
      {"attention",
       "fn f(q: f64[T,D], k: f64[T,D], v: f64[T,D]) -> f64[T,D] {\n"
       "  let s[t,u] = if u <= t then sum[d](q[t,d] * k[u,d]) else -inf\n"
       "  let a[t,:] = softmax(s[t,:])\n"
       "  let y[t,d] = sum[u](a[t,u] * v[u,d])\n  y\n}",
       "f(q, k, v)", {{"q", {3, 2}}, {"k", {3, 2}}, {"v", {3, 2}}}, 6},
  };
}

TEST_P(SourceProgram, Agrees) { checkSource(GetParam()); }
INSTANTIATE_TEST_SUITE_P(Programs, SourceProgram, ::testing::ValuesIn(cases()), caseName);

// Mean and variance within five standard errors, and the same numbers from both ways.
void expectMoments(const std::string &expression, double mean, double variance, double fourth) {
  Evaluated reference = interpretSource("", expression, {}), compiled = runSource("", expression, {});
  ASSERT_EQ(reference.error + compiled.error, "") << expression;
  std::vector<double> values = numbers(reference.values[0]), other = numbers(compiled.values[0]);
  ASSERT_EQ(values.size(), other.size());
  double sum = 0, squares = 0, n = double(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT_NEAR(values[i], other[i], 1e-6) << expression;
    sum += values[i];
    squares += (values[i] - mean) * (values[i] - mean);
  }
  EXPECT_NEAR(sum / n, mean, 5 * std::sqrt(variance / n)) << expression;
  EXPECT_NEAR(squares / n, variance, 5 * std::sqrt((fourth - variance * variance) / n)) << expression;
}

TEST(SourceRandom, Moments) {
  expectMoments("uniform(key(1), f64[20000])", 0.5, 1.0 / 12, 1.0 / 80);
  expectMoments("uniform(key(1), f32[20000])", 0.5, 1.0 / 12, 1.0 / 80);
  expectMoments("normal(key(2), f64[100,200])", 0, 1, 3);
  expectMoments("normal(key(2), f32[100,200])", 0, 1, 3);
}

TEST(SourceRandom, KeysAreIndependent) {
  const char *source = "fn f() -> f64[3,1000] {\n  let (a, b) = split(key(0))\n  let c = fold_in(key(0), 0)\n"
                       "  let x = uniform(a, f64[1000])\n  let y = uniform(b, f64[1000])\n  let z = uniform(c, f64[1000])\n  [x, y, z]\n}";
  Evaluated result = interpretSource(source, "f()", {});
  ASSERT_EQ(result.error, "");
  std::vector<double> values = numbers(result.values[0]);
  for (size_t first = 0; first < 3; ++first)
    for (size_t second = first + 1; second < 3; ++second) {
      double correlation = 0;
      for (size_t i = 0; i < 1000; ++i)
        correlation += (values[first * 1000 + i] - 0.5) * (values[second * 1000 + i] - 0.5);
      EXPECT_LT(std::abs(correlation) * 12 / 1000, 5 / std::sqrt(1000));
    }
}

TEST(SourceRandom, BatchesLikeOneByOne) {
  const char *source = "fn f(k: key) -> f64[3,4] { let x[i in 0..3,:] = normal(fold_in(k, i), f64[4]); x }\n"
                       "fn g(k: key) -> f64[4] { normal(fold_in(k, 2), f64[4]) }\n"
                       "fn h(k: key) -> f64[3,4] { let ks = split(k, 3); let x[i,:] = uniform(ks[i], f64[4]); x }\n";
  for (auto evaluate : {interpretSource, runSource}) {
    Evaluated all = evaluate(source, "f(key(5))", {}), one = evaluate(source, "g(key(5))", {}), split = evaluate(source, "h(key(5))", {});
    ASSERT_EQ(all.error + one.error + split.error, "");
    std::vector<double> rows = numbers(all.values[0]), row = numbers(one.values[0]), others = numbers(split.values[0]);
    EXPECT_EQ(std::vector<double>(rows.begin() + 8, rows.end()), row);
    std::ranges::sort(others);
    EXPECT_EQ(std::ranges::adjacent_find(others), others.end());
  }
}

TEST(SourceEffects, PrintOnceWhereReached) {
  const char *source = "fn f(x: f64[N]) -> f64 { print(\"at {x}\"); sum(x * x * x) }\n"
                       "fn g(x: f64) -> f64 { if x > 0.0 then h(x) else 0.0 }\nfn h(x: f64) -> f64 { print(\"positive\"); sqrt(x) }\n";
  Inputs at;
  at.emplace_back("x", f64({2}, {1, 2}));
  for (const char *form : {"f(x)", "grad[x](f(x))", "jvp[x -> x](f(x))", "hvp[x -> x](f(x))", "hessian[x](f(x))"}) {
    Evaluated result = runSource(source, form, at);
    EXPECT_EQ(result.error, "") << form;
    EXPECT_EQ(result.printed, "at [1.0, 2.0]\n") << form;
  }
  for (double x : {-1.0, 4.0}) {
    Inputs scalar;
    scalar.emplace_back("x", f64({}, {x}));
    Evaluated result = runSource(source, "g(x)", scalar);
    EXPECT_EQ(result.error, "");
    EXPECT_EQ(result.printed, x > 0 ? "positive\n" : "");
  }
}

TEST(SourceRandom, Permutation) {
  for (auto evaluate : {interpretSource, runSource}) {
    Evaluated result = evaluate("", "permutation(key(3), 50)", {});
    ASSERT_EQ(result.error, "");
    std::vector<double> values = numbers(result.values[0]);
    EXPECT_FALSE(std::ranges::is_sorted(values));
    std::ranges::sort(values);
    for (size_t i = 0; i < values.size(); ++i)
      EXPECT_EQ(values[i], double(i));
  }
}

} // namespace
