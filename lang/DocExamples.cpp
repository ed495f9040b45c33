#include "lang/DocExamples.h"

#include "lang/DocText.h"
#include "lang/Lexer.h"

#include <algorithm>

namespace ricci::lang {

namespace {

// Behind the word that declares it; a doc comment in front of anything else has the name of that.
std::string declaredName(const SourceFile &file, const TokenStream &stream, size_t token) {
  auto textOf = [&](const Token &word) { return std::string(file.text().substr(word.begin, word.end - word.begin)); };
  auto declares = [](const Token &word) {
    constexpr TokenKind kinds[] = {TokenKind::Struct, TokenKind::Param, TokenKind::Fn, TokenKind::Let};
    return std::ranges::find(kinds, word.kind) != std::end(kinds);
  };
  size_t word = token;
  if (stream.tokens[word].kind == TokenKind::At || stream.tokens[word].kind == TokenKind::Export)
    while (word + 1 < stream.tokens.size() && !declares(stream.tokens[word]))
      ++word;
  if (declares(stream.tokens[word]) && word + 1 < stream.tokens.size())
    ++word;
  else
    word = token;
  return textOf(stream.tokens[word]);
}

// One blank for every code point outside of these ranges; line breaks stay.
std::string masked(std::string_view text, const std::vector<std::pair<uint32_t, uint32_t>> &kept) {
  std::string result;
  auto range = kept.begin();
  for (uint32_t i = 0; i < text.size(); ++i) {
    while (range != kept.end() && i >= range->second)
      ++range;
    bool inside = range != kept.end() && i >= range->first;
    bool continues = (static_cast<unsigned char>(text[i]) & 0xc0) == 0x80;
    if (inside || text[i] == '\n')
      result += text[i];
    else if (!continues)
      result += ' ';
  }
  return result;
}

} // namespace

std::vector<DocExample> docExamples(const SourceFile &file) {
  DiagnosticEngine ignored;
  TokenStream stream = lex(file, ignored);
  std::vector<DocExample> examples;
  for (const DocComment &doc : stream.docs)
    for (const DocBlock &block : docBlocks(doc.text)) {
      if (!block.isExample() || block.lineCount == 0)
        continue;
      std::vector<std::pair<uint32_t, uint32_t>> kept;
      for (size_t i = 0; i < block.lineCount; ++i) {
        uint32_t begin = doc.lines[block.firstLine + i];
        kept.push_back({begin, static_cast<uint32_t>(std::min(file.text().find('\n', begin), file.text().size()))});
      }
      examples.push_back(
          {declaredName(file, stream, doc.token), file.lineAt(kept.front().first), masked(file.text(), kept)});
    }
  return examples;
}

} // namespace ricci::lang
