#include "runtime/Npy.h"

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

Result<Array> readNpyData(ByteSource &source, const NpyHeader &header, const ReadOptions &options) {
  bool reorders = header.columnMajor && header.type.shape.size() > 1;
  // What is put right here is not mapped: it would all be touched.
  int64_t mapFrom = header.bigEndian || reorders ? ReadOptions::neverMap : options.mapFrom;
  Result<Array> array = readElements(source, header.type, {options.pool, mapFrom});
  if (!array)
    return array;
  if (header.bigEndian)
    swapBytes(*array);
  if (reorders) {
    Result<Array> ordered = rowMajor(*array, options.pool);
    if (!ordered)
      return source.fault(ordered.error().message, ordered.error().kind);
    return ordered;
  }
  return array;
}

} // namespace ricci::runtime
