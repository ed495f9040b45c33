// An optimiser in C++ that minimises a loss written in Ricci: L-BFGS (Nocedal and Wright, "Numerical Optimization",
// algorithm 7.4) with a backtracking line search. Ricci gives the value and the gradient, compiled as one function.
#include <ricci/ricci.hpp>

#include <cmath>
#include <cstdio>
#include <deque>
#include <random>
#include <vector>

using ricci::view;
using Vector = std::vector<double>;

static double dot(const Vector &a, const Vector &b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i)
    sum += a[i] * b[i];
  return sum;
}

// The direction −H g, H being the inverse Hessian that the last steps s and changes of gradient y make plausible.
static Vector direction(Vector g, const std::deque<std::pair<Vector, Vector>> &history) {
  Vector weights;
  for (auto pair = history.rbegin(); pair != history.rend(); ++pair) {
    const auto &[s, y] = *pair;
    weights.push_back(dot(s, g) / dot(s, y));
    for (size_t i = 0; i < g.size(); ++i)
      g[i] -= weights.back() * y[i];
  }
  double scale = history.empty() ? 1
                                 : dot(history.back().first, history.back().second) /
                                       dot(history.back().second, history.back().second);
  for (double &x : g)
    x *= scale;
  for (const auto &[s, y] : history) {
    double weight = weights.back() - dot(y, g) / dot(s, y);
    weights.pop_back();
    for (size_t i = 0; i < g.size(); ++i)
      g[i] += weight * s[i];
  }
  for (double &x : g)
    x = -x;
  return g;
}

int main(int argc, char **argv) try {
  const std::int64_t N = 500, D = 8;
  Vector X(N * D), y(N), truth(D), w(D), g(D);
  std::mt19937_64 random(1);
  std::normal_distribution<double> normal;
  for (std::int64_t d = 0; d < D; ++d)
    truth[d] = d % 2 ? -1.0 : 2.0;
  for (std::int64_t n = 0; n < N; ++n) {
    double z = 0;
    for (std::int64_t d = 0; d < D; ++d)
      z += (X[n * D + d] = normal(random)) * truth[d];
    y[n] = 1 / (1 + std::exp(-z)) > 0.5 + 0.2 * normal(random);
  }

  ricci::engine engine;
  auto module = engine.compile_file(argc > 1 ? argv[1] : "optimise.ricci").value();
  auto value_and_grad = module.get("loss").value().value_and_grad({"w"}).value();
  const view<double, 2> data(X.data(), {N, D});
  auto workspace = value_and_grad.workspace({w, data, y}).value();
  auto evaluate = [&](const Vector &at, Vector &gradient) {
    double loss = NAN;
    if (value_and_grad.call_into(workspace, {at, data, y}, {&loss, gradient}) != ricci::status::ok)
      std::fputs("the loss could not be evaluated\n", stderr);
    return loss;
  };

  double loss = evaluate(w, g);
  std::deque<std::pair<Vector, Vector>> history;
  for (int iteration = 0; std::sqrt(dot(g, g)) > 1e-8 && iteration < 100; ++iteration) {
    Vector step = direction(g, history), next(D), nextGradient(D);
    const double slope = dot(step, g);
    double length = 1, nextLoss = NAN;
    for (; length > 1e-12; length /= 2) {
      for (std::int64_t d = 0; d < D; ++d)
        next[d] = w[d] + length * step[d];
      nextLoss = evaluate(next, nextGradient);
      if (nextLoss <= loss + 1e-4 * length * slope)
        break;
    }
    Vector change(D);
    for (std::int64_t d = 0; d < D; ++d) {
      step[d] *= length;
      change[d] = nextGradient[d] - g[d];
    }
    if (dot(step, change) > 0)
      history.emplace_back(step, change);
    if (history.size() > 10)
      history.pop_front();
    w = next, g = nextGradient, loss = nextLoss;
    std::printf("%3d  loss %.10f  |g| %.2e\n", iteration, loss, std::sqrt(dot(g, g)));
  }
  return std::sqrt(dot(g, g)) > 1e-8;
} catch (const ricci::error &error) {
  std::fputs(error.what(), stderr);
  return 1;
}
