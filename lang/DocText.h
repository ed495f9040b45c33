// The text of a doc comment, taken apart: paragraphs are separated by blank lines; lines indented by at least four
// blanks, behind a blank line, and lines between two lines of three backquotes are code. What follows the opening ones
// is the code's language; without it, or if it says `ricci`, the code is an example in Ricci.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ricci::lang {

struct DocBlock {
  enum class Kind : uint8_t { Paragraph, Code };
  Kind kind = Kind::Paragraph;
  std::string text;     // lines without their common indentation, no line break at the end
  std::string language; // of code that is not Ricci: what stands behind the opening backquotes
  size_t firstLine = 0; // of the doc comment, counted from 0
  size_t lineCount = 0;

  bool isExample() const { return kind == Kind::Code && language.empty(); }
};

std::vector<DocBlock> docBlocks(std::string_view doc);

} // namespace ricci::lang
