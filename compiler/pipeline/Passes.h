// The passes up to kernels, by the stage that they lead to from the one before it: what the pipeline runs, and what
// tests run one by one.
#pragma once

#include "compiler/pipeline/Pipeline.h"

#include "mlir/Pass/PassManager.h"

namespace ricci {

// Grad, Simplified and Fused.
void addPasses(Stage stage, mlir::OpPassManager &);

} // namespace ricci
