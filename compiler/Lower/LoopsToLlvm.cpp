#include "Lower.h"

#include "mlir/Conversion/ArithCommon/AttrToLLVMConverter.h"
#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVM.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVM.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Transforms/Passes.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlow.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Dialect/Vector/Transforms/VectorRewritePatterns.h"
#include "mlir/Transforms/DialectConversion.h"
#include "llvm/ADT/TypeSwitch.h"

namespace ricci {
namespace {

using namespace mlir;

// What has one counterpart in LLVM's dialect, in place: nine operations of ten, for which the conversion of dialects
// costs a tenth of a compilation's instructions. Of the others only the type of indices changes.
class Counterparts {
public:
  explicit Counterparts(MLIRContext *context) : b(context) {}

  void rewrite(Region &region) {
    for (Block &block : region) {
      for (BlockArgument argument : block.getArguments())
        argument.setType(typeOf(argument));
      for (Operation &op : llvm::make_early_inc_range(block)) {
        for (Region &inner : op.getRegions())
          rewrite(inner);
        rewrite(&op);
      }
    }
  }

private:
  // Indices are numbers of 64 bits.
  Type typeOf(Value value) {
    Type type = value.getType();
    if (type.isIndex())
      return b.getI64Type();
    auto vector = dyn_cast<VectorType>(type);
    return vector && vector.getElementType().isIndex() ? vector.clone(b.getI64Type()) : type;
  }

  void rewrite(Operation *op) {
    b.setInsertionPoint(op);
    if (Value value = counterpart(op)) {
      op->getResult(0).replaceAllUsesWith(value);
      op->erase();
      return;
    }
    for (Value result : op->getResults())
      result.setType(typeOf(result));
  }

  // Null where there is none.
  Value counterpart(Operation *op) {
    return llvm::TypeSwitch<Operation *, Value>(op)
        .Case([&](arith::ConstantOp op) { return make<LLVM::ConstantOp>(op, op.getValue()); })
        .Case([&](arith::AddFOp op) { return floats<LLVM::FAddOp>(op, op.getLhs(), op.getRhs()); })
        .Case([&](arith::MulFOp op) { return floats<LLVM::FMulOp>(op, op.getLhs(), op.getRhs()); })
        .Case([&](arith::SubFOp op) { return floats<LLVM::FSubOp>(op, op.getLhs(), op.getRhs()); })
        .Case([&](arith::DivFOp op) { return floats<LLVM::FDivOp>(op, op.getLhs(), op.getRhs()); })
        .Case([&](arith::NegFOp op) { return floats<LLVM::FNegOp>(op, op.getOperand()); })
        .Case([&](math::FmaOp op) { return floats<LLVM::FMAOp>(op, op.getA(), op.getB(), op.getC()); })
        .Case([&](math::AbsFOp op) { return floats<LLVM::FAbsOp>(op, op.getOperand()); })
        .Case([&](arith::AddIOp op) { return integers<LLVM::AddOp>(op); })
        .Case([&](arith::SubIOp op) { return integers<LLVM::SubOp>(op); })
        .Case([&](arith::MulIOp op) { return integers<LLVM::MulOp>(op); })
        .Case([&](arith::MinSIOp op) { return make<LLVM::SMinOp>(op, op.getLhs(), op.getRhs()); })
        .Case([&](arith::MaxSIOp op) { return make<LLVM::SMaxOp>(op, op.getLhs(), op.getRhs()); })
        .Case([&](arith::AndIOp op) { return make<LLVM::AndOp>(op, op.getLhs(), op.getRhs()); })
        .Case([&](arith::OrIOp op) { return make<LLVM::OrOp>(op, op.getLhs(), op.getRhs()); })
        .Case([&](arith::XOrIOp op) { return make<LLVM::XOrOp>(op, op.getLhs(), op.getRhs()); })
        .Case([&](arith::BitcastOp op) { return make<LLVM::BitcastOp>(op, op.getIn()); })
        .Case([&](arith::IndexCastOp op) { return castIndex(op); })
        .Case([&](arith::CmpIOp op) {
          return make<LLVM::ICmpOp>(op, static_cast<LLVM::ICmpPredicate>(op.getPredicate()), op.getLhs(), op.getRhs());
        })
        .Case([&](arith::CmpFOp op) {
          return floats<LLVM::FCmpOp>(op, static_cast<LLVM::FCmpPredicate>(op.getPredicate()), op.getLhs(),
                                      op.getRhs());
        })
        .Case([&](arith::SelectOp op) {
          return make<LLVM::SelectOp>(op, op.getCondition(), op.getTrueValue(), op.getFalseValue());
        })
        .Case([&](vector::BroadcastOp op) { return broadcast(op); })
        .Case([&](vector::ShuffleOp op) { return shuffle(op); })
        .Default(Value());
  }

