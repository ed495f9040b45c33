// What the one format looks like. That it changes nothing else is FormatterPropertyTest's.
#include "lang/Formatter.h"

#include <gtest/gtest.h>

#include <string>

namespace ricci::lang::test {

// With the syntax errors in the place of the text, if there are any.
static std::string formatted(std::string text) {
  SourceManager sources;
  DiagnosticEngine diagnostics;
  std::optional<std::string> result = format(sources.file(sources.add("f", std::move(text))), diagnostics);
  return result ? *result : render(sources, diagnostics);
}

// Formats to the second text, and to the first if there is only one.
static void becomes(const std::string &text, const std::string &expected) {
  EXPECT_EQ(formatted(text), expected) << text;
}
static void stays(const std::string &text) { becomes(text, text); }

TEST(Formatter, Operators) {
  becomes("let  x=a+b *-c**2\n", "let x = a + b * -c ** 2\n");
  becomes("x=not a and b<c or d@e==f\n", "x = not a and b < c or d @ e == f\n");
  becomes("let f=|a ,b|a+b\n", "let f = |a, b| a + b\n");
  becomes("let t = ( a,(b) ) . 0 . 1\n", "let t = (a, (b)).0.1\n");
  becomes("let t = 2 . 0\n", "let t = 2 .0\n"); // 2.0 is a number
}

TEST(Formatter, IndexArithmeticIsTight) {
  becomes("let y[ i ,j ] = x[i + 1, 2 * j] - k[ i,: ]\n", "let y[i,j] = x[i+1, 2*j] - k[i,:]\n");
  becomes("let y = x[2*i+a, i*(i-1)/2+j, pad(i+a-1)]\n", "let y = x[2*i + a, i*(i-1)/2 + j, pad(i+a-1)]\n");
  becomes("let y = x[a + 1..2 * b + 1 by 2] + f(a+1)\n", "let y = x[a+1..2*b+1 by 2] + f(a + 1)\n");
  becomes("let q[h in 0 .. H-1,t,(h, e)] = x\n", "let q[h in 0..H-1, t, (h,e)] = x\n");
  becomes("let y = [1,2*a,[b]]\n", "let y = [1, 2 * a, [b]]\n");
  becomes("let y = x[ i , ]\n", "let y = x[i]\n");
}

TEST(Formatter, Reductions) {
  becomes("let s = sum <f64> [ i,j   where i<j ] (x[i] *y[j])\n", "let s = sum<f64>[i, j where i < j](x[i] * y[j])\n");
  becomes("let s = sum[i]{x[i]}+max ( a,b )\n", "let s = sum[i] { x[i] } + max(a, b)\n");
  becomes("let g = jvp[w->2*v,p . b->u](f(w))\n", "let g = jvp[w -> 2 * v, p.b -> u](f(w))\n");
  becomes("let g = grad [ w, b ] (f(w, b))\n", "let g = grad[w,b](f(w, b))\n");
}

TEST(Formatter, Types) {
  becomes("param p:Mlp<D , H>= q\n", "param p: Mlp<D,H> = q\n");
  becomes("param p : ( f64[D],fn( P )->f64 , Q<D+1,R<D>> )\n", "param p: (f64[D], fn(P) -> f64, Q<D+1, R<D>>)\n");
  becomes("let x :f64[N-K+1,2*(D-1)] = y\n", "let x: f64[N-K+1, 2*(D-1)] = y\n");
  becomes("let y = zeros( f64 [N] )+f64( i )\n", "let y = zeros(f64[N]) + f64(i)\n");
}

TEST(Formatter, Declarations) {
  becomes("import std . nn  as nn;import a\n", "import std.nn as nn\nimport a\n");
  becomes("@test\n@vjp( f )export fn f <T:float,N> (x:T [N],k : i64) -> T{x[k]}\n",
          "@test @vjp(f) export fn f<T: float, N>(x: T[N], k: i64) -> T { x[k] }\n");
  becomes("fn f(){}fn g() { ; }\n", "fn f() {}\nfn g() {}\n");
  becomes("struct P<D>{a:f64[D],b:i64,}\n", "struct P<D> { a: f64[D], b: i64 }\n");
  becomes("struct P<D>{a:f64[D],\n\nb:i64,}\n", "struct P<D> {\n  a: f64[D]\n\n  b: i64\n}\n");
}

TEST(Formatter, Statements) {
  becomes("var x:f64=1;x=2; yield x ;assert x>0 , \"m\"\n", "var x: f64 = 1\nx = 2\nyield x\nassert x > 0, \"m\"\n");
  becomes("for i in 0 .. n+1{x=i}\nwhile a<b limit 2*n{x=i}\n",
          "for i in 0..n+1 { x = i }\nwhile a < b limit 2 * n { x = i }\n");
  becomes("p = p with(lr=0.1) with [j , :]=v with [0]=1\n", "p = p with (lr = 0.1) with [j,:] = v with [0] = 1\n");
}

TEST(Formatter, BlocksOnOneLineStayThereIfTheyFit) {
  stays("fn f(x: f64) -> f64 { let y = x * x; y }\n");
  stays("fn f(x: f64) -> f64 {\n  x\n}\n");
  becomes("for t in 0..n { x = 1\n y = 2 }\n", "for t in 0..n {\n  x = 1\n  y = 2\n}\n");
  becomes("fn function_with_a_long_name(x: f64[N], y: f64[N]) -> f64 { let z[i] = x[i] * y[i]; sum[i](z[i] * z[i]) }\n",
          "fn function_with_a_long_name(x: f64[N], y: f64[N]) -> f64 {\n  let z[i] = x[i] * y[i]\n  sum[i](z[i] * "
          "z[i])\n}\n");
}

TEST(Formatter, ListsThatDoNotFitHaveALineForEachEntry) {
  becomes(
      "let p = Model(weights = normal(k1, f64[D,H]) * sqrt(2.0 / D), offsets = zeros(f64[H]), scale = ones(f64[H]))\n",
      R"(let p = Model(
  weights = normal(k1, f64[D,H]) * sqrt(2.0 / D),
  offsets = zeros(f64[H]),
  scale = ones(f64[H]),
)
)");
  becomes(
      "fn objective(alpha: f64[K], mu: f64[K,D], q: f64[K,D], l: f64[K, D*(D-1)/2], x: f64[N,D]) -> f64[K] {\nx\n}\n",
      R"(fn objective(
  alpha: f64[K],
  mu: f64[K,D],
  q: f64[K,D],
  l: f64[K, D*(D-1)/2],
  x: f64[N,D],
) -> f64[K] {
  x
}
)");
  becomes("fn both(first: f64[K], second: f64[K,D]) -> (f64[FirstLongDimension,Second,Third], f64[FirstLongDimension]) "
          "{ a }\n",
          R"(fn both(
  first: f64[K],
  second: f64[K,D],
) -> (f64[FirstLongDimension,Second,Third], f64[FirstLongDimension]) {
  a
}
)");
  becomes("let loss = value_grad[parameters](mean_squared_error(parameters, inputs, targets) + decay * dot(p, p))\n",
          "let loss = value_grad[parameters](\n"
          "  mean_squared_error(parameters, inputs, targets) + decay * dot(p, p)\n"
          ")\n");
}

