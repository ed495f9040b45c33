// From the spelling of a literal to its value.
#pragma once

#include "lang/Diagnostic.h"

#include <optional>
#include <string>
#include <string_view>

namespace ricci::lang {

// A well-formed integer, underscores included; nothing if it exceeds 2^64 - 1.
std::optional<uint64_t> integerValue(std::string_view spelling);

// The literal without its underscores.
std::string withoutUnderscores(std::string_view spelling);

// The nearest double to well-formed digits without underscores; nothing if that is infinite.
std::optional<double> floatValue(const std::string &digits);

// The text with its escapes replaced. `span` covers `spelling` in the file; nothing if an error was reported.
std::optional<std::string> unescape(std::string_view spelling, Span span, DiagnosticEngine &diagnostics);

} // namespace ricci::lang
