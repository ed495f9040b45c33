// The contractions of a kernel of rows (Lower/RowPieces.h), for a block of rows, as the runtime takes them.
#pragma once

#include "Contraction.h"
#include "RowPieces.h"

namespace ricci::lower {

// The product of `rows` rows from the point `at` on; without `at` for its sizes alone.
Contraction contractionOf(Environment &env, mlir::Location loc, const Piece &piece, const Storage &to,
                          llvm::ArrayRef<mlir::Value> at, mlir::Value rows);

// Whether the pieces are a product of a matrix with a vector and another that sums over its rows.
bool readTheSameRows(llvm::ArrayRef<Piece> pieces);
// Emits both as one call, which reads each row of the block once; `adds` as for the sum. False, and nothing, if rows or
// vectors do not lie as that wants.
bool emitBothFromRows(Environment &env, mlir::Location loc, const Contraction &product, const Contraction &sum,
                      mlir::Value adds);

} // namespace ricci::lower
