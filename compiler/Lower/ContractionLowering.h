// Finds the einsums that are worth a contraction kernel and emits them (Contraction.h); the others stay loop nests.
#pragma once

#include "Environment.h"

#include "dialects/Ricci.h"

namespace ricci::lower {

// Whether `op` is a sum of products of two arrays of f32 or f64 in which elements are used repeatedly. Sums without
// reuse and tiny ones fuse better into loops. An operand without reuse must be in memory already: making a copy of it
// would cost as much as the sum.
bool isContraction(mlir::Operation *op, const Environment &env);

// `op` is a contraction and all its operands have storage; writes the result to `to`.
void lowerContraction(Environment &env, EinsumOp op, const Storage &to);

} // namespace ricci::lower
