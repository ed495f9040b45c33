// The loops of one group, being emitted.
#pragma once

#include "Chunks.h"
#include "Nest.h"
#include "Reductions.h"
#include "Streaming.h"

namespace ricci::lower {

class NestEmitter {
public:
  NestEmitter(Environment &env, Evaluator &evaluator, const Group &group);
  void emit();

private:
  using Values = llvm::SmallVector<mlir::Value>;

  void emitLoops();
  void planFetches(bool large);
  void fetchAhead(unsigned copy);

  // ---------------------------------------------------------------- shared by threads

  // Not inside loops that others opened, and not where two iterations may write one element.
  bool isShared() const;
  Chunks chunksOf(llvm::ArrayRef<mlir::Value> extents, llvm::ArrayRef<mlir::AffineExpr> dims, unsigned number,
                  mlir::Value work);
  void emitShared();

  // Sums of vectors across rows, as of a matrix's columns: chunks of rows, each with sums of its own, which are added
  // in order. Some rows at a time go through from left to right: a column from top to bottom would touch a page at
  // every step.
  void emitSharedSums(const Chunks &chunks, unsigned dim);

  // Chunks of one of the results' dimensions.
  void emitSharedResults();

  // Chunks of a sum over everything: each leaves a sum of its own, and these are added in order.
  void emitSharedReduction();
  static mlir::Type elementOf(const Root &root) {
    return mlir::cast<mlir::RankedTensorType>(root.result.getType()).getElementType();
  }

  // ---------------------------------------------------------------- loops

  struct Range {
    mlir::Value first, end;
  };

  // All iterations, or those of the chunk at hand.
  Range rangeOf(mlir::AffineExpr dim, mlir::Value extent);

  // Plain loops over the result's dimensions, the shared one outermost and the vectorised one innermost.
  void emitParallel(size_t number);

  // The axis of the loop at a depth.
  size_t axisAt(size_t number) const;
  Values emitScalarLoop(mlir::AffineExpr dim, mlir::Value extent, mlir::ValueRange carried, Evaluator::Body body);

  // The vectorised loop: full steps of all copies first, then single vectors, the last one masked. `carried` holds a
  // value a copy for each reduction (reduction-major); single vectors use the first copy.
  Values emitVectors(mlir::AffineExpr dim, mlir::Value extent, Values carried,
                     llvm::function_ref<Values(mlir::ValueRange)> body);
  // How far within a vector the row begins that is stored past the caches along `dim`; null: at its beginning.
  mlir::Value leadOf(mlir::AffineExpr dim);
  mlir::Value tailMask(mlir::Value first, mlir::Value extent);
  void useCopy(unsigned copy);

  // Inside all loops over the results' dimensions.
  void emitBody();
  bool vectorIsParallel() const { return vectorDim && llvm::is_contained(parallel, vectorDim); }
  unsigned copiesHere() const { return vectorIsParallel() ? activeCopies : 1; }

  // How many vectors of each sum there are.
  unsigned sumCopies() const { return vectorIsParallel() ? activeCopies : vectorDim ? choice.copies : 1; }

  void emitReduction();
  void finishReduction(size_t number, mlir::Value total);

  // The sums as scalars, one a root; the vectorised dimension, if there is one, is reduced.
  Values reducedSums();

  // The sums over all reduced dimensions, root-major, `sumCopies` of each.
  Values emitSums();

  // Loops over the reduced dimensions, the vectorised one innermost; gives the sums at their end.
  Values emitReducedLoop(size_t number, unsigned copies, mlir::ValueRange sums);
  Values accumulate(unsigned copies, mlir::ValueRange sums);
  // All are computed before any is stored: one may take the place of what another is computed from.
  llvm::SmallVector<Computed> computeRiders();
  void storeRiders(llvm::ArrayRef<Computed> values);
  bool isStreamed(const Rider &rider) const;
  void finish(size_t number, Computed value);

  Environment &env;
  Evaluator &evaluator;
  const Group &group;
  Position at; // of a result
  llvm::SmallVector<mlir::AffineExpr> parallel, reduced;
  VectorChoice choice;
  mlir::AffineExpr vectorDim;
  llvm::SmallVector<Reduction> reductions;
  llvm::SmallVector<Fetch> fetches;
  llvm::SmallVector<Storage> parts; // where sums of a chunk's rows go instead
  mlir::AffineExpr sharedDim;       // cut into chunks, of which one is emitted
  Range share;
  unsigned activeCopies = 1;
  bool streaming = false, isPast = false; // stores go past the caches; and so do those of the nest at hand
  bool isLead = false;                    // before the first whole vector
  bool isRowByRow = false;                // a sum across rows goes through one at a time, which is fixed
};

} // namespace ricci::lower
