// Rewrites by identities: folds, einsum merging, deltas and broadcasts dissolved, zeros, CSE, contraction order by cost.
#pragma once

#include "mlir/Pass/Pass.h"

namespace ricci {

std::unique_ptr<mlir::Pass> createSimplifyPass();

// Sums of products become contractions wherever a derivative is to be taken, and nothing else changes. The transpose of
// a contraction is one; that of a product followed by a sum is not always put together again, because of masks.
std::unique_ptr<mlir::Pass> createMergeEinsumsPass();

} // namespace ricci
