// Checked program in, ricci dialect out: one function per entry, calls inlined, scalar expressions vectorised over
// the indices they depend on, structs flattened.
#pragma once

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace ricci::lang {
struct CheckedProgram;
struct CheckedFn;
class SourceManager;
} // namespace ricci::lang

namespace ricci {

struct EmitOptions {
  bool watches = false; // every value that an operation of the source makes gets a ricci.watch
  bool widen = false;   // f32 becomes f64
};

// Both return null after reporting an error to the context's diagnostic engine.

// The script: func.func @main. Arguments: the leaves of the inputs that have no `initial`, in order (one with an initial
// value is computed from it); results: the leaves of `result`, if any. Sizes known to sema are static in the types.
mlir::OwningOpRef<mlir::ModuleOp> emitProgram(mlir::MLIRContext &, const lang::CheckedProgram &, const lang::SourceManager &,
                                              const EmitOptions & = {});

// One function, its sizes dynamic: func.func @name.
mlir::OwningOpRef<mlir::ModuleOp> emitFunction(mlir::MLIRContext &, const lang::CheckedFn &, const lang::SourceManager &,
                                               const EmitOptions & = {});

} // namespace ricci
