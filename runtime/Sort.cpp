// `ricci_argsort`: a stable radix sort. Keys become unsigned numbers of the same order, so one routine sorts every
// type, in linear time.

#include "runtime/Context.h"

#include <algorithm>
#include <bit>
#include <cmath>

namespace ricci::runtime {
namespace {

struct Item {
  uint64_t key;
  int64_t position;
};

template <typename T> uint64_t orderedBits(T value) {
  if constexpr (std::is_same_v<T, bool>) {
    return value;
  } else if constexpr (std::is_integral_v<T>) {
    return static_cast<uint64_t>(static_cast<int64_t>(value)) ^ (uint64_t(1) << 63);
  } else {
    if (std::isnan(value))
      return ~uint64_t(0);
    // Flips negative numbers over; adding 0 makes -0 equal to 0. f32 embeds into f64 in order.
    uint64_t bits = std::bit_cast<uint64_t>(static_cast<double>(value) + 0.0);
    return bits >> 63 ? ~bits : bits | uint64_t(1) << 63;
  }
}

// Sorts items[0..n) by key, least significant byte first; a byte that all keys share is skipped.
// Returns the sorted half of the two buffers.
const Item *radixSort(Item *items, Item *scratch, int64_t n) {
  uint64_t varying = 0;
  for (int64_t i = 1; i < n; ++i)
    varying |= items[i].key ^ items[0].key;
  for (int shift = 0; shift < 64; shift += 8) {
    if (!(varying >> shift & 0xff))
      continue;
    int64_t starts[257] = {};
    for (int64_t i = 0; i < n; ++i)
      ++starts[(items[i].key >> shift & 0xff) + 1];
    for (int digit = 0; digit < 256; ++digit)
      starts[digit + 1] += starts[digit];
    for (int64_t i = 0; i < n; ++i)
      scratch[starts[items[i].key >> shift & 0xff]++] = items[i];
    std::swap(items, scratch);
  }
  return items;
}

} // namespace
} // namespace ricci::runtime

void ricci_argsort(ricci_context *context, const void *keys, int32_t dtype, int64_t rows, int64_t n, int64_t *out) {
  using namespace ricci::runtime;
  if (rows == 0 || n == 0)
    return;
  // Beyond this no array of keys fits memory; -1 is refused as out of memory.
  constexpr int64_t most = std::numeric_limits<int64_t>::max() / (2 * sizeof(Item));
  auto *items = static_cast<Item *>(ricci_alloc(context, n > most ? -1 : 2 * n * int64_t(sizeof(Item))));
  dispatch(static_cast<DType>(dtype), [&](auto zero) {
    const auto *row = static_cast<const decltype(zero) *>(keys);
    for (int64_t r = 0; r < rows; ++r, row += n, out += n) {
      for (int64_t i = 0; i < n; ++i)
        items[i] = {orderedBits(row[i]), i};
      const Item *sorted = radixSort(items, items + n, n);
      for (int64_t i = 0; i < n; ++i)
        out[i] = sorted[i].position;
    }
  });
  ricci_free(context, items);
}
