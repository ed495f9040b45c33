#include "runtime/Array.h"

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ricci::runtime {

std::optional<int64_t> elementCount(std::span<const int64_t> shape) {
  int64_t product = 1;
  bool empty = false;
  for (int64_t size : shape) {
    if (size < 0)
      return std::nullopt;
    if (size == 0)
      empty = true;
    else if (__builtin_mul_overflow(product, size, &product))
      return std::nullopt;
  }
  return empty ? 0 : product;
}

std::optional<int64_t> byteCount(DType dtype, std::span<const int64_t> shape) {
  std::optional<int64_t> count = elementCount(shape);
  int64_t bytes;
  if (!count || __builtin_mul_overflow(*count, byteSize(dtype), &bytes))
    return std::nullopt;
  return bytes;
}

std::string describe(DType dtype, std::span<const int64_t> shape) {
  if (shape.empty())
    return std::string(nameOf(dtype));
  return fmt::format("{}[{}]", nameOf(dtype), fmt::join(shape, ","));
}

void Array::Release::operator()(void *memory) const {
  if (!owned)
    return;
  if (pool)
    pool->free(memory);
  else
    std::free(memory);
}

Result<Array> Array::create(DType dtype, Shape shape, std::shared_ptr<MemoryPool> pool) {
  std::optional<int64_t> bytes = byteCount(dtype, shape);
  if (!bytes || shape.size() > RICCI_MAX_RANK)
    return Error{ErrorKind::Unsupported, fmt::format("no array can have the type {}", describe(dtype, shape))};
  void *memory = pool ? pool->allocateOwned(*bytes) : allocateAlone(*bytes);
  if (!memory)
    return Error{ErrorKind::Memory, fmt::format("out of memory: {} needs {} bytes", describe(dtype, shape), *bytes)};
  Array array;
  array.header = {dtype, std::move(shape)};
  array.elements = *bytes / byteSize(dtype);
  array.storage = {memory, Release{std::move(pool), true, nullptr}};
  return array;
}

Array Array::adopt(ArrayType type, void *block, std::shared_ptr<MemoryPool> pool) {
  Array array;
  array.elements = *elementCount(type.shape);
  array.header = std::move(type);
  array.storage = {block, Release{std::move(pool), true, nullptr}};
  return array;
}

Array Array::borrow(ArrayType type, const void *data) { return share(std::move(type), data, nullptr); }

Array Array::borrow(const ricci_array &array) {
  return borrow({static_cast<DType>(array.dtype), Shape(array.sizes, array.sizes + array.rank)}, array.data);
}

Array Array::share(ArrayType type, const void *data, std::shared_ptr<const void> owner) {
  Array array;
  array.elements = *elementCount(type.shape);
  array.header = std::move(type);
  array.storage = {const_cast<void *>(data), Release{nullptr, false, std::move(owner)}};
  return array;
}

Array Array::reshaped(Shape shape) && {
  assert(elementCount(shape) == elements);
  header.shape = std::move(shape);
  return std::move(*this);
}

ArrayView Array::view() const {
  std::vector<int64_t> strides(header.shape.size());
  int64_t stride = byteSize(header.dtype);
  for (size_t axis = strides.size(); axis-- > 0;) {
    strides[axis] = stride;
    stride *= std::max<int64_t>(1, header.shape[axis]);
  }
  return {data(), header.dtype, header.shape, std::move(strides)};
}

ricci_array Array::descriptor() const {
  assert(rank() <= RICCI_MAX_RANK);
  ricci_array result{};
  result.data = storage.get();
  result.rank = static_cast<int32_t>(rank());
  result.dtype = static_cast<int32_t>(header.dtype);
  std::copy(header.shape.begin(), header.shape.end(), result.sizes);
  return result;
}

namespace {

template <size_t Width> std::byte *gather(const std::byte *from, const ArrayView &view, size_t axis, std::byte *to) {
  int64_t size = view.shape[axis];
  int64_t stride = view.byteStrides[axis];
  if (axis + 1 < view.shape.size()) {
    for (int64_t i = 0; i < size; ++i)
      to = gather<Width>(from + i * stride, view, axis + 1, to);
    return to;
  }
  for (int64_t i = 0; i < size; ++i, to += Width)
    std::memcpy(to, from + i * stride, Width);
  return to;
}

} // namespace

Result<Array> Array::copyOf(const ArrayView &view, std::shared_ptr<MemoryPool> pool) {
  assert(view.shape.size() == view.byteStrides.size());
  Result<Array> copy = create(view.dtype, view.shape, std::move(pool));
  if (!copy || copy->size() == 0)
    return copy;
  auto *from = static_cast<const std::byte *>(view.data);
  auto *to = static_cast<std::byte *>(copy->data());
  if (view.shape.empty())
    std::memcpy(to, from, byteSize(view.dtype));
  else if (byteSize(view.dtype) == 1)
    gather<1>(from, view, 0, to);
  else if (byteSize(view.dtype) == 4)
    gather<4>(from, view, 0, to);
  else
    gather<8>(from, view, 0, to);
  return copy;
}

} // namespace ricci::runtime
