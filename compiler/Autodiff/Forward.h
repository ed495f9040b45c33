// Forward mode: tangents beside values, in one pass along the program.
#pragma once

#include "compiler/Autodiff/Activity.h"

#include "mlir/IR/Builders.h"

namespace ricci::autodiff {

class Forward {
public:
  explicit Forward(mlir::MLIRContext *context) : builder(context) {}

  void set(mlir::Value primal, mlir::Value tangent) { tangents[primal] = tangent; }
  // Null where zero.
  mlir::Value tangentOf(mlir::Value primal) const { return tangents.lookup(primal); }

  // Builds the tangents of everything the block defines, each after its primal. Loops are replaced by such that carry
  // and stack tangents beside values.
  mlir::LogicalResult run(mlir::Block &block);

private:
  mlir::LogicalResult visit(mlir::Operation *op);
  mlir::LogicalResult visitLoop(ForOp loop);
  mlir::LogicalResult visitCustom(CustomOp op);
  mlir::LogicalResult visitCheckpoint(CheckpointOp op);
  void visitWatch(WatchOp watch);
  mlir::Value elementwise(ElementwiseOpInterface op);
  mlir::Value tangentOrZeros(mlir::Value primal);

  mlir::OpBuilder builder;
  llvm::DenseMap<mlir::Value, mlir::Value> tangents;
};

} // namespace ricci::autodiff
