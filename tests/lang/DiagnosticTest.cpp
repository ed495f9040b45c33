#include "lang/Diagnostic.h"

#include <gtest/gtest.h>

namespace ricci::lang::test {

class DiagnosticTest : public ::testing::Test {
protected:
  Span span(uint32_t begin, uint32_t end) const { return {0, begin, end}; }

  SourceManager sources;
  DiagnosticEngine diagnostics;
};

TEST_F(DiagnosticTest, TextForm) {
  sources.add("model.ricci", "# a\n\nlet y[i] = exp(a[i,j]) * b[j]\n");
  diagnostics.error(Code::E0010, span(24, 25), "index `j` is neither on the left nor bound by a reduction")
      .help("to sum over it write `sum[j](…)`; to keep it add `j` on the left");
  EXPECT_EQ(render(sources, diagnostics), "error[E0010]: index `j` is neither on the left nor bound by a reduction\n"
                                          "  --> model.ricci:3:20\n"
                                          "   | let y[i] = exp(a[i,j]) * b[j]\n"
                                          "   |                    ^\n"
                                          "   = help: to sum over it write `sum[j](…)`; to keep it add `j` on the left\n");
}

TEST_F(DiagnosticTest, BothSites) {
  sources.add("f", "param X: f64[N,D]\nlet y[n] = sum[d](X[n,d] * w[d])\n");
  diagnostics.error(Code::E0010, span(45, 46), "`d` has two ranges").here("D is 32 here, from w").label(span(13, 16), "here").label(span(0, 5), "there");
  diagnostics.error(Code::E0010, span(36, 42), "again").label(span(45, 49), "same line");
  EXPECT_EQ(render(sources, diagnostics), "error[E0010]: `d` has two ranges\n"
                                          "  --> f:2:28\n"
                                          "   | let y[n] = sum[d](X[n,d] * w[d])\n"
                                          "   |                            ^ D is 32 here, from w\n"
                                          "  --> f:1:14\n"
                                          "   | param X: f64[N,D]\n"
                                          "   |              --- here\n"
                                          "   | ----- there\n"
                                          "\n"
                                          "error[E0010]: again\n"
                                          "  --> f:2:19\n"
                                          "   | let y[n] = sum[d](X[n,d] * w[d])\n"
                                          "   |                   ^^^^^^\n"
                                          "   |                            ---- same line\n");
}

TEST_F(DiagnosticTest, OddText) {
  sources.add("f", "\tα\x01 b\r\nlong");
  diagnostics.error(Code::E0001, span(5, 6), "m");
  diagnostics.error(Code::E0001, span(8, 12), "spans lines end at the first");
  diagnostics.error(Code::E0001, span(12, 12), "at the end");
  EXPECT_EQ(render(sources, diagnostics), "error[E0001]: m\n"
                                          "  --> f:1:5\n"
                                          "   |  α\uFFFD b\n"
                                          "   |     ^\n"
                                          "\n"
                                          "error[E0001]: spans lines end at the first\n"
                                          "  --> f:2:1\n"
                                          "   | long\n"
                                          "   | ^^^^\n"
                                          "\n"
                                          "error[E0001]: at the end\n"
                                          "  --> f:2:5\n"
                                          "   | long\n"
                                          "   |     ^\n");
}

TEST_F(DiagnosticTest, LongLinesAreWindows) {
  std::string text(100000, 'a');
  text[50000] = 'b';
  sources.add("f", text);
  diagnostics.error(Code::E0001, span(50000, 50001), "m");
  std::string shown = render(sources, diagnostics);
  EXPECT_LT(shown.size(), 400u);
  EXPECT_NE(shown.find("…aaa"), std::string::npos);
  EXPECT_NE(shown.find("aba"), std::string::npos);
}

TEST_F(DiagnosticTest, TheSameTwiceIsOnce) {
  sources.add("f", "abc");
  diagnostics.error(Code::E0001, span(0, 1), "m").help("h");
  diagnostics.error(Code::E0001, span(0, 1), "m").help("dropped");
  diagnostics.error(Code::E0010, span(0, 1), "m");
  EXPECT_EQ(diagnostics.errorCount(), 2u);
  EXPECT_EQ(diagnostics.diagnostics().size(), 2u);
  EXPECT_EQ(diagnostics.diagnostics()[0].helpText, "h");
}

TEST_F(DiagnosticTest, PastTheCapTheyAreCounted) {
  sources.add("f", "abcdef");
  DiagnosticEngine few(2);
  for (uint32_t i = 0; i < 5; ++i)
    few.error(Code::E0001, span(i, i + 1), "m");
  EXPECT_EQ(few.diagnostics().size(), 2u);
  EXPECT_EQ(few.errorCount(), 5u);
  EXPECT_EQ(few.suppressed(), 3u);
  EXPECT_TRUE(render(sources, few).ends_with("\nonly the first 2 are shown\n"));
}

TEST_F(DiagnosticTest, WarningsAreNoErrors) {
  sources.add("f", "abc");
  diagnostics.warning(Code::E0001, span(0, 1), "m");
  EXPECT_FALSE(diagnostics.hasErrors());
  EXPECT_EQ(render(sources, diagnostics).substr(0, 14), "warning[E0001]");
}

TEST_F(DiagnosticTest, SortsByPosition) {
  sources.add("f", "abc");
  diagnostics.error(Code::E0001, span(2, 3), "c");
  diagnostics.error(Code::E0001, span(0, 1), "a");
  diagnostics.error(Code::E0010, span(0, 1), "b");
  diagnostics.sort();
  std::string order;
  for (const Diagnostic &diagnostic : diagnostics.diagnostics())
    order += diagnostic.message;
  EXPECT_EQ(order, "abc");
}

TEST_F(DiagnosticTest, Flat) {
  sources.add("f", "α\nβγ δ");
  diagnostics.error(Code::E0001, span(5, 7), "m").help("h");
  FlatDiagnostic flat = flatten(sources, diagnostics.diagnostics().front());
  EXPECT_EQ(flat.code, "E0001");
  EXPECT_EQ(flat.file, "f");
  EXPECT_EQ(flat.line, 2u);
  EXPECT_EQ(flat.column, 2u);
  EXPECT_EQ(flat.endLine, 2u);
  EXPECT_EQ(flat.endColumn, 3u);
  EXPECT_EQ(flat.help, "h");
}

TEST(Codes, AreFoundByName) {
  EXPECT_EQ(findCode("E0010"), Code::E0010);
  EXPECT_EQ(findCode("e0010"), Code::E0010);
  EXPECT_FALSE(findCode("E9999"));
  EXPECT_FALSE(findCode(""));
  EXPECT_NE(explain(Code::E0012).find("Right:\n\n    let a = 1; let b = 2\n"), std::string::npos);
}

TEST(Nearest, OffersWhatIsMeant) {
  std::vector<std::string> names{"weights", "length", "x", "sofplus", "softmax", "N"};
  EXPECT_EQ(nearest("wieghts", names), "weights");
  EXPECT_EQ(nearest("lenght", names), "length");
  EXPECT_EQ(nearest("softmx", names), "softmax");
  EXPECT_EQ(nearest("xs", names), "x");
  EXPECT_FALSE(nearest("y", names));
  EXPECT_FALSE(nearest("banana", names));
  EXPECT_FALSE(nearest(std::string(100000, 'x'), names));
}

} // namespace ricci::lang::test
