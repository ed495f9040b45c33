// What fusion knows of single operations: how they can be part of a loop nest, and what an element costs.
#pragma once

#include "dialects/Ricci.h"
#include "dialects/Weight.h"

namespace ricci::fuse {

// Computable element by element where it is used: elementwise, broadcast and transposition, gather, iota, fill.
bool isInlinable(mlir::Operation *op);
// Sums and other reductions that are loops; not contractions.
bool isReduction(mlir::Operation *op);
// Has loops of its own inside a kernel, or is computed in those of others.
bool isFusable(mlir::Operation *op);
// Shares its loops with nobody: it goes along an axis in an order of its own, or writes where subscripts say.
bool goesAlone(mlir::Operation *op);
// A sum of products of two arrays with reuse and enough work for the register-tiled kernels. It stands alone.
bool isContraction(mlir::Operation *op);
int64_t rankOf(mlir::Value tensor);
// If its sizes are known.
std::optional<int64_t> bytesOf(mlir::Value tensor);
// At most this much is computed again rather than stored, in additions: a load and its share of a cache miss cost about
// as much.
unsigned costOfLoad(mlir::Operation *op);
// Operations computed for one element of one root: neither a kernel's code nor the recursion over it grows with the program.
inline constexpr unsigned longest = 64;
// Values with loops of their own in one kernel, for the same reason.
inline constexpr size_t mostRoots = 32;

} // namespace ricci::fuse
