#include "Descriptor.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace ricci::lower {

using namespace mlir;

namespace {

enum Field { Data, Sizes, Rank, DType };

Value fieldAddress(const Emit &emit, Value descriptors, unsigned number, Field field, unsigned axis = 0) {
  Type type = descriptorType(emit.builder.getContext());
  SmallVector<LLVM::GEPArg> path{static_cast<int32_t>(number), static_cast<int32_t>(field)};
  if (field == Sizes)
    path.push_back(static_cast<int32_t>(axis));
  return LLVM::GEPOp::create(emit.builder, emit.loc, descriptors.getType(), type, descriptors, path);
}

} // namespace

int32_t dtypeNumber(Type element) {
  if (element.isF64())
    return RICCI_F64;
  if (element.isF32())
    return RICCI_F32;
  switch (element.getIntOrFloatBitWidth()) {
  case 1: return RICCI_BOOL;
  case 32: return RICCI_I32;
  default: return RICCI_I64;
  }
}

Type descriptorType(MLIRContext *context) {
  Type i64 = IntegerType::get(context, 64), i32 = IntegerType::get(context, 32);
  return LLVM::LLVMStructType::getLiteral(
      context, {LLVM::LLVMPointerType::get(context), LLVM::LLVMArrayType::get(i64, RICCI_MAX_RANK), i32, i32});
}

Storage readDescriptor(Environment &env, Location loc, Value descriptors, unsigned number, RankedTensorType type) {
  Emit emit = env.at(loc);
  Type i64 = env.builder.getI64Type();
  Storage array{type.getElementType(), {}, {}, {}};
  Value data = LLVM::LoadOp::create(env.builder, loc, descriptors.getType(), fieldAddress(emit, descriptors, number, Data));
  for (auto [axis, size] : llvm::enumerate(type.getShape()))
    array.sizes.push_back(ShapedType::isDynamic(size)
                              ? emit.toIndex(emit.loadScalar(fieldAddress(emit, descriptors, number, Sizes, axis), i64))
                              : emit.index(size));
  if (type.getRank() == 0)
    array.scalar = emit.loadScalar(data, array.element);
  else
    array.pointer = data;
  return array;
}

void writeDescriptor(Environment &env, Location loc, Value descriptors, unsigned number, const Storage &array, Value data) {
  Emit emit = env.at(loc);
  Type i32 = env.builder.getI32Type();
  emit.storeScalar(data, fieldAddress(emit, descriptors, number, Data));
  for (auto [axis, size] : llvm::enumerate(array.sizes))
    emit.storeScalar(emit.toI64(size), fieldAddress(emit, descriptors, number, Sizes, axis));
  emit.storeScalar(emit.constant(i32, array.sizes.size()), fieldAddress(emit, descriptors, number, Rank));
  emit.storeScalar(emit.constant(i32, dtypeNumber(array.element)), fieldAddress(emit, descriptors, number, DType));
}

} // namespace ricci::lower
