#include "compiler/engine/Tensor.h"

#include <cstring>

namespace ricci::engine {

int64_t elementsOf(const Tensor &tensor) {
  int64_t count = 1;
  for (int32_t axis = 0; axis < tensor.rank; ++axis)
    count *= tensor.sizes[axis];
  return count;
}

bool isPlain(const Tensor &tensor) {
  if (reinterpret_cast<uintptr_t>(tensor.data) % static_cast<uintptr_t>(runtime::byteSize(tensor.dtype)) != 0)
    return false;
  if (!tensor.strides)
    return true;
  int64_t expected = 1;
  for (int32_t axis = tensor.rank; axis-- > 0;) {
    // The stride of an axis with one place is never taken.
    if (tensor.sizes[axis] != 1 && tensor.strides[axis] != expected)
      return elementsOf(tensor) == 0;
    expected *= tensor.sizes[axis];
  }
  return true;
}

Extent extentOf(const Tensor &tensor) {
  auto start = reinterpret_cast<uintptr_t>(tensor.data);
  if (elementsOf(tensor) == 0)
    return {start, start};
  int64_t below = 0, above = 0, expected = 1;
  for (int32_t axis = tensor.rank; axis-- > 0;) {
    int64_t reach = (tensor.strides ? tensor.strides[axis] : expected) * (tensor.sizes[axis] - 1);
    (reach < 0 ? below : above) += reach;
    expected *= tensor.sizes[axis];
  }
  const int64_t bytes = runtime::byteSize(tensor.dtype);
  return {start + static_cast<uintptr_t>(below * bytes), start + static_cast<uintptr_t>((above + 1) * bytes)};
}

namespace {

// Visits the elements in row-major order; `plain` moves on by one at each.
template <typename T, bool Gathers> void move(const Tensor &tensor, int32_t axis, T *window, T *&plain) {
  if (axis == tensor.rank) {
    Gathers ? *plain = *window : *window = *plain;
    ++plain;
    return;
  }
  int64_t stride = tensor.strides[axis];
  if (axis + 1 == tensor.rank) {
    for (int64_t i = 0; i < tensor.sizes[axis]; ++i, window += stride)
      Gathers ? plain[i] = *window : *window = plain[i];
    plain += tensor.sizes[axis];
    return;
  }
  for (int64_t i = 0; i < tensor.sizes[axis]; ++i, window += stride)
    move<T, Gathers>(tensor, axis + 1, window, plain);
}

// Elements that no type of their size may be read at, where the host aligned them to less.
template <size_t size> struct __attribute__((packed)) Bytes {
  unsigned char bytes[size];
};

template <bool Gathers> void moveAll(const Tensor &tensor, void *plain) {
  if (elementsOf(tensor) == 0)
    return;
  const auto bytes = static_cast<size_t>(runtime::byteSize(tensor.dtype));
  if (!tensor.strides) {
    const size_t all = static_cast<size_t>(elementsOf(tensor)) * bytes;
    Gathers ? std::memcpy(plain, tensor.data, all) : std::memcpy(tensor.data, plain, all);
    return;
  }
  auto as = [&](auto element) {
    using T = decltype(element);
    T *at = static_cast<T *>(plain);
    move<T, Gathers>(tensor, 0, static_cast<T *>(tensor.data), at);
  };
  const bool aligned = reinterpret_cast<uintptr_t>(tensor.data) % bytes == 0;
  if (bytes == 1)
    as(uint8_t{});
  else if (bytes == 4)
    aligned ? as(uint32_t{}) : as(Bytes<4>{});
  else
    aligned ? as(uint64_t{}) : as(Bytes<8>{});
}

} // namespace

void gather(const Tensor &from, void *to) { moveAll<true>(from, to); }
// The plain side is only read.
void scatter(const void *from, const Tensor &to) { moveAll<false>(to, const_cast<void *>(from)); }

} // namespace ricci::engine
