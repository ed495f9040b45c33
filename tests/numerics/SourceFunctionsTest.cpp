// Functions as arguments, generics, arrays of structs, bounded loops, rules of one's own: values and derivatives.
#include "tests/numerics/SourceChecker.h"

using namespace ricci::test;

namespace {

class SourceFunctions : public ::testing::TestWithParam<SourceCase> {};

const char *descent = R"(
fn minimise<P>(f: fn(P) -> f64, p0: P, steps: i64, lr: f64) -> P {
  var p = p0
  for t in 0..steps { p = p - lr * grad[p](f(p)) }
  p
}
)";

const char *layers = R"(
struct Linear<I,O> { w: f64[I,O], b: f64[O] }
struct Block<D> { lin: Linear<D,D>, gain: f64 }
fn dense(p: Linear<I,O>, x: f64[I]) -> f64[O] { let y[o] = sum[i](x[i] * p.w[i,o]) + p.b[o]; y }
fn residual(p: Block<D>, x: f64[D]) -> f64[D] { x + p.gain * tanh(dense(p.lin, x)) }
fn make(W: f64[L,D,D], b: f64[L,D]) -> Block<D>[L] {
  let s[l] = Block(lin = Linear(w = W[l,:,:], b = b[l,:]), gain = 0.5)
  s
}
fn deep(W: f64[L,D,D], b: f64[L,D], x: f64[D]) -> f64[D] {
  let s = make(W, b)
  var h = x
  for l in 0..L { h = residual(s[l], h) }
  h
}
fn replaced(W: f64[L,D,D], b: f64[L,D], x: f64[D]) -> f64[D] {
  let s = make(W, b)
  let t = s with [0] = (s[1] with (gain = 2.0))
  residual(t[0], residual(t[L-1], x)) + t.gain[0] * t[:].lin.b[0,:]
}
fn averaged(W: f64[L,D,D], b: f64[L,D], x: f64[D]) -> f64[D] {
  let s = make(W, b)
  let mixed = mean[l](s[l])
  residual(mixed, x)
}
fn trained(W: f64[L,D,D], b: f64[L,D], X: f64[N,D]) -> f64[L,D] {
  let s = make(W, b)
  let g[n,:] = grad[s](sum(residual(s[0], residual(s[1], X[n,:]))))
  let d = s - 0.1 * mean[n](g[n,:])
  d.lin.b
}
fn literal(b: f64[L,D], x: f64[D]) -> f64[D] {
  let a = Linear(w = eye(2), b = b[0,:])
  let s = [a, Linear(w = 2.0 * a.w, b = x)]
  let y = for l in 0..2 { yield Linear(w = s[l].w, b = s[l].b * s[1-l].b) }
  dense(y[0], dense(y[1], x))
}
)";

const char *roots = R"(
fn root(a: f64) -> f64 {
  var x = 0.5 * a + 0.5
  while abs(x * x - a) > 1e-3 limit 50 { x = 0.5 * (x + a / x) }
  x
}
fn several(v: f64[N]) -> f64[N] { let r[i] = root(1.5 + v[i] * v[i]); r }
fn norm_below(v: f64[N], W: f64[N,N]) -> f64[N] {
  var x = v
  var turns = 0
  while dot(x, x) > 0.01 limit 40 {
    x = 0.4 * tanh(W @ x) + 0.1 * x
    turns = turns + 1
  }
  if turns > 3 then x else 2.0 * x
}
fn inside_for(v: f64[N]) -> f64 {
  var s = 0.0
  for t in 0..3 {
    var y = v[t] + 2.0
    while y > 1.0 + 0.1 * f64(t) limit 10 { y = y * 0.7 }
    s = s + y * sin(s)
  }
  s + v[3]
}
fn untaken(v: f64[N]) -> f64 { if v[0] > 5.0 then root(-1.0) else v[0] * root(2.0 + v[1]) }
)";

