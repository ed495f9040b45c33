#include "runtime/Elements.h"

#include <bit>

namespace ricci::runtime {

static_assert(std::endian::native == std::endian::little, "elements are stored little endian");

namespace {

// Null where the elements cannot be used in their place.
std::shared_ptr<const std::byte> mapElements(const ByteSource &source, DType dtype) {
  if (dtype == DType::Bool) // each byte has to be looked at
    return nullptr;
  std::shared_ptr<const std::byte> memory = source.map();
  bool aligned = reinterpret_cast<uintptr_t>(memory.get()) % static_cast<uintptr_t>(byteSize(dtype)) == 0;
  return aligned ? memory : nullptr;
}

} // namespace

Result<Array> readElements(ByteSource &source, const ArrayType &type, const ReadOptions &options) {
  if (source.remaining() > 0 && source.remaining() >= options.mapFrom)
    if (std::shared_ptr<const std::byte> memory = mapElements(source, type.dtype))
      return Array::share(type, memory.get(), memory);
  Result<Array> array = Array::create(type.dtype, type.shape, options.pool);
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