// `(e,)` is no expression.
TEST(Formatter, ASingleEntryGetsNoComma) {
  becomes("let x = (\n|a, b| a)\n", "let x = (\n  |a, b| a\n)\n");
  becomes("let x = f(\na,)\n", "let x = f(\n  a\n)\n");
  becomes("let x = f(\na,b)\n", "let x = f(\n  a,\n  b,\n)\n");
  becomes("let x = sum[\ni,j where a](b)\n", "let x = sum[\n  i,\n  j\n  where a\n](b)\n");
}

TEST(Formatter, ListsThatTheAuthorBrokeStayBroken) {
  becomes("let A = [\n  [1.0, 2.0], [3.0, 4.0]]\n", "let A = [\n  [1.0, 2.0],\n  [3.0, 4.0],\n]\n");
  becomes("let x = f(a,\n  b)\n", "let x = f(a, b)\n");
}

TEST(Formatter, ListsOfNumbersFillTheirLines) {
  std::string numbers, filled;
  for (int i = 0; i < 30; ++i) {
    numbers += "-1.25,";
    filled += i == 0 ? "  -1.25" : i == 14 || i == 28 ? ",\n  -1.25" : ", -1.25";
  }
  becomes("let x = [" + numbers + "]\n", "let x = [\n" + filled + ",\n]\n");
}

TEST(Formatter, OperatorChainsBreakBehindEachOperator) {
  becomes("let total = first_part_of_the_sum * factor_of_the_first_part + second_part_of_the_sum - "
          "the_third_part_of_the_sum\n",
          R"(let total =
  first_part_of_the_sum * factor_of_the_first_part +
  second_part_of_the_sum -
  the_third_part_of_the_sum
)");
  becomes("norm(first_part_of_the_condition - second_part_of_it) < 1e-8 and all[i](third_part_of_the_condition[i])\n",
          "norm(first_part_of_the_condition - second_part_of_it) < 1e-8 and\n"
          "  all[i](third_part_of_the_condition[i])\n");
}

