// Turns a contraction over any number of indices into loops around one matrix product. In: indices with their strides.
// Out: which three indices form the product, and the rest in loop order. Indices that are jointly contiguous wherever
// they occur are one; the roles of A and B are exchanged if that makes the rows of C contiguous.
#pragma once

#include "runtime/Contraction.h"

#include <array>
#include <span>

namespace ricci::runtime {

struct ContractionPlan {
  ricci_index m{1, 0, 0, 0}, n{1, 0, 1, 1}, k{1, 1, 1, 0};
  std::array<ricci_index, RICCI_MAX_RANK> loops; // outermost first; those that C has come before the summed ones
  int loopCount = 0;
  bool exchanged = false; // A and B have changed roles; the strides above are already exchanged
  bool empty = false;     // C has no elements
};

ContractionPlan planContraction(std::span<const ricci_index> indices);

} // namespace ricci::runtime
