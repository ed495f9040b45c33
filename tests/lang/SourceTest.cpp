#include "lang/Source.h"
#include "lang/Utf8.h"

#include <gtest/gtest.h>

namespace ricci::lang::test {

TEST(Source, LinesAndColumns) {
  SourceFile file(0, "f", "ab\r\nα β\n\n");
  EXPECT_EQ(file.lineCount(), 4u);
  EXPECT_EQ(file.line(1), "ab");
  EXPECT_EQ(file.line(2), "α β");
  EXPECT_EQ(file.line(4), "");
  EXPECT_EQ(file.position(0), (Position{1, 1}));
  EXPECT_EQ(file.position(6), (Position{2, 2})); // after the two bytes of α
  EXPECT_EQ(file.position(10), (Position{3, 1}));
  EXPECT_EQ(file.position(1000), (Position{4, 1}));
}

TEST(Source, Cover) {
  EXPECT_EQ(cover({1, 2, 5}, {1, 4, 9}), (Span{1, 2, 9}));
}

TEST(Utf8, DecodesWhatIsValidOnly) {
  EXPECT_EQ(decodeUtf8("α").value, 0x3B1u);
  EXPECT_EQ(decodeUtf8("😀").length, 4u);
  for (const char *bad : {"\x80", "\xC0\x80", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xF0\x9F", "\xFF"})
    EXPECT_EQ(decodeUtf8(bad).length, 0u);
}

TEST(Utf8, AppendsWhatItDecodes) {
  for (const char *text : {"a", "α", "€", "😀"}) {
    std::string out;
    appendUtf8(out, decodeUtf8(text).value);
    EXPECT_EQ(out, text);
  }
}

TEST(Utf8, PrintableKeepsColumns) {
  EXPECT_EQ(printable("a\tb\x01\xff" "c"), "a b\uFFFD\uFFFDc");
}

} // namespace ricci::lang::test
