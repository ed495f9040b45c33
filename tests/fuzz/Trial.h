// A program on its way to answers: checked once, its inputs evaluated, then interpreted after any of the passes, or
// compiled and run. Its answer is what it calls `result`; its inputs are its params, with their written values, which
// the compiler does not see.
#pragma once

#include "compiler/Reference/Interpreter.h"
#include "compiler/pipeline/Pipeline.h"
#include "lang/Check.h"
#include "runtime/Array.h"
#include "tests/fuzz/Supervisor.h"

#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Pass/PassManager.h"

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <vector>

namespace ricci::fuzz {

// What is wrong with a program: "kind: detail", where the kind stays when it is made smaller.
struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
  Failure(const std::string &kind, const std::string &detail) : std::runtime_error(kind + ": " + detail) {}
};

struct Answer {
  std::vector<runtime::Array> values;   // leaf by leaf
  std::string error = {}, message = {}; // of the run-time error that came instead: its code, and what it says
};

// The program in the dialect after some passes, to be interpreted, by itself or in noise.
class Interpretation {
public:
  Answer run(const std::vector<runtime::Array> &inputs, Noise noise = {});
  mlir::ModuleOp module() { return *ir; }

private:
  friend class Trial;
  Interpretation() : context(std::make_unique<mlir::MLIRContext>(mlir::MLIRContext::Threading::DISABLED)) {}

  std::unique_ptr<mlir::MLIRContext> context;
  mlir::OwningOpRef<mlir::ModuleOp> ir;
};

// All of it throws Failure where something goes wrong that is not a run-time error.
class Trial {
public:
  // Rejected programs fail.
  explicit Trial(const std::string &text);

  const std::vector<runtime::Array> &inputs() const { return arguments; }
  // Derivatives expanded and nothing else; what the program means.
  Interpretation expanded() const;
  // As the pipeline has it at a stage up to Fused.
  Interpretation at(Stage stage) const;
  static void apply(Interpretation &, llvm::function_ref<void(mlir::OpPassManager &)> add);
  // The script, for these sizes.
  Compiled compiled() const;
  // `main` for any sizes, if the result is what that function makes of the inputs.
  std::optional<Compiled> compiledFunction() const;
  Answer run(const Compiled &, int threads) const;

private:
  Interpretation emitted(const lang::CheckedProgram &) const;
  Compiled usable(Compiled) const;

  lang::SourceManager sources;
  mutable lang::DiagnosticEngine diagnostics;
  std::unique_ptr<lang::CheckedProgram> program;
  std::vector<runtime::Array> arguments;
};

} // namespace ricci::fuzz
