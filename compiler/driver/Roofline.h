// What this machine can do at most, measured when asked: the bounds that `ricci bench` compares with.
#pragma once

#include "compiler/Inspect/Cost.h"
#include "runtime/Context.h"

namespace ricci::driver {

// The least time in seconds in which the context's threads could do this work: the longer of the time that its
// fused multiply-adds take in registers and the time that its bytes take through the level of memory they fit into
// (Williams, Waterman, Patterson, "Roofline", CACM 2009). Takes some 100 ms.
double rooflineSeconds(const Cost &cost, runtime::Context &context);

// Fused multiply-adds of T (float, double) in registers, each counted as two.
template <typename T> double flopsPerSecond(runtime::Context &context);
extern template double flopsPerSecond<float>(runtime::Context &);
extern template double flopsPerSecond<double>(runtime::Context &);

// Through the level of memory that holds `footprint` bytes: of reading two arrays, and unless `onlyReads` the better of
// that and of reading two and writing a third.
double bytesPerSecond(int64_t footprint, runtime::Context &context, bool onlyReads = false);

} // namespace ricci::driver
