#include "Formatting.h"

#include "lang/AstDump.h"
#include "lang/Formatter.h"
#include "lang/Lexer.h"
#include "lang/Parser.h"

#include <fmt/format.h>

#include <vector>

namespace ricci::lang::test {

namespace {

// What formatting must not change.
struct Content {
  std::string tree; // empty if there were errors
  std::vector<std::string> tokens;
  std::vector<std::string> comments;
};

Content contentOf(const SourceFile &file) {
  DiagnosticEngine diagnostics;
  ast::Module module = parseFile(file, diagnostics);
  Content content;
  if (diagnostics.hasErrors())
    return content;
  content.tree = dump(module);
  TokenStream stream = lex(file, diagnostics);
  for (const Token &token : stream.tokens) {
    std::string text(file.text().substr(token.begin, token.end - token.begin));
    if (text == ">=") // may close a `<` and be set apart
      content.tokens.insert(content.tokens.end(), {">", "="});
    else if (text != "," && text != ";")
      content.tokens.push_back(text);
  }
  for (const Comment &comment : stream.comments)
    content.comments.emplace_back(file.text().substr(comment.begin, comment.end - comment.begin));
  return content;
}

std::string strayBlanks(const std::string &text) {
  if (text.empty())
    return "";
  if (text.front() == '\n' || text.back() != '\n' || text.ends_with("\n\n"))
    return "blank lines at the start or end, or none at the end";
  for (const char *bad : {" \n", "\n\n\n", "\t\n", "\r\n", "{\n\n"})
    if (text.find(bad) != std::string::npos)
      return fmt::format("the text contains {:?}", bad);
  return "";
}

} // namespace

std::string formatKeepsMeaning(const std::string &text) {
  SourceManager sources;
  DiagnosticEngine diagnostics;
  const SourceFile &file = sources.file(sources.add("given", text));
  Content before = contentOf(file);
  std::optional<std::string> formatted = format(file, diagnostics);
  if (formatted.has_value() == diagnostics.hasErrors())
    return "errors and a result, or neither";
  if (!formatted)
    return "";

  auto complaint = [&](std::string_view what) { return fmt::format("{}\n--- formatted\n{}", what, *formatted); };
  const SourceFile &result = sources.file(sources.add("formatted", *formatted));
  Content after = contentOf(result);
  if (after.tree != before.tree) {
    parseFile(result, diagnostics);
    return complaint(
        fmt::format("another tree\n{}{}\n--- instead of\n{}", render(sources, diagnostics), after.tree, before.tree));
  }
  if (after.tokens != before.tokens)
    return complaint("other tokens");
  if (after.comments != before.comments)
    return complaint("other comments");
  if (std::string stray = strayBlanks(*formatted); !stray.empty())
    return complaint(stray);
  std::optional<std::string> again = format(result, diagnostics);
  if (again != formatted)
    return complaint(fmt::format("not the same when formatted again\n{}", again.value_or("")));
  return "";
}

} // namespace ricci::lang::test
