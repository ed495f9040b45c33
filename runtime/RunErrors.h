// The registry of run-time errors, R0001 and up: what `ricci explain` tells of each. The first ones are raised by
// checks in compiled code, those from R0100 by the runtime itself. Codes are never reused.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace ricci::runtime {

inline constexpr const char *notFiniteCode = "R0006";
inline constexpr const char *outOfMemoryCode = "R0100";
inline constexpr const char *saveFailedCode = "R0101";
inline constexpr const char *printFailedCode = "R0102";
inline constexpr const char *plotFailedCode = "R0103";
inline constexpr const char *stoppedCode = "R0104";

struct RunErrorInfo {
  std::string_view code;
  std::string_view title;
  std::string_view text;
};

std::span<const RunErrorInfo> runErrors();

// The text of `ricci explain CODE`, newline-terminated; empty for an unknown code.
std::string explainRunError(std::string_view code);

} // namespace ricci::runtime
