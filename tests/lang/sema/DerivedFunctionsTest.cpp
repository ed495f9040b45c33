#include "lang/sema/DerivedFunctions.h"

#include "tests/lang/sema/Checking.h"

#include <gtest/gtest.h>

namespace ricci::lang::test {

namespace {

struct Derived : Checked {
  explicit Derived(const std::string &text) : Checked(text) {
    EXPECT_TRUE(program) << render(sources, diagnostics);
    form = differentiable(*program, *program->functions.front(), sources);
  }
  // `x p.0.1`: the variables, with paths into them.
  std::string variables() const {
    std::string text;
    for (const DiffVariable &variable : form.variables) {
      text += (text.empty() ? "" : " ") + variable.variable->name;
      for (unsigned field : variable.path)
        text += "." + std::to_string(field);
      text += ":" + lang::typeOf(variable).text();
    }
    return text;
  }

  Differentiable form;
};

TEST(DerivedFunctions, FindWhatIsDifferentiable) {
  Derived mixed("fn f(p: P<N>, k: i64, unused: f64) -> (f64[N], i64, f64) { (p.q.0 * p.a, k, p.a) }\n"
                "struct P<N> { a: f64, n: i64, q: (f64[N], f32) }\n");
  EXPECT_EQ(mixed.variables(), "p.0:f64 p.2:(f64[N], f32)");
  EXPECT_EQ(mixed.form.obstacle, "");
  EXPECT_EQ(dump(*mixed.form.value),
            "(block (let f:(f64[N], i64, f64) (tuple (mul p.2.0 p.0) k p.0)) (tuple f.0 f.2))");
  EXPECT_EQ(mixed.form.value->type.text(), "(f64[N], f64)");

  Derived whole("fn f(x: f64[N], y: f32) -> f32[N] { y * f32(x) }");
  EXPECT_EQ(whole.variables(), "x:f64[N] y:f32");
  EXPECT_EQ(whole.form.value, whole.form.function->body);
}

TEST(DerivedFunctions, SayWhatIsNot) {
  EXPECT_EQ(Derived("fn f(n: i64) -> f64 { f64(n) }").form.value, nullptr);
  EXPECT_EQ(Derived("fn f(x: f64[N]) -> i64 { N }").form.value, nullptr);
  Derived constant("fn f(x: f64) -> f64 { 1.0 }");
  EXPECT_TRUE(constant.form.value && constant.form.variables.empty() && constant.form.obstacle.empty());
  Derived cast("fn f(x: f64, y: f64) -> f64 { f64(i64(x)) * y }");
  EXPECT_EQ(cast.variables(), "y:f64");
  EXPECT_NE(cast.form.obstacle.find("depends on `x`"), std::string::npos) << cast.form.obstacle;
}

TEST(DerivedFunctions, KnowWhereGradientsStop) {
  auto stops = [](const std::string &body) {
    return stopsGradients(*Derived("fn f(x: f64[N]) -> f64 { " + body +
                                   " }\nfn held(x: f64[N]) -> f64 { sum(stop_grad(x)) }\n"
                                   "fn apply<P>(g: fn(P) -> f64, p: P) -> f64 { g(p) }")
                               .form.function);
  };
  EXPECT_TRUE(stops("sum(stop_grad(x) * x)"));
  EXPECT_TRUE(stops("sum(x) * held(x)"));
  EXPECT_TRUE(stops("apply(|y| sum(y) * held(x), x)"));
  EXPECT_TRUE(stops("for i in 0..N { let z = held(x) }; sum(x)"));
  EXPECT_FALSE(stops("apply(|y| sum(y), x)"));
}

TEST(DerivedFunctions, AreFunctionsOfArgumentsAndDirections) {
  Derived f("fn f(x: f64[N], k: i64, y: f64) -> f64[N] { x * y }");
  EXPECT_EQ(dump(*realPart(*f.program, f.form)), "(fn f x:f64[N] k:i64 y:f64 -> f64[N] (mul x y))");
  EXPECT_EQ(dump(*pushforward(*f.program, f.form)),
            "(fn f_jvp x:f64[N] k:i64 y:f64 dx:f64[N] dy:f64 -> f64[N] (jvp [x -> dx y -> dy] (mul x y)))");
  EXPECT_EQ(dump(*pullback(*f.program, f.form)),
            "(fn f_vjp x:f64[N] k:i64 y:f64 df:f64[N] -> (f64[N], f64) (vjp [x y] (mul x y) df))");
  EXPECT_EQ(pushforward(*f.program, f.form)->sizes, f.form.function->sizes);
}

TEST(DerivedFunctions, RulesTakeTheValueOfTheBody) {
  Derived f("fn cap(x: f64, n: i64) -> f64 { tanh(x) }\n"
            "@vjp(cap) fn back(x: f64, n: i64, y: f64, dy: f64) -> f64 { dy * (1 - y * y) }\n"
            "@jvp(cap) fn ahead(x: f64, n: i64, y: f64, dx: f64) -> f64 { dx * (1 - y * y) }\n");
  const CheckedFn &cap = *f.form.function;
  EXPECT_EQ(cap.vjp->name, "back");
  EXPECT_EQ(cap.jvp->name, "ahead");
  const CheckedFn *reverse = reverseRule(*f.program, cap), *forward = forwardRule(*f.program, cap);
  ASSERT_EQ(reverse->parameters.size(), 3u);
  EXPECT_EQ(reverse->parameters[2], cap.vjp->arguments[3]);
  ASSERT_EQ(reverse->body->kind, ExprKind::Block);
  const auto &block = static_cast<const BlockExpr &>(*reverse->body);
  ASSERT_EQ(block.statements.size(), 1u);
  const auto &let = static_cast<const LetStmt &>(*block.statements.front());
  EXPECT_EQ(let.variable, cap.vjp->arguments[2]);
  EXPECT_EQ(let.value, cap.body);
  EXPECT_EQ(block.value, cap.vjp->value);
  EXPECT_EQ(forward->parameters[2], cap.jvp->arguments[3]);
}

} // namespace

} // namespace ricci::lang::test
