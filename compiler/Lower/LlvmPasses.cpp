#include "Lower.h"
#include "VectorMath.h"

#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVM.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/MemRefToLLVM/MemRefToLLVM.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVM.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/Transforms/VectorRewritePatterns.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/DialectConversion.h"
#include "mlir/Transforms/Passes.h"

namespace ricci {

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

namespace {

using namespace mlir;

// One conversion for all dialects: a pass each would walk the module and build its patterns a dozen times.
class LoopsToLlvmPass : public PassWrapper<LoopsToLlvmPass, OperationPass<ModuleOp>> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(LoopsToLlvmPass)
  StringRef getArgument() const override { return "loops-to-llvm"; }
  StringRef getDescription() const override { return "Loops, vectors and arithmetic to the LLVM dialect"; }
  void getDependentDialects(DialectRegistry &registry) const override {
    registry.insert<cf::ControlFlowDialect, LLVM::LLVMDialect>();
  }

  void runOnOperation() override {
    LowerToLLVMOptions options(&getContext());
    options.useBarePtrCallConv = true;
    LLVMTypeConverter types(&getContext(), options);
    RewritePatternSet patterns(&getContext());
    arith::populateCeilFloorDivExpandOpsPatterns(patterns);
    arith::populateArithToLLVMConversionPatterns(types, patterns);
    populateMathToLLVMConversionPatterns(types, patterns);
    vector::populateVectorInsertExtractStridedSliceTransforms(patterns);
    populateVectorToLLVMConversionPatterns(types, patterns);
    populateFinalizeMemRefToLLVMConversionPatterns(types, patterns);
    populateSCFToControlFlowConversionPatterns(patterns);
    cf::populateControlFlowToLLVMConversionPatterns(types, patterns);
    populateFuncToLLVMConversionPatterns(types, patterns);
    LLVMConversionTarget target(getContext());
    target.addLegalOp<ModuleOp>();
    if (failed(applyFullConversion(getOperation(), target, std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace

void addLlvmPasses(OpPassManager &passes, const LowerOptions &options) {
  passes.addPass(createOutlineChunksPass());
  passes.addPass(lower::createLowerVectorMathPass(targetOf(options)));
  passes.addNestedPass<func::FuncOp>(createCSEPass());
  passes.addNestedPass<LLVM::LLVMFuncOp>(createCSEPass());
  passes.addPass(createCarryPointersPass());
  passes.addPass(std::make_unique<LoopsToLlvmPass>());
}

} // namespace ricci
