// The language's tour, part 1: every function equals plain loops over its definition, and its derivatives are right.
#include "tests/numerics/SourceChecker.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <sstream>

using namespace ricci::test;

namespace {

using Vector = std::vector<double>;

// The functions before the part that needs the whole language; empty where the file is not there.
std::string tour() {
  std::ifstream file(RICCI_TOUR);
  std::stringstream text;
  text << file.rdbuf();
  std::string source = text.str();
  return source.substr(0, source.find("# ------------------------------------------------------------------ part 2"));
}

class Tour : public ::testing::Test {
protected:
  void SetUp() override {
    source = tour();
    if (source.empty())
      GTEST_SKIP() << "no " << RICCI_TOUR;
  }

  // Numbers that are nothing special, and differ from call to call.
  Vector some(size_t count) {
    Vector values(count);
    for (double &value : values)
      value = std::sin(++state * 1.7) * 0.9;
    return values;
  }

  void equals(const std::string &expression, Inputs inputs, const Vector &expected) {
    SourceCase test{"", source, expression, {}, 64, false, expected, std::move(inputs)};
    checkSource(test);
  }
  void derivatives(const std::string &expression, std::vector<Operand> operands, Inputs fixed = {}) {
    SourceCase test{"", source, expression, std::move(operands), 64, true, {}, std::move(fixed)};
    checkSource(test);
  }

  std::string source;
  double state = 0;
};

double softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }
double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

template <class... Rest> Inputs inputs(Rest... rest) { return {rest...}; }
std::pair<std::string, SharedArray> real(const std::string &name, ricci::runtime::Shape shape, const Vector &values) {
  return {name, f64(std::move(shape), values)};
}
std::pair<std::string, SharedArray> whole(const std::string &name, ricci::runtime::Shape shape, const std::vector<int64_t> &values) {
  return {name, i64(std::move(shape), values)};
}

TEST_F(Tour, Logistic) {
  const int N = 5, D = 3;
  Vector w = some(D), b = some(1), X = some(N * D), y{0, 1, 1, 0, 1};
  double loss = 0, gb = 0;
  Vector gw(D);
  for (int n = 0; n < N; ++n) {
    double z = b[0];
    for (int d = 0; d < D; ++d)
      z += X[n * D + d] * w[d];
    loss += (softplus(z) - y[n] * z) / N;
    double slope = (sigmoid(z) - y[n]) / N;
    gb += slope;
    for (int d = 0; d < D; ++d)
      gw[d] += slope * X[n * D + d];
  }
  auto given = [&] { return inputs(real("w", {D}, w), real("b", {}, b), real("X", {N, D}, X), real("y", {N}, y)); };
  equals("nll(w, b, X, y)", given(), {loss});
  gw.push_back(gb);
  equals("nll_grad(w, b, X, y)", given(), gw);
  derivatives("nll(w, b, X, y)", {{"w", {D}}, {"b", {}}, {"X", {N, D}}, {"y", {N}, Operand::Constant, 0, 1}});

  Vector rows(N * D);
  for (int n = 0; n < N; ++n) {
    double z = 0;
    for (int d = 0; d < D; ++d)
      z += X[n * D + d] * w[d];
    for (int d = 0; d < D; ++d)
      rows[n * D + d] = (sigmoid(z) - y[n]) * X[n * D + d];
  }
  equals("per_example(w, X, y)", inputs(real("w", {D}, w), real("X", {N, D}, X), real("y", {N}, y)), rows);
  derivatives("per_example(w, X, y)", {{"w", {D}}, {"X", {N, D}}, {"y", {N}}});
}

