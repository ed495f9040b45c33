#include "VectorMath.h"

#include "VectorMathFunctions.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;

namespace ricci::lower {

namespace {

// The C name of a math op that is a library function; empty for all others.
StringRef libraryName(Operation *op) {
  return llvm::StringSwitch<StringRef>(op->getName().getStringRef())
      .Case("math.acos", "acos")
      .Case("math.acosh", "acosh")
      .Case("math.asin", "asin")
      .Case("math.asinh", "asinh")
      .Case("math.atan", "atan")
      .Case("math.atan2", "atan2")
      .Case("math.atanh", "atanh")
      .Case("math.cbrt", "cbrt")
      .Case("math.cos", "cos")
      .Case("math.cosh", "cosh")
      .Case("math.erf", "erf")
      .Case("math.erfc", "erfc")
      .Case("math.exp2", "exp2")
      .Case("math.log10", "log10")
      .Case("math.log2", "log2")
      .Case("math.powf", "pow")
      .Case("math.sin", "sin")
      .Case("math.sinh", "sinh")
      .Case("math.tan", "tan")
      .Default("");
}

// Calls an external function, all of whose operands have the result's type.
Value callExternal(OpBuilder &builder, Location loc, StringRef name, ValueRange operands) {
  Operation *module = builder.getInsertionBlock()->getParentOp();
  while (!isa<ModuleOp>(module))
    module = module->getParentOp();
  auto type = builder.getFunctionType(operands.getTypes(), operands[0].getType());
  if (!SymbolTable::lookupSymbolIn(module, name)) {
    OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPointToStart(cast<ModuleOp>(module).getBody());
    func::FuncOp::create(builder, loc, name, type).setPrivate();
  }
  return func::CallOp::create(builder, loc, name, type.getResults(), operands).getResult(0);
}

// libmvec's name for a function of `arguments` vectors of `lanes`, or empty if it has none for such a register (System V
// vector function ABI: b is SSE, d AVX2, e AVX-512).
std::string vectorName(StringRef name, Type element, int64_t lanes, unsigned arguments, const VectorTarget &target) {
  int64_t bytes = lanes * element.getIntOrFloatBitWidth() / 8;
  if (bytes > target.vectorBytes || !target.hasVectorMath)
    return "";
  const char *isa = bytes == 64 ? "e" : bytes == 32 ? "d" : bytes == 16 ? "b" : nullptr;
  if (!isa)
    return "";
  return (Twine("_ZGV") + isa + "N" + Twine(lanes) + (arguments == 2 ? "vv_" : "v_") + name +
          (element.isF32() ? "f" : ""))
      .str();
}

// Calls libm's function on each lane.
Value callScalar(OpBuilder &builder, Location loc, StringRef name, ValueRange operands) {
  Type type = operands[0].getType();
  std::string symbol = (name + (getElementTypeOrSelf(type).isF32() ? "f" : "")).str();
  auto vector = dyn_cast<VectorType>(type);
  if (!vector)
    return callExternal(builder, loc, symbol, operands);
  Value result = operands[0];
  for (int64_t lane = 0; lane < vector.getNumElements(); ++lane) {
    SmallVector<Value> scalars;
    for (Value operand : operands)
      scalars.push_back(vector::ExtractOp::create(builder, loc, operand, lane));
    result = vector::InsertOp::create(builder, loc, callExternal(builder, loc, symbol, scalars), result, lane);
  }
  return result;
}

Value callLibrary(OpBuilder &builder, Location loc, StringRef name, ValueRange operands, const VectorTarget &target) {
  auto type = dyn_cast<VectorType>(operands[0].getType());
  if (!type || type.getRank() != 1)
    return callScalar(builder, loc, name, operands);
  Type element = type.getElementType();
  int64_t lanes = type.getDimSize(0), widest = target.lanes(element);
  if (std::string symbol = vectorName(name, element, lanes, operands.size(), target); !symbol.empty())
    return callExternal(builder, loc, symbol, operands);
  if (lanes % widest != 0 || !target.hasVectorMath)
    return callScalar(builder, loc, name, operands);
  // Several registers, one after the other.
  Value result = operands[0];
  for (int64_t first = 0; first < lanes; first += widest) {
    SmallVector<Value> parts;
    for (Value operand : operands)
      parts.push_back(vector::ExtractStridedSliceOp::create(builder, loc, operand, first, widest, 1));
    Value part = callLibrary(builder, loc, name, parts, target);
    result = vector::InsertStridedSliceOp::create(builder, loc, part, result, first, 1);
  }
  return result;
}

// The value of `op` in other terms, or null if it is to stay.
Value rewrite(OpBuilder &builder, Operation *op, const VectorTarget &target) {
  Location loc = op->getLoc();
  auto with = [&](auto emit) {
    return [&, emit](auto math) { return emit(builder, loc, math.getOperand(), target); };
  };
  return llvm::TypeSwitch<Operation *, Value>(op)
      .Case<math::ExpOp>(with(emitExp))
      .Case<math::ExpM1Op>(with(emitExpm1))
      .Case<math::LogOp>(with(emitLog))
      .Case<math::Log1pOp>(with(emitLog1p))
      .Case<math::TanhOp>(with(emitTanh))
      .Case([&](func::CallOp call) { return emitSigmoid(builder, loc, call.getOperand(0), target); })
      .Default([&](Operation *) {
        StringRef name = libraryName(op);
        return name.empty() ? Value() : callLibrary(builder, loc, name, op->getOperands(), target);
      });
}

// ricci_math_sigmoid_<lanes>x<type>: dialects/ScalarExpr.h emits the call, no such function exists.
bool isSigmoid(StringRef callee) { return callee.starts_with("ricci_math_sigmoid_"); }

struct LowerVectorMath : PassWrapper<LowerVectorMath, OperationPass<ModuleOp>> {
  MLIR_DEFINE_EXPLICIT_INTERNAL_INLINE_TYPE_ID(LowerVectorMath)

  explicit LowerVectorMath(const VectorTarget &target) : target(target) {}
  StringRef getArgument() const override { return "lower-vector-math"; }
  StringRef getDescription() const override { return "Lower math ops to polynomials and vector library calls"; }
  void getDependentDialects(DialectRegistry &registry) const override {
    registry.insert<arith::ArithDialect, func::FuncDialect, LLVM::LLVMDialect, math::MathDialect, vector::VectorDialect>();
  }
  void runOnOperation() override { lowerVectorMath(getOperation(), target); }

  const VectorTarget &target;
};

} // namespace

void lowerVectorMath(ModuleOp root, const VectorTarget &target) {
  SmallVector<Operation *> ops;
  root.walk([&](Operation *op) {
    if (isa_and_present<math::MathDialect>(op->getDialect()) && isa<FloatType>(getElementTypeOrSelf(op->getOperand(0))))
      ops.push_back(op);
    else if (auto call = dyn_cast<func::CallOp>(op); call && isSigmoid(call.getCallee()))
      ops.push_back(op);
  });
  OpBuilder builder(root.getContext());
  for (Operation *op : ops) {
    builder.setInsertionPoint(op);
    if (Value value = rewrite(builder, op, target)) {
      op->getResult(0).replaceAllUsesWith(value);
      op->erase();
    }
  }
  for (auto function : llvm::make_early_inc_range(root.getOps<func::FuncOp>()))
    if (isSigmoid(function.getName()))
      function.erase();
}

std::unique_ptr<Pass> createLowerVectorMathPass(const VectorTarget &target) {
  return std::make_unique<LowerVectorMath>(target);
}

} // namespace ricci::lower
