// Memory beyond the caches. A result larger than they are is stored past them: a plain store reads the line first and drives out
// what is still to be read. And where rows are computed in several passes, these fetch what the next row reads: the passes over
// one row are longer than what the processor looks ahead.
#pragma once

#include "Nest.h"

namespace ricci::lower {

// Says for a group whose roots have their memory whether it is stored past the caches (`streams`).
void planStreaming(Environment &env, mlir::Location loc, Group &group);

// Says what each group fetches of the next rows, the more the more it computes: so memory is never idle. `extents` of
// the groups are those inside of `outer` loops, of which that over axis `innermost` is the last.
void planPrefetch(Environment &env, llvm::MutableArrayRef<Group> groups, unsigned outer, unsigned innermost);

// What a step of a nest fetches: what lies so many bytes after the vector of an element; or, of a row that begins with the element
// and has that length, the part that belongs to the step.
struct Fetch {
  Element element;
  int64_t bytesAhead;
  RowPart part = {};
  mlir::Value length = {};
  bool isFar = false; // no second-level cache holds the array
};

// Of a group inside rows, what `planPrefetch` gave it. Of another one, whose loops have this order, the arrays that it
// reads once from front to back and that are long: they are known to be, or `large` says that whatever has an element
// for each of the results' is, or a scatter reads them and no size is known.
llvm::SmallVector<Fetch> fetchesOf(Environment &env, IndexSpace &space, const Group &group,
                                   llvm::ArrayRef<mlir::AffineExpr> parallel, llvm::ArrayRef<mlir::AffineExpr> reduced,
                                   const VectorChoice &choice, const Position &order, bool large);
// In the nest, for vector number `copy` of the step at hand.
void emitFetch(Evaluator &evaluator, const Fetch &fetch, mlir::AffineExpr vectorDim, unsigned copy);

} // namespace ricci::lower
