// The memory plan, read from the loops that a fused program was lowered to: each block from where it is taken to where it is
// given back.
#pragma once

#include "compiler/Inspect/Places.h"

namespace ricci::inspect {

// What a line of the fused program makes: the sizes of its results in bytes, in order, and names of a result and of whatever
// other memory it takes.
struct Made {
  std::string name, scratch;
  std::vector<Formula> bytes;
  std::vector<bool> returned; // whether the caller gets the result
  Place place;
};

// `made` by line of the fused program, which has `lastLine` lines; `sizes` of the names in its formulas.
Memory memoryOf(mlir::ModuleOp loops, const std::map<unsigned, Made> &made, unsigned lastLine,
                const std::map<std::string, int64_t> &sizes);

} // namespace ricci::inspect
