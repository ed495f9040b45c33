// The ricci dialect: its operations, enums and interfaces.
#pragma once

#include "dialects/Equation.h"
#include "dialects/Scalar.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include <memory>
#include <optional>

namespace ricci {
class DecisionLog;
// The same shape over another element type.
mlir::Type withElement(mlir::Type tensor, mlir::Type element);
} // namespace ricci

#include "dialects/RicciDialect.h.inc"
#include "dialects/RicciEnums.h.inc"
#include "dialects/RicciInterfaces.h.inc"

#define GET_OP_CLASSES
#include "dialects/RicciElementwise.h.inc"
#define GET_OP_CLASSES
#include "dialects/RicciOps.h.inc"

namespace ricci {
// The number that a tensor holds everywhere, if its definition (ricci.fill, a splat ricci.constant) tells it.
std::optional<Scalar> uniformValue(mlir::Value tensor);
bool isUniform(mlir::Value tensor, double number);

// Where the size of an axis comes from: an index value, axis `number` of the tensor `value`, or, without a value, the
// constant `number`. Two sizes with the same origin are equal.
struct SizeOrigin {
  mlir::Value value;
  int64_t number;
  bool operator==(const SizeOrigin &) const = default;
};
SizeOrigin sizeOrigin(mlir::Value tensor, int64_t axis);

// An operation as a program writes it, for errors: "`*`", "`log`", "`max`".
std::string spelling(llvm::StringRef mnemonic);
std::string spelling(mlir::Operation *op);
} // namespace ricci
