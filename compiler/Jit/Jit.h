// LLVM dialect to object code, and object code to functions of this process; without LLVM's optimisation pipeline (it
// costs more than it gives here). Object code may be kept: loading it needs neither MLIR nor LLVM's code generator.
#pragma once

#include "compiler/Jit/Machine.h"
#include "runtime/Abi.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Error.h"

#include <memory>
#include <optional>
#include <string>

namespace llvm {
class Module;
}

namespace ricci {

// Fails where there is no code generator for the machine or no such processor.
llvm::Expected<VectorUnit> vectorUnitOf(const Machine &);

// What an entry's symbol ends in behind the function's name, and those of the functions cut out of it go on from: no function
// of C is called so.
inline constexpr llvm::StringLiteral entrySuffix = ".entry";

// Keeps the code alive. Thread-safe.
class JitCode {
public:
  virtual ~JitCode() = default;
  virtual llvm::Expected<ricci_entry> lookup(llvm::StringRef name) const = 0;
};

// A relocatable object file.
llvm::Expected<std::string> compileObject(mlir::ModuleOp, const Machine & = {});
llvm::Expected<std::string> compileObject(llvm::Module &, const Machine & = {});
// Links the object file's code into this process, against the runtime and the C library. With a folder, GDB and perf are told
// of it: GDB by its interface for code that is made at run time, perf by a file there (PerfDump.h).
llvm::Expected<std::unique_ptr<JitCode>> loadObject(llvm::StringRef object, const std::optional<std::string> &debugFolder = {});
// Both.
llvm::Expected<std::unique_ptr<JitCode>> jit(mlir::ModuleOp);

// The same code as text, for inspection.
llvm::Expected<std::string> llvmIr(mlir::ModuleOp);
// Annotated: with comments on loops and spills, the frames' sizes, and line numbers.
enum class AssemblyText { Plain, Annotated };
llvm::Expected<std::string> assembly(mlir::ModuleOp, AssemblyText text = AssemblyText::Plain);

} // namespace ricci
