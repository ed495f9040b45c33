// What is known while a function is lowered: where each array lives, what each size is, and how to get and give back
// memory. A scalar lives in a register; an array in contiguous row-major memory at a pointer.
#pragma once

#include "Emit.h"
#include "Lower.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/DenseMap.h"

namespace ricci::lower {

struct Storage {
  mlir::Type element;
  llvm::SmallVector<mlir::Value> sizes; // index values, one an axis
  mlir::Value scalar;                   // rank 0: the element
  mlir::Value pointer;                  // otherwise: the first element's address
  unsigned outer = 0;                   // leading subscripts that do not count: one row, reused for each
  bool isFresh = false;                 // allocated for what is being computed: holds nothing that is read
};

class Environment {
public:
  Environment(mlir::ModuleOp module, mlir::OpBuilder builder, mlir::Value context, const LowerOptions &options)
      : module(module), builder(builder), context(context), target(targetOf(options)), options(options) {}

  mlir::ModuleOp module;
  mlir::OpBuilder builder;
  mlir::Value context; // the ricci_context
  const VectorTarget &target;
  LowerOptions options;

  Emit at(mlir::Location loc) { return {builder, loc}; }

  const Storage *find(mlir::Value tensor) const;
  void define(mlir::Value tensor, Storage storage) { storages[tensor] = std::move(storage); }
  void define(mlir::Value index, mlir::Value lowered) { indices[index] = lowered; }
  void forget(mlir::Value tensor) { storages.erase(tensor); }
  mlir::Value indexOf(mlir::Value index) const { return indices.at(index); }

  // Sizes of a tensor, in memory or not: constants where the type tells them.
  llvm::SmallVector<mlir::Value> sizesOf(mlir::Value tensor);

  // Memory for an array of these sizes.
  // For result number `result` of the function the host may have memory.
  Storage allocate(mlir::Location loc, mlir::Type element, llvm::SmallVector<mlir::Value> sizes,
                   std::optional<int64_t> result = std::nullopt);
  void free(mlir::Location loc, mlir::Value pointer);
  mlir::Value byteCount(mlir::Location loc, const Storage &storage);
  // `byteCount`, or more than there can be where the sizes multiply past an integer.
  mlir::Value allocationSize(mlir::Location loc, const Storage &storage);
  void copy(mlir::Location loc, mlir::Value to, mlir::Value from, mlir::Value bytes);
  // A new array with the same elements.
  Storage clone(mlir::Location loc, const Storage &storage);
  void clear(mlir::Location loc, const Storage &storage); // all elements 0

  // Addresses of static data: a NUL-terminated string, an array of constants, 64 zero bytes.
  mlir::Value text(mlir::Location loc, llvm::StringRef text);
  mlir::Value constants(mlir::Location loc, mlir::DenseElementsAttr elements);
  mlir::Value zeros(mlir::Location loc);
  // Memory in the frame of the entry.
  mlir::Value stackSlots(mlir::Location loc, mlir::Type type, int64_t count);

  // Calls a C function of the runtime.
  mlir::Value call(mlir::Location loc, llvm::StringRef name, mlir::Type result, mlir::ValueRange arguments);

private:
  mlir::Value addressOf(mlir::Location loc, llvm::StringRef symbol);
  mlir::Value sizeOf(mlir::Value tensor, unsigned axis);
  mlir::Value dynamicSize(mlir::Value tensor, unsigned axis);

  llvm::DenseMap<mlir::Value, Storage> storages;
  llvm::DenseMap<mlir::Value, mlir::Value> indices;
  unsigned globals = 0;
};

// "file:line:column" of the source place that an operation came from.
std::string describe(mlir::Location loc);

} // namespace ricci::lower
