#include "lang/Lexer.h"

#include <gtest/gtest.h>

namespace ricci::lang::test {

// The tokens' texts, `⏎` before those that may start a statement; faults as `!E0001`.
static std::string lexed(std::string text) {
  SourceManager sources;
  DiagnosticEngine diagnostics;
  const SourceFile &file = sources.file(sources.add("f", std::move(text)));
  TokenStream stream = lex(file, diagnostics);
  std::string out;
  for (const Token &token : stream.tokens) {
    if (token.kind == TokenKind::End)
      break;
    out += out.empty() ? "" : " ";
    out += token.newline && !out.empty() ? "⏎" : "";
    out += file.text().substr(token.begin, token.end - token.begin);
  }
  for (const Diagnostic &diagnostic : diagnostics.diagnostics())
    out += " !" + std::string(info(diagnostic.code).name);
  return out;
}

TEST(Lexer, LongestOperatorWins) {
  EXPECT_EQ(lexed("a**b*c..d->e-f==g=h<=i"), "a ** b * c .. d -> e - f == g = h <= i");
  EXPECT_EQ(lexed("!= != >= > <"), "!= != >= > <");
}

TEST(Lexer, Numbers) {
  EXPECT_EQ(lexed("1..5 1.5..2 x.0.1 t.0e"), "1 .. 5 1.5 .. 2 x . 0 . 1 t . 0e !E0004");
  for (const char *bad : {"1_", "1__0", "1e", "1e+", "0x10", "1.5_", "12ab", "1e5_"})
    EXPECT_EQ(lexed(bad), std::string(bad) + " !E0004");
}

TEST(Lexer, LineBreaks) {
  EXPECT_EQ(lexed("a\nb (c\nd [e\nf] {g\nh} i\n)\nj"), "a ⏎b ( c d [ e f ] { g ⏎h } i ) ⏎j");
}

TEST(Lexer, AStatementWordClosesForgottenBrackets) {
  EXPECT_EQ(lexed("f(a\nlet b\nc"), "f ( a ⏎let b ⏎c");
  EXPECT_EQ(lexed("f(a\nfn(b\nc"), "f ( a fn ( b c");
  EXPECT_EQ(lexed("f(a\nfn g\nc"), "f ( a ⏎fn g ⏎c");
}

TEST(Lexer, DocComments) {
  SourceManager sources;
  DiagnosticEngine diagnostics;
  TokenStream stream = lex(sources.file(sources.add("f", "## One \n##\n##two\nfn f\n# no\n#### no\na ## no\nb\n## end")), diagnostics);
  ASSERT_EQ(stream.docs.size(), 2u);
  EXPECT_EQ(stream.docs[0].token, 0u);
  EXPECT_EQ(stream.docs[0].text, "One\n\ntwo");
  EXPECT_EQ(stream.docs[1].text, "end");
}

TEST(Lexer, Comments) {
  SourceManager sources;
  DiagnosticEngine diagnostics;
  const SourceFile &file = sources.file(sources.add("f", "# a \t\r\nx # b\n  ## c\n\n#d\ny z #"));
  std::string out;
  for (const Comment &comment : lex(file, diagnostics).comments)
    out += std::to_string(comment.token) + (comment.startsLine ? "^" : ">") +
           std::string(file.text().substr(comment.begin, comment.end - comment.begin)) + ";";
  EXPECT_EQ(out, "0^# a;1># b;1^## c;1^#d;3>#;");
}

TEST(Lexer, Strings) {
  EXPECT_EQ(lexed(R"("a" "\"" "\\")"), R"("a" "\"" "\\")");
  EXPECT_EQ(lexed("\"a\nb"), "\"a ⏎b !E0002");
  EXPECT_EQ(lexed("\"a\\"), "\"a\\ !E0002");
  EXPECT_EQ(lexed("\"a\\\nb"), "\"a\\ ⏎b !E0002");
  EXPECT_EQ(lexed("\"αβ\""), "\"αβ\"");
  EXPECT_EQ(lexed("\"\xff\""), "\"\xff\" !E0006");
  EXPECT_EQ(lexed(std::string("\"a\0b\"", 5)), std::string("\"a\0b\"", 5) + " !E0001");
}

TEST(Lexer, CharactersThatMeanNothing) {
  EXPECT_EQ(lexed("a ? b"), "a ? b !E0001");
  EXPECT_EQ(lexed("a αβγ b"), "a αβγ b !E0001");
  EXPECT_EQ(lexed("a \xff\xfe b"), "a \xff\xfe b !E0006");
  EXPECT_EQ(lexed(std::string("a \0\0 b", 6)), std::string("a \0\0 b", 6) + " !E0001");
  EXPECT_EQ(lexed("\xEF\xBB\xBF" "a"), "a");
}

TEST(Lexer, SlipsOfOtherLanguages) {
  EXPECT_EQ(lexed("a && b ^ !c"), "a && b ^ ! c !E0001 !E0001 !E0001");
  EXPECT_EQ(lexed("a || b"), "a || b !E0001");
  EXPECT_EQ(lexed("f(|| b)"), "f ( | | b )");
}

TEST(Lexer, PartOfAFile) {
  SourceManager sources;
  DiagnosticEngine diagnostics;
  TokenStream stream = lex(sources.file(sources.add("f", "abc def ghi")), 4, 7, diagnostics);
  ASSERT_EQ(stream.tokens.size(), 2u);
  EXPECT_EQ(stream.tokens[0].begin, 4u);
  EXPECT_EQ(stream.tokens[0].end, 7u);
}

} // namespace ricci::lang::test
