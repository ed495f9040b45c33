// argmax and argmin along one axis as two reductions that vectorise: the extreme element, then the first position that
// has it.
#pragma once

#include "dialects/Ricci.h"

namespace ricci::fuse {

// Replaces the operation if it is one of these; others (several axes) stay.
void expandArgReduction(ReduceOp op);

} // namespace ricci::fuse
