// A scatter that writes one element of each row, the transpose of reading x[i, t[i]], as a comparison with the position:
// elementwise, so that what it is added to takes it in and no array of zeros is written first.
#pragma once

#include "dialects/Ricci.h"

namespace ricci::fuse {

// Replaces the operation if it is one of these and only elementwise operations use it; others stay.
void expandOneHot(ScatterOp op);

} // namespace ricci::fuse
