// Memory beyond the caches. A result larger than they are is stored past them: a plain store reads the line first and drives out
// what is still to be read. And where rows are computed in several passes, what the next row reads is fetched in the pass that
// computes most: the passes over one row are longer than what the processor looks ahead.
#pragma once

#include "Nest.h"

namespace ricci::lower {

// Says for a group whose roots have their memory whether it is stored past the caches (`streams`).
void planStreaming(Environment &env, mlir::Location loc, Group &group);

// Says which group fetches the next row of which arrays. `extents` of the groups are those inside of `outer` loops, of which
// that over axis `innermost` is the last.
void planPrefetch(Environment &env, std::vector<Group> &groups, unsigned outer, unsigned innermost);

// What a step of a nest fetches: what lies so many bytes after the vector of an element.
struct Fetch {
  Element element;
  int64_t bytesAhead;
};

// Of a group inside rows, the next row of what `planPrefetch` gave it. Of another one, the arrays that it reads once from front to
// back and that are long: they are known to be, or `large` says that whatever has an element for each of the results' is.
llvm::SmallVector<Fetch> fetchesOf(Environment &env, IndexSpace &space, const Group &group, llvm::ArrayRef<mlir::AffineExpr> parallel,
                                   llvm::ArrayRef<mlir::AffineExpr> reduced, mlir::AffineExpr vectorDim, bool large);

} // namespace ricci::lower
