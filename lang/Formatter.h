// Source text in the one format, which README.md describes: the same tokens and the same comments in the same order,
// with other blanks and line breaks. Only what separates comes and goes: semicolons, commas at the end of a list or of
// a field. Formatting twice gives the same as once.
#pragma once

#include "lang/Diagnostic.h"
#include "lang/Source.h"

#include <optional>
#include <string>

namespace ricci::lang {

// Nothing if the text has syntax errors, which are reported then.
std::optional<std::string> format(const SourceFile &file, DiagnosticEngine &diagnostics);

} // namespace ricci::lang
