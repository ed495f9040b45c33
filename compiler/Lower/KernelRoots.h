// Which operations of a kernel get loops, and which of them share one nest.
#pragma once

#include "Nest.h"

namespace ricci::lower {

// The roots among `ops` in groups of equal loops, in an order in which each can be computed: every reduction, every
// value of `results`, and values too expensive to compute again that several groups need.
std::vector<Group> formGroups(Environment &env, llvm::ArrayRef<mlir::Operation *> ops,
                                    llvm::ArrayRef<mlir::Value> results);

bool sameSize(mlir::Value x, mlir::Value y);
bool sameSizes(llvm::ArrayRef<mlir::Value> x, llvm::ArrayRef<mlir::Value> y);

// How many leading dimensions all groups can share as outer loops, so that what one group computes for a row is used
// by the next while it is in registers or cache: 0 if there is one group, or where it would spoil the inner loops.
unsigned sharedRank(Environment &env, llvm::ArrayRef<Group> groups);

// What one row of all groups costs, in vector operations. Their extents are those inside of `outer` loops; `known` are values in
// memory besides those that have a storage.
mlir::Value rowWork(Environment &env, mlir::Location loc, llvm::ArrayRef<Group> groups, unsigned outer,
                    llvm::DenseSet<mlir::Value> known = {});
// Emits all groups inside of loops over `dims`. What has dimensions besides these is defined afterwards, where it has
// memory. `few`: vectors of a row, if all groups have them along one extent.
void emitRow(Environment &env, Evaluator &evaluator, llvm::MutableArrayRef<Group> groups, const Position &dims,
             std::optional<FewVectors> few = {});
// Calls `emitRows` for rows of any length; and before, where all groups have vectors along one extent, for rows that
// one vector holds, and for rows that two hold, in branches that choose at run time if it is not known.
void inFewVectors(Environment &env, mlir::Location loc, llvm::ArrayRef<Group> groups, unsigned outer,
                  llvm::function_ref<void(const std::optional<FewVectors> &)> emitRows);

} // namespace ricci::lower
