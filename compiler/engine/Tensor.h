// Arrays of the host's: windows on memory with any strides.
#pragma once

#include "runtime/DType.h"

namespace ricci::engine {

struct Tensor {
  void *data = nullptr;
  runtime::DType dtype = runtime::DType::F64;
  int32_t rank = 0;
  const int64_t *sizes = nullptr;
  const int64_t *strides = nullptr; // in elements, any sign; null: row-major without gaps
};

int64_t elementsOf(const Tensor &);
// Row-major without gaps, and aligned to its elements.
bool isPlain(const Tensor &);
// The bytes that it may touch, from first to past last.
struct Extent {
  uintptr_t first, end;
  bool overlaps(const Extent &other) const { return first < other.end && other.first < end; }
};
Extent extentOf(const Tensor &);

// Both ways between a window and memory that is row-major without gaps.
void gather(const Tensor &from, void *to);
void scatter(const void *from, const Tensor &to);

} // namespace ricci::engine
