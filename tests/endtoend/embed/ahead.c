/* What export_aot made, called from C. */
#include "logreg.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

int main(void) {
  const double w[2] = {0.5, -1.0}, y[3] = {1.0, 0.0, 1.0}, X[6] = {1.0, 2.0, 3.0, 4.0, 5.0, 6.0};
  double value = 0, slope[2], expected = 0, gradient[2] = {0, 0};
  for (int n = 0; n < 3; ++n) {
    double z = w[0] * X[2 * n] + w[1] * X[2 * n + 1];
    expected += (log1p(exp(z)) - y[n] * z) / 3;
    for (int d = 0; d < 2; ++d)
      gradient[d] += (1 / (1 + exp(-z)) - y[n]) * X[2 * n + d] / 3;
  }
  if (loss(w, X, y, 2, 3, &value) != 0 || loss_grad_w(w, X, y, 2, 3, slope) != 0)
    return 1;
  if (fabs(value - expected) > 1e-12 || fabs(slope[0] - gradient[0]) > 1e-12 || fabs(slope[1] - gradient[1]) > 1e-12)
    return 2;
  puts("right");
  return 0;
}
