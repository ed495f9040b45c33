// `-remark-decisions`: what the passes before it chose (dialects/Decision.h), a remark each at the place that it is about.
#pragma once

namespace mlir {
class DialectRegistry;
}

namespace ricci {

void registerDecisionPass(mlir::DialectRegistry &registry);

} // namespace ricci
