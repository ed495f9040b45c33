// `ricci_argsort`. Keys become unsigned numbers of the same order, complemented for descending order, so one routine
// sorts every type: by radix in linear time, or, where only few places are wanted, through a heap of the best so far.

#include "runtime/DType.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>

namespace ricci::runtime {
namespace {

struct Item {
  uint64_t key;
  int64_t position;
  // No two items of a row are equal: every algorithm gives the one stable order.
  bool operator<(const Item &other) const { return key != other.key ? key < other.key : position < other.position; }
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

// Sorts items[0..n), which stand by position, by key: least significant byte first; a byte that all keys share is
// skipped. Returns the sorted half of the two buffers.
const Item *radixSort(Item *items, Item *scratch, int64_t n) {
  // Below this one pass over the counters costs more than all comparisons.
  constexpr int64_t shortRow = 64;
  if (n <= shortRow) {
    std::sort(items, items + n);
    return items;
  }
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

// The first `places` items of a row in order; `key(i)` gives the i-th key. A heap holds the best so far, the last of
// them in front: of n keys in random order about places · log(n / places) enter it.
template <typename Key> void selectFirst(Item *items, int64_t places, int64_t n, Key key) {
  for (int64_t i = 0; i < places; ++i)
    items[i] = {key(i), i};
  std::make_heap(items, items + places);
  for (int64_t i = places; i < n; ++i) {
    Item item{key(i), i};
    if (!(item < items[0]))
      continue;
    std::pop_heap(items, items + places);
    items[places - 1] = item;
    std::push_heap(items, items + places);
  }
  std::sort_heap(items, items + places);
}

} // namespace
} // namespace ricci::runtime

void ricci_argsort(ricci_context *context, const void *keys, int32_t dtype, int64_t rows, int64_t n, int64_t places,
                   int32_t descending, int64_t *out) {
  using namespace ricci::runtime;
  if (rows == 0 || places == 0)
    return;
  const int64_t found = std::min(n, places);
  // The heap wins by far while few keys enter it, and loses where nearly all do.
  const bool few = found <= n / 32;
  // Beyond this no array of keys fits memory; -1 is refused as out of memory.
  constexpr int64_t most = std::numeric_limits<int64_t>::max() / (2 * sizeof(Item));
  const int64_t itemCount = few ? found : 2 * std::min(n, most);
  auto *items = static_cast<Item *>(ricci_alloc(context, n > most ? -1 : itemCount * int64_t(sizeof(Item))));
  dispatch(static_cast<DType>(dtype), [&](auto zero) {
    const auto *row = static_cast<const decltype(zero) *>(keys);
    auto key = [&](int64_t i) { return descending ? ~orderedBits(row[i]) : orderedBits(row[i]); };
    for (int64_t r = 0; r < rows; ++r, row += n, out += places) {
      const Item *sorted = items;
      if (few) {
        selectFirst(items, found, n, key);
      } else {
        for (int64_t i = 0; i < n; ++i)
          items[i] = {key(i), i};
        sorted = radixSort(items, items + n, n);
      }
      for (int64_t i = 0; i < found; ++i)
        out[i] = sorted[i].position;
      std::fill(out + found, out + places, 0);
    }
  });
  ricci_free(context, items);
}
