#include "lang/Token.h"

#include <unordered_map>

namespace ricci::lang {

static constexpr std::string_view kSpellings[] = {
    "", "", "", "", "", "", // End to String
#define X(kind, spelling) spelling,
    RICCI_PUNCTUATION(X) RICCI_KEYWORDS(X) RICCI_REDUCTIONS(X) RICCI_DERIVATIVES(X) RICCI_SCALAR_TYPES(X)
#undef X
};

std::string_view spelling(TokenKind kind) { return kSpellings[static_cast<size_t>(kind)]; }

std::optional<TokenKind> reservedWord(std::string_view word) {
  static const std::unordered_map<std::string_view, TokenKind> words{
#define X(kind, spelling) {spelling, TokenKind::kind},
      RICCI_KEYWORDS(X) RICCI_REDUCTIONS(X) RICCI_DERIVATIVES(X) RICCI_SCALAR_TYPES(X)
#undef X
  };
  auto found = words.find(word);
  return found == words.end() ? std::nullopt : std::optional(found->second);
}

} // namespace ricci::lang
