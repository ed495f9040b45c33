// What one run of a compiled program costs, counted on the dialect: what `ricci bench` divides by the time.
#pragma once

#include <cstdint>

namespace mlir {
class ModuleOp;
}

namespace ricci {

struct Cost {
  int64_t flops = 0;       // floating-point additions, multiplications, comparisons and function values, one each
  int64_t doubleFlops = 0; // those of them that are on f64
  int64_t bytes = 0;       // read and written by operations, or by kernels once they are fused
};

// Adds up all functions of the module. What has a size that is not known counts nothing; a loop counts its turns, if
// they are known, and once otherwise: a conditional one always once.
Cost measureCost(mlir::ModuleOp module);

} // namespace ricci
