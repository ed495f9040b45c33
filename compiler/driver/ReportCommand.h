// `ricci inspect` without a stage: the report of a program, printed, asserted on, compared.
#pragma once

#include "compiler/driver/Commands.h"

namespace ricci::driver {

std::optional<Problem> report(const Settings &settings, const InspectOptions &options, const Positionals &positionals);

} // namespace ricci::driver
