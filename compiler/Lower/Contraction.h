// Emits the contraction of two arrays, C[b,m,n] = sum_k A[b,m,k] * B[b,k,n], for any number of indices of each kind in
// any memory order. In: pointers, and for every index its size and its stride in each array. Out: a descriptor and a
// call of `ricci_contract` (runtime/Contraction.h), or of `ricci_contract_matrices`, which finds a small product sooner;
// they plan on the actual sizes, pack panels straight from the strided operands, and run prebuilt register-tiled
// kernels. Nothing is transposed in memory. Any size may be a run-time value; any may be 0 (an empty sum writes zeros).
// C must not overlap A or B. Element types: f32, f64.
//
//   Contraction product{builder.getF32Type(), a, b, c, {
//       {m, {k, Value(), n}},          // index i: size m; stride k in A, absent from B, stride n in C
//       {n, {Value(), one, one}},      // index j
//       {k, {one, n, Value()}}}};      // index k, absent from C: summed
//   emitContraction(builder, loc, product, context);
//
// The call allocates packing buffers from the context, so it must not stand inside a chunk of ricci_parallel_for;
// emitContractionAlone may.
#pragma once

#include "mlir/IR/Builders.h"

namespace ricci::lower {

// One index. A stride is an `index` value in elements; null where the array does not have the index. Not in C: summed.
struct ContractionDim {
  mlir::Value size;
  struct Strides {
    mlir::Value a, b, c;
  } stride;
};

struct Contraction {
  mlir::Type element;
  mlir::Value a, b, c; // !llvm.ptr to index (0, …, 0)
  llvm::SmallVector<ContractionDim> dims;
};

// `context` is the ricci_context, an !llvm.ptr; `adds`, an i1, says whether the sums are added to C. Null: they are not.
void emitContraction(mlir::OpBuilder &builder, mlir::Location loc, const Contraction &contraction,
                     mlir::Value context, mlir::Value adds = {});
// The same on the thread at hand, in memory of `emitContractionWorkspace`'s size: it may stand in a chunk.
void emitContractionAlone(mlir::OpBuilder &builder, mlir::Location loc, const Contraction &contraction,
                          mlir::Value workspace, mlir::Value adds = {});
// Bytes (an index) for a contraction of these sizes; its pointers do not matter.
mlir::Value emitContractionWorkspace(mlir::OpBuilder &builder, mlir::Location loc, const Contraction &contraction);

} // namespace ricci::lower
