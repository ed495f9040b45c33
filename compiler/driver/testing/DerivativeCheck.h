// Whether a function's derivatives are what its values say. At random points of moderate size, f32 computed in f64,
// along random directions v and for random combinations u of the value's elements:
//
//   ⟨u, J v⟩ = ⟨Jᵀu, v⟩                        forward against reverse mode
//   ⟨u, J v⟩ = d/dt ⟨u, f(x + t v)⟩ at 0         against differences, where those can be trusted
//   rules of one's own (`@vjp`, `@jvp`)         against the derivative of the body there
#pragma once

#include "compiler/driver/Commands.h"
#include "compiler/driver/testing/Report.h"

namespace ricci::driver {

// Results of the derivative and of each rule, by the functions' names; none of what has no real arguments or value, or
// whose value does not depend on them.
std::vector<TestResult> checkDerivative(const Settings &settings, const TestOptions &options,
                                        lang::CheckedProgram &program, const lang::CheckedFn &function,
                                        const lang::SourceManager &sources);

} // namespace ricci::driver
