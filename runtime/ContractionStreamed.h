// Contractions of a large operand with one that fits in the second-level cache, such as dca,bd->abc: the large one is
// read once, from where it lies, along its own contiguous indices; the small one is packed. Blocks of the result that
// are as wide as C wants them are computed aside, turned in registers where C's contiguous index is another, and
// written in whole lines, past the caches if C is large.
#pragma once

#include "runtime/ContractionStreamPlan.h"

namespace ricci::runtime {

// `a` and `b` are those of the plan it was made from.
template <typename T>
void runStreamed(ricci_context *context, const GemmKernels<T> &kernels, const StreamPlan &plan, const T *a, const T *b,
                 T *c, bool accumulate, void *workspace);

extern template void runStreamed(ricci_context *, const GemmKernels<float> &, const StreamPlan &, const float *,
                                 const float *, float *, bool, void *);
extern template void runStreamed(ricci_context *, const GemmKernels<double> &, const StreamPlan &, const double *,
                                 const double *, double *, bool, void *);

} // namespace ricci::runtime
