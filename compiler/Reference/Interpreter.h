// The meaning of the dialect, executed literally: a function of ricci operations (at any stage before Lower) on
// arrays. Written to be read, not to be fast.
#pragma once

#include "compiler/Reference/Rounding.h"
#include "runtime/Array.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

#include <functional>
#include <string>
#include <variant>
#include <vector>

namespace ricci {

struct InterpreterError { std::string code, message; mlir::Location location; };
using HostEffect = std::function<void(llvm::StringRef what, llvm::StringRef spec, llvm::ArrayRef<runtime::Array>)>;

std::variant<std::vector<runtime::Array>, InterpreterError>
interpret(mlir::func::FuncOp, llvm::ArrayRef<runtime::Array> arguments, const HostEffect &host, Noise noise = {});

} // namespace ricci