const char *rules = R"(
@vjp(cap) fn cap_vjp(x: f64, y: f64, dy: f64) -> f64 { dy * (1.0 - y * y) }
fn cap(x: f64) -> f64 { tanh(x) }
@jvp(ratio) fn ratio_jvp(a: f64[N], n: i64, b: f64, y: f64[N], da: f64[N], db: f64) -> f64[N] { (da - y * db) / b }
fn ratio(a: f64[N], n: i64, b: f64) -> f64[N] { a / b }
fn each(v: f64[N]) -> f64[N] { let y[i] = cap(v[i] * cap(v[0])); y }
@vjp(pair) fn pair_vjp(x: f64[N], w: f64, y: (f64[N], f64), dy: (f64[N], f64)) -> (f64[N], f64) { (dy.0 * w + dy.1, dot(dy.0, x) + dy.1 * 2.0 * w) }
fn pair(x: f64[N], w: f64) -> (f64[N], f64) { (x * w, sum(x) + w * w) }
fn through_pair(x: f64[N], w: f64) -> f64 { let (a, b) = pair(sin(x), w); dot(a, a) * b }
fn in_loop(x: f64[N], w: f64) -> f64 { var s = w; for t in 0..N { s = cap(s + ratio(x, 2, 1.5 + s * s)[t]) }; s }
fn masked(x: f64[N]) -> f64[N] { let y[i] = if x[i] > 0.0 then cap(sqrt(x[i])) else 0.0; y }
)";

std::vector<SourceCase> cases() {
  Operand x{"x", {4}}, v{"v", {4}}, w{"w", {}};
  std::vector<Operand> stacked{{"W", {2, 3, 3}}, {"b", {2, 3}}, {"x", {3}}};
  auto with = [](const char *source, const char *text) { return std::string(source) + text; };
  return {
      {"lambda_captures", "fn f(x: f64[N], s: f64) -> f64[N] { let g = |a, b| a * b + s; let y[i] = g(x[i], x[0]) * s; y }", "f(x, w)", {x, w}},
      {"lambda_in_lambda", "fn f(x: f64[N]) -> f64[N] { let g = |h, a| h(h(a)); g(|a| sin(a) * x, x) }", "f(x)", {x}},
      {"lambda_of_indices", "fn apply(h: fn(f64) -> f64, a: f64) -> f64 { h(a) * h(2.0) }\nfn f(x: f64[N]) -> f64[N] { let y[i] = apply(|a| a * x[i] + f64(i), x[i]); y }", "f(x)", {x}, 4},
      {"lambda_keeps_what_var_was", "fn f(x: f64[N]) -> f64[N] { var s = x; let g = |a| a * s; s = s * s; g(s) + s }", "f(x)", {x}},
      {"builtin_as_function", "fn map(h: fn(f64) -> f64, x: f64[N]) -> f64[N] { let y[i] = h(x[i]); y }\nfn f(x: f64[N]) -> f64[N] { map(sin, map(softplus, x)) }", "f(x)", {x}},
      {"function_sizes_from_value",
       "fn gauss(r: fn(f64[N]) -> f64[M], x: f64[N]) -> f64[N] { let J = jacobian[x](r(x)); let z = zeros(f64[M]) + 0.5; J.T @ (r(x) - z) }\n"
       "fn f(x: f64[N], B: f64[M,N]) -> f64[N] { gauss(|p| sin(B @ p), x) }",
       "f(x, B)", {x, {"B", {3, 4}}}, 12},
      {"descent_of_vector", with(descent, "fn q(x: f64[N]) -> f64 { sum(x ** 4) + dot(x, x) }\nfn f(x: f64[N]) -> f64[N] { minimise(q, x, 3, 0.1) }"), "f(x)", {x}, 12},
      {"descent_of_struct",
       with(descent, "struct P<N> { a: f64[N], c: f64 }\nfn f(x: f64[N], w: f64) -> f64[N] { let p = minimise(|p| sum((p.a - x) ** 2) * p.c + p.c ** 2, P(a = x * x, c = w), 3, 0.1); p.a * p.c }"),
       "f(x, w)", {x, w}, 12},
      {"descent_in_descent",
       with(descent, "fn f(x: f64[N]) -> f64[N] { minimise(|p| sum((minimise(|q| sum((q - p) ** 2) + sum(q * x), p, 2, 0.1) - x) ** 2), x, 2, 0.1) }"),
       "f(x)", {x}, 24},
      {"generic_element", "fn scale<T: float>(x: T[N], s: T) -> T[N] { let two: T = 2; two * s * x + zeros(T[N]) + T(1) }\nfn f(x: f64[N], w: f64) -> f64[N] { scale(x, w) + f64(scale(f32(ones(x)), 3)) }", "f(x, w)", {x, w}},
      {"generic_given_an_index", "fn at<T: float>(z: T[N], k: i64) -> T { z[k] }\nfn f(x: f64[N], W: f64[N,M]) -> f64[N] { let y[i] = x[i] * at(W[i,:], i); y }", "f(x, W)", {x, {"W", {4, 5}}}},
      {"filled_like_a_struct", "struct P<N> { a: f64[N], c: f64 }\nfn step<P>(p: P, g: P, r: f64) -> P { p - full(p, r * r) * g }\n"
       "fn f(x: f64[N], w: f64) -> f64[N] { let p = P(a = x * x, c = w); let q = step(p, step(p, p, w), sin(w)); q.a * q.c }", "f(x, w)", {x, w}, 12},
      {"filled_like_elements", "fn f(x: f64[N], w: f64) -> f64[N,N] { let y[i,:] = full(x, x[i] * w); y }", "f(x, w)", {x, w}},
      {"generic_struct", "struct State<P> { m: P, t: i64 }\nfn next<P>(s: State<P>, g: P) -> State<P> { State(m = 0.9 * s.m + g, t = s.t + 1) }\n"
       "fn f(x: f64[N], w: f64) -> f64 { let s = next(next(State(m = (x, w), t = 0), (sin(x), w * w)), (x, w)); dot(s.m.0, s.m.0) * s.m.1 * f64(s.t) }", "f(x, w)", {x, w}, 4},
      {"blocks_scanned", layers, "deep(W, b, x)", stacked, 12},
      {"blocks_replaced", layers, "replaced(W, b, x)", stacked, 12},
      {"blocks_averaged", layers, "averaged(W, b, x)", stacked, 12},
      {"blocks_trained", layers, "trained(W, b, X)", {{"W", {2, 3, 3}}, {"b", {2, 3}}, {"X", {4, 3}}}, 24},
      {"blocks_written_out", layers, "literal(b, x)", {{"b", {2, 2}}, {"x", {2}}}, 6},
      {"while_for_each", roots, "several(v)", {v}, 8},
      {"while_of_vector", roots, "norm_below(v, W)", {v, {"W", {4, 4}}}, 40},
      {"while_inside_for", roots, "inside_for(v)", {v}, 8},
      {"while_untaken", roots, "untaken(v)", {v}, 8},
      {"rule_for_each", rules, "each(x)", {x}},
      {"rule_forward", rules, "ratio(x, 3, 2.0 + w)", {x, w}},
      {"rule_of_tuple", rules, "through_pair(x, w)", {x, w}, 8},
      {"rule_in_loop", rules, "in_loop(x, w)", {x, w}, 8},
      {"rule_under_if", rules, "masked(x)", {x}},
  };
}

} // namespace

