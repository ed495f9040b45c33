// One function of ricci operations to one C function of type ricci_entry over loops and flat memory.
#pragma once

#include "Environment.h"
#include "MemoryPlan.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

struct ricci_profile;

namespace ricci {
class CheckOp;
class ForOp;
class HostOp;
class KernelOp;
class YieldOp;
} // namespace ricci

namespace ricci::lower {

// Replaces the function. Fails with a located error on what has no lowering.
llvm::LogicalResult lowerFunction(mlir::func::FuncOp function, const LowerOptions &options);

class FunctionLowering {
public:
  // `results`: what the function returns; `profile`, if there is one, takes the time of its operations.
  FunctionLowering(Environment &env, mlir::ValueRange results, ricci_profile *profile = nullptr);

  // All operations of a block but its terminator.
  llvm::LogicalResult lowerBlock(mlir::Block &block, MemoryPlan &plan);
  llvm::LogicalResult lowerReturn(mlir::func::ReturnOp op, mlir::Value outputs);

private:
  llvm::LogicalResult lower(mlir::Operation *op, MemoryPlan &plan);
  llvm::LogicalResult lowerIndexOp(mlir::Operation *op);
  void lowerAlias(mlir::Operation *op);
  llvm::LogicalResult lowerSingle(mlir::Operation *op, MemoryPlan &plan);
  llvm::LogicalResult lowerKernelOp(KernelOp op, MemoryPlan &plan);
  llvm::LogicalResult lowerFor(ForOp op, MemoryPlan &plan);
  // The loop itself, from handles of the initial values to those of the final ones; `shapes` are theirs.
  mlir::FailureOr<llvm::SmallVector<mlir::Value>> lowerCounted(ForOp op, llvm::ArrayRef<Storage> shapes,
                                                               mlir::ValueRange inits, llvm::ArrayRef<Storage> stacks);
  mlir::FailureOr<llvm::SmallVector<mlir::Value>> lowerConditional(ForOp op, llvm::ArrayRef<Storage> shapes,
                                                                   mlir::ValueRange inits);
  // One turn; gives the handles of the next carried values.
  mlir::FailureOr<llvm::SmallVector<mlir::Value>> lowerTurn(ForOp op, mlir::Value counter,
                                                            llvm::ArrayRef<Storage> shapes, mlir::ValueRange carried,
                                                            llvm::ArrayRef<Storage> stacks);
  llvm::LogicalResult lowerCheck(CheckOp op);
  llvm::LogicalResult lowerHost(HostOp op);
  // Where a result of `op` goes: into the place of an operand that ends here if the shapes allow, else new memory, which
  // for a result of the function may be the host's.
  Storage destinationOf(mlir::Operation *op, mlir::Value result, llvm::ArrayRef<mlir::Value> reusable, MemoryPlan &plan);
  // An array a loop may own: taken over where it ends at `user`, else copied.
  Storage acquire(mlir::Value value, mlir::Operation *user, MemoryPlan &plan);
  void freeEnding(mlir::Operation *op, MemoryPlan &plan);
  // Ends the invocation if the host asked for it.
  void pollStop(mlir::Location loc);

  void mark(mlir::Operation *op);

  Environment &env;
  llvm::DenseMap<mlir::Value, int64_t> returned; // the number of the result that a value is, if it is one
  ricci_profile *profile;
};

} // namespace ricci::lower
