#include "compiler/engine/Json.h"

#include "lang/Utf8.h"

#include <algorithm>
#include <fmt/format.h>

namespace ricci::engine {

std::string quotedJson(std::string_view text) {
  std::string result = "\"";
  for (size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte >= 0x80) {
      const unsigned length = lang::decodeUtf8(text.substr(at)).length;
      result += length ? text.substr(at, length) : std::string_view("\xEF\xBF\xBD");
      at += std::max(length, 1u);
      continue;
    }
    if (byte == '"' || byte == '\\')
      (result += '\\') += static_cast<char>(byte);
    else if (byte == '\n')
      result += "\\n";
    else if (byte < 0x20)
      result += fmt::format("\\u{:04x}", byte);
    else
      result += static_cast<char>(byte);
    ++at;
  }
  return result + '"';
}

} // namespace ricci::engine
