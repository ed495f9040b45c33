// Conditions on a report, as `ricci inspect --assert` takes them: `spills==0 && vector_width>=8 && kernels<=2`. Numbers, the
// names of `measures`, + - * /, comparisons, ! && || and parentheses, as in C.
#pragma once

#include "compiler/Inspect/Report.h"

#include <string_view>
#include <variant>

namespace ricci::inspect {

// A name that conditions may use, and what it is.
struct Measure {
  std::string_view name, meaning;
  bool isMeasured = false; // needs a run or the machine's limits
};
const std::vector<Measure> &measures();

struct AssertionError {
  size_t offset; // in bytes of the text
  std::string message;
};

// The measures that the text names.
std::variant<std::vector<const Measure *>, AssertionError> measuresIn(std::string_view text);

struct Verdict {
  bool holds;
  std::vector<std::pair<std::string_view, double>> values; // of the names, each once
};
// An error too where a measure has no number, because sizes are not known or nothing was run.
std::variant<Verdict, AssertionError> evaluate(std::string_view text, const Report &report);

} // namespace ricci::inspect
