// Reverse mode: cotangents from results to what they depend on, in one pass against the program, which stays as it
// is; its values are referred to directly. Only loops keep something, stacks of what Residuals.h chooses.
#pragma once

#include "compiler/Autodiff/Autodiff.h"
#include "compiler/Autodiff/Segments.h"

#include "mlir/IR/Builders.h"

namespace ricci::autodiff {

// Whether a cotangent is exactly zero where its value was not used (a branch not taken, an element not read), so that
// derivatives that are infinite or NaN there must not count.
enum class Mask {
  None,
  Products,     // in products element by element: ricci.mask_mul
  Contractions, // in sums of products too, because which elements these are depends on data
};

// A sum is zero where all of its terms are.
inline Mask maskOfSum(Mask x, Mask y) { return x == Mask::None || y == Mask::None ? Mask::None : std::max(x, y); }

struct Cotangent {
  mlir::Value value; // null is zero
  Mask mask = Mask::None;
};

struct ReverseOptions {
  bool watches = false; // what each rule makes is watched
  int64_t mostSaved = AutodiffOptions().mostSaved;
  bool inLoop = false; // whether what it walks over is a loop's body
};

class Reverse {
public:
  // Builds at `builder`. `active` are the values that want a cotangent.
  Reverse(mlir::OpBuilder builder, Values active, ReverseOptions options)
      : builder(builder), active(std::move(active)), options(options) {}

  void add(mlir::Value primal, Cotangent cotangent);
  // The sum of what was added; afterwards as if nothing had been.
  Cotangent take(mlir::Value primal);
  // The same, not yet summed.
  llvm::SmallVector<mlir::Value> takeTerms(mlir::Value primal);
  Mask maskOf(mlir::Value primal) const;

  // Takes the cotangents of what the block (the operations, in its order) defines to what that was computed from.
  mlir::LogicalResult run(mlir::Block &block);
  mlir::LogicalResult run(llvm::ArrayRef<mlir::Operation *> operations);

private:
  class LoopReversal;
  struct Sum {
    llvm::SmallVector<mlir::Value, 2> terms;
    Mask mask = Mask::None;
  };

  mlir::LogicalResult visit(mlir::Operation *op);
  mlir::LogicalResult visitLoop(ForOp loop);
  // What a loop was cut into; `cotangents` are those of its results.
  mlir::LogicalResult visitCut(Segments segments, llvm::ArrayRef<Cotangent> cotangents);
  mlir::LogicalResult visitCustom(CustomOp op);
  mlir::LogicalResult visitCheckpoint(CheckpointOp op);
  // The counted loop that a conditional one's derivative is that of; it takes over the cotangents.
  ForOp counted(ForOp loop);
  // Cotangents of the operands, null where zero or not wanted.
  llvm::SmallVector<mlir::Value> elementwise(ElementwiseOpInterface op, Cotangent result);
  llvm::SmallVector<mlir::Value> structural(DifferentiableOpInterface op, llvm::ArrayRef<Cotangent> results);
  void watch(mlir::Operation *op, mlir::ValueRange results, mlir::ValueRange cotangents);

  mlir::OpBuilder builder;
  Values active;
  const ReverseOptions options;
  llvm::DenseMap<mlir::Value, Sum> sums;
};

// The mask of operand `operand`'s cotangent when the result's has `mask`.
Mask maskThrough(mlir::Operation *op, unsigned operand, Mask mask);
// Whether which elements the condition holds for is known from sizes and indices alone.
bool isByIndex(mlir::Value condition);

// Replaces einsums whose zeros annihilate (dialects/Derivatives.h), left by the rules, by such that do so on their own.
void expandAnnihilating(mlir::Operation *root);
// `acc + term` where that is shorter: a scatter to distinct places is added in place.
mlir::Value accumulate(mlir::OpBuilder &builder, mlir::Location loc, mlir::Value acc, mlir::Value term);

} // namespace ricci::autodiff
