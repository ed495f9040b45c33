// Why a command ends without having done its work: the process' exit status (a contract, see the command line's
// description) and the text for standard error.
#pragma once

#include "compiler/engine/Error.h"

#include <string>

namespace ricci::driver {

enum class ExitStatus {
  Done = 0,
  WrongProgram = 1, // diagnosed in the source, or in how it fits the inputs' headers
  Usage = 2,        // the command line; an unknown or missing input name
  Data = 3,         // a file, its contents, or a device that is not there
  RunTime = 4,      // a check or assert of the program failed, or memory ran out
  Unmet = 5,        // what --check or --assert claims does not hold
  Fault = 70,       // Ricci's own
};

struct Problem {
  ExitStatus status;
  std::string text; // ends in a newline, except of a fault, which is a bare message
};

template <typename T> using Outcome = runtime::Result<T, Problem>;

// "error: MESSAGE\n"
Problem problem(ExitStatus status, std::string_view message);
// What happened to a file; running out of memory counts as a run-time error, a wrong type as a wrong program.
Problem problem(const runtime::Error &error);
// What the engine says, with the exit status that stands for it.
Problem problem(const engine::Error &error);
Problem notInThisVersion(std::string_view what);

} // namespace ricci::driver
