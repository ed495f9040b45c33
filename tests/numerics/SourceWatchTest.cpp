// Where NaN and infinities come from: found at the operation that makes them, nowhere else, and by interpreter and
// compiled code alike.
#include "tests/numerics/Program.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace ricci::test;

namespace {

const double inf = INFINITY;

struct WatchCase {
  std::string expression;
  std::string fault; // without the code; empty: there is none
  std::string source = "";
};

void PrintTo(const WatchCase &given, std::ostream *out) { *out << given.source << given.expression; }

const Inputs &inputs() {
  static const Inputs all{
      {"x", f64({4}, {1, 0, -1, 4})},          {"zero", f64({}, {0})},
      {"big", f64({2}, {1e200, 1e300})},       {"huge", f64({3}, {1, 1000, inf})},
      {"A", f64({2, 3}, {1, 2, -3, 4, 0, 6})}, {"masked", f64({3, 2}, {1, -inf, -inf, -inf, 0, 2})},
      {"mixed", f64({3}, {NAN, 1, -inf})},     {"none", f64({0}, {})},
      {"bin", i64({4}, {0, 1, 5, 1})},
  };
  return all;
}

class Watch : public ::testing::TestWithParam<WatchCase> {};

TEST_P(Watch, FindsTheFault) {
  const auto &[expression, fault, source] = GetParam();
  Evaluated interpreted = interpretWatched(source, expression, inputs()),
            compiled = runWatched(source, expression, inputs());
  EXPECT_EQ(interpreted.error, fault.empty() ? "" : "R0006: " + fault);
  EXPECT_EQ(compiled.error, interpreted.error);
  if (!fault.empty())
    return;
  // Watching changes no value.
  Evaluated plain = runSource(source, expression, inputs());
  ASSERT_EQ(plain.error, "");
  ASSERT_EQ(plain.values.size(), compiled.values.size());
  for (size_t i = 0; i < plain.values.size(); ++i) {
    std::vector<double> expected = numbers(plain.values[i]), values = numbers(compiled.values[i]);
    ASSERT_EQ(values.size(), expected.size());
    for (size_t k = 0; k < values.size(); ++k)
      EXPECT_TRUE(values[k] == expected[k] || std::abs(values[k] - expected[k]) < 1e-12 ||
                  (std::isnan(values[k]) && std::isnan(expected[k])))
          << values[k] << " is not " << expected[k];
  }
}

INSTANTIATE_TEST_SUITE_P(
    Operations, Watch,
    ::testing::Values(
        WatchCase{"log(x)", "`log` gives -inf at [1], of 0.0"},
        WatchCase{"sqrt(x)", "`sqrt` gives nan at [2], of -1.0"},
        WatchCase{"zero / zero", "`/` gives nan, of 0.0 and 0.0"},
        WatchCase{"1.0 / x", "`/` gives inf at [1], of 1.0 and 0.0"},
        WatchCase{"A / zero", "`/` gives inf at [0, 0], of 1.0 and 0.0"},
        WatchCase{"huge - huge", "`-` gives nan at [2], of inf and inf"},
        WatchCase{"zero * huge", "`*` gives nan at [2], of 0.0 and inf"},
        WatchCase{"exp(huge)", "`exp` gives inf at [1], of 1000.0"},
        WatchCase{"x ** 0.5", "`**` gives nan at [2], of -1.0 and 0.5"},
        WatchCase{"x ** (-1)", "`**` gives inf at [1], of 0.0"},
        WatchCase{"f32(big)", "`f32` gives inf at [0], of 1e+200"},
        WatchCase{"big * big", "`*` gives inf at [0], of 1e+200 and 1e+200"},
        WatchCase{"sum(1.7e308 * ones(f64[2]))", "`sum` gives inf"}, WatchCase{"prod(big)", "`prod` gives inf"},
        WatchCase{"mean(none)", "`mean` gives nan"}, WatchCase{"norm(big)", "`norm` gives inf"},
        WatchCase{"dot(big, big)", "the sum of products gives inf"},
        WatchCase{"big @ big", "the sum of products gives inf"},
        WatchCase{"f(big)", "`dot` gives inf",
                  "struct P<N> { a: f64[N], b: f64 }\nfn f(x: f64[N]) -> f64 { let p = P(x, 1.0); dot(p, p) }\n"},
        WatchCase{"softmax(masked)", "`softmax` gives nan at [1, 0]"},
        WatchCase{"log_softmax(masked)", "`log_softmax` gives nan at [1, 0]"}));

// Names of indices, and the first of several faults in the program's order.
INSTANTIATE_TEST_SUITE_P(
    Places, Watch,
    ::testing::Values(WatchCase{"f(A)", "`log` gives -inf at j = 1, i = 1, of 0.0",
                                "fn f(A: f64[M,N]) -> f64[N,M] { let y[j,i] = log(A[i,j]); y }\n"},
                      WatchCase{"f(A)", "`log` gives nan at i = 0, k = 2, of -3.0",
                                "fn f(A: f64[M,N]) -> f64[M] { let y[i] = sum[k](log(A[i,k])); y }\n"},
                      WatchCase{"f(A)", "`sqrt` gives nan at [2], of -3.0",
                                "fn f(A: f64[M,N]) -> f64[N] { let y = A[0,:]; sqrt(y) + log(y) }\n"},
                      WatchCase{"f(A)", "`log` gives nan at [2], of -3.0",
                                "fn f(A: f64[M,N]) -> f64[N] { let y = A[0,:]; log(y) + sqrt(y) }\n"},
                      WatchCase{"f(A)", "`log` gives -inf at [1, 1], of 0.0",
                                "fn g(v: f64[N]) -> f64[N] { log(abs(v)) }\n"
                                "fn f(A: f64[M,N]) -> f64[M,N] { let y[i,:] = g(A[i,:]); y }\n"},
                      WatchCase{"f(x)", "`sum` gives inf at b = 1",
                                "fn f(x: f64[N]) -> f64[3] { let h[b in 0..3] = sum[i in 0..4 where b < 2 and i < 2 * "
                                "b](1.7e308 * f64(b)); h }\n"},
                      WatchCase{"f(x)", "the derivative of `*` gives inf at [0], of 1.0 and 10000000000.0 along 1e+300",
                                "fn f(x: f64[N]) -> f64[N] { vjp[x](x * (1e10 * x), 1e300 * ones(f64[N])) }\n"}));

// The derivative's rules, of both modes and of every order.
INSTANTIATE_TEST_SUITE_P(
    Derivatives, Watch,
    ::testing::Values(
        WatchCase{"grad[zero](sqrt(zero))", "the derivative of `sqrt` gives inf, of 0.0 along 1.0"},
        WatchCase{"grad[zero](zero ** 0.5)", "the derivative of `**` gives inf, of 0.0 and 0.5 along 1.0"},
        WatchCase{"grad[zero](log(zero))", "`log` gives -inf, of 0.0"},
        WatchCase{"grad[zero](log(zero + 1e-310))", "the derivative of `log` gives inf, of 1e-310 along 1.0"},
        WatchCase{"grad[x](sum(sqrt(abs(x)) * zero))", "the derivative of `sqrt` gives nan at [1], of 0.0 along 0.0"},
        WatchCase{"grad[x](sum(asin(x / 4.0)))", "the derivative of `asin` gives inf at [3], of 1.0 along 1.0"},
        WatchCase{"grad[x](f(x))", "the derivative of `sqrt` gives inf at [1], of 0.0 along 1.0",
                  "fn f(x: f64[N]) -> f64 { sum[i](sqrt(x[i] * x[i])) }\n"},
        WatchCase{"jvp[zero -> 2.0](sqrt(zero))", "the derivative of `sqrt` gives inf, of 0.0 along 2.0"},
        WatchCase{"jvp[x -> zeros(x)](f(x))", "the derivative of `sqrt` gives nan at i = 1, of 0.0 along 0.0",
                  "fn f(x: f64[N]) -> f64[N] { let y[i] = sqrt(x[i] * x[i]); y }\n"},
        WatchCase{"hvp[zero -> 1.0](zero ** 1.5)",
                  "the derivative of the derivative of `**` gives inf, of 0.0 and 1.5 and 1.0 along 1.0"},
        WatchCase{"vjp[A](A @ A.T, 1e308 * ones(f64[2,2]))", "the derivative of `sum` gives inf at [0, 0]"}));

INSTANTIATE_TEST_SUITE_P(
    Loops, Watch,
    ::testing::Values(WatchCase{"f(zero)", "`log` gives -inf, of 0.0",
                                "fn f(x: f64) -> f64 { var s = x + 2.0; for t in 0..5 { s = s - 1.0; let y = "
                                "log(abs(s) + s); s = s + 0.0 * y }; s }\n"},
                      WatchCase{"grad[zero](f(zero))", "the derivative of `sqrt` gives inf, of 0.0 along 1.0",
                                "fn f(x: f64) -> f64 { var s = x; for t in 0..4 { s = s + sqrt(x * f64(t)) }; s }\n"},
                      WatchCase{"jvp[zero -> 1.0](f(zero))", "the derivative of `sqrt` gives inf, of 0.0 along 1.0",
                                "fn f(x: f64) -> f64 { var s = x; for t in 0..4 { s = sqrt(s) }; s }\n"},
                      WatchCase{"f(x)", "`/` gives inf, of 1.0 and 0.0",
                                "fn f(x: f64[N]) -> f64[N] { for i in 0..N { yield 1.0 / x[i] } }\n"},
                      WatchCase{"grad[x](f(x))", "",
                                "fn f(x: f64[N]) -> f64 { var s = 0.0; for i in 0..N { s = s + (if x[i] > 0.0 then "
                                "sqrt(x[i]) else s) }; s }\n"}));

// What is infinite to begin with, and what is computed but not taken.
INSTANTIATE_TEST_SUITE_P(
    Innocent, Watch,
    ::testing::Values(
        WatchCase{"exp(-huge)", ""}, WatchCase{"huge + 1.0", ""}, WatchCase{"mixed * 2.0", ""},
        WatchCase{"sum(mixed)", ""}, WatchCase{"max[i](none[i])", ""}, WatchCase{"min(none)", ""},
        WatchCase{"logsumexp(none)", ""},
        WatchCase{"f(masked)", "", "fn f(A: f64[M,N]) -> f64[M] { let y[i] = logsumexp[k](A[i,k]); y }\n"},
        WatchCase{"f(masked)", "",
                  "fn f(A: f64[M,N]) -> f64[M] { let y[i] = max[k where A[i,k] < -1.0](A[i,k]); y }\n"},
        WatchCase{"grad[masked](f(masked))", "", "fn f(A: f64[M,N]) -> f64 { sum[i in 0..1](logsumexp[k](A[i,k])) }\n"},
        WatchCase{"norm(zero * x)", ""}, WatchCase{"grad[x](norm(x - x))", ""}, WatchCase{"inf - 1.0", ""},
        WatchCase{"f(x)", "",
                  "fn f(x: f64[N]) -> f64[N] { let y[i] = if x[i] > 0.0 then log(x[i]) + 1.0 / x[i] else 0.0; y }\n"},
        WatchCase{"grad[x](f(x))", "",
                  "fn f(x: f64[N]) -> f64 { sum[i](if x[i] > 0.0 then log(x[i]) * sqrt(x[i]) else x[i]) }\n"},
        WatchCase{"jvp[x -> x](f(x))", "",
                  "fn f(x: f64[N]) -> f64[N] { let y[i] = if x[i] > 0.0 then sqrt(x[i]) else 0.0; y }\n"},
        WatchCase{"hvp[x -> x](f(x))", "",
                  "fn f(x: f64[N]) -> f64 { sum[i](if x[i] > 0.0 then log(x[i]) * sqrt(x[i]) else x[i]) }\n"},
        WatchCase{"hessian[x](f(x))", "",
                  "fn f(x: f64[N]) -> f64 { sum[i where x[i] > 0.0](x[i] ** 1.5 * log(x[i])) }\n"},
        WatchCase{"f(x)", "",
                  "fn g(v: f64) -> f64 { let w = sqrt(v); log(w) / w }\nfn f(x: f64[N]) -> f64[N] { let y[i] = if x[i] "
                  "> 0.0 then g(x[i]) else v(x[i]); y }\nfn v(a: f64) -> f64 { a * 2.0 }\n"},
        WatchCase{
            "f(x)", "",
            "fn f(x: f64[N]) -> f64 { sum[i where x[i] > 0.0](log(x[i])) + prod[i where x[i] != 0.0](1.0 / x[i]) }\n"},
        WatchCase{"f(x)", "",
                  "fn f(x: f64[N]) -> f64[N] { let y[i] = if x[i] > 0.0 and 1.0 / x[i] > 0.1 then 1.0 else 2.0; y }\n"},
        WatchCase{"f(x)", "", "fn f(x: f64[N]) -> bool { let y[i] = x[i] <= 0.0 or log(x[i]) >= 0.0; all(y) }\n"},
        WatchCase{"f(x)", "", "fn f(x: f64[N]) -> f64 { sum[i in 1..N, j in 0..i](1.0 / f64(i - j)) * x[0] }\n"},
        WatchCase{"f(A, x)", "",
                  "fn f(A: f64[M,N], x: f64[K]) -> f64[K] { let y[k] = if x[k] > 0.0 then sum[i,j](abs(A[i,j]) / x[k]) "
                  "else 0.0; y }\n"},
        WatchCase{"f(x, zero)", "",
                  "fn f(x: f64[N], z: f64) -> f64[N] { let y[i] = if x[i] > 9.0 then 1.0 / z else x[i]; y }\n"},
        WatchCase{"f(x, zero)", "`/` gives inf, of 1.0 and 0.0",
                  "fn f(x: f64[N], z: f64) -> f64[N] { let y[i] = if x[i] > 3.0 then 1.0 / z else x[i]; y }\n"},
        WatchCase{"f(x, bin)", "",
                  "fn f(x: f64[N], b: i64[N]) -> f64[2] { let d = [1.0, 4.0]; let h[k in 0..2] = sum[i where b[i] == "
                  "k](sqrt(x[i] + 1.0) / d[k]); h }\n"},
        WatchCase{"f(q, q, q)", "",
                  "fn f(q: f64[T,D], k: f64[T,D], v: f64[T,D]) -> f64 {\n"
                  "  let s[t,u] = if u <= t then sum[d](q[t,d] * k[u,d]) else -inf\n  let a[t,:] = softmax(s[t,:])\n"
                  "  sum[t,u,d](a[t,u] * v[u,d])\n}\nlet q = [[1.0, -2.0], [0.5, 0.0], [3.0, 1.0]]\n"},
        WatchCase{"grad[q](f(q, q, q))", "",
                  "fn f(q: f64[T,D], k: f64[T,D], v: f64[T,D]) -> f64 {\n"
                  "  let s[t,u] = if u <= t then sum[d](q[t,d] * k[u,d]) else -inf\n  let a[t,:] = softmax(s[t,:])\n"
                  "  sum[t,u,d](a[t,u] * v[u,d])\n}\nlet q = [[1.0, -2.0], [0.5, 0.0], [3.0, 1.0]]\n"}));

} // namespace
