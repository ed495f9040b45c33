// Arrays at the boundary: ricci_array (runtime/Abi.h) read and written by compiled code.
#pragma once

#include "Environment.h"

#include "runtime/Abi.h"

namespace ricci::lower {

// ricci_dtype of an element type.
int32_t dtypeNumber(mlir::Type element);

// ricci_array as a struct of the LLVM dialect.
mlir::Type descriptorType(mlir::MLIRContext *context);

// The array that descriptor `number` of `descriptors` holds, which has the type `type`.
Storage readDescriptor(Environment &env, mlir::Location loc, mlir::Value descriptors, unsigned number,
                       mlir::RankedTensorType type);
// Fills descriptor `number`. `data` is where the elements lie.
void writeDescriptor(Environment &env, mlir::Location loc, mlir::Value descriptors, unsigned number,
                     const Storage &array, mlir::Value data);

} // namespace ricci::lower
