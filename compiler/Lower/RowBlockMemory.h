// Memory of a block of rows, which several of its values take in turn.
#pragma once

#include "RowPieces.h"

#include "llvm/ADT/MapVector.h"

namespace ricci::lower {

// For each result of the pieces that `needsMemory`: the value whose memory it lies in, its own or that of one of the
// same size that is not read any more, or for the last time by the same loops and only where they write.
llvm::MapVector<mlir::Value, mlir::Value> shareMemory(Environment &env, llvm::ArrayRef<Piece> pieces, unsigned outer,
                                                      llvm::function_ref<bool(mlir::Value)> needsMemory);

} // namespace ricci::lower
