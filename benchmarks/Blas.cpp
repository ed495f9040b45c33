#include "Blas.h"

#include <algorithm>
#include <cblas.h>
#include <stdexcept>

extern "C" char *openblas_get_corename(void);
extern "C" char *openblas_get_config(void);

namespace ricci::bench {

std::string openBlasVersion() {
  return std::string(openblas_get_config()) + ", kernels for " + openblas_get_corename();
}

namespace {

CBLAS_TRANSPOSE flag(bool transposed) { return transposed ? CblasTrans : CblasNoTrans; }
int narrow(int64_t size) { return static_cast<int>(size); }

// C = op(A) op(B), row-major and contiguous; op transposes.
void gemm(int64_t m, int64_t n, int64_t k, const float *a, bool aTransposed, const float *b, bool bTransposed, float *c) {
  cblas_sgemm(CblasRowMajor, flag(aTransposed), flag(bTransposed), narrow(m), narrow(n), narrow(k), 1, a,
              narrow(aTransposed ? m : k), b, narrow(bTransposed ? k : n), 0, c, narrow(n));
}
void gemm(int64_t m, int64_t n, int64_t k, const double *a, bool aTransposed, const double *b, bool bTransposed,
          double *c) {
  cblas_dgemm(CblasRowMajor, flag(aTransposed), flag(bTransposed), narrow(m), narrow(n), narrow(k), 1, a,
              narrow(aTransposed ? m : k), b, narrow(bTransposed ? k : n), 0, c, narrow(n));
}
// y = op(A) x, A stored m x n
void gemv(int64_t m, int64_t n, const float *a, bool transposed, const float *x, float *y) {
  cblas_sgemv(CblasRowMajor, flag(transposed), narrow(m), narrow(n), 1, a, narrow(n), x, 1, 0, y, 1);
}
void gemv(int64_t m, int64_t n, const double *a, bool transposed, const double *x, double *y) {
  cblas_dgemv(CblasRowMajor, flag(transposed), narrow(m), narrow(n), 1, a, narrow(n), x, 1, 0, y, 1);
}

// target[i0, i1, …] = source[i_order[0], i_order[1], …] with `sizes` those of the source. Blocks span the source's and the
// target's innermost axes, so that both are walked in whole cache lines.
template <typename T>
void transpose(const T *source, const std::vector<int64_t> &sizes, const std::vector<int> &order, T *target) {
  size_t rank = sizes.size();
  std::vector<int64_t> from(rank, 1), shape(rank), in(rank), out(rank, 1);
  for (size_t i = rank - 1; i-- > 0;)
    from[i] = from[i + 1] * sizes[i + 1];
  for (size_t i = 0; i < rank; ++i) {
    shape[i] = sizes[order[i]];
    in[i] = from[order[i]];
  }
  for (size_t i = rank - 1; i-- > 0;)
    out[i] = out[i + 1] * shape[i + 1];
  size_t inner = rank - 1; // of the target
  size_t other = static_cast<size_t>(std::find(order.begin(), order.end(), static_cast<int>(rank - 1)) - order.begin());
  std::vector<int64_t> at(rank, 0);
  constexpr int64_t block = 32;
  while (true) {
    const T *s = source;
    T *t = target;
    for (size_t i = 0; i < rank; ++i) {
      s += at[i] * in[i];
      t += at[i] * out[i];
    }
    int64_t width = std::min(block, shape[inner] - at[inner]);
    int64_t height = other == inner ? 1 : std::min(block, shape[other] - at[other]);
    for (int64_t y = 0; y < height; ++y)
      for (int64_t x = 0; x < width; ++x)
        t[y * out[other] * (other != inner) + x] = s[y * in[other] * (other != inner) + x * in[inner]];
    size_t axis = rank;
    while (axis-- > 0) {
      at[axis] += axis == inner || axis == other ? block : 1;
      if (at[axis] < shape[axis])
        break;
      at[axis] = 0;
    }
    if (axis == static_cast<size_t>(-1))
      return;
  }
}

template <typename T>
const T *reordered(const runtime::Array &source, const std::string &from, const std::string &to,
                   const std::vector<int64_t> &sizes, runtime::Array &target) {
  std::vector<int64_t> shape;
  std::vector<int> order;
  for (char letter : from)
    shape.push_back(sizes[letter - 'a']);
  for (char letter : to)
    order.push_back(static_cast<int>(from.find(letter)));
  transpose(static_cast<const T *>(source.data()), shape, order, static_cast<T *>(target.data()));
  return static_cast<const T *>(target.data());
}

} // namespace

int64_t BlasContraction::count(const std::string &letters) const {
  int64_t total = 1;
  for (char letter : letters)
    total *= sizes[letter - 'a'];
  return total;
}

BlasContraction::BlasContraction(const std::string &equation, const runtime::Array &a, const runtime::Array &b,
                                 int threads)
    : borrowedA(runtime::Array::borrow(a.type(), a.data())), borrowedB(runtime::Array::borrow(b.type(), b.data())),
      sizes(26, 1) {
  openblas_set_num_threads(threads);
  size_t comma = equation.find(','), arrow = equation.find("->");
  aLetters = equation.substr(0, comma);
  bLetters = equation.substr(comma + 1, arrow - comma - 1);
  cLetters = equation.substr(arrow + 2);
  if (a.dtype() != b.dtype() || aLetters.size() != a.shape().size() || bLetters.size() != b.shape().size())
    throw std::runtime_error("operands do not fit " + equation);
  for (size_t i = 0; i < aLetters.size(); ++i)
    sizes[aLetters[i] - 'a'] = a.shape()[i];
  for (size_t i = 0; i < bLetters.size(); ++i)
    sizes[bLetters[i] - 'a'] = b.shape()[i];
  for (char letter : aLetters)
    (bLetters.find(letter) == std::string::npos   ? rows
     : cLetters.find(letter) == std::string::npos ? sums
                                                  : batch) += letter;
  for (char letter : bLetters)
    if (aLetters.find(letter) == std::string::npos)
      columns += letter;
  aTransposed = aLetters == batch + sums + rows && !rows.empty() && !sums.empty();
  bTransposed = bLetters == batch + columns + sums && !columns.empty() && !sums.empty();
  copyA = !aTransposed && aLetters != batch + rows + sums;
  copyB = !bTransposed && bLetters != batch + sums + columns;
  copyC = cLetters != batch + rows + columns;
  std::vector<int64_t> shape;
  for (char letter : cLetters)
    shape.push_back(sizes[letter - 'a']);
  auto create = [&](runtime::Shape of) { return std::move(*runtime::Array::create(a.dtype(), std::move(of))); };
  result = create(shape);
  if (copyA)
    left = create(a.shape());
  if (copyB)
    right = create(b.shape());
  if (copyC)
    product = create(shape);
}

template <typename T> void BlasContraction::runAs() {
  const T *a = copyA ? reordered<T>(borrowedA, aLetters, batch + rows + sums, sizes, left)
                     : static_cast<const T *>(borrowedA.data());
  const T *b = copyB ? reordered<T>(borrowedB, bLetters, batch + sums + columns, sizes, right)
                     : static_cast<const T *>(borrowedB.data());
  T *c = static_cast<T *>((copyC ? product : result).data());
  int64_t m = count(rows), n = count(columns), k = count(sums);
  for (int64_t i = 0; i < count(batch); ++i, a += m * k, b += k * n, c += m * n) {
    if (columns.empty())
      gemv(aTransposed ? k : m, aTransposed ? m : k, a, aTransposed, b, c);
    else if (rows.empty())
      gemv(bTransposed ? n : k, bTransposed ? k : n, b, !bTransposed, a, c);
    else
      gemm(m, n, k, a, aTransposed, b, bTransposed, c);
  }
  if (copyC)
    reordered<T>(product, batch + rows + columns, cLetters, sizes, result);
}

const runtime::Array &BlasContraction::run() {
  if (borrowedA.dtype() == runtime::DType::F32)
    runAs<float>();
  else
    runAs<double>();
  return result;
}

} // namespace ricci::bench
