#include "Lower.h"
#include "VectorMath.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

namespace ricci {

using namespace mlir;

const lower::VectorTarget &targetOf(const LowerOptions &options) {
  if (options.neon)
    return lower::VectorTarget::neon();
  switch (options.vectorBytes) {
  case 64: return lower::VectorTarget::avx512();
  case 32: return lower::VectorTarget::avx2();
  case 16: return lower::VectorTarget::sse();
  default: return lower::VectorTarget::host();
  }
}

void addLlvmPasses(OpPassManager &passes, const LowerOptions &options) {
  passes.addPass(createOutlineChunksPass());
  passes.addPass(lower::createLowerVectorMathPass(targetOf(options)));
  passes.addNestedPass<func::FuncOp>(createCSEPass());
  passes.addNestedPass<LLVM::LLVMFuncOp>(createCSEPass());
  passes.addPass(createCarryPointersPass());
  passes.addPass(createLoopsToLlvmPass());
}

} // namespace ricci
