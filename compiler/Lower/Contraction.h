// Emits the contraction of two arrays, C[b,m,n] (+)= sum_k A[b,m,k] * B[b,k,n], for any number of indices of each
// kind in any memory order. In: flat bases, and for every index its size and its stride in each array. Out: loops
// around calls of prebuilt register-tiled kernels (GemmKernels.h); nothing is transposed in memory, panels are packed
// straight from the strided operands. Sizes may be run-time values, constants fold; any size may be 0 (an empty sum
// writes zeros). C must not overlap A or B. Element types: f32, f64.
//
//   Contraction c{b.getF32Type(), {aBase, aOffset}, {bBase, bOffset}, {cBase, cOffset}, {
//       {m, {k, Value(), n}},          // index i: size m; stride k in A, absent from B, stride n in C
//       {n, {Value(), one, one}},      // index j
//       {k, {one, n, Value()}}}};      // index k, absent from C: summed
//   Value bytes = contractionWorkspace(builder, loc, c, target);   // 0 when nothing is packed
//   Value scratch = ... ricci_alloc(ctx, bytes) as !llvm.ptr ...;
//   emitContraction(builder, loc, c, target, scratch);
//
// To run on several threads, cut it first: `ContractionSplit s = splitContraction(...)`, then in chunk t emit
// `s.part(builder, loc, t)` with a workspace of its own. Chunks depend on the shape alone.
// A module that contains contractions needs the symbols of gemmKernelSymbols() when it is linked.
#pragma once

#include "VectorTarget.h"

#include "mlir/IR/Builders.h"

#include <functional>

namespace ricci::lower {

// `base` is an !llvm.ptr or a rank-1 memref of the element type; `offset` (index, in elements, null for 0) is where
// index (0, …, 0) lies.
struct ContractionOperand {
  mlir::Value base;
  mlir::Value offset;
};

// One index. A stride is an `index` value in elements; null where the array does not have the index. Not in C: summed.
struct ContractionDim {
  mlir::Value size;
  struct Strides {
    mlir::Value a, b, c;
  } stride;
};

struct Contraction {
  mlir::Type element;
  ContractionOperand a, b, c;
  llvm::SmallVector<ContractionDim> dims;
  bool accumulate = false; // add to C instead of overwriting it
};

// A part of C that has just received its final values and is still in the first cache levels: `rows` rows of
// `columns` elements, element (r, j) at base[offset + r * rowStride + j].
struct FinishedBlock {
  mlir::Value offset, rows, rowStride, columns; // all `index`
};

// Emits elementwise work on a finished block in place. The blocks of one contraction are disjoint and cover C.
using ContractionEpilogue = std::function<void(mlir::OpBuilder &, mlir::Location, const FinishedBlock &)>;

// Bytes of scratch memory, 64-byte aligned, that emitContraction needs, as an `index` value.
mlir::Value contractionWorkspace(mlir::OpBuilder &builder, mlir::Location loc, const Contraction &contraction,
                                 const VectorTarget &target);

// `workspace` is an !llvm.ptr to contractionWorkspace() bytes, or null if that is the constant 0.
void emitContraction(mlir::OpBuilder &builder, mlir::Location loc, const Contraction &contraction,
                     const VectorTarget &target, mlir::Value workspace, const ContractionEpilogue &epilogue = {});

// A contraction cut into `chunks` (index) independent parts that write disjoint parts of C.
struct ContractionSplit {
  mlir::Value chunks;
  std::function<Contraction(mlir::OpBuilder &, mlir::Location, mlir::Value chunk)> part;
};
ContractionSplit splitContraction(mlir::OpBuilder &builder, mlir::Location loc, const Contraction &contraction,
                                  const VectorTarget &target);

} // namespace ricci::lower
