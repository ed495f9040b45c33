#include "Parsing.h"

#include <gtest/gtest.h>

namespace ricci::lang::test {

static std::string repeated(std::string_view part, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i)
    out += part;
  return out;
}

TEST(ParserRecovery, OneFaultAStatement) {
  EXPECT_EQ(faults("let = 1\nlet y 2\nlet z = 3\nx = )"), "E0010 1:5; E0010 2:7; E0010 4:5");
  EXPECT_EQ(faults("let a = 1 + ; let b = * 2; let c = 3"), "E0010 1:13; E0010 1:23");
}

TEST(ParserRecovery, FaultsInBlocksStayThere) {
  EXPECT_EQ(faults("fn f() {\n  let = 1\n  let y = 2\n  y y\n}\nfn g() { 1 2 }"), "E0010 2:7; E0012 4:5; E0012 6:12");
  EXPECT_EQ(faults("for t in 0..n {\n  x = \n}\nlet = 1"), "E0010 2:6; E0010 4:5");
}

TEST(ParserRecovery, AForgottenBracketCostsOneStatement) {
  EXPECT_EQ(faults("let x = f(1, 2\nlet y = 3\nlet = 4"), "E0011 1:10; E0010 3:5");
  EXPECT_EQ(faults("fn f(x: f64 {\n  x\n}\nfn g() { 1 2 }"), "E0010 1:13; E0012 4:12");
  EXPECT_EQ(faults("let x = (1]\nlet y = 2 2"), "E0011 1:9; E0012 2:11");
}

TEST(ParserRecovery, AForgottenBraceCostsOneFunction) {
  EXPECT_EQ(faults("fn f() {\n  let a = 1\nfn g() {\n  1 2\n}"), "E0011 1:8; E0012 4:5");
  EXPECT_EQ(faults("}\nlet = 1"), "E0011 1:1; E0010 2:5");
}

TEST(ParserRecovery, DeclarationsInBlocks) {
  EXPECT_EQ(faults("fn f() {\n  fn g() { 1 }\n  param x: f64\n  2 2\n}"), "E0014 2:3; E0014 3:3; E0012 4:5");
}

TEST(ParserRecovery, LexicalFaultsAreNotRepeated) {
  EXPECT_EQ(faults("let x = 1 $ 2\nlet y = \"a\nlet z = 1__0"), "E0001 1:11; E0002 2:9; E0004 3:9");
  EXPECT_EQ(faults("let x = a && b || c"), "E0001 1:11; E0001 1:16");
  EXPECT_EQ(faults("let x = y ≤ 3 × 2"), "E0001 1:11; E0001 1:15");
}

TEST(ParserRecovery, StopsAtTheCap) {
  SourceManager sources;
  DiagnosticEngine diagnostics(10);
  parseFile(sources.file(sources.add("f", repeated("let = 1\n", 100000))), diagnostics);
  EXPECT_EQ(diagnostics.diagnostics().size(), 10u);
  EXPECT_EQ(diagnostics.errorCount(), 10u);
}

// Every construct that nests, far past the limit: one located error, no overflow of the stack.
TEST(ParserDepth, DeepNestingIsAnError) {
  constexpr size_t kDeep = 100000;
  for (std::string_view part : {"(", "[", "-", "not ", "f(", "x[", "a ** ", "if a then ", "|x| ", "sum[i](", "grad[x](", "a + (",
                                "if ", "V with [0] = (", "f(a = ", "x[0..", "sum[i in ", "1 + if ", "{"})
    EXPECT_EQ(parsed(repeated(part, kDeep)).substr(0, 5), "error") << part;
  for (std::string_view part : {"for t in 0..n {\n", "while a limit 2 {\n", "let (", "let x: (", "let x: A<", "let x: fn(", "let x: f64[",
                                "fn f() {", "x = sum[i] {", "{", "}", "let x[(", "((}", "[(", "@test "}) {
    EXPECT_NE(faults(repeated(part, kDeep)), "") << part;
  }
  EXPECT_NE(faults("let " + repeated("(", kDeep)).find("E0013 1:"), std::string::npos);
  EXPECT_NE(faults("param x: " + repeated("A<", kDeep)).find("E0013 1:"), std::string::npos);
}

TEST(ParserDepth, LongChainsAreAnError) {
  constexpr size_t kLong = 100000;
  for (std::string_view part : {" + a", " or a", ".f", "(b)", "[i]", " with (b = 1)", " with [0] = 1", " @ a"})
    EXPECT_NE(parsed("a" + repeated(part, kLong)).find("error[E0013]"), std::string::npos) << part;
}

TEST(ParserDepth, WhatEnclosesItIsNotReported) {
  EXPECT_EQ(faults(repeated("for t in 0..2 {\n", 200)), "E0013 129:1");
}

TEST(ParserDepth, LongListsAreNot) {
  constexpr size_t kLong = 100000;
  EXPECT_EQ(parsed("[" + repeated("1, ", kLong) + "1]").substr(0, 8), "(array 1");
  EXPECT_EQ(faults(repeated("let x = 1\n", kLong)), "");
}

TEST(ParserDepth, TheLimitItself) {
  EXPECT_EQ(faults("let x = a" + repeated(" + a", 253)), "");
  EXPECT_EQ(faults("let x = a" + repeated(" + a", 300)), "E0013 1:9");
  EXPECT_EQ(faults("let x = " + repeated("(", 255) + "a" + repeated(")", 255)), "");
}

} // namespace ricci::lang::test
