#include "Checking.h"

#include <gtest/gtest.h>

namespace ricci::lang::test {

// ------------------------------------------------------------------ indices

TEST(Check, RangesAreInferred) {
  EXPECT_EQ(last("fn f(A: f64[N,K], B: f64[K,M]) -> f64[N,M] { let C[i,j] = sum[k](A[i,k] * B[k,j]); C }"),
            "(fn f A:f64[N,K] B:f64[K,M] -> f64[N,M] (block (let C:f64[N,M] (build i<N j<M (sum k<K (mul A[i, k] B[k, j])))) C))");
  EXPECT_EQ(typeOf("fn f(x: f64[N], k: f64[K]) -> f64[N-K+1] { let y[i] = sum[a](x[i+a] * k[a]); y }"), "f64[N-K+1]");
  EXPECT_EQ(typeOf("let x = zeros(f64[9])\nlet y[i] = x[2*i]"), "f64[5]");
  EXPECT_EQ(typeOf("let x = zeros(f64[9])\nlet y[i] = max[a in 0..2](x[2*i + a])"), "f64[4]");
  EXPECT_EQ(typeOf("let x = zeros(f64[9])\nlet y[i] = x[4-i]"), "f64[5]");
  EXPECT_EQ(typeOf("let x = zeros(f64[9])\nlet z = zeros(f64[4])\nlet y[i] = x[i+2] + z[i+1]"), "f64[3]");
}

TEST(Check, RaggedRangesHaveABox) {
  EXPECT_EQ(last("let x = zeros(f64[5])\nlet y[i] = sum[j in 0..i+1](x[j]) + x[i]"),
            "(let y:f64[5] (build i<5 (add (sum j<i+1~5 x[j]) x[i])))");
  EXPECT_EQ(last("let x = zeros(f64[5])\nlet y[i in 0..5] = sum[k](x[i+k])"), "(let y:f64[5] (build i<5 (sum k<5-i~5 x[i+k])))");
}

TEST(Check, ConditionsProveAccesses) {
  const char *program = "fn f(x: f64[N]) -> f64[N] {\n  let y[i in 0..N] = if i < N - 1 then x[i+1] else 0.0\n  y\n}";
  EXPECT_EQ(last(program).find('?'), std::string::npos) << last(program);
  EXPECT_NE(last("fn f(x: f64[N], j: i64) -> f64 { x[j] }").find("x[j?]"), std::string::npos);
  std::string triangle = last("fn f(l: f64[D*(D-1)/2]) -> f64[D,D] {\n  let L[i in 0..D, j in 0..D] = if j < i then l[i*(i-1)/2 + j] else 0.0\n  L\n}");
  EXPECT_EQ(triangle.find('?'), std::string::npos) << triangle;
}

TEST(Check, MergedAxes) {
  EXPECT_EQ(last("fn split(x: f64[T,M], H: i64) -> f64[H,T,M/H] { let q[h in 0..H, t, e] = x[t, (h,e)]; q }").substr(0, 60),
            "(fn split x:f64[T,M] H:i64 -> f64[H,T,M/H] (block (let q:f64");
  EXPECT_EQ(typeOf("let x = zeros(f64[3,8])\nlet q[h in 0..2, t, e] = x[t, (h,e)]"), "f64[2,3,4]");
  EXPECT_EQ(Checked("let x = zeros(f64[3,8])\nlet q[h in 0..3, t, e] = x[t, (h,e)]").errors(), "E0401 2:31");
  EXPECT_EQ(typeOf("let q = zeros(f64[2,3,4])\nlet y[t, (h,e)] = q[h,t,e]"), "f64[3,8]");
}

TEST(Check, ScattersAreRecognised) {
  EXPECT_EQ(last("fn h(bin: i64[N], w: f64[N], B: i64) -> f64[B] { let h[b in 0..B] = sum[i where bin[i] == b](w[i]); h }"),
            "(fn h bin:i64[N] w:f64[N] B:i64 -> f64[B] (block (let h:f64[B] (build b<B (sum i<N (into b bin[i]) w[i]))) h))");
  std::string two = last("fn h(p: i64[N], q: i64[N], w: f64[N]) -> f64[4,4] {\n"
                         "  let h[a in 0..4, b in 0..4] = sum[i where w[i] > 0.0 and a == p[i] and q[i] == b](w[i])\n  h\n}");
  EXPECT_NE(two.find("(sum i<N (into a p[i]) (into b q[i]) (where (gt w[i] 0)) w[i])"), std::string::npos) << two;
  // An equality that does not choose a left index stays a guard.
  EXPECT_NE(last("let x = zeros(f64[3])\nlet y[b in 0..3] = sum[i where i == 2*b](x[i])").find("(where"), std::string::npos);
  EXPECT_NE(last("let x = zeros(f64[3])\nlet y[b in 0..3] = max[i where i == b](x[i])").find("(where"), std::string::npos);
}

// ------------------------------------------------------------------ types

TEST(Check, LiteralsAdapt) {
  EXPECT_EQ(last("let x: f32 = 1/2"), "(let x:f32 0.5)");
  EXPECT_EQ(last("let x = 1/2"), "(let x:i64 0)");
  EXPECT_EQ(last("let x = 0.1 + 0.2"), "(let x:f64 0.3)");
  EXPECT_EQ(last("let y = f32(2)\nlet x = y * sqrt(2.0)"), "(let x:f32 (mul y (sqrt 2)))");
  EXPECT_EQ(last("let y = f32(2)\nlet x = y + (if y > 0 then 1 else 2.5)"), "(let x:f32 (add y (if (gt y 0) 1 2.5)))");
  EXPECT_EQ(last("let x = -9223372036854775808"), "(let x:i64 -9223372036854775808)");
  EXPECT_EQ(last("fn f(x: f32[N]) -> f32 { sum(x) / N }").find("(div") != std::string::npos, true);
  EXPECT_EQ(typeOf("struct P { a: f32, b: f32[2] }\nlet p = P(a = 1, b = [1, 2])\nlet q = p - 0.1 * p"), "P");
  EXPECT_EQ(typeOf("struct P { a: f32 }\nlet t = 3\nlet p = P(a = 1)\nlet q = p / (1.0 - 0.9 ** t)"), "P");
  EXPECT_EQ(Checked("let n = 3\nlet x = 1.5 * n").errors(), "E0302 2:15");
}

TEST(Check, ArraysOfLiteralsAdapt) {
  EXPECT_EQ(typeOf("let x: f32[2] = [1, 2]\nlet y = x * [0.5, 2]"), "f32[2]");
  EXPECT_EQ(typeOf("let y = [1, 2] + [0.5, 2]"), "f64[2]");
  EXPECT_EQ(typeOf("let y = mean([1, 2])"), "f64");
  EXPECT_EQ(typeOf("let y = softmax([1, 2])"), "f64[2]");
  EXPECT_EQ(typeOf("let y = [1, 2]"), "i64[2]");
}

TEST(Check, SizesKeepTheirValuesThroughNames) {
  EXPECT_EQ(typeOf("let x = zeros(f64[2,3])\nlet s = shape(x)\nlet y = zeros(f64[s.1, s.0 + 1])"), "f64[3,3]");
  EXPECT_EQ(typeOf("let (n, d) = shape(zeros(f64[2,3]))\nlet m = n * d\nlet y[i in 0..m / 2] = f64(i)"), "f64[3]");
}

TEST(Check, SizesAreNumbers) {
  EXPECT_EQ(last("fn f(x: f64[N]) -> f64 { 0.5 * N * (N - 1) }"), "(fn f x:f64[N] -> f64 (mul (mul 0.5 (size N)) (size N-1)))");
  EXPECT_EQ(Checked("fn f(x: f64[N]) -> f64 { 1.0 * (N / 2) }").errors(), "E0302 1:33");
  EXPECT_EQ(last("fn f(x: f64[N]) -> f64 { f64(N / 2) }"), "(fn f x:f64[N] -> f64 (size N/2))");
}

TEST(Check, AggregatesLift) {
  EXPECT_EQ(typeOf("let p = ([1.0, 2.0], 3.0)\nlet q = 2.0 * p + exp(p)"), "(f64[2], f64)");
  EXPECT_EQ(typeOf("let p = ([1.0, 2.0], 3.0)\nlet q = norm(p) + dot(p, p)"), "f64");
  EXPECT_EQ(typeOf("let p = ([1.0, 2.0], 3.0)\nlet q = zeros(p)"), "(f64[2], f64)");
}

TEST(Check, Contractions) {
  EXPECT_EQ(typeOf("let A = zeros(f64[2,3])\nlet y = A @ zeros(f64[3])"), "f64[2]");
  EXPECT_EQ(typeOf("let A = zeros(f64[2,3])\nlet y = A.T @ A"), "f64[3,3]");
  EXPECT_EQ(last("let A = zeros(f64[2,3])\nlet y = einsum(\"...i,...i\", A, A)"), "(let y:f64[2] (einsum \"ai,ai->a\" A A:f64[2]))");
  // Axes of the ellipsis broadcast from 1.
  EXPECT_EQ(typeOf("let y = einsum(\"...i,...i->...\", zeros(f64[1,3]), zeros(f64[5,3]))"), "f64[5]");
}

TEST(Check, JoinedArrays) {
  const std::string a = "let a = zeros(f32[2,3])\n";
  EXPECT_EQ(typeOf(a + "let y = concat(a, a[:, 0..1], axis = 1)"), "f32[2,4]");
  EXPECT_EQ(typeOf(a + "let y = stack(a, a, a)"), "f32[3,2,3]");
  EXPECT_EQ(typeOf(a + "let y = stack(a, a, axis = 2)"), "f32[2,3,2]");
  EXPECT_EQ(last("let x = 1.0\nlet y = stack(x, 2)"), "(let y:f64[2] (concat (full x:f64[1]) (full 2:f64[1]):f64[2]))");
  EXPECT_EQ(last("let x = [1.0, 2.0]\nlet y = stack(x, [3, 4], axis = 1)").substr(0, 61),
            "(let y:f64[2,2] (concat axis=1 (reshape x:f64[2,1]) (reshape ");
  // Literals take the type of what is beside them, whatever comes first.
  EXPECT_EQ(typeOf("let x = f32(1)\nlet y = stack(1, x, 0.5)"), "f32[3]");
  EXPECT_EQ(typeOf("let y = stack(1, 0.5)"), "f64[2]");
  EXPECT_EQ(typeOf("let y = stack(1, 2)"), "i64[2]");
  EXPECT_EQ(typeOf("let y: f32[2] = stack(1, 2)"), "f32[2]");
  EXPECT_EQ(typeOf("let x = [1.0]\nlet y = concat([1, 2], x)"), "f64[3]");
  EXPECT_EQ(typeOf("fn f(x: f64[N], y: f64[N]) -> f64[N,2] { stack(x, y, axis = 1) }"), "f64[N,2]");
}

TEST(Check, AlongAnAxis) {
  const std::string a = "let a = zeros(f32[2,3])\n";
  EXPECT_EQ(last(a + "let y = cumsum(a)"), "(let y:f32[2,3] (cumsum a:f32[2,3]))");
  EXPECT_EQ(last(a + "let y = cumprod(a, axis = 1)"), "(let y:f32[2,3] (cumprod axis=1 a:f32[2,3]))");
  EXPECT_EQ(last(a + "let y = sort(a)"), "(let y:f32[2,3] (sort axis=1 a:f32[2,3]))");
  EXPECT_EQ(last(a + "let y = argsort(a, axis = 0)"), "(let y:i64[2,3] (argsort a:i64[2,3]))");
  // Without an axis all are turned round.
  EXPECT_EQ(last(a + "let y = flip(a)"), "(let y:f32[2,3] (flip axis=1 (flip a:f32[2,3]):f32[2,3]))");
  EXPECT_EQ(last(a + "let y = flip(a > 0, axis = 1)"), "(let y:bool[2,3] (flip axis=1 (gt a 0):bool[2,3]))");
  EXPECT_EQ(typeOf("let y: f32[3] = cumsum([1, 2, 3])"), "f32[3]");
  EXPECT_EQ(typeOf("let y = cumsum([1, 2, 3])"), "i64[3]");
}

TEST(Check, TopK) {
  EXPECT_EQ(typeOf("let a = zeros(f32[2,3])\nlet y = top_k(a, 2)"), "(f32[2,2], i64[2,2])");
  EXPECT_EQ(typeOf("fn f(x: f64[N], k: i64) -> f64[k] { top_k(x, k).0 }"), "f64[k]");
  EXPECT_EQ(typeOf("fn f(x: f64[N]) -> f64[N/2] { top_k(x, N / 2).0 }"), "f64[N/2]");
  // What only the run can tell is checked then; what is known is not.
  EXPECT_NE(last("fn f(x: f64[N], k: i64) -> f64[k] { top_k(x, k).0 }").find("(check max(k, N) N)"), std::string::npos);
  EXPECT_EQ(last("fn f(x: f64[N]) -> f64[N] { top_k(x, N).0 }").find("check"), std::string::npos);
  EXPECT_EQ(Checked("let x = [1.0, 2.0]\nlet g = grad[x](sum(top_k(x, 1).0))").errors(), "");
  EXPECT_EQ(Checked("let x = [1.0, 2.0]\nlet g = grad[x](x[top_k(x, 1).1[0]])").errors(), "");
}

TEST(Check, ControlAndState) {
  EXPECT_EQ(last("var x = 1.0\nlet ys = for t in 0..4 {\n  x = x * 0.5\n  yield (x, [x, x])\n}"),
            "(let ys:(f64[4], f64[4,2]) (for t 0 4 (carry x) (set x (mul x 0.5)) (yield (tuple x (concat (full x:f64[1]) (full x:f64[1]):f64[2])))))");
  EXPECT_EQ(typeOf("let V = zeros(f64[3,4])\nlet W = V with [1,:] = ones(f64[4])"), "f64[3,4]");
  EXPECT_EQ(typeOf("let V = zeros(f64[3,4])\nlet W = V[0..3 by 2, 1..4]"), "f64[2,3]");
  EXPECT_EQ(typeOf("struct P { a: f64, b: f64 }\nlet p = P(a = 1.0, b = 2.0) with (a = 3.0)"), "P");
}

TEST(Check, CallsSolveSizes) {
  const char *conv = "fn conv(x: f64[N], k: f64[K]) -> f64[N-K+1] { let y[i] = sum[a](x[i+a] * k[a]); y }\n";
  EXPECT_EQ(typeOf(std::string(conv) + "let y = conv(zeros(f64[10]), zeros(f64[3]))"), "f64[8]");
  EXPECT_EQ(Checked(std::string(conv) + "let y = conv(zeros(f64[3]), zeros(f64[10]))").errors(), "E0405 2:9");
  EXPECT_EQ(typeOf("fn up(y: f64[N-K+1], k: f64[K]) -> f64[N] { zeros(f64[N]) }\nlet x = up(zeros(f64[8]), zeros(f64[3]))"), "f64[10]");
  EXPECT_EQ(typeOf("fn eyes(n: i64) -> f64[n,n] { eye(n) }\nlet E = eyes(3)"), "f64[3,3]");
  EXPECT_EQ(typeOf("fn twice(x: f64[N]) { concat(x, x) }\nlet y = twice(zeros(f64[3]))"), "f64[6]");
}

TEST(Check, CallsAreBatched) {
  EXPECT_EQ(last("fn f(x: f64[D]) -> f64[D] { x / norm(x) }\nlet X = zeros(f64[5,3])\nlet Y[n,:] = f(X[n,:])"),
            "(let Y:f64[5,3] (build n<5 : (call f D=3 X[n, :])))");
}

// ------------------------------------------------------------------ derivatives

TEST(Check, TypesOfDerivatives) {
  const std::string f = "fn f(w: f64[D], b: f64) -> f64 { sum(w) * b }\nlet w = [1.0, 2.0]\nlet b = 2.0\n";
  EXPECT_EQ(typeOf(f + "let g = grad[w](f(w, b))"), "f64[2]");
  EXPECT_EQ(typeOf(f + "let g = grad[w, b](f(w, b))"), "(f64[2], f64)");
  EXPECT_EQ(typeOf(f + "let g = value_grad[w](f(w, b))"), "(f64, f64[2])");
  EXPECT_EQ(typeOf(f + "let g = jvp[w -> w](w * b)"), "f64[2]");
  EXPECT_EQ(typeOf(f + "let g = vjp[b](w * b, w)"), "f64");
  EXPECT_EQ(typeOf(f + "let g = hvp[w -> w, b -> 1.0](f(w, b))"), "(f64[2], f64)");
  EXPECT_EQ(typeOf(f + "let g = jacobian[w](w * b)"), "f64[2,2]");
  EXPECT_EQ(typeOf(f + "let g = hessian[w](f(w, b))"), "f64[2,2]");
  EXPECT_EQ(typeOf(f + "let g = hessian[w, b](f(w, b))"), "((f64[2,2], f64[2]), (f64[2], f64))");
  EXPECT_EQ(typeOf(f + "let g = grad[w](sum(grad[w](f(w, b)) * w))"), "f64[2]");
}

TEST(Check, CheckpointsHaveTheTypeOfTheirArgument) {
  EXPECT_EQ(typeOf("let a: f32 = checkpoint(1)"), "f32");
  EXPECT_EQ(typeOf("let a = checkpoint(([1.0, 2.0], 3))"), "(f64[2], i64)");
  EXPECT_EQ(typeOf("struct P { a: f64[2] }\nlet p = checkpoint(P(a = [1.0, 2.0]))"), "P");
  EXPECT_EQ(Checked("let a = checkpoint(1.0, 2.0)").errors(), "E0210 1:9");
}

TEST(Check, PathsToTheVariable) {
  EXPECT_EQ(Checked("let w = 1.0\nlet l = w * w\nlet g = grad[w](l)").errors(), "E0601 3:14");
  EXPECT_EQ(Checked("let w = 1.0\nlet g = grad[w](sum[i in 0..2]{\n  let l = w * f64(i)\n  l\n})").errors(), "");
  EXPECT_EQ(Checked("let w = 1.0\nlet g = grad[w](stop_grad(w))").errors(), "E0601 2:14");
  EXPECT_EQ(Checked("let w = 1.0\nlet g = grad[w](checkpoint(w * w))").errors(), "");
  EXPECT_EQ(Checked("let w = 1.0\nlet b = 2.0\nlet g = grad[w](checkpoint((w, b)).1)").errors(), "E0601 3:14");
  EXPECT_EQ(Checked("let w = 1.5\nlet g = grad[w](w * f64(i64(w)))").errors(), "E0606 2:21");
  EXPECT_EQ(Checked("let x = [1.0, 2.0]\nlet g = grad[x](x[argmax(x)])").errors(), "");
  EXPECT_EQ(Checked("struct P { a: f64, b: f64 }\nlet p = P(a = 1.0, b = 2.0)\nlet g = grad[p.a](p.b * 2.0)").errors(), "E0601 3:14");
}

// ------------------------------------------------------------------ keys

TEST(Check, KeysAreConsumedOnce) {
  EXPECT_EQ(Checked("let k = key(0)\nlet a = normal(fold_in(k, 0), f64[2])\nlet b = normal(k, f64[2])").errors(), "");
  EXPECT_EQ(Checked("let k = key(0)\nlet c = 1.0\nlet a = if c > 0.0 then normal(k, f64[2]) else uniform(k, f64[2])").errors(), "");
  EXPECT_EQ(Checked("var k = key(0)\nfor t in 0..3 {\n  let (a, b) = split(k)\n  k = a\n  let x = normal(b, f64[2])\n}").errors(), "");
  EXPECT_EQ(Checked("let ks = split(key(0), 3)\nlet a = normal(ks[0], f64[2])\nlet b = normal(ks[1], f64[2])").errors(), "");
  EXPECT_EQ(Checked("let ks = split(key(0), 3)\nlet x[i,:] = normal(ks[i], f64[2])").errors(), "");
  EXPECT_EQ(Checked("let ks = split(key(0), 3)\nlet a = normal(ks[0], f64[2])\nlet b = normal(ks[0], f64[2])").errors(), "E0701 3:16");
}

} // namespace ricci::lang::test
