#include "lang/Utf8.h"

#include <algorithm>

namespace ricci::lang {

CodePoint decodeUtf8(std::string_view text) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  unsigned char lead = byte(0);
  if (lead < 0x80)
    return {lead, 1};
  unsigned length = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
  if (lead < 0xC2 || lead > 0xF4 || text.size() < length)
    return {};
  uint32_t value = lead & (0x7F >> length);
  for (unsigned i = 1; i < length; ++i) {
    if ((byte(i) & 0xC0) != 0x80)
      return {};
    value = value << 6 | (byte(i) & 0x3F);
  }
  bool overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
  bool surrogate = value >= 0xD800 && value < 0xE000;
  if (overlong || surrogate || value > 0x10FFFF)
    return {};
  return {value, length};
}

size_t codePoints(std::string_view text) {
  return static_cast<size_t>(std::count_if(text.begin(), text.end(), startsCodePoint));
}

void appendUtf8(std::string &out, uint32_t value) {
  if (value < 0x80) {
    out += static_cast<char>(value);
    return;
  }
  unsigned length = value < 0x800 ? 2 : value < 0x10000 ? 3 : 4;
  unsigned marker = length == 2 ? 0xC0 : length == 3 ? 0xE0 : 0xF0;
  out += static_cast<char>(marker | value >> (6 * (length - 1)));
  for (unsigned i = length - 1; i-- > 0;)
    out += static_cast<char>(0x80 | (value >> (6 * i) & 0x3F));
}

std::string printable(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    CodePoint point = decodeUtf8(text);
    bool isControl = point.value < 0x20 || (point.value >= 0x7F && point.value < 0xA0);
    if (text[0] == '\t')
      out += ' ';
    else if (point.length == 0 || isControl)
      appendUtf8(out, 0xFFFD);
    else
      out += text.substr(0, point.length);
    text.remove_prefix(point.length ? point.length : 1);
  }
  return out;
}

} // namespace ricci::lang
