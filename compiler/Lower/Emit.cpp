#include "Emit.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/Matchers.h"

namespace ricci::lower {

using namespace mlir;

Type memoryType(Type element) { return element.isInteger(1) ? IntegerType::get(element.getContext(), 8) : element; }

int64_t byteSize(Type element) { return memoryType(element).getIntOrFloatBitWidth() / 8; }

std::optional<int64_t> constantIndex(Value value) {
  IntegerAttr attr;
  if (value && matchPattern(value, m_Constant(&attr)))
    return attr.getInt();
  return std::nullopt;
}

void Emit::either(Value condition, llvm::function_ref<void()> yes, llvm::function_ref<void()> no) const {
  if (std::optional<int64_t> known = constantIndex(condition))
    return *known ? yes() : no();
  auto branch = scf::IfOp::create(builder, loc, condition, /*withElseRegion=*/true);
  OpBuilder::InsertionGuard restore(builder);
  builder.setInsertionPointToStart(branch.thenBlock());
  yes();
  builder.setInsertionPointToStart(branch.elseBlock());
  no();
}

// ---------------------------------------------------------------- index arithmetic

Value Emit::index(int64_t number) const { return arith::ConstantIndexOp::create(builder, loc, number); }

Value Emit::add(Value x, Value y) const { return builder.createOrFold<arith::AddIOp>(loc, x, y); }
Value Emit::sub(Value x, Value y) const { return builder.createOrFold<arith::SubIOp>(loc, x, y); }
Value Emit::mul(Value x, Value y) const {
  std::optional<int64_t> left = constantIndex(x);
  if (left == 1)
    return y;
  return builder.createOrFold<arith::MulIOp>(loc, x, y);
}
Value Emit::min(Value x, Value y) const { return builder.createOrFold<arith::MinSIOp>(loc, x, y); }
Value Emit::max(Value x, Value y) const { return builder.createOrFold<arith::MaxSIOp>(loc, x, y); }

// floor(x / y): C's quotient, one less where the remainder is negative.
Value Emit::floorDiv(Value x, Value y) const {
  if (constantIndex(y) == 1)
    return x;
  Value quotient = builder.createOrFold<arith::DivSIOp>(loc, x, y);
  Value remainder = sub(x, builder.createOrFold<arith::MulIOp>(loc, quotient, y));
  Value zero = constant(x.getType(), 0);
  Value negative = builder.createOrFold<arith::CmpIOp>(loc, arith::CmpIPredicate::slt, remainder, zero);
  Value lower = sub(quotient, constant(x.getType(), 1));
  return builder.createOrFold<arith::SelectOp>(loc, negative, lower, quotient);
}

Value Emit::floorMod(Value x, Value y) const {
  if (std::optional<int64_t> number = constantIndex(y); number && llvm::isPowerOf2_64(*number))
    return builder.createOrFold<arith::AndIOp>(loc, x, constant(x.getType(), *number - 1));
  Value remainder = builder.createOrFold<arith::RemSIOp>(loc, x, y);
  Value zero = constant(x.getType(), 0);
  Value negative = builder.createOrFold<arith::CmpIOp>(loc, arith::CmpIPredicate::slt, remainder, zero);
  return builder.createOrFold<arith::SelectOp>(loc, negative, add(remainder, y), remainder);
}

Value Emit::product(ValueRange factors) const {
  Value result;
  for (Value factor : factors)
    result = result ? mul(result, factor) : factor;
  return result ? result : index(1);
}

// ---------------------------------------------------------------- constants and vectors

Value Emit::constant(TypedAttr value) const { return arith::ConstantOp::create(builder, loc, value); }

Value Emit::constant(Type type, double number) const {
  Type element = getElementTypeOrSelf(type);
  TypedAttr attr = isa<FloatType>(element) ? TypedAttr(builder.getFloatAttr(element, number))
                                           : builder.getIntegerAttr(element, static_cast<int64_t>(number));
  if (auto vector = dyn_cast<VectorType>(type))
    attr = DenseElementsAttr::get(vector, Attribute(attr));
  return constant(attr);
}

Value Emit::broadcast(Value scalar, unsigned lanes) const {
  if (isa<VectorType>(scalar.getType()))
    return scalar;
  return builder.createOrFold<vector::BroadcastOp>(loc, VectorType::get(lanes, scalar.getType()), scalar);
}

Value Emit::lanesFromZero(Type integer, unsigned lanes) const {
  SmallVector<Attribute> numbers;
  for (unsigned lane = 0; lane < lanes; ++lane)
    numbers.push_back(builder.getIntegerAttr(integer, lane));
  return constant(DenseElementsAttr::get(VectorType::get(lanes, integer), numbers));
}

Value Emit::firstLanes(Value count, unsigned lanes) const {
  Type i32 = builder.getI32Type();
  Value narrow = arith::IndexCastOp::create(builder, loc, i32, min(count, index(lanes)));
  return arith::CmpIOp::create(builder, loc, arith::CmpIPredicate::slt, lanesFromZero(i32, lanes),
                               broadcast(narrow, lanes));
}

Value Emit::reversed(Value vector) const {
  if (!vector)
    return vector;
  SmallVector<int64_t> order(llvm::reverse(llvm::seq<int64_t>(0, cast<VectorType>(vector.getType()).getNumElements())));
  return vector::ShuffleOp::create(builder, loc, vector, vector, order);
}

Value Emit::toI64(Value value) const {
  Type i64 = builder.getI64Type();
  if (getElementTypeOrSelf(value) == i64)
    return value;
  if (auto vector = dyn_cast<VectorType>(value.getType()))
    i64 = vector.clone(i64);
  return builder.createOrFold<arith::IndexCastOp>(loc, i64, value);
}

Value Emit::toIndex(Value value) const {
  Type index = builder.getIndexType();
  if (getElementTypeOrSelf(value) == index)
    return value;
  if (auto vector = dyn_cast<VectorType>(value.getType()))
    index = vector.clone(index);
  return builder.createOrFold<arith::IndexCastOp>(loc, index, value);
}

// ---------------------------------------------------------------- memory

Value Emit::address(Value pointer, Value offset, Type element) const {
  if (constantIndex(offset) == 0)
    return pointer;
  Type type = pointer.getType();
  if (auto vector = dyn_cast<VectorType>(offset.getType()))
    type = vector.clone(type);
  return LLVM::GEPOp::create(builder, loc, type, memoryType(element), pointer, ArrayRef<LLVM::GEPArg>{toI64(offset)});
}

namespace {

// i1 from a byte that is 0 or 1.
Value fromMemory(const Emit &emit, Value value, Type element) {
  if (!element.isInteger(1))
    return value;
  Value zero = emit.constant(value.getType(), 0);
  return arith::CmpIOp::create(emit.builder, emit.loc, arith::CmpIPredicate::ne, value, zero);
}

Value toMemory(const Emit &emit, Value value) {
  if (!getElementTypeOrSelf(value).isInteger(1))
    return value;
  Type bytes = emit.builder.getI8Type();
  if (auto vector = dyn_cast<VectorType>(value.getType()))
    bytes = vector.clone(bytes);
  return arith::ExtUIOp::create(emit.builder, emit.loc, bytes, value);
}

} // namespace

Value Emit::loadScalar(Value address, Type element) const {
  return fromMemory(*this, LLVM::LoadOp::create(builder, loc, memoryType(element), address), element);
}

void Emit::storeScalar(Value value, Value address) const {
  LLVM::StoreOp::create(builder, loc, toMemory(*this, value), address);
}

Value Emit::loadVector(Value address, Type element, unsigned lanes, Value mask) const {
  auto type = VectorType::get(lanes, memoryType(element));
  const unsigned alignment = byteSize(element);
  Value loaded;
  if (mask)
    loaded = LLVM::MaskedLoadOp::create(builder, loc, type, address, mask, constant(type, 0), alignment);
  else
    loaded = LLVM::LoadOp::create(builder, loc, type, address, alignment);
  return fromMemory(*this, loaded, element);
}

void Emit::storeVector(Value vector, Value address, Value mask) const {
  const unsigned alignment = byteSize(getElementTypeOrSelf(vector));
  Value value = toMemory(*this, vector);
  if (mask)
    LLVM::MaskedStoreOp::create(builder, loc, value, address, mask, alignment);
  else
    LLVM::StoreOp::create(builder, loc, value, address, alignment);
}

void Emit::streamVector(Value vector, Value address) const {
  auto type = cast<VectorType>(vector.getType());
  const unsigned alignment = type.getNumElements() * byteSize(type.getElementType());
  LLVM::StoreOp::create(builder, loc, toMemory(*this, vector), address, alignment, /*isVolatile=*/false,
                        /*isNonTemporal=*/true);
}

void Emit::fence() const { LLVM::FenceOp::create(builder, loc, LLVM::AtomicOrdering::seq_cst); }

void Emit::prefetch(Value address, bool intoFirstLevel) const {
  constexpr unsigned read = 0, everyLevel = 3, fromSecond = 2, data = 1;
  LLVM::Prefetch::create(builder, loc, address, read, intoFirstLevel ? everyLevel : fromSecond, data);
}

Value Emit::gather(Value pointer, Value offsets, Type element, Value mask) const {
  const unsigned lanes = cast<VectorType>(offsets.getType()).getNumElements();
  auto type = VectorType::get(lanes, memoryType(element));
  if (!mask)
    mask = constant(VectorType::get(lanes, builder.getI1Type()), 1);
  Value addresses = address(pointer, offsets, element);
  Value loaded = LLVM::masked_gather::create(builder, loc, type, addresses, mask, ValueRange{constant(type, 0)},
                                             builder.getI32IntegerAttr(byteSize(element)));
  return fromMemory(*this, loaded, element);
}

void Emit::scatter(Value vector, Value pointer, Value offsets, Value mask) const {
  Type element = getElementTypeOrSelf(vector);
  const unsigned lanes = cast<VectorType>(offsets.getType()).getNumElements();
  if (!mask)
    mask = constant(VectorType::get(lanes, builder.getI1Type()), 1);
  LLVM::masked_scatter::create(builder, loc, toMemory(*this, vector), address(pointer, offsets, element), mask,
                               builder.getI32IntegerAttr(byteSize(element)));
}

} // namespace ricci::lower
