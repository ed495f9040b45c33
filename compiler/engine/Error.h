// Why something was not done, as data: a status for programs, a code and places for tools, a text for people.
#pragma once

#include "lang/Diagnostic.h"
#include "runtime/Context.h"

#include <string>
#include <vector>

namespace ricci::engine {

// The numbers are part of the C interface.
enum class Status : int {
  Ok = 0,
  WrongProgram = 1,    // diagnosed in the source
  InvalidArgument = 2, // the host asked for what is not there, or gave what does not fit
  Io = 3,              // a file that cannot be read or written
  RunTime = 4,         // a check or an assert of the program failed
  OutOfMemory = 5,
  Stopped = 6, // by a stop token
  Fault = 70,  // Ricci's own
};

struct Error {
  Status status = Status::Fault;
  std::string code;    // E0101, R0003; empty where none applies
  std::string message; // one line
  std::string text;    // what a person is shown, with the lines of the source; newline-terminated
  std::vector<lang::FlatDiagnostic> diagnostics = {};

  // {"status", "code", "message", "text", "diagnostics": [{"code", "message", "file", "line", "column", "end_line",
  // "end_column", "help"}]}
  std::string json() const;
};

template <typename T> using Result = runtime::Result<T, Error>;

// "error: MESSAGE\n" is its text.
Error error(Status status, std::string message, std::string code = {});
// The errors that were reported, ordered by place.
Error error(const lang::SourceManager &, lang::DiagnosticEngine &, bool colour);
// What a running program was told, with the line that was running.
Error error(const lang::SourceManager &, const runtime::RunError &, bool colour);

// The same as text only.
std::string textOf(const runtime::RunError &, const lang::SourceManager &, bool colour);

} // namespace ricci::engine
