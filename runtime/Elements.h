// An array's elements as files hold them: one after another, row-major, little endian.
#pragma once

#include "runtime/Array.h"
#include "runtime/File.h"

namespace ricci::runtime {

// How an array is brought into memory. Where its elements lie in the file as they do in memory and take no fewer bytes
// than `mapFrom`, they are mapped, which costs memory only for what is touched, and none of the pool's: the system can
// take the pages back at any time. Otherwise they are read.
struct ReadOptions {
  std::shared_ptr<MemoryPool> pool = {};
  int64_t mapFrom = neverMap;
  static constexpr int64_t neverMap = std::numeric_limits<int64_t>::max();
};

// The array of that type whose elements are all that remains of the source. Bytes of a bool other than 0 and 1
// become 1.
Result<Array> readElements(ByteSource &source, const ArrayType &type, const ReadOptions &options);

inline std::span<const std::byte> bytesOf(const Array &array) {
  return {static_cast<const std::byte *>(array.data()), static_cast<size_t>(array.bytes())};
}

} // namespace ricci::runtime
