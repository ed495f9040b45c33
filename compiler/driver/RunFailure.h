#pragma once

#include "lang/Source.h"
#include "runtime/Context.h"

#include <string>

namespace ricci::driver {

// A run-time error as diagnostics look, with the line that was running.
std::string textOf(const runtime::RunError &error, const lang::SourceManager &sources, bool colour);

} // namespace ricci::driver
