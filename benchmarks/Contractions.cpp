// ricci_contract against OpenBLAS, and against transposes around OpenBLAS for contractions of more than two indices.
#include "Harness.h"
#include "Peers.h"

#include "runtime/Context.h"
#include "runtime/Contraction.h"

#include <cmath>
#include <limits>
#include <string>

namespace ricci::bench {

namespace {

template <typename T> constexpr int32_t dtype = RICCI_F32;
template <> constexpr int32_t dtype<double> = RICCI_F64;
template <typename T> constexpr const char *typeName = "f32 ";
template <> constexpr const char *typeName<double> = "f64 ";

runtime::Context &context() {
  static runtime::Context only({.threads = 1});
  return only;
}

// Sums of `length` terms of size 1 against a result of size √length.
template <typename T> double bound(int64_t length) {
  return 8 * std::numeric_limits<T>::epsilon() * std::sqrt(static_cast<double>(length));
}

template <typename T>
void gemm(Report &report, int64_t m, int64_t n, int64_t k, bool aTransposed = false, bool bTransposed = false,
          int64_t batch = 1) {
  auto a = randomValues<T>(batch * m * k, 1), b = randomValues<T>(batch * k * n, 2);
  std::vector<T> ours(batch * m * n), peer(batch * m * n);
  ricci_index indices[] = {{batch, m * k, k * n, m * n},
                           {m, aTransposed ? 1 : k, 0, n},
                           {n, 0, bTransposed ? k : 1, 1},
                           {k, aTransposed ? m : 1, bTransposed ? 1 : n, 0}};
  std::string name = typeName<T>;
  if (batch > 1)
    name += std::to_string(batch) + " x ";
  name += std::to_string(m) + "x" + std::to_string(n) + "x" + std::to_string(k) + (aTransposed ? " At" : "") +
          (bTransposed ? " Bt" : "");
  double products = static_cast<double>(batch) * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
  report.row<T>(
      name, {.flops = 2 * products}, bound<T>(k),
      [&] { ricci_contract(&context(), dtype<T>, a.data(), b.data(), ours.data(), indices, 4, 0); },
      [&] {
        for (int64_t i = 0; i < batch; ++i)
          blasGemm(m, n, k, &a[i * m * k], aTransposed, &b[i * k * n], bTransposed, &peer[i * m * n]);
      },
      ours, peer);
}

template <typename T> void gemmSuite(Report &report) {
  report.heading("matrix product, OpenBLAS " + std::string(openBlasKernels()));
  for (int64_t n : {16, 32, 48, 64, 65, 100, 128, 256, 512, 1000, 1024, 2048})
    gemm<T>(report, n, n, n);
  gemm<T>(report, 100, 57, 333);
  gemm<T>(report, 100, 333, 57);
  gemm<T>(report, 127, 31, 17);
  gemm<T>(report, 17, 33, 65);
  gemm<T>(report, 2048, 2048, 32);
  gemm<T>(report, 16, 4096, 4096);
  gemm<T>(report, 4096, 16, 4096);
  gemm<T>(report, 35, 700, 2048);
  gemm<T>(report, 5124, 700, 2048);
  for (int64_t n : {64, 512, 1024}) {
    gemm<T>(report, n, n, n, true, false);
    gemm<T>(report, n, n, n, false, true);
    gemm<T>(report, n, n, n, true, true);
  }
  report.summary();
  report.heading("batched");
  for (int64_t n : {4, 8, 16, 32, 64})
    gemm<T>(report, n, n, n, false, false, 1000);
  report.summary();
}

template <typename T> void gemv(Report &report, int64_t m, int64_t n, bool transposed) {
  auto a = randomValues<T>(m * n, 1), x = randomValues<T>(transposed ? m : n, 2);
  std::vector<T> ours(transposed ? n : m), peer(ours.size());
  ricci_index plain[] = {{m, n, 0, 1}, {n, 1, 1, 0}}, flipped[] = {{m, n, 1, 0}, {n, 1, 0, 1}};
  double size = static_cast<double>(m) * static_cast<double>(n);
  report.row<T>(
      typeName<T> + std::to_string(m) + "x" + std::to_string(n) + (transposed ? " At x" : " A x"),
      {.flops = 2 * size, .bytes = size * sizeof(T)}, bound<T>(transposed ? m : n),
      [&] {
        ricci_contract(&context(), dtype<T>, a.data(), x.data(), ours.data(), transposed ? flipped : plain, 2, 0);
      },
      [&] { blasGemv(m, n, a.data(), transposed, x.data(), peer.data()); }, ours, peer);
}

template <typename T> void gemvSuite(Report &report) {
  report.heading("matrix times vector");
  for (int64_t n : {64, 256, 1024, 2048, 4096, 8192})
    for (bool transposed : {false, true})
      gemv<T>(report, n, n, transposed);
  report.summary();
}

// One contraction of the TCCG kind: "bda,dc->abc". The peer transposes A to [m, k] and B to [k, n], multiplies, and
// transposes the product.
struct TensorCase {
  const char *a, *b, *c;
  const char *letters;
  std::vector<int64_t> sizes; // by letter
};

class TensorContraction {
public:
  explicit TensorContraction(const TensorCase &problem) : problem(problem) {
    std::string a = problem.a, b = problem.b, c = problem.c;
    for (char letter : std::string(problem.letters)) {
      bool inA = a.find(letter) != a.npos, inB = b.find(letter) != b.npos, inC = c.find(letter) != c.npos;
      indices.push_back({size(letter), stride(a, letter), stride(b, letter), stride(c, letter)});
      (inA && inC ? rows : inB && inC ? columns : sums) += letter;
    }
  }

