// Makes a failing test's arguments simpler for as long as it fails: sizes first, then elements.
#pragma once

#include "compiler/driver/testing/Arguments.h"

#include <functional>

namespace ricci::driver {

// Whether these arguments fail in the way that is being followed.
using Fails = std::function<bool(const Arguments &)>;

// No one step makes the result simpler: no size is smaller, no row or column gone, no number nearer to 0, unless
// `mostRuns` were not enough. Counts in `steps` how often it became simpler.
Arguments shrink(const Signature &signature, Arguments arguments, const Fails &fails, size_t mostRuns, size_t &steps);

} // namespace ricci::driver
