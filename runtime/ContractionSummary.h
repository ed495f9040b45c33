// How a contraction of given sizes is done: what `ricci inspect` says of one whose sizes are known when it is compiled.
#pragma once

#include "runtime/Contraction.h"

#include <span>

namespace ricci::runtime {

struct ContractionSummary {
  enum class Way {
    Nothing,  // the result has no elements
    Streamed, // the large operand is read once from where it lies (ContractionStreamed.h)
    Packed,   // both operands of any layout in panels (ContractionPacked.h)
    Tiled,    // one product of matrices (Gemm.h)
  } way = Way::Nothing;
  bool packsA = false, packsB = false; // copied into panels before they are multiplied
  int64_t rows = 0, columns = 0, depth = 0; // of the product
  int64_t products = 0;                     // so many of them
  int64_t workspace = 0;                    // bytes
};

// A product of an array with itself is computed up to the diagonal and turned over, from so many rows on.
inline constexpr int64_t leastSymmetricRows = 512;

// `dtype` and `indices` as `ricci_contract` takes them.
ContractionSummary summarise(int32_t dtype, std::span<const ricci_index> indices);

} // namespace ricci::runtime
