// Text to tokens. Every input gives tokens, the last of kind `End`; faults are reported and lexing goes on. A token
// carries whether a statement may end before it, so nothing after the lexer looks at line breaks.
#pragma once

#include "lang/Diagnostic.h"
#include "lang/Source.h"
#include "lang/Token.h"

#include <string>
#include <vector>

namespace ricci::lang {

// The text of consecutive `##` lines, without the marks, before the token with this number.
struct DocComment {
  uint32_t token;
  std::string text;
  std::vector<uint32_t> lines; // where the text of each of its lines starts
};

// The bytes [begin, end) of a comment from its `#` on, without the blanks at the end of its line, before the token
// with this number.
struct Comment {
  uint32_t token;
  uint32_t begin;
  uint32_t end;
  bool startsLine; // nothing stands before it on its line
};

struct TokenStream {
  std::vector<Token> tokens;
  std::vector<DocComment> docs;  // by token, ascending
  std::vector<Comment> comments; // in the order of the text
};

TokenStream lex(const SourceFile &file, DiagnosticEngine &diagnostics);
// Lexes the bytes [begin, end) alone, for expressions inside strings.
TokenStream lex(const SourceFile &file, uint32_t begin, uint32_t end, DiagnosticEngine &diagnostics);

} // namespace ricci::lang
