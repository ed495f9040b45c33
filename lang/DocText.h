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
};

std::vector<DocBlock> docBlocks(std::string_view doc);

// The texts of the blocks of Ricci code.
std::vector<std::string> docExamples(std::string_view doc);

} // namespace ricci::lang
