// Emits the register-tiled kernels under every contraction, for one element type and one register file, into a module
// of their own. They take run-time sizes and strides, so they are compiled once, when Ricci is built (GemmKernelTool),
// and linked into every host; runtime/GemmKernels.h declares them to C++ and says what each computes.
#pragma once

#include "VectorTarget.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"

namespace ricci::lower {

// The widest tile, in vectors: 4 with 32 registers (6x4 has the best ratio of FMAs to loads), else 2 (6x2).
unsigned maxTileVectors(const VectorTarget &target);
// The rows of the tallest tile of so many vectors: accumulators, one row of B and one broadcast of A must fit the
// register file, and more than 16 gain nothing.
unsigned maxTileRows(const VectorTarget &target, unsigned vectors);
// The same for tiles of packed rows, which broadcast straight from memory: with one vector a row they may be 24 high.
unsigned maxPackedRows(const VectorTarget &target, unsigned vectors);

// Adds `ricci_tiles_<type>_<target>` and its companions to the module.
void emitGemmKernels(mlir::ModuleOp module, mlir::Type element, const VectorTarget &target);

// The passes that bring such a module to the LLVM dialect.
void addGemmKernelPasses(mlir::OpPassManager &passes);

} // namespace ricci::lower
