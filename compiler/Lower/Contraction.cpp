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

// Integers in memory, null for 0. If all are known they are data that stands beside the code, once for all of the same.
Value describe(ImplicitLocOpBuilder &b, ArrayRef<Value> values) {
  SmallVector<int64_t> numbers;
  std::string name = "numbers";
  for (Value value : values) {
    IntegerAttr number = b.getIndexAttr(0);
    if (value && !matchPattern(value, m_Constant(&number)))
      break;
    numbers.push_back(number.getInt());
    name += "." + std::to_string(numbers.back());
  }
  if (numbers.size() == values.size()) {
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
  Value memory = reserveInts(b, std::max<int64_t>(1, values.size()));
  Value zero = arith::ConstantIntOp::create(b, 0, 64);
  for (auto [position, value] : llvm::enumerate(values)) {
    auto place = static_cast<int32_t>(position);
    Value address = LLVM::GEPOp::create(b, pointerType(b), b.getI64Type(), memory, ArrayRef<LLVM::GEPArg>{place});
    LLVM::StoreOp::create(b, value ? asI64(b, value) : zero, address);
  }
  return memory;
}

// An array of ricci_index.
Value describeIndices(ImplicitLocOpBuilder &b, ArrayRef<ContractionDim> dims) {
  static_assert(sizeof(ricci_index) == 4 * sizeof(int64_t));
  SmallVector<Value> values;
  for (const ContractionDim &dim : dims)
    values.append({dim.size, dim.stride.a, dim.stride.b, dim.stride.c});
  return describe(b, values);
}

// The product of two matrices, one of whose indices has neighbours in C, which are the columns.
struct Matrices {
  Value a, b;
  SmallVector<Value> numbers; // of ricci_matrices
};

std::optional<Matrices> matricesOf(const Contraction &contraction) {
  const ContractionDim *row = nullptr, *column = nullptr, *sum = nullptr;
  for (const ContractionDim &dim : contraction.dims) {
    const auto &[a, b, c] = dim.stride;
    const ContractionDim *&role = !c ? sum : !b ? row : column;
    if (role || (a ? 1 : 0) + (b ? 1 : 0) + (c ? 1 : 0) != 2)
      return std::nullopt;
    role = &dim;
  }
  if (!row || !column || !sum)
    return std::nullopt;
  const auto &[aRow, none, cRow] = row->stride;
  const auto &[absent, bColumn, cColumn] = column->stride;
  const auto &[aStep, bStep, summed] = sum->stride;
  static_assert(sizeof(ricci_matrices) == 8 * sizeof(int64_t));
  if (matchPattern(cColumn, m_One()))
    return Matrices{
        contraction.a, contraction.b, {row->size, column->size, sum->size, aRow, aStep, bColumn, bStep, cRow}};
  if (matchPattern(cRow, m_One()))
    return Matrices{
        contraction.b, contraction.a, {column->size, row->size, sum->size, bColumn, bStep, aRow, aStep, cColumn}};
  return std::nullopt;
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

Value accumulateOf(ImplicitLocOpBuilder &b, Value adds) {
  if (!adds)
    return arith::ConstantIntOp::create(b, 0, 32);
  return arith::ExtUIOp::create(b, b.getI32Type(), adds);
}

// The arguments of a contraction that are the same on one thread and on several; of the two functions that take them,
// the one that is meant gets a suffix.
std::pair<std::string, SmallVector<Value>> contractionCall(ImplicitLocOpBuilder &b, const Contraction &contraction,
                                                           Value adds) {
  Value dtype = dtypeOf(b, contraction), accumulate = accumulateOf(b, adds);
  if (std::optional<Matrices> matrices = matricesOf(contraction))
    return {"ricci_contract_matrices",
            {dtype, matrices->a, matrices->b, contraction.c, describe(b, matrices->numbers), accumulate}};
  Value rank = arith::ConstantIntOp::create(b, contraction.dims.size(), 64);
  return {"ricci_contract",
          {dtype, contraction.a, contraction.b, contraction.c, describeIndices(b, contraction.dims), rank, accumulate}};
}

} // namespace

void emitContraction(OpBuilder &builder, Location loc, const Contraction &contraction, Value context, Value adds) {
  ImplicitLocOpBuilder b(loc, builder);
  auto [name, arguments] = contractionCall(b, contraction, adds);
  arguments.insert(arguments.begin(), context);
  callRuntime(b, name, LLVM::LLVMVoidType::get(b.getContext()), arguments);
}

void emitContractionAlone(OpBuilder &builder, Location loc, const Contraction &contraction, Value workspace,
                          Value adds) {
  ImplicitLocOpBuilder b(loc, builder);
  auto [name, arguments] = contractionCall(b, contraction, adds);
  arguments.push_back(workspace);
  callRuntime(b, name + "_alone", LLVM::LLVMVoidType::get(b.getContext()), arguments);
}

Value emitContractionWorkspace(OpBuilder &builder, Location loc, const Contraction &contraction) {
  ImplicitLocOpBuilder b(loc, builder);
  Value rank = arith::ConstantIntOp::create(b, contraction.dims.size(), 64);
  Value arguments[] = {dtypeOf(b, contraction), describeIndices(b, contraction.dims), rank};
  Value bytes = callRuntime(b, "ricci_contract_workspace", b.getI64Type(), arguments).getResult();
  return arith::IndexCastOp::create(b, b.getIndexType(), bytes);
}

} // namespace ricci::lower
