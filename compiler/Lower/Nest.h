// Loop nests over the roots of a kernel that share their loops.
#pragma once

#include "Evaluator.h"

namespace ricci::lower {

// A value that needs loops of its own: its elements are stored, or reduced to.
struct Root {
  mlir::Operation *op;
  mlir::Value result;
  bool reduces;
  std::optional<Storage> memory; // where to store; none: a scalar kept in a register
};

// Roots computed by one nest: equal sizes of the results, equal sizes of the reduced dimensions.
struct Group {
  llvm::SmallVector<Root> roots;
  Position outer; // the first dimensions of every result: loops already open around the nest
  llvm::SmallVector<mlir::Value> extents, reducedExtents;
};

// Emits the nest. A root without memory is remembered in `evaluator` as a scalar.
void emitNest(Environment &env, Evaluator &evaluator, const Group &group);

// The loop to vectorise, as an index into `dims`, and by how many lanes; lanes 1 where none is worth it.
struct VectorChoice {
  int dim = -1;
  unsigned lanes = 1;
  unsigned copies = 1; // vectors in flight in a step
};
VectorChoice chooseVector(Environment &env, IndexSpace &space, const Group &group, llvm::ArrayRef<mlir::AffineExpr> parallel,
                          llvm::ArrayRef<mlir::AffineExpr> reduced);

} // namespace ricci::lower
