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

} // namespace ricci::lower
