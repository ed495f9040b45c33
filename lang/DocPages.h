// Documentation as pages of HTML, each complete in itself: no script, no style or font from elsewhere. A page for each
// file and an index of them. Listed are a file's params and structs, and those functions that are documented or
// exported. All text is escaped.
#pragma once

#include "lang/Diagnostic.h"
#include "lang/Source.h"

#include <string>
#include <vector>

namespace ricci::lang {

struct DocPage {
  std::string name; // of the file to write, letters and digits with `.`, `-`, `_`
  std::string html;
};

// The index comes first. No pages if a file has syntax errors, which are reported then.
std::vector<DocPage> docPages(const std::vector<const SourceFile *> &files, DiagnosticEngine &diagnostics);

} // namespace ricci::lang
