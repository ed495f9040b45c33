// What the pipeline tells a report (compiler/Inspect) of the program that it compiles.
#pragma once

#include "compiler/Inspect/Observer.h"
#include "lang/sema/Checked.h"

namespace ricci {

// The sources of a compilation.
std::vector<inspect::Source> sourcesOf(const lang::SourceManager &sources);

// Their names, as numbers.
inspect::SourceIndex sourceIndex(const lang::SourceManager &sources);

// What the entry's arguments and the sizes of their axes are called. `named`: a function that the program calls with its
// parameters' names as arguments, whose types then name the sizes.
std::vector<inspect::ArgumentNames> argumentNames(llvm::ArrayRef<const lang::Variable *> parameters, const lang::CheckedFn *named);

// The variables that a program takes as arguments.
std::vector<const lang::Variable *> parametersOf(const lang::CheckedProgram &program);

// LLVM's IR and assembly of a module in LLVM's dialect, and where their lines came from. What went wrong, if anything.
std::string observeCode(mlir::ModuleOp module, inspect::Observer &observer);

} // namespace ricci