TEST_F(Tour, Network) {
  const int N = 4, D = 3, H = 4, C = 3;
  Vector w1 = some(D * H), b1 = some(H), w2 = some(H * C), b2 = some(C), X = some(N * D);
  std::vector<int64_t> y{0, 2, 1, 2};
  double loss = 0, right = 0;
  Vector first;
  for (int n = 0; n < N; ++n) {
    Vector o = b2;
    for (int j = 0; j < H; ++j) {
      double h = b1[j];
      for (int d = 0; d < D; ++d)
        h += X[n * D + d] * w1[d * H + j];
      for (int c = 0; c < C; ++c)
        o[c] += std::max(h, 0.0) * w2[j * C + c];
    }
    double total = 0;
    for (double value : o)
      total += std::exp(value);
    loss += (std::log(total) - o[y[n]]) / N;
    right += double(std::max_element(o.begin(), o.end()) - o.begin() == y[n]) / N;
    if (n == 0)
      first = o;
  }
  auto given = [&] {
    return inputs(real("w1", {D, H}, w1), real("b1", {H}, b1), real("w2", {H, C}, w2), real("b2", {C}, b2),
                  real("X", {N, D}, X), whole("y", {N}, y));
  };
  const std::string p = "Mlp(w1 = w1, b1 = b1, w2 = w2, b2 = b2)";
  equals("logits(" + p + ", X[0,:])", given(), first);
  equals("xent(" + p + ", X, y)", given(), {loss});
  equals("accuracy(" + p + ", X, y)", given(), {right});
  std::vector<Operand> operands{{"w1", {D, H}}, {"b1", {H}}, {"w2", {H, C}}, {"b2", {C}}, {"X", {N, D}}};
  derivatives("xent(" + p + ", X, y)", operands, inputs(whole("y", {N}, y)));
  // Two steps of Adam from nothing: the first goes by lr·sign(g).
  equals("train(" + p + ", X, y, 0, 0.1).b2", given(), b2);
  source += "\nfn step(w1: f64[D,H], b1: f64[H], w2: f64[H,C], b2: f64[C], X: f64[N,D], y: i64[N]) -> f64[C] {\n"
            "  let p = " + p + "\n  let g = grad[p](xent(p, X, y))\n  let q = train(p, X, y, 1, 0.1)\n"
            "  let e[c] = q.b2[c] - (p.b2[c] - 0.1 * g.b2[c] / (abs(g.b2[c]) + 1e-8))\n  e\n}\n";
  equals("step(w1, b1, w2, b2, X, y)", given(), Vector(C, 0.0));
  derivatives("train(" + p + ", X, y, 2, 0.1).w2", {{"w2", {H, C}}, {"X", {N, D}, Operand::Constant}},
              inputs(real("w1", {D, H}, w1), real("b1", {H}, b1), real("b2", {C}, b2), whole("y", {N}, y)));
  for (auto evaluate : {interpretSource, runSource}) {
    Evaluated made = evaluate(source, "init(key(0), 2, 3, 4)", {});
    ASSERT_EQ(made.error, "");
    ASSERT_EQ(made.values.size(), 4u);
    EXPECT_EQ(made.values[0].shape(), (ricci::runtime::Shape{2, 3}));
    EXPECT_EQ(made.values[2].shape(), (ricci::runtime::Shape{3, 4}));
  }
}

TEST_F(Tour, Attention) {
  const int T = 3, D = 2, H = 2, E = 2;
  Vector x = some(T * D), wq = some(D * H * E), wk = some(D * H * E), wv = some(D * H * E), wo = some(H * E * D), y(T * D);
  for (int h = 0; h < H; ++h)
    for (int t = 0; t < T; ++t) {
      auto project = [&](const Vector &w, int row, int e) {
        double sum = 0;
        for (int d = 0; d < D; ++d)
          sum += x[row * D + d] * w[(d * H + h) * E + e];
        return sum;
      };
      Vector a;
      double total = 0;
      for (int u = 0; u <= t; ++u) {
        double s = 0;
        for (int e = 0; e < E; ++e)
          s += project(wq, t, e) * project(wk, u, e) / std::sqrt(double(E));
        a.push_back(std::exp(s));
        total += a.back();
      }
      for (int u = 0; u <= t; ++u)
        for (int e = 0; e < E; ++e)
          for (int d = 0; d < D; ++d)
            y[t * D + d] += a[u] / total * project(wv, u, e) * wo[(h * E + e) * D + d];
    }
  const std::string p = "attend(Attn(wq = wq, wk = wk, wv = wv, wo = wo), x)";
  equals(p, inputs(real("x", {T, D}, x), real("wq", {D, H, E}, wq), real("wk", {D, H, E}, wk), real("wv", {D, H, E}, wv),
                   real("wo", {H, E, D}, wo)), y);
  derivatives(p, {{"x", {T, D}}, {"wq", {D, H, E}}, {"wk", {D, H, E}}, {"wv", {D, H, E}}, {"wo", {H, E, D}}});
}

