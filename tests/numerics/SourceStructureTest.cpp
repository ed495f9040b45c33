// Joining, turning round, sorting; sums and products along an axis.
#include "tests/numerics/SourceChecker.h"

#include <cmath>
#include <limits>

using namespace ricci::test;

namespace {

constexpr double inf = std::numeric_limits<double>::infinity(), nan = std::numeric_limits<double>::quiet_NaN();

class SourceStructure : public ::testing::TestWithParam<SourceCase> {};

SourceCase call(const std::string &name, const std::string &source, const std::string &expression,
                std::vector<Operand> operands, double terms = 1) {
  return {name, source, expression, std::move(operands), terms};
}

// What an expression of one vector x is, exactly.
SourceCase value(const std::string &name, const std::string &expression, const std::vector<double> &x,
                 const std::vector<double> &expected) {
  SourceCase test{name, "", expression};
  test.derivatives = false;
  test.expected = expected;
  test.fixed.emplace_back("x", f64({int64_t(x.size())}, x));
  return test;
}

std::vector<SourceCase> cases() {
  Operand x{"x", {6}}, A{"A", {3, 4}}, T{"T", {2, 3, 4}};
  return {
      call("stack", "", "stack(x, x * x, x ** 3)", {x}),
      call("stack_last", "", "stack(x, x * x, axis = 1)", {x}),
      call("stack_scalars", "", "stack(x[0], x[1] * x[2])", {x}),
      call("stack_matrices", "", "stack(A, A * A, axis = 1)", {A}),
      call("stack_matrices_last", "", "stack(A, A * A, axis = 2)", {A}),
      call("stack_in_function",
           "fn f(x: f64[N], A: f64[M,N]) -> f64[M,2,N] { let y[i,:,:] = stack(x * A[i,:], A[i,:]); y }",
           "f(x[0..4], A)", {x, A}),
      call("concat_in_function", "fn f(x: f64[N], A: f64[M,N]) -> f64[M,2*N] { let y[i,:] = concat(x, A[i,:]); y }",
           "f(x[0..4], A) ** 2", {x, A}),
      call("reshape_in_function", "fn f(A: f64[M,N]) -> f64[N,M] { reshape(A, f64[N,M]) }", "f(A) ** 2", {A}),
      call("flip", "", "flip(x) * x", {x}),
      call("flip_rows", "", "flip(A, axis = 0) * A", {A}),
      call("flip_columns", "", "flip(A, axis = 1) * A", {A}),
      call("flip_all", "", "flip(T) * T", {T}),
      call("flip_in_function", "fn f(A: f64[M,N]) -> f64[M,N] { let y[i,:] = flip(A[i,:]); y * A }", "f(A)", {A}),
      call("flip_empty", "", "flip(A)", {{"A", {0, 4}}}),
      call("sort", "", "sort(x) * x", {x}),
      call("sort_rows", "", "sort(A) * A", {A}),
      call("sort_columns", "", "sort(A, axis = 0) * A", {A}),
      call("sort_middle", "", "sort(T, axis = 1) * T", {{"T", {2, 3, 2}}}),
      call("sort_in_function", "fn f(A: f64[M,N]) -> f64[M,N] { let y[:,j] = sort(A[:,j]); y * y }", "f(A)", {A}),
      call("argsort_reads", "fn f(x: f64[N]) -> f64[N] { let p = argsort(x)\n let y[i] = x[p[i]] * x[i]; y }", "f(x)",
           {x}),
      call("top_k", "", "top_k(x, 3).0 * x[0..3]", {x}),
      call("top_k_all", "", "top_k(x, 6).0 * x", {x}),
      call("top_k_none", "", "top_k(x, 0).0", {x}),
      call("top_k_of_rows", "", "top_k(T, 2).0 ** 2", {T}),
      call("top_k_places",
           "fn f(x: f64[N]) -> f64[2] { let (v, i) = top_k(x, 2)\n let y[j] = v[j] * x[i[j]] * x[0]; y }", "f(x)", {x}),
      call("top_k_of_size",
           "fn f(A: f64[M,N], k: i64) -> f64[M,k] { top_k(A, k).0 }\nfn g(A: f64[M,N]) -> f64 { sum(f(A, 2) ** 2) }",
           "g(A)", {A}, 6),
      call("top_k_in_function", "fn f(A: f64[M,N]) -> f64[M,2] { let y[i,:] = top_k(A[i,:], 2).0; y * y }", "f(A)",
           {A}),
      call("cumsum", "", "cumsum(x) * x", {x}, 6),
      call("cumsum_rows", "", "cumsum(A) * A", {A}, 4),
      call("cumsum_columns", "", "cumsum(A, axis = 1) * A", {A}, 4),
      call("cumsum_middle", "", "cumsum(T, axis = 1) * T", {T}, 4),
      call("cumsum_long", "", "cumsum(x) ** 2", {{"x", {37}}}, 37),
      call("cumsum_of_products", "", "cumsum(exp(x) * x)", {x}, 6),
      call("cumsum_flipped", "", "flip(cumsum(flip(x)))", {x}, 6),
      call("cumsum_in_function", "fn f(A: f64[M,N]) -> f64[M,N] { let y[:,j] = cumsum(A[:,j]); y * A }", "f(A)", {A},
           4),
      call("cumsum_one", "", "cumsum(x) * x", {{"x", {1}}}),
      call("cumsum_empty", "", "cumsum(A, axis = 1)", {{"A", {3, 0}}}),
      call("cumprod", "", "cumprod(x)", {x}, 6),
      call("cumprod_rows", "", "cumprod(A) * A", {A}, 4),
      call("cumprod_columns", "", "cumprod(A, axis = 1)", {A}, 4),
      call("cumprod_middle", "", "cumprod(T, axis = 1) * T", {T}, 4),
      call("cumprod_of_sums", "", "cumprod(cumsum(x))", {{"x", {4}, Operand::Variable, 0.2, 0.6}}, 8),
      call("cumprod_of_exponentials", "", "cumprod(exp(x))", {x}, 12),
      call("cumprod_in_function", "fn f(A: f64[M,N]) -> f64[M,N] { let y[i,:] = cumprod(A[i,:]); y * A }", "f(A)", {A},
           4),
      call("cumprod_last", "", "cumprod(x)[5] * cumprod(x)[2]", {x}, 6),
      call("cumprod_one", "", "cumprod(x)", {{"x", {1}}}),
      call("cumprod_empty", "", "cumprod(x)", {{"x", {0}}}),
      call("survival", "fn f(h: f64[T]) -> f64 { let s = cumprod(1.0 - h)\n -sum[t in 1..T](log(h[t]) + log(s[t-1])) }",
           "f(x)", {{"x", {6}, Operand::Variable, 0.1, 0.5}}, 12),
      call("in_a_loop", "fn f(x: f64[N]) -> f64[N] { var y = x\n for t in 0..3 { y = cumsum(y) * flip(x) }\n y }",
           "f(x)", {x}, 18),

      value("stack_literals", "stack(1, x[0], 2)", {5}, {1, 5, 2}),
      value("stack_integers", "stack(1, 2, axis = 0)", {}, {1, 2}),
      value("flip_of_literals", "flip([1, 2, 3])", {}, {3, 2, 1}),
      value("flip_of_bools", "f64(flip(x > 1.5))", {1, 2, 3}, {1, 1, 0}),
      value("sort_puts_nan_last", "sort(x)", {2, nan, -inf, 1, inf}, {-inf, 1, 2, inf, nan}),
      value("argsort_is_stable", "argsort(x)", {2, 1, nan, 1, 2, -0.0, 0.0}, {5, 6, 1, 3, 0, 4, 2}),
      value("sort_integers", "sort(i64(x))", {3, -1, 2}, {-1, 2, 3}),
      value("top_k_takes_the_first_of_equals", "top_k(x, 4)", {1, 3, 2, 3, 3, 2}, {3, 3, 3, 2, 1, 3, 4, 2}),
      value("top_k_takes_nan_for_the_largest", "top_k(x, 3)", {1, nan, inf, nan}, {nan, nan, inf, 1, 3, 2}),
      value("top_k_is_max_and_argmax", "top_k(x, 1).0[0] - max(x) + f64(top_k(x, 1).1[0] - argmax(x))", {1, 4, 4, 0},
            {0}),
      value("top_k_of_integers", "top_k(i64(x), 2)", {5, 7, 6}, {7, 6, 1, 2}),
      value("cumsum_of_integers", "cumsum(i64(x))", {1, 2, 3, 4, 5, 6, 7, 8, 9}, {1, 3, 6, 10, 15, 21, 28, 36, 45}),
      value("cumprod_of_integers", "cumprod(i64(x))", {1, 2, -3, 4}, {1, 2, -6, -24}),
      value("cumsum_wraps", "f64(cumsum(i32(x)) < 0)", {2147483647, 1}, {0, 1}),
      value("cumsum_of_specials", "cumsum(x)", {1, inf, 2, -inf, 3}, {1, inf, inf, nan, nan}),
      value("cumprod_of_specials", "cumprod(x)", {inf, 2, 0, 3}, {inf, inf, nan, nan}),
      value("sort_ties_share_nothing", "grad[x](sum(sort(x) * [1.0, 2.0, 4.0]))", {2, 1, 2}, {2, 1, 4}),
      value("top_k_ties_go_to_the_first", "grad[x](sum(top_k(x, 2).0 * [1.0, 2.0]))", {2, 3, 2, 2}, {2, 1, 0, 0}),
      // Behind what is read nothing counts, be it infinite.
      value("cumprod_masks_what_is_not_read", "grad[x](sum[i in 0..2](cumprod(x)[i]))", {2, 3, inf, nan}, {4, 2, 0, 0}),
      value("cumprod_masks_what_is_not_chosen", "grad[x](sum[i](if x[i] < 5.0 then cumprod(x)[i] else 0.0))",
            {2, 3, inf}, {4, 2, 0}),
  };
}

TEST_P(SourceStructure, Agrees) { checkSource(GetParam()); }
INSTANTIATE_TEST_SUITE_P(Expressions, SourceStructure, ::testing::ValuesIn(cases()), caseName);

using Vector = std::vector<double>;

void expectEqual(const std::string &expression, const Inputs &inputs, const Vector &expected) {
  for (auto evaluate : {interpretSource, runSource}) {
    Evaluated result = evaluate("", expression, inputs);
    ASSERT_EQ(result.error, "") << expression;
    EXPECT_EQ(numbers(result.values[0]), expected)
        << expression << (evaluate == runSource ? " compiled" : " interpreted");
  }
}

// Π_{j ≤ i, j not in without} x[j]
double productWithout(const Vector &x, size_t i, std::initializer_list<size_t> without) {
  double product = 1;
  for (size_t j = 0; j <= i; ++j)
    if (std::find(without.begin(), without.end(), j) == without.end())
      product *= x[j];
  return product;
}

// Derivatives of Σ_i w[i] Π_{j ≤ i} x[j] are such products without some factors: small integers, hence exact.
TEST(SourceStructure, ProductsBesideZeros) {
  const Vector w = {1, 2, 3, 4, 5}, v = {1, -1, 2, 3, -2};
  for (const Vector &x : {Vector{2, 3, 4, 5, 6},
                          {2, 0, 4, 5, 6},
                          {0, 3, 4, 5, 6},
                          {2, 3, 4, 5, 0},
                          {2, 0, 4, 0, 6},
                          {0, 0, 0, 5, 6},
                          {0, 0, 0, 0, 0}}) {
    const size_t n = x.size();
    Vector gradient(n), hessian(n * n), third(n * n);
    for (size_t a = 0; a < n; ++a) {
      for (size_t i = a; i < n; ++i)
        gradient[a] += w[i] * productWithout(x, i, {a});
      for (size_t b = 0; b < n; ++b)
        for (size_t i = std::max(a, b); a != b && i < n; ++i) {
          hessian[a * n + b] += w[i] * productWithout(x, i, {a, b});
          for (size_t c = 0; c <= i; ++c)
            if (c != a && c != b)
              third[a * n + b] += v[c] * w[i] * productWithout(x, i, {a, b, c});
        }
    }
    Inputs inputs;
    for (const auto &[name, values] : {std::pair("x", x), {"w", w}, {"v", v}})
      inputs.emplace_back(name, f64({int64_t(n)}, values));
    expectEqual("grad[x](dot(cumprod(x), w))", inputs, gradient);
    expectEqual("hessian[x](dot(cumprod(x), w))", inputs, hessian);
    expectEqual("jvp[x -> v](hessian[x](dot(cumprod(x), w)))", inputs, third);
  }
}

// Sizes known at run time only give what static ones give.
TEST(SourceStructure, FunctionsOfAnySize) {
  Inputs A;
  A.emplace_back("A", f64({3, 5}, {3, 1, 2, 5, 4, 9, 7, 8, 0, 6, 1, 1, 2, 2, 0}));
  for (const char *body :
       {"flip(A)", "sort(A)", "sort(A, axis = 0)", "cumsum(A)", "cumsum(A, axis = 1)", "cumprod(A)",
        "cumprod(A, axis = 1)", "grad[A](sum(cumprod(A, axis = 1) * A))", "grad[A](sum(cumsum(A) * cumsum(A)))",
        "grad[A](sum(flip(A, axis = 1) * A ** 2))", "grad[A](sum(sort(A) * A))"})
    checkFunction(std::string("fn f(A: f64[M,N]) -> f64[M,N] { ") + body + " }", "f", A, 15);
  checkFunction("fn f(A: f64[M,N]) -> f64[M,2,N] { stack(A, A * A, axis = 1) }", "f", A, 1);
  checkFunction("fn f(A: f64[M,N]) -> (f64[M,3], i64[M,3]) { top_k(A, 3) }", "f", A, 1);
}

void expectStop(const char *expression, const Inputs &inputs) {
  for (auto evaluate : {interpretSource, runSource}) {
    Evaluated result = evaluate("fn f(x: f64[N], k: i64) -> f64[k] { top_k(x, k).0 }", expression, inputs);
    EXPECT_EQ(result.error.substr(0, 5), "R0003") << expression << ": " << result.error;
  }
}

TEST(SourceStructure, MorePlacesThanElements) {
  Inputs inputs;
  inputs.emplace_back("x", f64({3}, {1, 2, 3}));
  expectStop("f(x, i64(sum(x)))", inputs);
  expectStop("top_k(x, i64(x[2]) + 1).1", inputs);
  expectStop("top_k(x, -i64(x[2])).1", inputs);
  for (auto evaluate : {interpretSource, runSource}) {
    Evaluated result = evaluate("", "if sum(x) < 4.0 then sum(top_k(x, i64(sum(x))).0) else 0.5", inputs);
    ASSERT_EQ(result.error, "");
    EXPECT_EQ(numbers(result.values[0]), Vector{0.5});
  }
}

} // namespace
