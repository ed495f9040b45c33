#include "Lower.h"

#include "FunctionLowering.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

namespace ricci {
namespace {

using namespace mlir;

class LowerPass : public PassWrapper<LowerPass, OperationPass<ModuleOp>> {
public:
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(LowerPass)
  explicit LowerPass(const LowerOptions &options) : options(options) {}

  StringRef getArgument() const override { return "lower-kernels"; }
  StringRef getDescription() const override { return "Kernels to loops over flat memory"; }
  void getDependentDialects(DialectRegistry &registry) const override {
    registry.insert<arith::ArithDialect, func::FuncDialect, LLVM::LLVMDialect, math::MathDialect, scf::SCFDialect,
                    vector::VectorDialect>();
  }

  void runOnOperation() override {
    SmallVector<func::FuncOp> functions(getOperation().getOps<func::FuncOp>());
    for (func::FuncOp function : functions)
      if (!function.isDeclaration() && failed(lower::lowerFunction(function, options)))
        return signalPassFailure();
    contractProducts();
    for (func::FuncOp function : getOperation().getOps<func::FuncOp>())
      shareConstants(function);
  }

private:
  // Lets a product and a sum become one fused instruction. Not a product and a difference: x y - z is 0 where z is x y
  // rounded, as in x² - y² of equals and in a row less its largest, and fused it would be what the rounding lost.
  // Polynomials emitted later say themselves where they may.
  void contractProducts() {
    auto contract = arith::FastMathFlagsAttr::get(&getContext(), arith::FastMathFlags::contract);
    getOperation().walk([&](Operation *op) {
      if (isa<arith::AddFOp, arith::MulFOp>(op))
        op->setAttr("fastmath", contract);
    });
  }

  // One of each, at the start: half of what was emitted is constants, which every later pass would walk over.
  static void shareConstants(func::FuncOp function) {
    if (function.isDeclaration())
      return;
    Block &start = function.getBody().front();
    llvm::DenseMap<Attribute, arith::ConstantOp> shared;
    function.walk([&](arith::ConstantOp constant) {
      auto [place, isFirst] = shared.try_emplace(constant.getValue(), constant);
      if (isFirst) {
        constant->moveBefore(&start, start.begin());
        return;
      }
      constant.replaceAllUsesWith(place->second.getResult());
      constant.erase();
    });
  }

  LowerOptions options;
};

} // namespace

std::unique_ptr<Pass> createLowerPass(const LowerOptions &options) { return std::make_unique<LowerPass>(options); }

} // namespace ricci
