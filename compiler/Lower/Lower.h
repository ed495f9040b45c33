// Kernels to loops over flat memory in arith, math, memref, scf, vector (createLowerPass), then to the LLVM dialect
// (addLlvmPasses). An entry becomes a C function of type ricci_entry.
#pragma once

#include "VectorTarget.h"

#include "mlir/Pass/Pass.h"

namespace mlir { class OpPassManager; }

namespace ricci {

struct LowerOptions {
  unsigned vectorBytes = 0; // 64, 32 or 16; 0: the widest of this machine
  bool neon = false;        // AArch64's 16 bytes
  int64_t chunkWork = 0;    // vector operations of what a thread takes at a time; 0: what pays (Chunks.cpp)
};

const lower::VectorTarget &targetOf(const LowerOptions &);

std::unique_ptr<mlir::Pass> createLowerPass(const LowerOptions &);
// Chunks of shared loops (scf.parallel) to functions that ricci_parallel_for calls; the first of addLlvmPasses.
std::unique_ptr<mlir::Pass> createOutlineChunksPass();
void addLlvmPasses(mlir::OpPassManager &, const LowerOptions &);

} // namespace ricci
