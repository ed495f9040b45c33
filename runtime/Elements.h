// An array's elements as files hold them: one after another, row-major, little endian.
#pragma once

#include "runtime/Array.h"
#include "runtime/File.h"

namespace ricci::runtime {

// Reads an array of that type from the source. Bytes of a bool other than 0 and 1 become 1.
Result<Array> readElements(ByteSource &source, const ArrayType &type, std::shared_ptr<MemoryPool> pool);

inline std::span<const std::byte> bytesOf(const Array &array) {
  return {static_cast<const std::byte *>(array.data()), static_cast<size_t>(array.bytes())};
}

} // namespace ricci::runtime
