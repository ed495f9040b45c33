// What changed between a report that was kept as JSON and one of now.
#pragma once

#include "compiler/Inspect/Report.h"

#include <string_view>
#include <variant>

namespace ricci::inspect {

struct NotAReport {
  std::string reason;
};

// Totals, kernels and decisions, as text; "nothing changed" where they are the same. Times are shown, not compared.
std::variant<std::string, NotAReport> difference(std::string_view oldJson, const Report &report);

} // namespace ricci::inspect
