// Elements of a row that are computed and stored in the loop of a sum along the row, or across rows. Those that the sum
// reads save it a pass of its own. And what leaves a row for memory beyond the caches rides with the next row: while it
// is written, the processor computes.
#pragma once

#include "Nest.h"

namespace ricci::lower {

// The groups of a row, where those that the next one sums along ride in its loop. Extents are those inside of `outer`
// loops.
std::vector<Group> withRiders(Environment &env, llvm::ArrayRef<Group> groups, unsigned outer);

// The nest of a sum across rows with the group before it in its loops, if it sums what that makes. All else that they
// read is defined.
std::optional<Group> withRider(Environment &env, const Group &rider, const Group &sum);

// The last group of a row, stored in the loop of a sum of the next row.
struct LateGroup {
  size_t host = 0;                        // of the groups with riders
  llvm::SmallVector<mlir::Value> scalars; // what it takes of its own row,
  llvm::SmallVector<std::pair<mlir::Value, Storage>>
      elements; // each from where the host or a later group stores the next row's
};
std::optional<LateGroup> lateGroup(Environment &env, llvm::ArrayRef<Group> groups, unsigned outer);

// The rows along `axis` from `first` to before `end`, at least one; of each but the last the last group is stored in
// the next.
void emitLateRows(Environment &env, Evaluator &evaluator, llvm::ArrayRef<Group> groups, const LateGroup &late,
                  const Position &row, unsigned axis, mlir::Value first, mlir::Value end);

} // namespace ricci::lower
