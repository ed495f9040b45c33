// select(m[i], x[i,j], 0): an array of which some slices are set to zero. So Autodiff keeps what a zero cotangent
// annihilates out of a sum of products. Mostly every slice is kept: then a contraction reads the array itself.
#pragma once

#include "mlir/IR/Operation.h"

#include <optional>

namespace ricci {

struct KeptSlices {
  mlir::Value source;
  mlir::Value kept; // booleans along fewer axes
};

std::optional<KeptSlices> matchKeptSlices(mlir::Operation *op);
// The operation beside `kept`, in a contraction's kernel, that says whether all are. Null: there is none.
mlir::Operation *allKept(const KeptSlices &slices);

} // namespace ricci
