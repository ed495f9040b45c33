// LLVM dialect to callable code through LLJIT, without LLVM's optimisation pipeline (it costs more than it gives here).
#pragma once

#include "runtime/Abi.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"

#include <memory>
#include <string>

namespace ricci {

// Keeps the code alive. Thread-safe.
class JitCode {
public:
  virtual ~JitCode() = default;
  // The entry of that name, compiled at the first look-up.
  virtual llvm::Expected<ricci_entry> lookup(llvm::StringRef name) const = 0;
};

llvm::Expected<std::unique_ptr<JitCode>> jit(mlir::ModuleOp);
// The same code as text, for inspection.
llvm::Expected<std::string> llvmIr(mlir::ModuleOp);
// Annotated: with comments on loops and spills, the frames' sizes, and line numbers.
enum class AssemblyText { Plain, Annotated };
llvm::Expected<std::string> assembly(mlir::ModuleOp, AssemblyText text = AssemblyText::Plain);

} // namespace ricci