  template <typename To, typename From, typename... Arguments> Value make(From op, Arguments... arguments) {
    return To::create(b, op.getLoc(), typeOf(op.getResult()), arguments...);
  }
  template <typename To, typename From, typename... Arguments> Value floats(From op, Arguments... arguments) {
    return make<To>(op, arguments..., arith::convertArithFastMathFlagsToLLVM(op.getFastmath()));
  }
  template <typename To, typename From> Value integers(From op) {
    return make<To>(op, op.getLhs(), op.getRhs(), arith::convertArithOverflowFlagsToLLVM(op.getOverflowFlags()));
  }

  // To or from a number of 64 bits it is that number.
  Value castIndex(arith::IndexCastOp op) {
    const unsigned from = getElementTypeOrSelf(typeOf(op.getIn())).getIntOrFloatBitWidth();
    const unsigned to = getElementTypeOrSelf(typeOf(op.getResult())).getIntOrFloatBitWidth();
    if (from == to)
      return op.getIn();
    return from < to ? make<LLVM::SExtOp>(op, op.getIn()) : make<LLVM::TruncOp>(op, op.getIn());
  }

  Value broadcast(vector::BroadcastOp op) {
    auto type = cast<VectorType>(typeOf(op.getResult()));
    if (type.getRank() != 1 || isa<VectorType>(op.getSource().getType()))
      return {};
    Value none = LLVM::PoisonOp::create(b, op.getLoc(), type);
    Value first = LLVM::ConstantOp::create(b, op.getLoc(), b.getI32Type(), 0);
    Value vector = LLVM::InsertElementOp::create(b, op.getLoc(), none, op.getSource(), first);
    return LLVM::ShuffleVectorOp::create(b, op.getLoc(), vector, none, SmallVector<int32_t>(type.getNumElements(), 0));
  }

  Value shuffle(vector::ShuffleOp op) {
    if (op.getV1().getType() != op.getV2().getType() || op.getV1().getType().getRank() != 1)
      return {};
    return LLVM::ShuffleVectorOp::create(b, op.getLoc(), op.getV1(), op.getV2(), SmallVector<int32_t>(op.getMask()));
  }

  OpBuilder b;
};

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
    for (Operation &function : *getOperation().getBody())
      for (Region &body : function.getRegions())
        Counterparts(&getContext()).rewrite(body);
    LowerToLLVMOptions options(&getContext());
    options.useBarePtrCallConv = true;
    LLVMTypeConverter types(&getContext(), options);
    RewritePatternSet patterns(&getContext());
    arith::populateCeilFloorDivExpandOpsPatterns(patterns);
    arith::populateArithToLLVMConversionPatterns(types, patterns);
    populateMathToLLVMConversionPatterns(types, patterns);
    vector::populateVectorInsertExtractStridedSliceTransforms(patterns);
    populateVectorToLLVMConversionPatterns(types, patterns);
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

std::unique_ptr<Pass> createLoopsToLlvmPass() { return std::make_unique<LoopsToLlvmPass>(); }

} // namespace ricci