TEST(Formatter, ConditionalsBreakBeforeElse) {
  std::string cases = R"(let c[i,j] =
  if i == j then 1.0
  else if i < j then 0.5
  else 0.0
)";
  stays(cases);
  becomes("let c[i,j] = if i == j then 1.0\nelse if i < j then 0.5 else 0.0\n", cases);
  stays("let c[i,j] = if i == j then 1.0 else if i < j then 0.5 else 0.0\n");
  becomes("let s = if other <= time then sum[element](queries[time,element] * keys[other,element]) / sqrt(f64(Extent)) "
          "else -inf\n",
          R"(let s =
  if other <= time then
    sum[element](queries[time,element] * keys[other,element]) / sqrt(f64(Extent))
  else -inf
)");
  becomes("let s = if other <= time and time <= last_time then sum[element](queries[time,element] * keys[other,element]) "
          "else -inf\n",
          R"(let s =
  if other <= time and time <= last_time then
    sum[element](queries[time,element] * keys[other,element])
  else -inf
)");
}

TEST(Formatter, ReplacementsBreakBeforeWith) {
  becomes(
      "V = V with [column_index,:] = remainder / norm(remainder) with [other,:] = something_else / norm(something)\n",
      R"(V =
  V
    with [column_index,:] = remainder / norm(remainder)
    with [other,:] = something_else / norm(something)
)");
  becomes("state = state with (momentum = 0.9 * state.momentum + 0.1 * gradient, velocity = 0.99 * state.velocity)\n",
          R"(state = state with (
  momentum = 0.9 * state.momentum + 0.1 * gradient,
  velocity = 0.99 * state.velocity,
)
)");
}

TEST(Formatter, BlankLines) {
  becomes("\n\nlet x = 1\n\n\n\nlet y = 2\nfn f() {\n\n  x\n\n\n  y\n\n}\n\n\n",
          "let x = 1\n\nlet y = 2\nfn f() {\n  x\n\n  y\n}\n");
  becomes("let x = f(\n\n  a,\n\n  b\n\n)\n", "let x = f(\n  a,\n\n  b,\n)\n");
  becomes("", "");
  becomes(" \r\n\n\t\n", "");
  becomes("\xEF\xBB\xBFlet x = 1\r\nlet y = 2", "let x = 1\nlet y = 2\n");
}

TEST(Formatter, CommentsOnTheirOwnLines) {
  becomes("#!ricci  \n\n\n  # a\nlet x = 1\n    # b\n\n# c", "#!ricci\n\n# a\nlet x = 1\n# b\n\n# c\n");
  becomes("fn f() {\n# a\n\n\n# b\nx\n# c\n}\n", "fn f() {\n  # a\n\n  # b\n  x\n  # c\n}\n");
  becomes("fn f() {\n# a\n}\n", "fn f() {\n  # a\n}\n");
  becomes("let x = f(\n# a\na, # b\n# c\nb\n# d\n)\n", "let x = f(\n  # a\n  a,  # b\n  # c\n  b,\n  # d\n)\n");
  becomes("let x = f(a\n# b\n, b)\n", "let x = f(\n  a,\n  # b\n  b,\n)\n");
  becomes("## D.\n##  E.\nfn f() {\n## F.\nlet x = 1; x }\n",
          "## D.\n##  E.\nfn f() {\n  ## F.\n  let x = 1\n  x\n}\n");
  becomes("let x = if a then b\n# c\nelse d\n", "let x =\n  if a then b\n  # c\n  else d\n");
}

TEST(Formatter, CommentsAtTheEndOfALine) {
  becomes("let x = 1 # a\nlet yy = 2# b\n\nlet z = 3 #c\n", "let x = 1   # a\nlet yy = 2  # b\n\nlet z = 3  #c\n");
  becomes("let x = a + # why\nb\n", "let x =\n  a +  # why\n  b\n");
  becomes("let x = [a # b\n, c]\n", "let x = [\n  a,  # b\n  c,\n]\n");
  becomes("fn f() { # a\nx; # b\n} # c\n", "fn f() {  # a\n  x       # b\n}         # c\n");
  becomes("struct P { a: f64, # a\nb: f64 }\n", "struct P {\n  a: f64  # a\n  b: f64\n}\n");
}

// Dropped, they would make the comment the next statement's documentation.
TEST(Formatter, SomeSemicolonsStay) {
  becomes("x\n## a\n; let y = 1\n", "x\n## a\n;\nlet y = 1\n");
  becomes("x # a\n; ## b\nlet y = 1\n", "x  # a\n;  ## b\nlet y = 1\n");
  becomes("; ## a\nlet y = 1\n", ";  ## a\nlet y = 1\n");
}

TEST(Formatter, FaultyTextsAreReported) {
  EXPECT_NE(formatted("let = 1\n").find("error[E0010]"), std::string::npos);
  EXPECT_NE(formatted(std::string(SourceManager::kMaxFileSize + 1, ' ')).find("error[E0007]"), std::string::npos);
}

} // namespace ricci::lang::test
