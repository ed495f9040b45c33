#include "runtime/Elements.h"

#include <bit>

namespace ricci::runtime {

static_assert(std::endian::native == std::endian::little, "elements are stored little endian");

Result<Array> readElements(ByteSource &source, const ArrayType &type, std::shared_ptr<MemoryPool> pool) {
  Result<Array> array = Array::create(type.dtype, type.shape, std::move(pool));
  if (!array)
    return source.fault(array.error().message, array.error().kind);
  Status status = source.read({static_cast<std::byte *>(array->data()), static_cast<size_t>(array->bytes())});
  if (!status)
    return std::move(status.error());
  // Any byte but 0 is true to NumPy; compiled code knows only 0 and 1.
  if (type.dtype == DType::Bool)
    for (uint8_t &byte : std::span(static_cast<uint8_t *>(array->data()), static_cast<size_t>(array->size())))
      byte = byte != 0;
  return array;
}

} // namespace ricci::runtime
