// The examples in a file's documentation, as programs that stand where the file has them.
#pragma once

#include "lang/Source.h"

#include <string>
#include <vector>

namespace ricci::lang {

struct DocExample {
  std::string declaration; // the name of what it documents
  uint32_t line;           // its first one, of the file
  std::string text;        // the file's text with blanks for all else: lines and columns are the file's
};

std::vector<DocExample> docExamples(const SourceFile &file);

} // namespace ricci::lang
