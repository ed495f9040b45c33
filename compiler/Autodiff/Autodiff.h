// Expands ricci.jvp and ricci.vjp, innermost first. Afterwards neither is left. A value without a rule is a located error.
#pragma once

#include "mlir/Pass/Pass.h"

namespace ricci {

std::unique_ptr<mlir::Pass> createAutodiffPass();

} // namespace ricci
