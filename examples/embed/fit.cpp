// Nonlinear least squares by Levenberg and Marquardt's method, with residuals in Ricci: their text stands in the
// program, and their Jacobian is derived when it starts. A decaying oscillation is fitted to noisy samples.
#include <ricci/ricci.hpp>

#include <array>
#include <cmath>
#include <cstdio>
#include <random>
#include <vector>

using ricci::view;

static constexpr const char *model = R"(
fn residuals(p: f64[4], t: f64[N], y: f64[N]) -> f64[N] {
  let r[n] = p[0] * exp(-p[1] * t[n]) * cos(p[2] * t[n] + p[3]) - y[n]
  r
}
fn jacobian_of(p: f64[4], t: f64[N], y: f64[N]) -> f64[N,4] { jacobian[p](residuals(p, t, y)) }
)";

// Solves A x = b for a symmetric positive definite matrix, by Cholesky's factorisation in place.
static std::array<double, 4> solve(std::array<std::array<double, 4>, 4> A, std::array<double, 4> b) {
  for (int i = 0; i < 4; ++i)
    for (int j = 0; j <= i; ++j) {
      for (int k = 0; k < j; ++k)
        A[i][j] -= A[i][k] * A[j][k];
      A[i][j] = i == j ? std::sqrt(A[i][i]) : A[i][j] / A[j][j];
    }
  for (int i = 0; i < 4; ++i) {
    for (int k = 0; k < i; ++k)
      b[i] -= A[i][k] * b[k];
    b[i] /= A[i][i];
  }
  for (int i = 3; i >= 0; --i) {
    for (int k = i + 1; k < 4; ++k)
      b[i] -= A[k][i] * b[k];
    b[i] /= A[i][i];
  }
  return b;
}

int main() try {
  const std::array<double, 4> truth{2.0, 0.3, 4.0, 0.5};
  const std::int64_t N = 400;
  std::vector<double> t(N), y(N);
  std::mt19937_64 random(2);
  std::normal_distribution<double> noise(0, 0.02);
  for (std::int64_t n = 0; n < N; ++n) {
    t[n] = 0.02 * static_cast<double>(n);
    y[n] = truth[0] * std::exp(-truth[1] * t[n]) * std::cos(truth[2] * t[n] + truth[3]) + noise(random);
  }

  ricci::engine engine;
  auto module = engine.compile("fit.ricci", model).value();
  using Vector = view<double, 1>;
  auto residuals = module.get<ricci::array<double, 1>(Vector, Vector, Vector)>("residuals").value();
  auto jacobian = module.get<ricci::array<double, 2>(Vector, Vector, Vector)>("jacobian_of").value();

  std::array<double, 4> p{1.5, 0.1, 3.8, 0.3};
  auto squares = [&](const std::array<double, 4> &at) {
    auto r = residuals(at, t, y);
    double sum = 0;
    for (std::int64_t n = 0; n < N; ++n)
      sum += r(n) * r(n);
    return sum;
  };
  double error = squares(p), damping = 1e-3;
  for (int iteration = 0; iteration < 50 && damping < 1e12; ++iteration) {
    auto r = residuals(p, t, y);
    auto J = jacobian(p, t, y);
    std::array<std::array<double, 4>, 4> A{};
    std::array<double, 4> b{};
    for (std::int64_t n = 0; n < N; ++n)
      for (int i = 0; i < 4; ++i) {
        b[i] -= J(n, i) * r(n);
        for (int j = 0; j < 4; ++j)
          A[i][j] += J(n, i) * J(n, j);
      }
    for (int i = 0; i < 4; ++i)
      A[i][i] *= 1 + damping;
    std::array<double, 4> step = solve(A, b), next = p;
    for (int i = 0; i < 4; ++i)
      next[i] += step[i];
    double nextError = squares(next);
    if (!(nextError < error)) {
      damping *= 10;
      continue;
    }
    std::printf("%2d  sum of squares %.8f\n", iteration, nextError);
    const bool isDone = error - nextError < 1e-12 * error;
    p = next, error = nextError, damping /= 10;
    if (isDone)
      break;
  }
  std::printf("amplitude %.3f  decay %.3f  frequency %.3f  phase %.3f\n", p[0], p[1], p[2], p[3]);
  for (int i = 0; i < 4; ++i)
    if (std::abs(p[i] - truth[i]) > 0.02)
      return 1;
  return 0;
} catch (const ricci::error &error) {
  std::fputs(error.what(), stderr);
  return 1;
}
