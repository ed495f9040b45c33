// Turns a contraction over any number of indices into loops around one matrix product. In: indices with their strides.
// Out: which indices are the product's rows, columns and sum, and which are left to loops. Indices that are jointly
// contiguous wherever they occur become one; the roles of A and B are exchanged if that makes the rows of C contiguous.
#pragma once

#include "runtime/Contraction.h"

#include <algorithm>
#include <array>
#include <span>

namespace ricci::runtime {

// Indices of one kind, outermost first.
class IndexGroup {
public:
  IndexGroup() = default;
  // Copies what is there: planning a small product must not move kilobytes.
  IndexGroup(const IndexGroup &other) { *this = other; }
  IndexGroup &operator=(const IndexGroup &other) {
    std::copy_n(other.items.begin(), other.count, items.begin());
    count = other.count;
    return *this;
  }

  void clear() { count = 0; }
  void push(ricci_index index) { items[count++] = index; }
  ricci_index popOutermost();
  std::span<ricci_index> all() { return {items.data(), static_cast<size_t>(count)}; }
  std::span<const ricci_index> all() const { return {items.data(), static_cast<size_t>(count)}; }
  int size() const { return count; }
  int64_t points() const;
  // One index for two wherever these are jointly contiguous. Orders by stride in C or, absent there, in A and B.
  void fuse();

private:
  std::array<ricci_index, RICCI_MAX_RANK> items;
  int count = 0;
};

// Offset of point `position` of a group, outermost first.
int64_t offsetOf(const IndexGroup &group, int64_t ricci_index::*stride, int64_t position);
// Offsets of `count` points from `first` on.
void fillOffsets(const IndexGroup &group, int64_t ricci_index::*stride, int64_t first, int64_t count, int64_t *offsets);

// Points that a table of offsets may have, so that it stays small beside the arrays.
inline constexpr int64_t mostTablePoints = 1 << 16;

struct ContractionPlan {
  // Turns outer indices of rows, columns and sum into loops until what is left of each has few enough points.
  void boundTables();

  IndexGroup loops;       // those that C has come before the summed ones
  IndexGroup m, n, k;     // of the product: rows, columns, summed
  bool exchanged = false; // A and B have changed roles; the strides above are already exchanged
  bool empty = false;     // C has no elements
  bool lower = false;     // nobody needs what lies right of C's diagonal
};

ContractionPlan planContraction(std::span<const ricci_index> indices);

} // namespace ricci::runtime
