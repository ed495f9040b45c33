// Short names for the operations that lowering emits: index arithmetic that folds constants as it goes, and loads
// and stores of scalars and vectors at flat addresses. Booleans are bytes in memory and i1 in registers.
#pragma once

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

namespace ricci::lower {

struct Emit {
  mlir::OpBuilder &builder;
  mlir::Location loc;

  // Index arithmetic.
  mlir::Value index(int64_t number) const;
  mlir::Value add(mlir::Value x, mlir::Value y) const;
  mlir::Value sub(mlir::Value x, mlir::Value y) const;
  mlir::Value mul(mlir::Value x, mlir::Value y) const;
  mlir::Value floorDiv(mlir::Value x, mlir::Value y) const; // y > 0
  mlir::Value floorMod(mlir::Value x, mlir::Value y) const; // y > 0
  mlir::Value min(mlir::Value x, mlir::Value y) const;
  mlir::Value max(mlir::Value x, mlir::Value y) const;
  mlir::Value product(mlir::ValueRange factors) const;

  // 0 of a type, or `number` in it; splat for a vector.
  mlir::Value constant(mlir::Type type, double number) const;
  mlir::Value constant(mlir::TypedAttr value) const;
  mlir::Value broadcast(mlir::Value scalar, unsigned lanes) const;
  // 0, 1, 2, … as a vector of an integer type.
  mlir::Value lanesFromZero(mlir::Type integer, unsigned lanes) const;
  // A mask of the first `count` lanes, of all if there are not so many.
  mlir::Value firstLanes(mlir::Value count, unsigned lanes) const;
  mlir::Value reversed(mlir::Value vector) const; // lanes in reverse order; null stays null
  mlir::Value toI64(mlir::Value index) const; // scalar or vector
  mlir::Value toIndex(mlir::Value i64) const;

  // What runs where a condition holds, and what runs where it does not; one of them alone where that is known.
  void either(mlir::Value condition, llvm::function_ref<void()> yes, llvm::function_ref<void()> no) const;

  // Memory.
  mlir::Value address(mlir::Value pointer, mlir::Value offset, mlir::Type element) const; // offset in elements
  mlir::Value loadScalar(mlir::Value address, mlir::Type element) const;
  void storeScalar(mlir::Value value, mlir::Value address) const;
  // `lanes` elements from `address` on; where `mask` (may be null) does not hold nothing is read and 0 given.
  mlir::Value loadVector(mlir::Value address, mlir::Type element, unsigned lanes, mlir::Value mask) const;
  void storeVector(mlir::Value vector, mlir::Value address, mlir::Value mask) const;
  // The same past the caches; the address is a multiple of the vector's size.
  void streamVector(mlir::Value vector, mlir::Value address) const;
  // What was streamed before is there for other threads' eyes after.
  void fence() const;
  // Brings the line of an address, which need not exist, into the caches.
  void prefetch(mlir::Value address, bool intoFirstLevel = true) const;
  // The same at a vector of offsets in elements.
  mlir::Value gather(mlir::Value pointer, mlir::Value offsets, mlir::Type element, mlir::Value mask) const;
  void scatter(mlir::Value vector, mlir::Value pointer, mlir::Value offsets, mlir::Value mask) const;
};

// What an element is in memory (i8 for i1), and how many bytes it takes.
mlir::Type memoryType(mlir::Type element);
int64_t byteSize(mlir::Type element);
std::optional<int64_t> constantIndex(mlir::Value value);

} // namespace ricci::lower
