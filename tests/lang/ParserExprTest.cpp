#include "Parsing.h"

#include <gtest/gtest.h>

namespace ricci::lang::test {

TEST(ParserExpr, Literals) {
  EXPECT_EQ(parsed("1_000"), "1000");
  EXPECT_EQ(parsed("1.50"), "1.50");
  EXPECT_EQ(parsed("1e-3"), "1e-3");
  EXPECT_EQ(parsed("2E+3"), "2E+3");
  EXPECT_EQ(parsed("true"), "true");
  EXPECT_EQ(parsed("[inf, nan, pi]"), "(array inf nan pi)");
  EXPECT_EQ(parsed(R"("a\tb\u{3b1}\"")"), R"("a\tbα\"")");
}

TEST(ParserExpr, LeastInteger) {
  EXPECT_EQ(parsed("9223372036854775807"), "9223372036854775807");
  EXPECT_EQ(parsed("-9223372036854775808"), "(neg 9223372036854775808)");
  EXPECT_NE(parsed("9223372036854775808").find("E0005"), std::string::npos);
  EXPECT_NE(parsed("-9223372036854775808 ** 2").find("E0005"), std::string::npos);
  EXPECT_NE(parsed("-(9223372036854775808)").find("E0005"), std::string::npos);
}

TEST(ParserExpr, FloatsTooSmallAreZero) {
  EXPECT_EQ(parsed("1e-99999999999999999999"), "1e-99999999999999999999");
  EXPECT_EQ(parsed("0e99999999999999999999"), "0e99999999999999999999");
  EXPECT_NE(parsed("1e99999999999999999999").find("E0005"), std::string::npos);
  EXPECT_NE(parsed("1e309").find("E0005"), std::string::npos);
}

TEST(ParserExpr, PrecedenceFromLooseToTight) {
  EXPECT_EQ(parsed("a or b and c"), "(or a (and b c))");
  EXPECT_EQ(parsed("not a and b"), "(and (not a) b)");
  EXPECT_EQ(parsed("not a == b"), "(not (== a b))");
  EXPECT_EQ(parsed("not not a"), "(not (not a))");
  EXPECT_EQ(parsed("a < b + c"), "(< a (+ b c))");
  EXPECT_EQ(parsed("a + b * c"), "(+ a (* b c))");
  EXPECT_EQ(parsed("a * b @ c / d % e"), "(% (/ (@ (* a b) c) d) e)");
  EXPECT_EQ(parsed("-a * b"), "(* (neg a) b)");
  EXPECT_EQ(parsed("a * -b"), "(* a (neg b))");
  EXPECT_EQ(parsed("-x ** 2"), "(neg (** x 2))");
  EXPECT_EQ(parsed("2 ** -1"), "(** 2 (neg 1))");
  EXPECT_EQ(parsed("a ** b ** c"), "(** a (** b c))");
  EXPECT_EQ(parsed("x[i] ** 2"), "(** (at x i) 2)");
  EXPECT_EQ(parsed("-f(x).a"), "(neg (. (call f x) a))");
}

TEST(ParserExpr, LeftAssociative) {
  EXPECT_EQ(parsed("a - b - c"), "(- (- a b) c)");
  EXPECT_EQ(parsed("a / b / c"), "(/ (/ a b) c)");
  EXPECT_EQ(parsed("a and b and c"), "(and (and a b) c)");
}

TEST(ParserExpr, Comparisons) {
  EXPECT_EQ(parsed("a == b and c != d"), "(and (== a b) (!= c d))");
  EXPECT_EQ(parsed("a <= b or a >= c or a > d"), "(or (or (<= a b) (>= a c)) (> a d))");
  EXPECT_EQ(parsed("(a < b) == c"), "(== (< a b) c)");
  EXPECT_EQ(parsed("a<-b"), "(< a (neg b))");
}

TEST(ParserExpr, IfForLambda) {
  EXPECT_EQ(parsed("if a then b else if c then d else e"), "(if a b (if c d e))");
  EXPECT_EQ(parsed("if a then if b then 1 else 2 else 3"), "(if a (if b 1 2) 3)");
  EXPECT_EQ(parsed("1 + (if a then b else c)"), "(+ 1 (if a b c))");
  EXPECT_EQ(parsed("for t in 0..n { yield t }"), "(for t (.. 0 n) (block\n  (yield t)))");
  EXPECT_EQ(parsed("|x, y| x + y"), "(lambda [x y] (+ x y))");
  EXPECT_EQ(parsed("|| 1"), "(lambda [] 1)");
  EXPECT_EQ(parsed("f(|x| x < 1, 2)"), "(call f (lambda [x] (< x 1)) 2)");
}

TEST(ParserExpr, TuplesAndArrays) {
  EXPECT_EQ(parsed("()"), "(tuple)");
  EXPECT_EQ(parsed("(a)"), "a");
  EXPECT_EQ(parsed("(a, b,)"), "(tuple a b)");
  EXPECT_EQ(parsed("[[1, 2], [3, 4]]"), "(array (array 1 2) (array 3 4))");
  EXPECT_EQ(parsed("[]"), "(array)");
  EXPECT_EQ(parsed("t.0.1"), "(. (. t 0) 1)");
  EXPECT_EQ(parsed("p.w1.T"), "(. (. p w1) T)");
}

TEST(ParserExpr, Calls) {
  EXPECT_EQ(parsed("concat(x, y, axis = 0)"), "(call concat x y (= axis 0))");
  EXPECT_EQ(parsed("zeros(f64[N, M+1])"), "(call zeros (type (f64 N (+ M 1))))");
  EXPECT_EQ(parsed("zeros(f64)"), "(call zeros (type f64))");
  EXPECT_EQ(parsed("f64(i) / f32(N)"), "(/ (call f64 i) (call f32 N))");
  EXPECT_EQ(parsed("f()"), "(call f)");
  EXPECT_EQ(parsed("f(x)(y)"), "(call (call f x) y)");
  EXPECT_EQ(parsed("key(0)"), "(call key 0)");
}

TEST(ParserExpr, Subscripts) {
  EXPECT_EQ(parsed("x[c, i+a, j+b]"), "(at x c (+ i a) (+ j b))");
  EXPECT_EQ(parsed("x[n,:]"), "(at x n :)");
  EXPECT_EQ(parsed("x[0..N by 2, s..N]"), "(at x (by (.. 0 N) 2) (.. s N))");
  EXPECT_EQ(parsed("x[t, (h,e)]"), "(at x t (group h e))");
  EXPECT_EQ(parsed("x[(h)]"), "(at x h)");
  EXPECT_EQ(parsed("x[pad(i - 1)]"), "(at x (call pad (- i 1)))");
  EXPECT_EQ(parsed("E[tok[t], d]"), "(at E (at tok t) d)");
  EXPECT_EQ(parsed("x[]"), "(at x)");
}

TEST(ParserExpr, With) {
  EXPECT_EQ(parsed("p with (lr = 0.1, b = c)"), "(with p (= lr 0.1) (= b c))");
  EXPECT_EQ(parsed("V with [j,:] = r / n"), "(with V [j :] (/ r n))");
  EXPECT_EQ(parsed("a + V with [0] = 1"), "(+ a (with V [0] 1))");
  EXPECT_EQ(parsed("V with [0] = a with [1] = b"), "(with (with V [0] a) [1] b)");
  EXPECT_EQ(parsed("V with [0] = (W with [1] = b)"), "(with V [0] (with W [1] b))");
  EXPECT_EQ(parsed("V\n  with [0] = a\n  with [1] = b"), "(with (with V [0] a) [1] b)");
}

TEST(ParserExpr, Reductions) {
  EXPECT_EQ(parsed("sum[k](a[k])"), "(sum [k] (at a k))");
  EXPECT_EQ(parsed("sum<f64>[k](a[k])"), "(sum (<> f64) [k] (at a k))");
  EXPECT_EQ(parsed("max[a in 0..2, b](x[2*i + a, b])"), "(max [(in a (.. 0 2)) b] (at x (+ (* 2 i) a) b))");
  EXPECT_EQ(parsed("sum[i, j where i < j](x)"), "(sum [i j] (where (< i j)) x)");
  EXPECT_EQ(parsed("mean[n] { let z = x[n]; z * z }"), "(mean [n] (block\n  (let z (at x n))\n  (* z z)))");
  EXPECT_EQ(parsed("sum(x) / prod(y)"), "(/ (sum x) (prod y))");
  EXPECT_EQ(parsed("max(a, b) + max(c)"), "(+ (call max a b) (max c))");
  EXPECT_EQ(parsed("any(a) and all[i](b[i])"), "(and (any a) (all [i] (at b i)))");
  EXPECT_EQ(parsed("argmax[i](x) + argmin(y) + logsumexp[c](z) + min(w)"),
            "(+ (+ (+ (argmax [i] x) (argmin y)) (logsumexp [c] z)) (min w))");
}

TEST(ParserExpr, Derivatives) {
  EXPECT_EQ(parsed("grad[w, b](e)"), "(grad [w b] e)");
  EXPECT_EQ(parsed("value_grad[p](e)"), "(value_grad [p] e)");
  EXPECT_EQ(parsed("jvp[w -> 2 * v](e)"), "(jvp [(-> w (* 2 v))] e)");
  EXPECT_EQ(parsed("vjp[w](e, ybar)"), "(vjp [w] e ybar)");
  EXPECT_EQ(parsed("hvp[w -> v, b -> u](e)"), "(hvp [(-> w v) (-> b u)] e)");
  EXPECT_EQ(parsed("jacobian[p.w1](e) + hessian[t.0](e)"), "(+ (jacobian [p.w1] e) (hessian [t.0] e))");
}

TEST(ParserExpr, SpansCoverTheWholeExpression) {
  SourceManager sources;
  DiagnosticEngine diagnostics;
  const SourceFile &file = sources.file(sources.add("e", " (a + b).c * f(x)[i] "));
  ExprPtr expr = parseExpression(file, diagnostics);
  ASSERT_TRUE(expr);
  const auto &product = as<BinaryExpr>(*expr);
  EXPECT_EQ(sources.text(product.span), "(a + b).c * f(x)[i]");
  EXPECT_EQ(sources.text(product.lhs->span), "(a + b).c");
  EXPECT_EQ(sources.text(product.rhs->span), "f(x)[i]");
  EXPECT_EQ(sources.text(product.opSpan), "*");
}

TEST(ParserExpr, HeightsCountLevels) {
  SourceManager sources;
  DiagnosticEngine diagnostics;
  ExprPtr expr = parseExpression(sources.file(sources.add("e", "a + b * sum[i in 0..n](x[i])")), diagnostics);
  ASSERT_TRUE(expr);
  EXPECT_EQ(expr->height, 5);
}

TEST(ParserExpr, OneExpressionOnly) {
  EXPECT_NE(parsed("a b").find("expected the end of the expression, found `b`"), std::string::npos);
  EXPECT_NE(parsed("").find("expected an expression, found the end of the text"), std::string::npos);
  EXPECT_NE(parsed("a && b").find("E0001"), std::string::npos);
}

} // namespace ricci::lang::test