TEST_F(Tour, Convolutions) {
  const int C = 2, H = 4, W = 3, O = 2, A = 2, B = 2;
  Vector x = some(C * H * W), k = some(O * C * A * B), y;
  for (int o = 0; o < O; ++o)
    for (int i = 0; i <= H - A; ++i)
      for (int j = 0; j <= W - B; ++j) {
        double sum = 0;
        for (int c = 0; c < C; ++c)
          for (int a = 0; a < A; ++a)
            for (int b = 0; b < B; ++b)
              sum += x[(c * H + i + a) * W + j + b] * k[((o * C + c) * A + a) * B + b];
        y.push_back(sum);
      }
  equals("conv(x, k)", inputs(real("x", {C, H, W}, x), real("k", {O, C, A, B}, k)), y);
  derivatives("conv(x, k)", {{"x", {C, H, W}}, {"k", {O, C, A, B}}});

  const int N = 6, K = 3;
  Vector v = some(N), f = some(K), same(N), pooled(N / 2), steps(N - 1), pairwise(1), rosenbrock(1);
  for (int i = 0; i < N; ++i)
    for (int a = 0; a < K; ++a)
      if (int at = i + a - K / 2; at >= 0 && at < N)
        same[i] += v[at] * f[a];
  for (int i = 0; i < N / 2; ++i)
    pooled[i] = std::max(v[2 * i], v[2 * i + 1]);
  for (int i = 0; i + 1 < N; ++i) {
    steps[i] = v[i + 1] - v[i];
    rosenbrock[0] += 100 * std::pow(v[i + 1] - v[i] * v[i], 2) + std::pow(1 - v[i], 2);
  }
  for (int i = 0; i < N; ++i)
    for (int j = i + 1; j < N; ++j)
      pairwise[0] += std::abs(v[i] - v[j]);
  auto vector = [&] { return inputs(real("x", {N}, v)); };
  equals("conv_same(x, k)", inputs(real("x", {N}, v), real("k", {K}, f)), same);
  equals("pool(x)", vector(), pooled);
  equals("increments(x)", vector(), steps);
  equals("pairs(x)", vector(), pairwise);
  equals("rosenbrock(x)", vector(), rosenbrock);
  for (const char *function : {"pool(x)", "increments(x)", "pairs(x)", "rosenbrock(x)"})
    derivatives(function, {{"x", {N}}});
  derivatives("conv_same(x, k)", {{"x", {N}}, {"k", {K}}});

  Vector u = some(N), gradient(N), hessian(N * N), product(N);
  for (int i = 0; i + 1 < N; ++i) {
    double r = v[i + 1] - v[i] * v[i];
    gradient[i] += -400 * r * v[i] - 2 * (1 - v[i]);
    gradient[i + 1] += 200 * r;
    hessian[i * N + i] += -400 * r + 800 * v[i] * v[i] + 2;
    hessian[i * N + i + 1] += -400 * v[i];
    hessian[(i + 1) * N + i] += -400 * v[i];
    hessian[(i + 1) * N + i + 1] += 200;
  }
  for (int i = 0; i < N; ++i)
    for (int j = 0; j < N; ++j)
      product[i] += hessian[i * N + j] * u[j];
  Vector all = gradient;
  all.insert(all.end(), product.begin(), product.end());
  all.insert(all.end(), hessian.begin(), hessian.end());
  equals("newton_direction(x, v)", inputs(real("x", {N}, v), real("v", {N}, u)), all);
}

TEST_F(Tour, Indexing) {
  const int V = 4, D = 3, T = 5;
  Vector E = some(V * D), w = some(T), rows, bins(3);
  std::vector<int64_t> token{3, 0, 1, 3, 2}, bin{2, 0, 5, 2, -1};
  for (int64_t t : token)
    rows.insert(rows.end(), E.begin() + t * D, E.begin() + (t + 1) * D);
  for (int i = 0; i < T; ++i)
    if (bin[i] >= 0 && bin[i] < 3)
      bins[bin[i]] += w[i];
  equals("embed(E, tok)", inputs(real("E", {V, D}, E), whole("tok", {T}, token)), rows);
  derivatives("embed(E, tok)", {{"E", {V, D}}}, inputs(whole("tok", {T}, token)));
  equals("hist(bin, w, B)", inputs(whole("bin", {T}, bin), real("w", {T}, w), whole("B", {}, {3})), bins);
  derivatives("hist(bin, w, 3)", {{"w", {T}}}, inputs(whole("bin", {T}, bin)));

  const int M = 4, H = 2;
  Vector x = some(T * M), split, back = x;
  for (int h = 0; h < H; ++h)
    for (int t = 0; t < T; ++t)
      for (int e = 0; e < M / H; ++e)
        split.push_back(x[t * M + h * (M / H) + e]);
  equals("split_heads(x, 2)", inputs(real("x", {T, M}, x)), split);
  equals("merge_heads(q)", inputs(real("q", {H, T, M / H}, split)), back);
  derivatives("split_heads(x, 2)", {{"x", {T, M}}});
  derivatives("merge_heads(q)", {{"q", {H, T, M / H}}});

  Vector turned(w.begin() + 2, w.end());
  turned.insert(turned.end(), w.begin(), w.begin() + 2);
  equals("rotated(x, s)", inputs(real("x", {T}, w), whole("s", {}, {2})), turned);
  derivatives("rotated(x, 2)", {{"x", {T}}});
}

