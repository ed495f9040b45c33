#include "Environment.h"

#include "dialects/Ricci.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "llvm/ADT/StringExtras.h"

#include <limits>

namespace ricci::lower {

using namespace mlir;

std::string describe(Location loc) {
  if (auto file = dyn_cast<FileLineColLoc>(loc))
    return (file.getFilename().strref() + ":" + Twine(file.getLine()) + ":" + Twine(file.getColumn())).str();
  std::string found;
  loc->walk([&](Location inner) {
    if (auto file = dyn_cast<FileLineColLoc>(inner)) {
      found = describe(file);
      return WalkResult::interrupt();
    }
    return WalkResult::advance();
  });
  return found;
}

// ---------------------------------------------------------------- sizes

const Storage *Environment::find(Value tensor) const {
  auto known = storages.find(tensor);
  return known == storages.end() ? nullptr : &known->second;
}

SmallVector<Value> Environment::sizesOf(Value tensor) {
  SmallVector<Value> sizes;
  for (unsigned axis = 0; axis < cast<RankedTensorType>(tensor.getType()).getRank(); ++axis)
    sizes.push_back(sizeOf(tensor, axis));
  return sizes;
}

Value Environment::sizeOf(Value tensor, unsigned axis) {
  // A row that stands for all has only its own.
  if (const Storage *storage = find(tensor); storage && storage->outer == 0)
    return storage->sizes[axis];
  const int64_t size = cast<RankedTensorType>(tensor.getType()).getDimSize(axis);
  return ShapedType::isDynamic(size) ? dynamicSize(tensor, axis) : at(tensor.getLoc()).index(size);
}

// Operations that make sizes of their own carry them as operands; the others take them over.
Value Environment::dynamicSize(Value tensor, unsigned axis) {
  Operation *op = tensor.getDefiningOp();
  auto type = cast<RankedTensorType>(tensor.getType());
  const unsigned dynamic = llvm::count_if(type.getShape().take_front(axis), ShapedType::isDynamic);
  auto given = [&](OperandRange dims) { return indexOf(dims[dynamic]); };
  if (auto einsum = dyn_cast<EinsumOp>(op))
    return given(einsum.getDims());
  if (auto fill = dyn_cast<FillOp>(op))
    return given(fill.getDims());
  if (auto iota = dyn_cast<IotaOp>(op))
    return given(iota.getDims());
  if (auto gather = dyn_cast<GatherOp>(op))
    return given(gather.getDims());
  if (auto scatter = dyn_cast<ScatterOp>(op))
    return given(scatter.getDims());
  if (auto reshape = dyn_cast<ReshapeOp>(op))
    return given(reshape.getDims());
  if (auto argsort = dyn_cast<ArgsortOp>(op))
    return given(argsort.getDims());
  if (auto reduce = dyn_cast<ReduceOp>(op)) {
    unsigned kept = axis;
    for (int64_t source = 0; source < reduce.getInput().getType().getRank(); ++source) {
      if (llvm::is_contained(reduce.getAxes(), source))
        continue;
      if (kept-- == 0)
        return sizeOf(reduce.getInput(), source);
    }
  }
  if (auto concat = dyn_cast<ConcatOp>(op)) {
    Value size;
    for (Value input : concat.getInputs()) {
      Value part = sizeOf(input, axis);
      if (axis != concat.getAxis())
        return part;
      size = size ? at(op->getLoc()).add(size, part) : part;
    }
    return size;
  }
  // Update, recurrence, stop_grad and the elementwise operations: as the first operand (all have its shape). A select's
  // condition has it too.
  return sizeOf(op->getOperand(0), axis);
}

// ---------------------------------------------------------------- memory

Value Environment::byteCount(Location loc, const Storage &storage) {
  Emit emit = at(loc);
  return emit.mul(emit.product(storage.sizes), emit.index(byteSize(storage.element)));
}

// A product that wraps around would give a small block for a large array. So where sizes are known at run time only it
// is taken in floating point too, and what is too large for an integer asks for more than there can be.
Value Environment::allocationSize(Location loc, const Storage &storage) {
  Value bytes = at(loc).toI64(byteCount(loc, storage));
  if (llvm::all_of(storage.sizes, [](Value size) { return constantIndex(size).has_value(); }))
    return bytes;
  Type f64 = builder.getF64Type();
  Value estimate = at(loc).constant(f64, byteSize(storage.element));
  for (Value size : storage.sizes)
    estimate = arith::MulFOp::create(builder, loc, estimate,
                                     arith::SIToFPOp::create(builder, loc, f64, at(loc).toI64(size)));
  Value fits = arith::CmpFOp::create(builder, loc, arith::CmpFPredicate::OLT, estimate, at(loc).constant(f64, 0x1p62));
  Value tooMuch = at(loc).constant(builder.getI64IntegerAttr(std::numeric_limits<int64_t>::max()));
  return arith::SelectOp::create(builder, loc, fits, bytes, tooMuch);
}

Storage Environment::allocate(Location loc, Type element, SmallVector<Value> sizes, std::optional<int64_t> result) {
  Storage storage{element, std::move(sizes), {}, {}};
  Value bytes = allocationSize(loc, storage);
  storage.isFresh = true;
  Type pointer = LLVM::LLVMPointerType::get(builder.getContext());
  storage.pointer = result ? call(loc, "ricci_result", pointer,
                                  {context, at(loc).constant(builder.getI64Type(), *result), bytes})
                           : call(loc, "ricci_alloc", pointer, {context, bytes});
  return storage;
}

void Environment::free(Location loc, Value pointer) { call(loc, "ricci_free", {}, {context, pointer}); }

void Environment::copy(Location loc, Value to, Value from, Value bytes) {
  LLVM::MemcpyOp::create(builder, loc, to, from, at(loc).toI64(bytes), /*isVolatile=*/false);
}

Storage Environment::clone(Location loc, const Storage &storage) {
  if (storage.scalar)
    return storage;
  Storage result = allocate(loc, storage.element, storage.sizes);
  copy(loc, result.pointer, storage.pointer, byteCount(loc, storage));
  return result;
}

void Environment::clear(Location loc, const Storage &storage) {
  Value zero = at(loc).constant(builder.getI8Type(), 0);
  LLVM::MemsetOp::create(builder, loc, storage.pointer, zero, at(loc).toI64(byteCount(loc, storage)), /*isVolatile=*/false);
}

Value Environment::stackSlots(Location loc, Type type, int64_t count) {
  // In the entry's first block, so that a loop does not take more at every turn.
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(context.getParentBlock());
  Value slots = arith::ConstantOp::create(builder, loc, builder.getI64IntegerAttr(count));
  return LLVM::AllocaOp::create(builder, loc, LLVM::LLVMPointerType::get(builder.getContext()), type, slots);
}

// ---------------------------------------------------------------- static data and calls

Value Environment::addressOf(Location loc, StringRef symbol) {
  return LLVM::AddressOfOp::create(builder, loc, LLVM::LLVMPointerType::get(builder.getContext()), symbol);
}

Value Environment::text(Location loc, StringRef text) {
  std::string name = "text" + std::to_string(globals++);
  OpBuilder top = OpBuilder::atBlockBegin(module.getBody());
  auto type = LLVM::LLVMArrayType::get(builder.getI8Type(), text.size() + 1);
  LLVM::GlobalOp::create(top, loc, type, /*isConstant=*/true, LLVM::Linkage::Private, name,
                         builder.getStringAttr(StringRef(text.str() + '\0')));
  return addressOf(loc, name);
}

Value Environment::constants(Location loc, DenseElementsAttr elements) {
  std::string name = "constants" + std::to_string(globals++);
  OpBuilder top = OpBuilder::atBlockBegin(module.getBody());
  Type element = memoryType(elements.getElementType());
  const int64_t count = elements.getNumElements();
  auto flat = RankedTensorType::get({count}, element);
  DenseElementsAttr data;
  if (element != elements.getElementType()) {
    SmallVector<int8_t> bytes;
    for (bool value : elements.getValues<bool>())
      bytes.push_back(value);
    data = DenseElementsAttr::get(flat, ArrayRef<int8_t>(bytes));
  } else {
    data = elements.reshape(flat);
  }
  LLVM::GlobalOp::create(top, loc, LLVM::LLVMArrayType::get(element, count), /*isConstant=*/true,
                         LLVM::Linkage::Private, name, data, /*alignment=*/64);
  return addressOf(loc, name);
}

Value Environment::zeros(Location loc) {
  constexpr StringLiteral name = "zeros";
  if (!module.lookupSymbol(name)) {
    OpBuilder top = OpBuilder::atBlockBegin(module.getBody());
    auto type = RankedTensorType::get({64}, builder.getI8Type());
    LLVM::GlobalOp::create(top, loc, LLVM::LLVMArrayType::get(builder.getI8Type(), 64), /*isConstant=*/true,
                           LLVM::Linkage::Private, name, DenseElementsAttr::get(type, int8_t(0)), /*alignment=*/64);
  }
  return addressOf(loc, name);
}

Value Environment::call(Location loc, StringRef name, Type result, ValueRange arguments) {
  auto function = module.lookupSymbol<LLVM::LLVMFuncOp>(name);
  if (!function) {
    OpBuilder top = OpBuilder::atBlockBegin(module.getBody());
    SmallVector<Type> types(arguments.getTypes());
    Type returned = result ? result : LLVM::LLVMVoidType::get(builder.getContext());
    function = LLVM::LLVMFuncOp::create(top, loc, name, LLVM::LLVMFunctionType::get(returned, types));
  }
  auto called = LLVM::CallOp::create(builder, loc, function, arguments);
  return result ? called.getResult() : Value();
}

} // namespace ricci::lower
