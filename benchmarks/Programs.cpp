// Whole expressions, from text, against what a programmer would write instead.
#include "Harness.h"
#include "Peers.h"
#include "Program.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace ricci::bench {

namespace {

template <typename T> constexpr runtime::DType dtype = runtime::DType::F32;
template <> constexpr runtime::DType dtype<double> = runtime::DType::F64;

// Runs the expression and takes its result over.
template <typename T> void evaluate(Program &program, std::vector<T> &result) {
  const runtime::Array &array = program.run();
  std::copy_n(static_cast<const T *>(array.data()), result.size(), result.begin());
}

// The compiled expression against `peer`, which writes `expected`.
template <typename T>
void row(Report &report, const std::string &name, const std::string &expression, std::vector<Argument> arguments,
         const Work &work, double bound, const std::function<void()> &peer, const std::vector<T> &expected) {
  Program program(expression, std::move(arguments));
  std::vector<T> got(expected.size());
  evaluate(program, got);
  char label[64];
  std::snprintf(label, sizeof label, "%s (%.0f ms)", name.c_str(), program.compileSeconds() * 1e3);
  report.row<T>(label, work, bound, [&] { program.run(); }, peer, got, expected);
}

void product(Report &report, int64_t n) {
  auto a = randomValues<float>(n * n, 1), b = randomValues<float>(n * n, 2);
  std::vector<float> expected(n * n);
  row<float>(report, std::to_string(n) + "^3 A @ B, OpenBLAS", "A @ B",
             {{"A", dtype<float>, {n, n}, a.data()}, {"B", dtype<float>, {n, n}, b.data()}},
             {.flops = 2.0 * static_cast<double>(n * n) * static_cast<double>(n)},
             8 * std::numeric_limits<float>::epsilon() * std::sqrt(static_cast<double>(n)),
             [&] { blasGemm(n, n, n, a.data(), false, b.data(), false, expected.data()); }, expected);
}

void softmax(Report &report, int64_t rows, int64_t columns) {
  auto x = randomValues<float>(rows * columns, 1);
  std::vector<float> expected(x.size());
  double elements = static_cast<double>(x.size());
  row<float>(report, "softmax " + std::to_string(rows) + "x" + std::to_string(columns) + ", g++ loops", "softmax(x)",
             {{"x", dtype<float>, {rows, columns}, x.data()}}, {.bytes = 8 * elements, .elements = elements}, 1e-6,
             [&] { plainSoftmax(rows, columns, x.data(), expected.data()); }, expected);
}

template <typename T, typename Peer> void expSum(Report &report, int64_t n, Peer plain) {
  auto x = randomValues<T>(n, 1), y = randomValues<T>(n, 2), z = randomValues<T>(n, 3);
  // Keeps the sum away from 0, where a relative difference says nothing.
  for (T &value : y)
    value = std::abs(value) + 1;
  std::vector<T> expected(1);
  double elements = static_cast<double>(n);
  row<T>(report, std::string(sizeof(T) == 4 ? "f32" : "f64") + " sum exp(x)y+z " + std::to_string(n) + ", g++",
         "sum[i](exp(x[i]) * y[i] + z[i])",
         {{"x", dtype<T>, {n}, x.data()}, {"y", dtype<T>, {n}, y.data()}, {"z", dtype<T>, {n}, z.data()}},
         {.bytes = 3 * elements * sizeof(T), .elements = elements}, std::sqrt(elements) * std::numeric_limits<T>::epsilon(),
         [&] { expected[0] = plain(n, x.data(), y.data(), z.data()); }, expected);
}

} // namespace

void runPrograms(Report &report) {
  report.heading("expressions (compile time)");
  product(report, 512);
  product(report, 64);
  softmax(report, 1024, 1024);
  softmax(report, 64, 64);
  for (int64_t n : {2000, 2000000}) {
    expSum<float>(report, n, plainExpSum);
    expSum<double>(report, n, plainExpSumDouble);
  }
  report.summary();
}

} // namespace ricci::bench
