#include "Contraction.h"

#include "runtime/Contraction.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/FunctionCallUtils.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/FunctionInterfaces.h"

using namespace mlir;

namespace ricci::lower {

namespace {

LLVM::LLVMPointerType pointerType(OpBuilder &builder) { return LLVM::LLVMPointerType::get(builder.getContext()); }

Value asI64(ImplicitLocOpBuilder &b, Value index) { return arith::IndexCastOp::create(b, b.getI64Type(), index); }

// Stack memory for `count` i64, reserved once per call of the enclosing function, however often the place is reached.
Value reserveInts(ImplicitLocOpBuilder &b, int64_t count) {
  Operation *function = b.getInsertionBlock()->getParentOp();
  while (!isa<FunctionOpInterface>(function))
    function = function->getParentOp();
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(&cast<FunctionOpInterface>(function).getFunctionBody().front());
  Value size = arith::ConstantIntOp::create(b, count, 64);
  return LLVM::AllocaOp::create(b, pointerType(b), b.getI64Type(), size);
}

// Numbers that are all known, null for 0, are data that stands beside the code: once for all products of the same
// sizes. Null where one is not.
Value knownInts(ImplicitLocOpBuilder &b, ArrayRef<Value> values) {
  SmallVector<int64_t> numbers;
  std::string name = "indices";
  for (Value value : values) {
    IntegerAttr number = b.getIndexAttr(0);
    if (value && !matchPattern(value, m_Constant(&number)))
      return {};
    numbers.push_back(number.getInt());
    name += "." + std::to_string(numbers.back());
  }
  auto module = b.getInsertionBlock()->getParentOp()->getParentOfType<ModuleOp>();
  if (!module.lookupSymbol(name)) {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(module.getBody());
    const int64_t count = numbers.size();
    auto data = DenseElementsAttr::get(RankedTensorType::get({count}, b.getI64Type()), ArrayRef(numbers));
    LLVM::GlobalOp::create(b, LLVM::LLVMArrayType::get(b.getI64Type(), count), /*isConstant=*/true,
                           LLVM::Linkage::Private, name, data);
  }
  return LLVM::AddressOfOp::create(b, pointerType(b), name);
}

// An array of ricci_index: indices of a batch, rows, columns, sums, as the runtime finds a product soonest.
Value describeIndices(ImplicitLocOpBuilder &b, ArrayRef<ContractionDim> unordered) {
  SmallVector<ContractionDim> dims(unordered);
  llvm::stable_sort(dims, [](const ContractionDim &x, const ContractionDim &y) {
    auto role = [](const ContractionDim &dim) {
      const auto &[a, b, c] = dim.stride;
      return !c ? 3 : !a ? 2 : !b ? 1 : 0;
    };
    return role(x) < role(y);
  });
  static_assert(sizeof(ricci_index) == 4 * sizeof(int64_t));
  SmallVector<Value> values;
  for (const ContractionDim &dim : dims)
    values.append({dim.size, dim.stride.a, dim.stride.b, dim.stride.c});
  if (Value known = knownInts(b, values))
    return known;
  Value indices = reserveInts(b, std::max<int64_t>(1, values.size()));
  Value zero = arith::ConstantIntOp::create(b, 0, 64);
  for (auto [position, value] : llvm::enumerate(values)) {
    auto place = static_cast<int32_t>(position);
    Value address = LLVM::GEPOp::create(b, pointerType(b), b.getI64Type(), indices, ArrayRef<LLVM::GEPArg>{place});
    LLVM::StoreOp::create(b, value ? asI64(b, value) : zero, address);
  }
  return indices;
}

LLVM::CallOp callRuntime(ImplicitLocOpBuilder &b, StringRef name, Type result, ValueRange arguments) {
  auto module = b.getInsertionBlock()->getParentOp()->getParentOfType<ModuleOp>();
  // Fails only if the module already has another symbol of a name that is reserved for the runtime.
  LLVM::LLVMFuncOp function = *LLVM::lookupOrCreateFn(b, module, name, SmallVector<Type>(arguments.getTypes()), result);
  return LLVM::CallOp::create(b, function, arguments);
}

Value dtypeOf(ImplicitLocOpBuilder &b, const Contraction &contraction) {
  return arith::ConstantIntOp::create(b, contraction.element.isF32() ? RICCI_F32 : RICCI_F64, 32);
}

Value rankOf(ImplicitLocOpBuilder &b, const Contraction &contraction) {
  return arith::ConstantIntOp::create(b, contraction.dims.size(), 64);
}

Value accumulateOf(ImplicitLocOpBuilder &b, Value adds) {
  if (!adds)
    return arith::ConstantIntOp::create(b, 0, 32);
  return arith::ExtUIOp::create(b, b.getI32Type(), adds);
}

} // namespace

void emitContraction(OpBuilder &builder, Location loc, const Contraction &contraction, Value context, Value adds) {
  ImplicitLocOpBuilder b(loc, builder);
  Value arguments[] = {context,
                       dtypeOf(b, contraction),
                       contraction.a,
                       contraction.b,
                       contraction.c,
                       describeIndices(b, contraction.dims),
                       rankOf(b, contraction),
                       accumulateOf(b, adds)};
  callRuntime(b, "ricci_contract", LLVM::LLVMVoidType::get(b.getContext()), arguments);
}

void emitContractionAlone(OpBuilder &builder, Location loc, const Contraction &contraction, Value workspace,
                          Value adds) {
  ImplicitLocOpBuilder b(loc, builder);
  Value arguments[] = {dtypeOf(b, contraction),
                       contraction.a,
                       contraction.b,
                       contraction.c,
                       describeIndices(b, contraction.dims),
                       rankOf(b, contraction),
                       accumulateOf(b, adds),
                       workspace};
  callRuntime(b, "ricci_contract_alone", LLVM::LLVMVoidType::get(b.getContext()), arguments);
}

Value emitContractionWorkspace(OpBuilder &builder, Location loc, const Contraction &contraction) {
  ImplicitLocOpBuilder b(loc, builder);
  Value arguments[] = {dtypeOf(b, contraction), describeIndices(b, contraction.dims), rankOf(b, contraction)};
  Value bytes = callRuntime(b, "ricci_contract_workspace", b.getI64Type(), arguments).getResult();
  return arith::IndexCastOp::create(b, b.getIndexType(), bytes);
}

} // namespace ricci::lower