  void run(Report &report) {
    auto x = randomValues<float>(volume(problem.a), 1), y = randomValues<float>(volume(problem.b), 2);
    std::vector<float> ours(volume(problem.c)), peer(ours.size());
    std::vector<float> left(x.size()), right(y.size()), product(ours.size());
    int64_t m = volume(rows), n = volume(columns), k = volume(sums);
    report.row<float>(
        std::string(problem.a) + "," + problem.b + "->" + problem.c,
        {.flops = 2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k),
         .bytes = 4.0 * static_cast<double>(x.size() + y.size() + ours.size())},
        bound<float>(k),
        [&] {
          ricci_contract(&context(), RICCI_F32, x.data(), y.data(), ours.data(), indices.data(),
                         static_cast<int64_t>(indices.size()), 0);
        },
        [&] {
          reorder(x, problem.a, rows + sums, left);
          reorder(y, problem.b, sums + columns, right);
          blasGemm(m, n, k, left.data(), false, right.data(), false, product.data());
          reorder(product, rows + columns, problem.c, peer);
        },
        ours, peer);
  }

private:
  int64_t size(char letter) const { return problem.sizes[std::string(problem.letters).find(letter)]; }
  int64_t volume(const std::string &name) const {
    int64_t total = 1;
    for (char letter : name)
      total *= size(letter);
    return total;
  }
  int64_t stride(const std::string &name, char letter) const {
    size_t at = name.find(letter);
    return at == name.npos ? 0 : volume(name.substr(at + 1));
  }
  void reorder(const std::vector<float> &source, const std::string &from, const std::string &to,
               std::vector<float> &target) const {
    std::vector<int64_t> sizes;
    std::vector<int> order;
    for (char letter : from)
      sizes.push_back(size(letter));
    for (char letter : to)
      order.push_back(static_cast<int>(from.find(letter)));
    transpose(source.data(), sizes, order, target.data());
  }

  const TensorCase &problem;
  std::vector<ricci_index> indices;
  std::string rows, columns, sums;
};

} // namespace

void runContractions(Report &report) {
  gemmSuite<float>(report);
  gemmSuite<double>(report);
}

void runMatrixVector(Report &report) {
  gemvSuite<float>(report);
  gemvSuite<double>(report);
}

// Cases of the TCCG benchmark (Springer and Bientinesi, "Design of a high-performance GEMM-like tensor-tensor
// multiplication", 2018), at their sizes.
void runTensorContractions(Report &report) {
  static const TensorCase cases[] = {
      {"bda", "dc", "abc", "abcd", {384, 384, 24, 384}},
      {"dca", "bd", "abc", "abcd", {384, 24, 384, 384}},
      {"dbea", "ec", "abcd", "abcde", {96, 84, 24, 96, 96}},
      {"efbad", "cf", "abcde", "abcdef", {48, 36, 24, 36, 48, 36}},
      {"aebf", "fdec", "abcd", "abcdef", {72, 72, 24, 72, 72, 72}},
      {"eafd", "fbec", "abcd", "abcdef", {72, 72, 24, 72, 72, 72}},
  };
  report.heading("tensor contraction, transposes + sgemm");
  for (const TensorCase &problem : cases)
    TensorContraction(problem).run(report);
  report.summary();
}

} // namespace ricci::bench