TEST_P(SourceFunctions, Holds) { checkSource(GetParam()); }

INSTANTIATE_TEST_SUITE_P(Cases, SourceFunctions, ::testing::ValuesIn(cases()), caseName);

// A captured value is constant to a form around a later call, an argument is not.
TEST(SourceFunctionsTest, CapturedValuesAreConstant) {
  Inputs inputs{{"x", f64({}, {3.0})}};
  const char *program = "fn f(x: f64) -> (f64, f64) { let g = |a| a * x; (grad[x](g(x)), grad[x]((|a| a * x)(x))) }";
  Evaluated result = runSource(program, "f(x)", inputs);
  ASSERT_EQ(result.error, "");
  EXPECT_EQ(numbers(result.values[0])[0], 3.0);
  EXPECT_EQ(numbers(result.values[1])[0], 6.0);
}

// The rule is used where it differs from the derivative of the body.
TEST(SourceFunctionsTest, RulesReplaceTheDerivedDerivative) {
  Inputs inputs{{"x", f64({2}, {3.0, -1.0})}};
  const char *program = "@vjp(f) fn f_vjp(x: f64[N], y: f64[N], dy: f64[N]) -> f64[N] { 100.0 * dy }\nfn f(x: f64[N]) -> f64[N] { x * x }";
  for (const char *expression : {"vjp[x](f(x), ones(x))", "jvp[x -> ones(x)](f(x))", "grad[x](sum(f(x)))"}) {
    Evaluated result = runSource(program, expression, inputs);
    ASSERT_EQ(result.error, "");
    EXPECT_EQ(numbers(result.values[0]), (std::vector<double>{100.0, 100.0})) << expression;
  }
}

