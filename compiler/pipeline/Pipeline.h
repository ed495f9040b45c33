// The pipeline as a list: checked program in, callable machine code out, every stage printable on the way.
#pragma once

#include "compiler/Inspect/Cost.h"
#include "compiler/Jit/Machine.h"
#include "runtime/Abi.h"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ricci::lang {
struct CheckedProgram;
struct CheckedFn;
class SourceManager;
class DiagnosticEngine;
struct Expr;
} // namespace ricci::lang

struct ricci_profile;

namespace ricci::inspect {
class Observer;
}

namespace ricci {

enum class Stage { Ricci, Grad, Simplified, Fused, Loops, Vector, Llvm, Asm };

struct CompileOptions {
  // Vector register of the target in bytes: 0 asks the host.
  unsigned vectorBytes = 0;
  // Vector operations of what a thread takes at a time: 0 for what pays. Tests make it small, to have many chunks.
  int64_t chunkWork = 0;
  // Verify the IR after every pass (tests do).
  bool verify = false;
  // Stop at the first operation that makes NaN or an infinity of its own accord: run-time error R0006.
  bool checkNan = false;
  // Compute f32 in f64, in arguments and values too: derivatives are compared with differences so.
  bool widen = false;
  // Stop after a stage and keep its text, behind comments that say what its passes chose.
  std::optional<Stage> print = {};
  // Give the code the lines of the source and tell GDB and perf of it; a folder for what perf reads (compiler/Jit/PerfDump.h).
  std::optional<std::string> debugFolder = {};
  // Told all that a report has of the program; then no code is made, unless it is to be profiled.
  inspect::Observer *observer = nullptr;
  // Told by the code where its time goes, in lines of the fused program; needs an observer.
  ricci_profile *profile = nullptr;
  // What the code is for; only this machine's can be called.
  Machine machine = {};
  // Link the code into this process; otherwise only the object file is made.
  bool load = true;
  // Asked between the stages whether to give up.
  std::function<bool()> isStopped = {};
};

// Code as bytes: an object file and what there is to know for calling it. It may be kept and loaded by another process.
struct ObjectCode {
  std::string object; // a relocatable ELF file
  std::string entry;  // its symbol, of type ricci_entry
  unsigned inputs = 0, outputs = 0;
  Cost cost = {};
  std::optional<std::string> debugFolder = {}; // of CompileOptions
};

// One compiled entry. Thread-safe to call; keeps its code alive.
class Executable {
public:
  virtual ~Executable() = default;
  virtual ricci_entry entry() const = 0;
  // Inputs and outputs as leaves in signature order (structs and tuples flattened depth first).
  virtual unsigned inputCount() const = 0;
  virtual unsigned outputCount() const = 0;
};

struct Compiled {
  std::unique_ptr<Executable> code; // null when an error was reported, `print` was set or `load` was not
  std::string text;                 // the stage asked for
  std::string fault;                // not empty: the compiler itself went wrong, and how
  Cost cost = {};                   // of one run, as fused
  ObjectCode object = {};
  bool stopped = false;             // by CompileOptions::isStopped
};

// Links object code of this machine into this process; or says what is wrong with it.
struct Loaded {
  std::unique_ptr<Executable> code;
  std::string fault;
};
Loaded load(const ObjectCode &);

// Compiles the script (and its result expression), or one function with its sizes left to run time.
// Errors (a derivative rule that does not apply, …) go to `diagnostics`, located.
Compiled compile(const lang::CheckedProgram &, const lang::SourceManager &, const CompileOptions &, lang::DiagnosticEngine &);
Compiled compileFunction(const lang::CheckedProgram &, const lang::CheckedFn &, const lang::SourceManager &,
                         const CompileOptions &, lang::DiagnosticEngine &);

} // namespace ricci
