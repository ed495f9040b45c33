// A report as text for a terminal, as JSON (report.schema.json says what is in it), as one page of HTML.
#pragma once

#include "compiler/Inspect/Report.h"

namespace ricci::inspect {

std::string printText(const Report &report);
std::string printJson(const Report &report);
// Needs no other file and no network; no larger than 2 MB for programs of a few hundred lines.
std::string printHtml(const Report &report);

// What is known of a line of the program's own source: its kernels, decisions, memory and derivatives.
std::string explainLine(const Report &report, unsigned line);

// "12.3 GFLOP/s", "4.5 kB": a number with three digits and the prefix of its unit.
std::string withPrefix(double number, std::string_view unit);

// Totals over the kernels; unknown where one of them is.
struct Totals {
  Count flops, doubleFlops, bytes;
  unsigned spills = 0, reloads = 0, masked = 0, arithmetic = 0, fused = 0;
  unsigned leastLanes = 0; // of the kernels that compute in floating point; 0: none does
};
Totals totalsOf(const Report &report);

// "file:line:column"; empty without a place.
std::string textOf(const Report &report, const Place &place);

} // namespace ricci::inspect
