#include "Parsing.h"

#include <gtest/gtest.h>

namespace ricci::lang::test {

TEST(ParserDecl, Imports) {
  EXPECT_EQ(parsedFile("import std.nn\nimport std.optim as o"), "(import std.nn)\n(import std.optim o)");
}

TEST(ParserDecl, Structs) {
  EXPECT_EQ(parsedFile("struct Empty {}"), "(struct Empty)");
  EXPECT_EQ(parsedFile("struct P<D, T: float> { w: T[D], b: f64 }"), "(struct P (<> D (: T float)) (: w (T D)) (: b f64))");
  EXPECT_EQ(parsedFile("struct P<D> {\n  w: Q<D>\n  b: f64[D],\n  c: (f64, i64)\n}"),
            "(struct P (<> D) (: w (Q (<> D))) (: b (f64 D)) (: c (tuple f64 i64)))");
}

TEST(ParserDecl, Params) {
  EXPECT_EQ(parsedFile("## Rate.\nparam lr: f64 = 0.1\nparam X: f32[N,D]"), "(param \"Rate.\" lr : f64 0.1)\n(param X : (f32 N D))");
}

TEST(ParserDecl, Functions) {
  EXPECT_EQ(parsedFile("fn f() {}"), "(fn f (block))");
  EXPECT_EQ(parsedFile("fn f(x: f64[N-K+1], i: i64) -> (f64, f64[N]) { (x[i], x) }"),
            "(fn f (: x (f64 (+ (- N K) 1))) (: i i64) -> (tuple f64 (f64 N)) (block\n  (tuple (at x i) x)))");
  EXPECT_EQ(parsedFile("fn m<P, T: num>(f: fn(P, T) -> f64, p: P) -> P { p }"),
            "(fn m (<> P (: T num)) (: f (fn P T -> f64)) (: p P) -> P (block\n  p))");
  EXPECT_EQ(parsedFile("## One.\n## Two.\n@vjp(g) @test export fn f(x: f64) -> f64 { x }"),
            "(export-fn \"One.\\nTwo.\" (@ vjp g) (@ test) f (: x f64) -> f64 (block\n  x))");
  EXPECT_EQ(parsedFile("fn f(\n  x: f64,\n  y: f64,\n)\n-> f64\n{\n  x\n}"), "(fn f (: x f64) (: y f64) -> f64 (block\n  x))");
}

TEST(ParserDecl, Types) {
  EXPECT_EQ(parsedFile("param x: Block<D>[L]"), "(param x : (Block (<> D) L))");
  EXPECT_EQ(parsedFile("param x: Mlp<D, H+1, f32, Q<A>, fn(f64) -> f64>"),
            "(param x : (Mlp (<> D (+ H 1) f32 (Q (<> A)) (fn f64 -> f64))))");
  EXPECT_EQ(parsedFile("param x: Q<(f64, D), (D + 1), f64[N]>"), "(param x : (Q (<> (tuple f64 D) (+ D 1) (f64 N))))");
  EXPECT_EQ(parsedFile("param x: (f64)"), "(param x : f64)");
  EXPECT_EQ(parsedFile("param x: ()"), "(param x : (tuple))");
}

TEST(ParserDecl, AngleBeforeEquals) {
  EXPECT_EQ(parsedFile("param x: Mlp<D,H>= y"), "(param x : (Mlp (<> D H)) y)");
  EXPECT_EQ(parsedFile("param x: A<B<D>>= y"), "(param x : (A (<> (B (<> D)))) y)");
}

TEST(ParserStmt, Lets) {
  EXPECT_EQ(parsedFile("let x = 1"), "(let x 1)");
  EXPECT_EQ(parsedFile("let x: f64[N] = y"), "(let x : (f64 N) y)");
  EXPECT_EQ(parsedFile("let (a, (b, c: f64)) = t"), "(let (tuple a (tuple b c : f64)) t)");
  EXPECT_EQ(parsedFile("let y[i, j in 0..n, :, (h, e in 0..2)]: f32[A] = e"),
            "(let y [i (in j (.. 0 n)) : (group h (in e (.. 0 2)))] : (f32 A) e)");
  EXPECT_EQ(parsedFile("let y[] = 1"), "(let y [] 1)");
  EXPECT_EQ(parsedFile("## Doc.\nlet x = 1"), "(let \"Doc.\" x 1)");
}

TEST(ParserStmt, TheOthers) {
  EXPECT_EQ(parsedFile("var x = 1\nvar y: f64 = 2.0\nx = x + 1"), "(var x 1)\n(var y : f64 2.0)\n(= x (+ x 1))");
  EXPECT_EQ(parsedFile("assert a < b\nassert a < b, \"why\""), "(assert (< a b))\n(assert (< a b) \"why\")");
  EXPECT_EQ(parsedFile("while a limit 10 * N { x = f(x) }"), "(while a (* 10 N) (block\n  (= x (call f x))))");
  EXPECT_EQ(parsedFile("for t in 0..2 {\n  yield t\n}\nprint(\"x\")"), "(for t (.. 0 2) (block\n  (yield t)))\n(call print \"x\")");
}

TEST(ParserStmt, WordsThatAreNamesElsewhere) {
  EXPECT_EQ(parsedFile("let by = 1; let limit = by; let as = limit; let float = as"),
            "(let by 1)\n(let limit by)\n(let as limit)\n(let float as)");
  EXPECT_EQ(parsedFile("let key = key(0)"), "(let key (call key 0))");
}

TEST(ParserLines, SeparateStatements) {
  EXPECT_EQ(parsedFile("let a = 1; let b = 2;; let c = 3"), "(let a 1)\n(let b 2)\n(let c 3)");
  EXPECT_EQ(parsedFile("\n\n a \r\n\r\n b # c\n"), "a\nb");
  EXPECT_EQ(parsedFile("f\n(x)\n[y]"), "f\nx\n(array y)");
  EXPECT_EQ(parsedFile("a\n-b"), "a\n(neg b)");
  EXPECT_EQ(parsedFile("f64\n(b)"), "(type f64)\nb");
}

TEST(ParserLines, ContinueAfterOperatorsAndCommas) {
  EXPECT_EQ(parsedFile("let x =\n  a +\n  # why\n\n  b *\n  c"), "(let x (+ a (* b c)))");
  EXPECT_EQ(parsedFile("let x = not\n a and\n b"), "(let x (and (not a) b))");
  EXPECT_EQ(parsedFile("assert a,\n  \"m\""), "(assert a \"m\")");
  EXPECT_EQ(parsedFile("for t in 0..\n  n { }"), "(for t (.. 0 n) (block))");
}

TEST(ParserLines, ContinueBeforeThenElseWith) {
  EXPECT_EQ(parsedFile("let x = if a\n  then b\n  else c"), "(let x (if a b c))");
  EXPECT_EQ(parsedFile("x = V\n  with [0] = 1"), "(= x (with V [0] 1))");
}

TEST(ParserLines, ContinueInsideBrackets) {
  EXPECT_EQ(parsedFile("let x = (a\n + b\n)"), "(let x (+ a b))");
  EXPECT_EQ(parsedFile("f(\n a,\n b\n)[\n i\n]"), "(at (call f a b) i)");
}

TEST(ParserLines, EndStatementsInBlocksInsideBrackets) {
  EXPECT_EQ(parsedFile("f(sum[i] {\n let a = x[i]\n a\n})"), "(call f (sum [i] (block\n  (let a (at x i))\n  a)))");
}

TEST(ParserLines, DeclarationsNeedNoSeparator) {
  EXPECT_EQ(parsedFile("struct A {} fn f() {} let x = 1"), "(struct A)\n(fn f (block))\n(let x 1)");
}

} // namespace ricci::lang::test
