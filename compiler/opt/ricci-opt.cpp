#include "compiler/Autodiff/Autodiff.h"
#include "compiler/Checks/Checks.h"
#include "compiler/Fuse/Fuse.h"
#include "compiler/Lower/Lower.h"
#include "compiler/Simplify/Simplify.h"
#include "compiler/opt/DecisionPass.h"
#include "compiler/opt/InterpretPass.h"
#include "dialects/Ricci.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  registry.insert<ricci::RicciDialect, mlir::arith::ArithDialect, mlir::func::FuncDialect, mlir::LLVM::LLVMDialect,
                  mlir::math::MathDialect, mlir::scf::SCFDialect, mlir::vector::VectorDialect>();
  mlir::registerCanonicalizerPass();
  mlir::registerCSEPass();
  ricci::registerDecisionPass(registry);
  ricci::registerInterpretPass();
  mlir::registerPass([] { return ricci::createAutodiffPass(); });
  mlir::registerPass([] { return ricci::createExpandWatchesPass(); });
  mlir::registerPass([] { return ricci::createSimplifyPass(); });
  mlir::registerPass([] { return ricci::createMergeEinsumsPass(); });
  mlir::registerPass([] { return ricci::createFusePass(); });
  mlir::registerPass([] { return ricci::createLowerPass({.vectorBytes = 64}); });
  mlir::registerPass([] { return ricci::createOutlineChunksPass(); });
  mlir::registerPass([] { return ricci::createCarryPointersPass(); });
  return failed(mlir::MlirOptMain(argc, argv, "Ricci optimizer driver\n", registry));
}
