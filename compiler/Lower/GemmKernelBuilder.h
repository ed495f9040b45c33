// What the contraction kernels are written with, in GemmKernels.cpp, TileKernels.cpp, VectorKernels.cpp and
// StreamKernels.cpp: elementwise arithmetic on one vector type, loads and stores at element offsets.
#pragma once

#include "GemmKernels.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace ricci::lower {

using namespace mlir;

class KernelBuilder {
public:
  KernelBuilder(ModuleOp module, Type element, const VectorTarget &target)
      : b(module.getLoc(), OpBuilder::atBlockEnd(module.getBody())), module(module), element(element),
        lanes(target.lanes(element)), hasFma(target.hasFma), vector(target.vector(element)),
        pointer(LLVM::LLVMPointerType::get(module.getContext())), index(b.getI64Type()),
        suffix(("_" + std::string(element.isF32() ? "f32" : "f64") + "_" + target.name).str()) {}

  // Opens a function of the given arguments, ends it with a return, and leaves the builder inside.
  Block *openFunction(const Twine &name, ArrayRef<Type> arguments, LLVM::Linkage linkage) {
    b.setInsertionPointToEnd(module.getBody());
    auto type = LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(b.getContext()), arguments);
    auto function = LLVM::LLVMFuncOp::create(b, (name + suffix).str(), type, linkage);
    Block *body = function.addEntryBlock(b);
    b.setInsertionPointToEnd(body);
    LLVM::ReturnOp::create(b, ValueRange());
    b.setInsertionPointToStart(body);
    return body;
  }

  Value constant(int64_t value) { return arith::ConstantIntOp::create(b, value, 64); }
  Value add(Value x, Value y) { return arith::AddIOp::create(b, x, y); }
  Value mul(Value x, Value y) { return arith::MulIOp::create(b, x, y); }
  Value sub(Value x, Value y) { return arith::SubIOp::create(b, x, y); }
  Value least(Value x, Value y) { return arith::MinSIOp::create(b, x, y); }
  Value loadInteger(Value base, Value position) {
    Value address = LLVM::GEPOp::create(b, pointer, index, base, ValueRange{position});
    return LLVM::LoadOp::create(b, index, address);
  }
  Value at(Value base, Value offset) { return LLVM::GEPOp::create(b, pointer, element, base, ValueRange{offset}); }
  Value at(Value base, int64_t offset) {
    return LLVM::GEPOp::create(b, pointer, element, base, ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(offset)});
  }
  Value atByte(Value base, Value offset) {
    return LLVM::GEPOp::create(b, pointer, b.getI8Type(), base, ValueRange{offset});
  }
  // The same address in a register of its own: what it is made of does not become part of an instruction's.
  Value opaque(Value address) {
    return LLVM::InlineAsmOp::create(b, pointer, address, /*asm_string=*/"", "=r,0", /*has_side_effects=*/false,
                                     /*is_align_stack=*/false, LLVM::tailcallkind::TailCallKind::None,
                                     LLVM::AsmDialectAttr(), ArrayAttr())
        .getRes();
  }

  Value zero() { return arith::ConstantOp::create(b, vector, b.getZeroAttr(vector)); }
  Value splat(Value address) {
    Value scalar = LLVM::LoadOp::create(b, element, address);
    return vector::BroadcastOp::create(b, vector, scalar);
  }
  // A null mask stands for a whole vector.
  Value load(Value address, Value mask = {}) {
    if (!mask)
      return LLVM::LoadOp::create(b, vector, address, bytes());
    return LLVM::MaskedLoadOp::create(b, vector, address, mask, zero(), bytes());
  }
  void store(Value value, Value address, Value mask = {}) {
    if (!mask)
      LLVM::StoreOp::create(b, value, address, bytes());
    else
      LLVM::MaskedStoreOp::create(b, value, address, mask, bytes());
  }
  // Past the caches; the address is a multiple of the vector's size.
  void storeStreamed(Value value, Value address) {
    LLVM::StoreOp::create(b, value, address, bytes() * static_cast<unsigned>(lanes), /*isVolatile=*/false,
                          /*isNonTemporal=*/true);
  }
  // Asks the second-level cache for the line of an address, which need not be one of ours. The first-level one has room
  // for few lines in flight: with that `deca,be->abcd` took 1.25 times as long.
  void prefetch(Value address, bool intoFirstLevel = false) {
    LLVM::Prefetch::create(b, address, /*rw=*/0, /*hint=*/intoFirstLevel ? 3 : 2, /*cache=*/1);
  }
  // x * y + z
  Value fma(Value x, Value y, Value z) {
    if (hasFma)
      return vector::FMAOp::create(b, x, y, z);
    return arith::AddFOp::create(b, arith::MulFOp::create(b, x, y), z);
  }
  // Lanes below `count`.
  Value maskBelow(Value count) {
    Value width = arith::IndexCastOp::create(b, b.getIndexType(), count);
    return vector::CreateMaskOp::create(b, VectorType::get({lanes}, b.getI1Type()), ValueRange{width});
  }
  // The sum of all lanes; their order is free.
  Value sumLanes(Value x) {
    return vector::ReductionOp::create(b, vector::CombiningKind::ADD, x, arith::FastMathFlags::reassoc);
  }

  using LoopBody = llvm::function_ref<SmallVector<Value>(Value iv, ValueRange carried)>;
  // for (iv = first; iv < last; iv += step), with carried values.
  SmallVector<Value> loop(Value first, Value last, int64_t step, ValueRange initial, LoopBody body) {
    return loop(first, last, constant(step), initial, body);
  }
  SmallVector<Value> loop(Value first, Value last, Value step, ValueRange initial, LoopBody body) {
    auto loop = scf::ForOp::create(b, first, last, step, initial);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    SmallVector<Value> next = body(loop.getInductionVar(), loop.getRegionIterArgs());
    if (!initial.empty())
      scf::YieldOp::create(b, next);
    return loop.getResults();
  }
  // The values of one of two branches.
  SmallVector<Value> choose(Value condition, TypeRange types, llvm::function_ref<SmallVector<Value>()> then,
                            llvm::function_ref<SmallVector<Value>()> otherwise) {
    auto branch = scf::IfOp::create(b, types, condition, /*withElseRegion=*/true);
    OpBuilder::InsertionGuard guard(b);
    for (auto [region, values] : {std::pair(branch.thenBlock(), then), std::pair(branch.elseBlock(), otherwise)}) {
      b.setInsertionPointToStart(region);
      SmallVector<Value> results = values();
      if (!types.empty())
        scf::YieldOp::create(b, results);
    }
    return branch.getResults();
  }
  Value isTrue(Value flag) { return arith::CmpIOp::create(b, arith::CmpIPredicate::ne, flag, constant(0)); }
  // The largest multiple of `step` (a power of two) that is at most x.
  Value roundDown(Value x, int64_t step) { return arith::AndIOp::create(b, x, constant(-step)); }

  unsigned bytes() const { return element.getIntOrFloatBitWidth() / 8; }

  ImplicitLocOpBuilder b;
  ModuleOp module;
  Type element;
  int64_t lanes;
  bool hasFma;
  VectorType vector;
  Type pointer, index;
  std::string suffix;
};

