// What stands behind a failed `assert`: the values of both sides of its comparison, and of the variables it reads.
#pragma once

#include "compiler/driver/testing/Runnable.h"

#include <string>

namespace ricci::driver {

// A line each, of the test's own `assert` at `where`, for these arguments; empty if that is none, or nothing is to be
// said.
std::string valuesInAssert(const Settings &settings, lang::CheckedProgram &program, const lang::CheckedFn &test,
                           const lang::SourceManager &sources, const std::string &where,
                           std::span<const runtime::Array> arguments);

} // namespace ricci::driver
