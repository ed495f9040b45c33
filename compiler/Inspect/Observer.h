// Fills a Report while a program is compiled. The pipeline calls these in order; the module is the one that it compiles.
#pragma once

#include "compiler/Inspect/Kernels.h"
#include "compiler/Inspect/Memory.h"
#include "dialects/Decision.h"

#include "mlir/Pass/PassInstrumentation.h"

namespace ricci::inspect {

class Observer {
public:
  // `function`: one that the program calls with its parameters' names as arguments, so that its sizes can be named.
  explicit Observer(std::string function = "") { report.function = std::move(function); }

  // `arguments` of the entry. `vectorBytes` of the target.
  void begin(std::vector<Source> sources, std::vector<ArgumentNames> arguments, unsigned vectorBytes);

  // The program as it enters, and after each pass while the instrumentation lives in a pass manager.
  void enter(mlir::ModuleOp module);
  std::unique_ptr<mlir::PassInstrumentation> watchPasses();
  // What the passes of a stage chose.
  void add(llvm::StringRef stage, const ricci::Decision &decision);
  // The fused program: its kernels. Gives its operations' locations their lines.
  void setKernels(mlir::ModuleOp module);
  // The loops: the memory plan.
  void setMemory(mlir::ModuleOp module);
  // LLVM's IR and the assembly of a module with lines of the fused program.
  void setLlvm(llvm::StringRef text);
  void setAssembly(llvm::StringRef text);

  const SourceIndex &sources() const { return index; }
  Report report;

private:
  void addStage(llvm::StringRef pass, mlir::ModuleOp module);
  // Lines of a text that has these of the fused program.
  std::vector<LineOrigin> originsOf(llvm::ArrayRef<unsigned> fusedLines) const;
  void attribute(std::vector<LineOrigin> &lines, const llvm::DenseMap<mlir::Operation *, unsigned> &lineOf) const;
  int kernelAt(unsigned fusedLine) const;

  class Watch;
  SourceIndex index;
  std::vector<ArgumentNames> arguments;
  unsigned vectorBytes = 0;
  std::map<unsigned, LineOrigin> fusedLines;
  std::map<unsigned, Made> made; // by line of the fused program
  unsigned lastFusedLine = 0;
};

} // namespace ricci::inspect