// C[r, j] (+)= the sums of a tile, by rows of so many vectors. The last vector of a row begins at column `lastVector`,
// `mask`, unless null, says which of its lanes there are.
void storeTile(KernelBuilder &k, Value c, Value cRow, ValueRange sums, unsigned vectors, Value lastVector, Value mask,
               Value accumulate);

// A table of function pointers to internal functions; null for an empty name.
void emitKernelTable(KernelBuilder &k, StringRef name, ArrayRef<std::string> functions);

// The tiles as a table of function pointers: by vectors, then rows; then the narrow ones by rows. Of each width there
// are as many entries as a tile has rows at most, null for what does not fit the registers. (TileKernels.cpp)
void emitTiles(KernelBuilder &k, const VectorTarget &target);

// What is in VectorKernels.cpp.
void emitDots(KernelBuilder &k, bool ahead);
void emitAxpys(KernelBuilder &k, bool ahead);
void emitColumnSums(KernelBuilder &k);
void emitDotsAndSums(KernelBuilder &k, const VectorTarget &target);

// What is in StreamKernels.cpp.
void emitPackedTileTables(KernelBuilder &k, const VectorTarget &target);
void emitGatherColumns(KernelBuilder &k);
void emitTurn(KernelBuilder &k);
void emitCopyRows(KernelBuilder &k);
void emitPackColumns(KernelBuilder &k);
void emitPackPanels(KernelBuilder &k);

} // namespace ricci::lower