TEST_F(Tour, Recurrence) {
  const int T = 4, D = 2, H = 3;
  Vector x = some(T * D), W = some(H * H), U = some(H * D), h = some(H), states, start = h;
  for (int t = 0; t < T; ++t) {
    Vector next(H);
    for (int i = 0; i < H; ++i) {
      for (int j = 0; j < H; ++j)
        next[i] += W[i * H + j] * h[j];
      for (int d = 0; d < D; ++d)
        next[i] += U[i * D + d] * x[t * D + d];
      next[i] = std::tanh(next[i]);
    }
    h = next;
    states.insert(states.end(), h.begin(), h.end());
  }
  equals("rnn(x, W, U, h0)", inputs(real("x", {T, D}, x), real("W", {H, H}, W), real("U", {H, D}, U), real("h0", {H}, start)), states);
  derivatives("rnn(x, W, U, h0)", {{"x", {T, D}}, {"W", {H, H}}, {"U", {H, D}}, {"h0", {H}}});
}

TEST_F(Tour, DynamicSizes) {
  auto reals = [&](const std::string &name, ricci::runtime::Shape shape) {
    size_t count = 1;
    for (int64_t size : shape)
      count *= size_t(size);
    return real(name, shape, some(count));
  };
  auto scalar = [&](const std::string &name, int64_t value) { return whole(name, {}, {value}); };
  auto labels = [&](const std::string &name) { return whole(name, {4}, {0, 2, 1, 2}); };
  auto check = [&](const std::string &name, Inputs arguments) { checkFunction(source, name, arguments, 64); };
  check("nll", {reals("w", {3}), reals("b", {}), reals("X", {4, 3}), reals("y", {4})});
  check("nll_grad", {reals("w", {3}), reals("b", {}), reals("X", {4, 3}), reals("y", {4})});
  check("conv", {reals("x", {2, 5, 4}), reals("k", {3, 2, 2, 3})});
  check("conv_same", {reals("x", {7}), reals("k", {3})});
  check("pool", {reals("x", {7})});
  check("increments", {reals("x", {7})});
  check("embed", {reals("E", {3, 2}), labels("tok")});
  check("hist", {labels("bin"), reals("w", {4}), scalar("B", 3)});
  check("split_heads", {reals("x", {3, 6}), scalar("H", 2)});
  check("merge_heads", {reals("q", {2, 3, 2})});
  check("rnn", {reals("x", {4, 2}), reals("W", {3, 3}), reals("U", {3, 2}), reals("h0", {3})});
  check("per_example", {reals("w", {3}), reals("X", {4, 3}), reals("y", {4})});
  check("rotated", {reals("x", {5}), scalar("s", 2)});
  check("pairs", {reals("x", {5})});
  check("rosenbrock", {reals("x", {5})});
  check("newton_direction", {reals("x", {5}), reals("v", {5})});

  // Sizes 0 and 1.
  check("nll_grad", {reals("w", {1}), reals("b", {}), reals("X", {1, 1}), reals("y", {1})});
  check("conv_same", {reals("x", {0}), reals("k", {3})});
  check("pool", {reals("x", {1})});
  check("increments", {reals("x", {1})});
  check("pairs", {reals("x", {0})});
  check("rnn", {reals("x", {0, 2}), reals("W", {3, 3}), reals("U", {3, 2}), reals("h0", {3})});
  check("merge_heads", {reals("q", {2, 0, 2})});
  check("newton_direction", {reals("x", {1}), reals("v", {1})});

  Evaluated wrong = runFunction(source, "nll", {reals("w", {3}), reals("b", {}), reals("X", {4, 2}), reals("y", {4})});
  EXPECT_EQ(wrong.error.substr(0, 5), "R0003") << wrong.error;
}

} // namespace
