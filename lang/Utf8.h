// UTF-8, read without trust in the input.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace ricci::lang {

// A decoded code point; `length` 0 says that the bytes are no UTF-8 (overlong forms and surrogates included).
struct CodePoint {
  uint32_t value = 0;
  unsigned length = 0;
};

// Decodes at the front of a non-empty text.
CodePoint decodeUtf8(std::string_view text);

// Whether the byte is the first of a code point, in UTF-8.
inline bool startsCodePoint(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) != 0x80; }

// How many code points the text has, if it is UTF-8.
size_t codePoints(std::string_view text);

// `value` must be a code point other than a surrogate.
void appendUtf8(std::string &out, uint32_t value);

// The text for a terminal: tabs become spaces; control characters and bytes that are no UTF-8 become U+FFFD. Every code
// point or bad byte stays one code point, so columns are kept.
std::string printable(std::string_view text);

} // namespace ricci::lang