// A size that no axis shows alone follows from one that it makes.
TEST(SourceFunctionsTest, SizesFollowFromSums) {
  std::string steps = "fn f(x: f64[N+1]) -> f64[N] { let d[i in 0..N] = x[i+1] - x[i]; d }";
  checkFunction(steps, "f", {{"x", f64({4}, {1, 2, 4, 8})}}, 2);
  checkFunction(steps, "f", {{"x", f64({1}, {1})}}, 2);
  checkFunction("fn f(x: f64[2*N*M-K], y: f64[K], z: f64[M]) -> f64 { f64(N) + sum(x) }", "f",
                {{"x", f64({5}, {1, 2, 3, 4, 5})}, {"y", f64({1}, {0})}, {"z", f64({3}, {0, 0, 0})}}, 5);
  for (auto evaluate : {interpretFunction, runFunction}) {
    EXPECT_EQ(evaluate(steps, "f", {{"x", f64({0}, {})}}).error, "R0003: the size `N` of `x` would be negative");
    EXPECT_EQ(evaluate("fn f(x: f64[2*N]) -> i64 { N }", "f", {{"x", f64({3}, {1, 2, 3})}}).error,
              "R0003: an axis of `x` does not have the size 2*N");
  }
}

// Two arrays whose sizes are equal when the program runs, which is all that is known of them: neither may be updated before the
// other has been read.
TEST(SourceFunctionsTest, CarriedArraysAreReadBeforeTheyAreReplaced) {
  checkFunction("fn p(x: f64[N], n: i64) -> f64[N] {\n  var y = x\n  for t in 0..n { y = y * x }\n  y\n}\n"
                "fn f(x: f64[N], d: f64[N], n: i64) -> f64[N] { jvp[x -> d](p(x, n)) }",
                "f", {{"x", f64({2}, {2, 3})}, {"d", f64({2}, {1, 1})}, {"n", i64({}, {2})}}, 4);
}

// The tangent of a carried array has no size of its own while the loop is being extended by it.
TEST(SourceFunctionsTest, TangentsInLoopsHaveSizes) {
  checkFunction("fn p(x: f64[N], n: i64) -> f64[N] {\n  var y = x\n  for t in 0..n { y = clamp(y, -1.0, 1.0) }\n  y\n}\n"
                "fn f(x: f64[N], d: f64[N], n: i64) -> f64[N] { jvp[x -> d](p(x, n)) }",
                "f", {{"x", f64({2}, {2, 0.5})}, {"d", f64({2}, {1, 1})}, {"n", i64({}, {2})}}, 4);
}

// A rule is a path, whatever the body: also for functions that are checked before it.
TEST(SourceFunctionsTest, RulesLeadWhereTheBodyDoesNot) {
  const char *program = "fn g(x: f64) -> f64 { grad[x](step(x)) }\nfn step(x: f64) -> f64 { f64(x > 0.0) }\n"
                        "@vjp(step) fn step_vjp(x: f64, y: f64, dy: f64) -> f64 { 3.0 * dy }";
  Evaluated result = runSource(program, "g(x)", {{"x", f64({}, {2.0})}});
  ASSERT_EQ(result.error, "");
  EXPECT_EQ(numbers(result.values[0])[0], 3.0);
}

TEST(SourceFunctionsTest, WhileEndsAtItsLimit) {
  const char *program = "fn f(n: i64) -> i64 { var t = 0; while t >= 0 limit n { t = t + 1 }; t }";
  for (int64_t limit : {0, 1, 7}) {
    Evaluated result = runSource(program, "f(n)", {{"n", i64({}, {limit})}});
    ASSERT_EQ(result.error, "");
    EXPECT_EQ(numbers(result.values[0])[0], static_cast<double>(limit));
  }
}
