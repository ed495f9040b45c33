#include "Parsing.h"

#include <gtest/gtest.h>

namespace ricci::lang::test {

// Segments as `'text'` or `<expr|spec>`; for a faulty string its diagnostics.
static std::string segments(std::string literal) {
  SourceManager sources;
  DiagnosticEngine diagnostics;
  const SourceFile &file = sources.file(sources.add("f", std::move(literal)));
  ExprPtr expr = parseExpression(file, diagnostics);
  if (!expr)
    return render(sources, diagnostics);
  auto parts = parseFormat(file, as<StringExpr>(*expr), diagnostics);
  if (!parts)
    return render(sources, diagnostics);
  std::string out;
  for (const FormatSegment &part : *parts)
    out += part.expr ? fmt::format("<{}|{}|{}>", dump(*part.expr), part.spec, sources.text(part.expr->span))
                     : fmt::format("'{}'", part.text);
  return out;
}

TEST(Format, Segments) {
  EXPECT_EQ(segments(R"("step {t}: loss {l:.4f}")"), "'step '<t||t>': loss '<l|.4f|l>");
  EXPECT_EQ(segments(R"("{{x}} \u{3b1}\n{ x[:, 0] + f({y}) }")").substr(0, 5), "error");
  EXPECT_EQ(segments(R"("{{x}} \u{3b1}\n{ x[:,0] }")"), "'{x} α\n'<(at x : 0)||x[:,0]>");
  EXPECT_EQ(segments(R"("")"), "");
  EXPECT_EQ(segments(R"("{p.w1:>8}{t.0}")"), "<(. p w1)|>8|p.w1><(. t 0)||t.0>");
}

TEST(Format, FaultsAreLocatedInTheString) {
  EXPECT_EQ(segments(R"("ab {x + } c")"), "error[E0010]: expected an expression, found the end of the text\n"
                                         "  --> f:1:9\n"
                                         "   | \"ab {x + } c\"\n"
                                         "   |         ^\n");
  for (const char *bad : {R"("{")", R"("}")", R"("{}")", R"("{ :3}")", R"("a {x")", R"("{x:3")"})
    EXPECT_NE(segments(bad).find("error[E0030]"), std::string::npos) << bad;
  EXPECT_NE(segments(R"("{x:3.}")").find("error[E0031]"), std::string::npos);
}

TEST(Format, Specifications) {
  for (const char *good : {"", ">8", "*^8.3f", "+.4e", "#x", "08d", "3", ".2", "s", "é<5"})
    EXPECT_TRUE(parseFormatSpec(good)) << good;
  for (const char *bad : {"z", ".", "8.", "1001", ".9999999999999", "f8", "{}", "8,"})
    EXPECT_FALSE(parseFormatSpec(bad)) << bad;
  auto spec = parseFormatSpec("+12.3f");
  EXPECT_TRUE(spec->numeric);
  EXPECT_EQ(spec->width, 12u);
  EXPECT_EQ(spec->precision, 3u);
  EXPECT_EQ(spec->type, 'f');
}

} // namespace ricci::lang::test
