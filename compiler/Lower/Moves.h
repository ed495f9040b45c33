// Operations that put elements in places of their own choosing: scatter, update, concat, argsort.
#pragma once

#include "Environment.h"

namespace ricci::lower {

bool isMove(mlir::Operation *op);

// Writes the operation's result to `result` and defines it. For an update whose base already lies there, only the new
// part is written.
llvm::LogicalResult lowerMove(Environment &env, mlir::Operation *op, const Storage &result);

} // namespace ricci::lower
