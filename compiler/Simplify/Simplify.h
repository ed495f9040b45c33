// Rewrites by identities: folds, einsum merging, deltas and broadcasts dissolved, zeros, CSE, contraction order by cost.
#pragma once

#include "mlir/Pass/Pass.h"

namespace ricci {

std::unique_ptr<mlir::Pass> createSimplifyPass();

} // namespace ricci
