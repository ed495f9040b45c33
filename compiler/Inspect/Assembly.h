// Reads assembly as LLVM prints it for x86-64 with comments and line numbers, and says of each kernel what its instructions
// are. Line numbers are those of the fused program (Places.h).
#pragma once

#include "compiler/Inspect/Report.h"

#include <string_view>

namespace ricci::inspect {

// The text without directives that mean nothing to a reader, its lines led back to those of the fused program: `lineOf`
// has a number for each line, 0 for none.
struct Assembly {
  std::string text;
  std::vector<unsigned> lineOf;
  std::vector<std::string> instructions; // of each line: the instruction alone, empty for labels and data
  std::vector<bool> inner;               // of each line: whether it is in an innermost loop
  std::vector<char> stack;               // of each line: 's' writes a register to the stack, 'r' reads one back, else 0
};
Assembly readAssembly(std::string_view text);

// The largest frame of the text's functions in bytes.
unsigned largestFrame(std::string_view text);

// Fills `code` of the kernels. A call of the runtime's planner has that one's vectors: of `vectorBytes`.
void measureCode(const Assembly &assembly, unsigned vectorBytes, std::vector<Kernel> &kernels);

} // namespace ricci::inspect
