// What the elements of some results are made of, found without emitting anything.
#pragma once

#include "Reads.h"

#include "llvm/ADT/DenseSet.h"

#include <set>

namespace ricci::lower {

class Leaves {
public:
  // `known`: values that are there already although they have no storage yet.
  Leaves(Environment &env, IndexSpace &space, const llvm::DenseSet<mlir::Value> &known)
      : env(env), space(space), known(known) {}

  void visit(const Element &element);
  // The operands of `element`'s operation, a reduction over `reduced`.
  void expand(const Element &element, llvm::ArrayRef<mlir::AffineExpr> reduced);

  llvm::SmallVector<Element> arrays; // elements of arrays in memory and of known values
  // What is computed between them and the results: where, and how long it takes, in simple operations.
  llvm::SmallVector<std::pair<Position, unsigned>> operations;

private:
  Environment &env;
  IndexSpace &space;
  const llvm::DenseSet<mlir::Value> &known;
  std::set<std::vector<const void *>> seen;
};

} // namespace ricci::lower
