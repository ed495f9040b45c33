// What a bad program is expected to be told, written in its comments:
//
//     let y[i] = a[i] * b[j] #! E0101:21 index `j` is neither
//     let s = "no end
//     #^ E0002:9 has no end
//
// `#! CODE:COLUMN fragment` is about its own line, `#^` about the nearest line before it that is no `#^` line. The
// fragment, which runs to the end of the line or the next `#!`, occurs in the message, a label or the help.
#pragma once

#include "lang/Diagnostic.h"

#include <string>
#include <string_view>
#include <vector>

namespace ricci::lang::test {

struct Expectation {
  std::string code;
  uint32_t line;
  uint32_t column;
  std::string fragment;
};

std::vector<Expectation> expectations(std::string_view program);

// Everything that the checker says about a program, in order of position. Its imports are files in `modules`.
DiagnosticEngine diagnose(SourceManager &sources, std::string name, std::string program, const std::string &modules = "");

// Whether the diagnostic is the expected one.
bool matches(const SourceManager &sources, const Diagnostic &diagnostic, const Expectation &expected);

} // namespace ricci::lang::test
