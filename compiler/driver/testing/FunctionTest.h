// `@test fn`: runs one test, with random arguments if it takes any.
#pragma once

#include "compiler/driver/Commands.h"
#include "compiler/driver/testing/Report.h"

namespace ricci::driver {

TestResult runTest(const Settings &settings, const TestOptions &options, lang::CheckedProgram &program,
                   const lang::CheckedFn &test, const lang::SourceManager &sources);

} // namespace ricci::driver
