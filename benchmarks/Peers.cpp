#include "Peers.h"

#include <algorithm>
#include <cblas.h>

extern "C" char *openblas_get_corename(void);

namespace ricci::bench {

void useOneThread() { openblas_set_num_threads(1); }
const char *openBlasKernels() { return openblas_get_corename(); }

static CBLAS_TRANSPOSE flag(bool transposed) { return transposed ? CblasTrans : CblasNoTrans; }
static int narrow(int64_t size) { return static_cast<int>(size); }

void blasGemm(int64_t m, int64_t n, int64_t k, const float *a, bool aTransposed, const float *b, bool bTransposed,
              float *c) {
  cblas_sgemm(CblasRowMajor, flag(aTransposed), flag(bTransposed), narrow(m), narrow(n), narrow(k), 1, a,
              narrow(aTransposed ? m : k), b, narrow(bTransposed ? k : n), 0, c, narrow(n));
}
void blasGemm(int64_t m, int64_t n, int64_t k, const double *a, bool aTransposed, const double *b, bool bTransposed,
              double *c) {
  cblas_dgemm(CblasRowMajor, flag(aTransposed), flag(bTransposed), narrow(m), narrow(n), narrow(k), 1, a,
              narrow(aTransposed ? m : k), b, narrow(bTransposed ? k : n), 0, c, narrow(n));
}
void blasGemv(int64_t m, int64_t n, const float *a, bool transposed, const float *x, float *y) {
  cblas_sgemv(CblasRowMajor, flag(transposed), narrow(m), narrow(n), 1, a, narrow(n), x, 1, 0, y, 1);
}
void blasGemv(int64_t m, int64_t n, const double *a, bool transposed, const double *x, double *y) {
  cblas_dgemv(CblasRowMajor, flag(transposed), narrow(m), narrow(n), 1, a, narrow(n), x, 1, 0, y, 1);
}

// Blocks span the source's and the target's innermost axes, so that both are walked in whole cache lines.
void transpose(const float *source, const std::vector<int64_t> &sizes, const std::vector<int> &order, float *target) {
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
    const float *s = source;
    float *t = target;
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

} // namespace ricci::bench
