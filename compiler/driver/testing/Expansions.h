#pragma once

#include "lang/sema/Checked.h"

#include <vector>

namespace ricci::driver {

// What calls in the file's tests, and in what they call, made of a function that is expanded for each call.
std::vector<const lang::CheckedFn *> expansionsInTests(const lang::CheckedProgram &program,
                                                       const lang::CheckedFn &function);

} // namespace ricci::driver
