// Where operations came from. Until kernels are formed an operation's location names places in the source and the rules of
// derivatives that made it. After that it has the line of the fused program too (dialects/Lines.h), so that what is lowered
// from it, down to an instruction, can be led back to one line there and through it to all that the line came from.
#pragma once

#include "compiler/Inspect/Report.h"

#include "mlir/IR/BuiltinOps.h"

namespace ricci::inspect {

// Resolves file names to numbers of sources.
using SourceIndex = std::map<std::string, unsigned, std::less<>>;

// Places in the sources and rules of a location; `line` and `kernel` stay.
LineOrigin originOf(mlir::Location location, const SourceIndex &sources);

// The module's text, where each of its lines came from, and where each operation stands in it.
struct Printed {
  std::string text;
  std::vector<LineOrigin> lines;
  llvm::DenseMap<mlir::Operation *, unsigned> lineOf;
};
Printed print(mlir::ModuleOp module, const SourceIndex &sources);

// What line numbers of machine code are of.
enum class DebugLines { Fused, Source };
// Gives the module, in LLVM's dialect, the debug information that leads its code to lines, and drops all else that its
// locations say. `sources` are the files that count.
mlir::LogicalResult setDebugLines(mlir::ModuleOp module, DebugLines lines, const SourceIndex &sources);

} // namespace ricci::inspect
