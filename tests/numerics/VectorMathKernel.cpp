#include "VectorMathKernel.h"

#include "compiler/Jit/Jit.h"
#include "compiler/Lower/VectorMath.h"
#include "runtime/Context.h"

#include "mlir/Conversion/Passes.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Pass/PassManager.h"
#include "mlir/Transforms/Passes.h"

#include <gtest/gtest.h>

using namespace mlir;

namespace ricci::tests {

struct VectorMathKernel::Code {
  MLIRContext context{MLIRContext::Threading::DISABLED};
  std::unique_ptr<JitCode> jit;
  ricci_entry entry = nullptr;
};

static OwningOpRef<ModuleOp> build(MLIRContext &context, Type element, unsigned arguments, unsigned lanes,
                                   const EmitFunction &emit) {
  Location loc = UnknownLoc::get(&context);
  OwningOpRef<ModuleOp> module = ModuleOp::create(loc);
  ImplicitLocOpBuilder b(loc, OpBuilder::atBlockEnd(module->getBody()));
  Type pointer = LLVM::LLVMPointerType::get(&context), i64 = b.getI64Type();
  auto function = func::FuncOp::create(b, "apply", b.getFunctionType({pointer, pointer, pointer}, {}));
  Block *body = function.addEntryBlock();
  b.setInsertionPointToEnd(body);
  auto field = [&](Value array, int64_t offset, Type type) {
    Value place = LLVM::GEPOp::create(b, pointer, b.getI8Type(), array, ArrayRef<LLVM::GEPArg>{int32_t(offset)});
    return LLVM::LoadOp::create(b, type, place);
  };
  SmallVector<Value> inputs;
  for (unsigned i = 0; i < arguments; ++i)
    inputs.push_back(field(body->getArgument(1), i * sizeof(ricci_array) + offsetof(ricci_array, data), pointer));
  Value output = field(body->getArgument(2), offsetof(ricci_array, data), pointer);
  Value size = field(body->getArgument(1), offsetof(ricci_array, sizes), i64);
  Value zero = arith::ConstantIntOp::create(b, 0, 64);
  Value step = arith::ConstantIntOp::create(b, std::max(1u, lanes), 64);
  auto loop = scf::ForOp::create(b, zero, size, step);
  func::ReturnOp::create(b);
  b.setInsertionPointToStart(loop.getBody());
  Type type = lanes ? Type(VectorType::get({lanes}, element)) : element;
  unsigned alignment = element.getIntOrFloatBitWidth() / 8;
  auto place = [&](Value base) {
    return LLVM::GEPOp::create(b, pointer, element, base, ValueRange{loop.getInductionVar()});
  };
  SmallVector<Value> operands;
  for (Value input : inputs)
    operands.push_back(LLVM::LoadOp::create(b, type, place(input), alignment));
  LLVM::StoreOp::create(b, emit(b, loc, operands), place(output), alignment);
  return module;
}

VectorMathKernel::VectorMathKernel(bool isSingle, unsigned arguments, unsigned lanes, const lower::VectorTarget &target,
                                   const EmitFunction &emit)
    : code(std::make_unique<Code>()) {
  code->context.loadDialect<arith::ArithDialect, cf::ControlFlowDialect, func::FuncDialect, LLVM::LLVMDialect,
                            math::MathDialect, scf::SCFDialect, vector::VectorDialect>();
  Type element = isSingle ? Type(Float32Type::get(&code->context)) : Float64Type::get(&code->context);
  OwningOpRef<ModuleOp> module = build(code->context, element, arguments, lanes, emit);
  lower::lowerVectorMath(*module, target);
  PassManager passes(&code->context);
  passes.addPass(createCanonicalizerPass());
  passes.addPass(createCSEPass());
  passes.addPass(createSCFToControlFlowPass());
  passes.addPass(createConvertVectorToLLVMPass());
  passes.addPass(createConvertMathToLLVMPass());
  passes.addPass(createArithToLLVMConversionPass());
  passes.addPass(createConvertFuncToLLVMPass());
  passes.addPass(createConvertControlFlowToLLVMPass());
  passes.addPass(createReconcileUnrealizedCastsPass());
  if (failed(verify(*module)) || failed(passes.run(*module))) {
    ADD_FAILURE() << "the kernel does not lower";
    return;
  }
  auto jitted = jit(*module);
  if (!jitted) {
    ADD_FAILURE() << toString(jitted.takeError());
    return;
  }
  code->jit = std::move(*jitted);
  auto entry = code->jit->lookup("apply");
  if (!entry) {
    ADD_FAILURE() << toString(entry.takeError());
    return;
  }
  code->entry = *entry;
}

VectorMathKernel::~VectorMathKernel() = default;

template <typename T>
static void runEntry(ricci_entry entry, std::span<const T> x, std::span<const T> x2, std::span<T> y) {
  ricci_array in[2] = {}, out = {};
  in[0].data = const_cast<T *>(x.data());
  in[0].sizes[0] = static_cast<int64_t>(x.size());
  in[1].data = const_cast<T *>(x2.data());
  out.data = y.data();
  ASSERT_NE(entry, nullptr);
  entry(nullptr, in, &out);
}

void VectorMathKernel::run(std::span<const float> x, std::span<const float> x2, std::span<float> y) const {
  runEntry(code->entry, x, x2, y);
}
void VectorMathKernel::run(std::span<const double> x, std::span<const double> x2, std::span<double> y) const {
  runEntry(code->entry, x, x2, y);
}

} // namespace ricci::tests
