// Kernels to loops over flat memory in arith, math, memref, scf, vector (createLowerPass), then to the LLVM dialect
// (addLlvmPasses). An entry becomes a C function of type ricci_entry.
#pragma once

#include "VectorTarget.h"

#include "mlir/Pass/Pass.h"

namespace mlir { class OpPassManager; }

namespace ricci {

struct LowerOptions {
  unsigned vectorBytes = 0; // 64, 32 or 16; 0: the widest of this machine
};

const lower::VectorTarget &targetOf(const LowerOptions &);

std::unique_ptr<mlir::Pass> createLowerPass(const LowerOptions &);
void addLlvmPasses(mlir::OpPassManager &, const LowerOptions &);

} // namespace ricci
