#include "runtime/Npy.h"

#include <algorithm>
#include <bit>

namespace ricci::runtime {

static_assert(std::endian::native == std::endian::little, "elements are stored little endian");

namespace {

void swapBytes(Array &array) {
  size_t width = static_cast<size_t>(byteSize(array.dtype()));
  auto *bytes = static_cast<std::byte *>(array.data());
  for (int64_t i = 0; i < array.size(); ++i, bytes += width)
    std::reverse(bytes, bytes + width);
}

// The array whose elements `columnMajor` holds with its first axis running fastest.
Result<Array> rowMajor(const Array &columnMajor, std::shared_ptr<MemoryPool> pool) {
  ArrayView view = columnMajor.view();
  int64_t stride = byteSize(view.dtype);
  for (size_t axis = 0; axis < view.shape.size(); ++axis) {
    view.byteStrides[axis] = stride;
    stride *= std::max<int64_t>(1, view.shape[axis]);
  }
  return Array::copyOf(view, std::move(pool));
}

} // namespace

Result<Array> readNpyData(ByteSource &source, const NpyHeader &header, std::shared_ptr<MemoryPool> pool) {
  Result<Array> array = Array::create(header.type.dtype, header.type.shape, pool);
  if (!array)
    return source.fault(array.error().message, array.error().kind);
  Status status = source.read({static_cast<std::byte *>(array->data()), static_cast<size_t>(array->bytes())});
  if (!status)
    return std::move(status.error());
  if (header.bigEndian)
    swapBytes(*array);
  // Any byte but 0 is true to NumPy; compiled code knows only 0 and 1.
  if (header.type.dtype == DType::Bool)
    for (uint8_t &byte : std::span(static_cast<uint8_t *>(array->data()), static_cast<size_t>(array->size())))
      byte = byte != 0;
  if (header.columnMajor && array->rank() > 1) {
    Result<Array> ordered = rowMajor(*array, std::move(pool));
    if (!ordered)
      return source.fault(ordered.error().message, ordered.error().kind);
    return ordered;
  }
  return array;
}

} // namespace ricci::runtime
