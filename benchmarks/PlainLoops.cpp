// The loops a C++ programmer writes, for g++ to optimise as far as it can.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>

extern "C" {

void plainSoftmax(int64_t rows, int64_t columns, const float *x, float *y) {
  for (int64_t i = 0; i < rows; ++i, x += columns, y += columns) {
    float top = -std::numeric_limits<float>::max();
    for (int64_t j = 0; j < columns; ++j)
      top = std::max(top, x[j]);
    float sum = 0;
    for (int64_t j = 0; j < columns; ++j) {
      y[j] = std::exp(x[j] - top);
      sum += y[j];
    }
    for (int64_t j = 0; j < columns; ++j)
      y[j] /= sum;
  }
}

float plainExpSum(int64_t n, const float *x, const float *y, const float *z) {
  float sum = 0;
  for (int64_t i = 0; i < n; ++i)
    sum += std::exp(x[i]) * y[i] + z[i];
  return sum;
}

double plainExpSumDouble(int64_t n, const double *x, const double *y, const double *z) {
  double sum = 0;
  for (int64_t i = 0; i < n; ++i)
    sum += std::exp(x[i]) * y[i] + z[i];
  return sum;
}
}
