// Groups operations into ricci.kernel regions, each to become one loop nest.
#pragma once

#include "mlir/Pass/Pass.h"

namespace ricci {

std::unique_ptr<mlir::Pass> createFusePass();

} // namespace ricci
