// Turns a contraction over any number of indices into loops around one matrix product. In: indices with their strides.
// Out: which indices are the product's rows, columns and sum, and which are left to loops. Indices that are jointly
// contiguous wherever they occur become one; the roles of A and B are exchanged if that makes the rows of C contiguous.
#pragma once

#include "runtime/Contraction.h"

#include <array>
#include <span>

namespace ricci::runtime {

// Indices of one kind, outermost first.
class IndexGroup {
public:
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

struct ContractionPlan {
  IndexGroup loops;   // those that C has come before the summed ones
  IndexGroup m, n, k; // of the product: rows, columns, summed
  bool exchanged = false; // A and B have changed roles; the strides above are already exchanged
  bool empty = false;     // C has no elements
};

ContractionPlan planContraction(std::span<const ricci_index> indices);

} // namespace ricci::runtime
