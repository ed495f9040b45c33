// Turns rows into columns within vector registers.
#pragma once

#include "mlir/IR/Builders.h"

namespace ricci::lower {

// Of as many vectors as each has lanes, a power of two: log2(n) rounds swap ever larger blocks of a pair of vectors.
void transpose(mlir::OpBuilder &builder, mlir::Location loc, llvm::MutableArrayRef<mlir::Value> square);

} // namespace ricci::lower
