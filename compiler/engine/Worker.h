// Compilation in another process, for hosts that compile programs of strangers: whatever may go wrong inside LLVM ends
// that process, and here is an error. The program that is started reads a request from its standard input to the end
// and writes the answer to its standard output; `ricci compile-worker` does.
#pragma once

#include "compiler/engine/Engine.h"

namespace ricci::engine {

// `program`: a path, or a name that is looked for in PATH, with arguments separated by spaces.
Result<ObjectCode> compileElsewhere(const std::string &program, const Module &, const Entry &, const CompileOptions &);

// What the started process does: an answer for a request.
std::string answerCompileRequest(std::string_view request);

} // namespace ricci::engine
