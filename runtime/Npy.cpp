#include "runtime/Npy.h"

#include "runtime/Elements.h"

#include <algorithm>

namespace ricci::runtime {

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
  Result<Array> array = readElements(source, header.type, pool);
  if (!array)
    return array;
  if (header.bigEndian)
    swapBytes(*array);
  if (header.columnMajor && array->rank() > 1) {
    Result<Array> ordered = rowMajor(*array, std::move(pool));
    if (!ordered)
      return source.fault(ordered.error().message, ordered.error().kind);
    return ordered;
  }
  return array;
}

} // namespace ricci::runtime
