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

// A product of an array with itself is computed up to the diagonal and turned over, from so many rows on: a panel of 64
// columns has nothing right of it (A·Aᵀ of 64 rows of f32 up to 8 % slower, of 80 16 to 35 % faster, from 200 on 1.2
// to 1.67 times as fast).
inline constexpr int64_t leastSymmetricRows = 72;

// `dtype` and `indices` as `ricci_contract` takes them.
ContractionSummary summarise(int32_t dtype, std::span<const ricci_index> indices);

} // namespace ricci::runtime
