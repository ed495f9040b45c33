// Which blocks of memory count as equally large when they are kept for another use.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace ricci::runtime {

struct SizeClass {
  uint32_t index;
  int64_t capacity; // bytes
};

inline constexpr int64_t blockAlignment = 64;
inline constexpr size_t sizeClassCount = 512;
inline constexpr int64_t largestBlock = int64_t(1) << 56;

// Eight classes to a power of two: at most an eighth is wasted, and a size belongs to one class only.
inline SizeClass classOf(int64_t bytes) {
  uint64_t lines = std::max<uint64_t>(1, (static_cast<uint64_t>(bytes) + blockAlignment - 1) / blockAlignment);
  if (lines <= 8)
    return {static_cast<uint32_t>(lines - 1), static_cast<int64_t>(lines) * blockAlignment};
  unsigned shift = std::bit_width(lines - 1) - 4;
  uint64_t steps = ((lines - 1) >> shift) + 1; // 9..16
  uint32_t index = 8 + shift * 8 + static_cast<uint32_t>(steps - 9);
  return {index, static_cast<int64_t>(steps << shift) * blockAlignment};
}

} // namespace ricci::runtime
