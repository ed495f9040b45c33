// Which operations of a kernel get loops, and which of them share one nest.
#pragma once

#include "Nest.h"

namespace ricci::lower {

// The roots among `ops` in groups of equal loops, in an order in which each can be computed: every reduction, every
// value of `results`, and values too expensive to compute again that several groups need.
std::vector<Group> formGroups(Environment &env, llvm::ArrayRef<mlir::Operation *> ops,
                                    llvm::ArrayRef<mlir::Value> results);

// Whether loops over these sizes are known to be the same.
bool sameSizes(llvm::ArrayRef<mlir::Value>, llvm::ArrayRef<mlir::Value>);

// How many leading dimensions all groups can share as outer loops, so that what one group computes for a row is used
// by the next while it is in registers or cache: 0 if there is one group, or where it would spoil the inner loops.
unsigned sharedRank(Environment &env, llvm::ArrayRef<Group> groups);

} // namespace ricci::lower
