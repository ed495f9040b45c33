// Rewrites by identities: folds, einsum merging, deltas and broadcasts dissolved, zeros, CSE, contraction order by cost.
#pragma once

#include "mlir/Pass/Pass.h"

#include <functional>
#include <optional>

namespace ricci {

struct SimplifyOptions {
  // Ends after so many rewrites, and does nothing else then: to find one that is wrong.
  std::optional<int64_t> rewrites = {};
  // Told the name of each.
  std::function<void(llvm::StringRef)> onRewrite = {};
};

std::unique_ptr<mlir::Pass> createSimplifyPass(SimplifyOptions options = {});

// Sums of products become contractions wherever a derivative is to be taken, and nothing else changes. The transpose of
// a contraction is one; that of a product followed by a sum is not always put together again, because of masks.
std::unique_ptr<mlir::Pass> createMergeEinsumsPass();

} // namespace ricci
