// Kernels to loops over flat memory in arith, math, memref, scf, vector (createLowerPass), then to the LLVM dialect
// (addLlvmPasses). An entry becomes a C function of type ricci_entry.
#pragma once

#include "VectorTarget.h"

#include "mlir/Pass/Pass.h"

namespace mlir { class OpPassManager; }

struct ricci_profile;

namespace ricci {

struct LowerOptions {
  unsigned vectorBytes = 0; // 64, 32 or 16; 0: the widest of this machine
  int64_t chunkWork = 0;    // vector operations of what a thread takes at a time; 0: what pays (Chunks.cpp)
  int64_t blockRows = 0;    // of a kernel with contractions in it; 0: what pays, if it does (RowBlocks.cpp)
  int64_t streamBytes = 0;  // of a result from which on it is stored past the caches; 0: what pays (Streaming.cpp)
  ricci_profile *profile = nullptr; // told after each step of the entry which line of the fused program it was
  bool neon = false;        // AArch64's registers of 16 bytes
};

const lower::VectorTarget &targetOf(const LowerOptions &);

std::unique_ptr<mlir::Pass> createLowerPass(const LowerOptions &);
// Chunks of shared loops (scf.parallel) to functions that ricci_parallel_for calls; the first of addLlvmPasses.
std::unique_ptr<mlir::Pass> createOutlineChunksPass();
// Addresses in the innermost loops that a multiplication makes at every turn become pointers that the loops carry on.
std::unique_ptr<mlir::Pass> createCarryPointersPass();
// All that is left to the LLVM dialect.
std::unique_ptr<mlir::Pass> createLoopsToLlvmPass();
void addLlvmPasses(mlir::OpPassManager &, const LowerOptions &);

} // namespace ricci
