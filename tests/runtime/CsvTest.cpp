#include "runtime/DataFile.h"
#include "tests/runtime/TestFiles.h"

#include <cmath>
#include <gtest/gtest.h>
#include <locale.h>

using namespace ricci::runtime;
using namespace ricci::runtime::test;

namespace {

class CsvTest : public testing::Test {
protected:
  Result<Array> read(std::string_view text) {
    std::string path = folder.write("t.csv", text);
    Result<ArrayType> type = inspectHeader(path);
    if (!type)
      return std::move(type.error());
    return readArray(path, *type);
  }
  void expectMatrix(std::string_view text, const Shape &shape, const std::vector<double> &elements) {
    Result<Array> array = read(text);
    ASSERT_TRUE(array) << array.error().message;
    EXPECT_EQ(array->shape(), shape) << text;
    EXPECT_EQ(elementsOf<double>(*array), elements) << text;
  }
  void expectFault(std::string_view text, std::string_view fragment) {
    Result<Array> array = read(text);
    ASSERT_FALSE(array) << text;
    EXPECT_EQ(array.error().kind, ErrorKind::Format);
    EXPECT_NE(array.error().message.find("t.csv: "), std::string::npos);
    EXPECT_NE(array.error().message.find(fragment), std::string::npos) << array.error().message;
  }

  TemporaryFolder folder;
};

TEST_F(CsvTest, ReadsPlainTables) {
  expectMatrix("1,2\n3,4\n", {2, 2}, {1, 2, 3, 4});
  expectMatrix("1,2\r\n3,4", {2, 2}, {1, 2, 3, 4});
  expectMatrix("1\r2\r", {2, 1}, {1, 2});
  expectMatrix("\n\n1,2\n\n \n3,4\n\n", {2, 2}, {1, 2, 3, 4});
  expectMatrix(" 1 ,\t-2.5e3\n", {1, 2}, {1, -2500});
  expectMatrix("+1,.5,5.,1E+2\n", {1, 4}, {1, 0.5, 5, 100});
  expectMatrix("inf,-inf,+Infinity", {1, 3}, {INFINITY, -INFINITY, INFINITY});
  expectMatrix("0.1,5e-324\n", {1, 2}, {0.1, 5e-324});
  EXPECT_TRUE(std::isnan(read("nan")->as<double>()[0]));
}

TEST_F(CsvTest, SkipsByteOrderMarkAndHeader) {
  expectMatrix("\xef\xbb\xbf"
               "1,2\n",
               {1, 2}, {1, 2});
  expectMatrix("\xef\xbb\xbfx,y\n1,2\n", {1, 2}, {1, 2});
  expectMatrix("\"a, b\",\"c\nd \"\"e\"\"\"\n\"1\",\"2\"\n", {1, 2}, {1, 2});
  expectMatrix("569,30,malignant\n1,2\n3,4\n", {2, 2}, {1, 2, 3, 4});
  expectMatrix(",a\n1,2\n", {1, 2}, {1, 2});
}

TEST_F(CsvTest, LocatesFaults) {
  expectFault("1,2\n3\n", "line 2: 1 fields");
  expectFault("1,2\n3,4,5\n", "line 2: 3 fields");
  expectFault("x,y\r\n1,2\r\n3,\r\n", "line 3, field 2: the field is empty");
  expectFault("1,,2\n", "line 1, field 2");
  expectFault("1,2\n3,four\n", "line 2, field 2: \"four\" is not a number");
  expectFault("\"a\nb\"\n1\nx\n", "line 4, field 1");
  expectFault("1\n1e999\n", "range");
  expectFault("1\n\"2\n", "line 2, field 1: the quote is not closed");
  expectFault("1\n\"2\"x\n", "text after the closing quote");
  expectFault("1\n0x10\n", "not a number");
  expectFault("1\n1,5e\n", "line 2");
  expectFault("1\n+-2\n", "not a number");
  expectFault("", "no numbers");
  expectFault("\n\n", "no numbers");
  expectFault("only,words\n", "no numbers");
  expectFault(std::string_view("1\n2\0\n", 5), "line 2");
}

TEST_F(CsvTest, PassesAsAVectorOnlyWithOneColumn) {
  std::string path = folder.write("v.csv", "x\n1\n2\n");
  EXPECT_EQ(readArray(path, {DType::F64, {2}})->shape(), Shape{2});
  EXPECT_EQ(readArray(path, {DType::F64, {3}}).error().kind, ErrorKind::Mismatch);
  EXPECT_EQ(readArray(path, {DType::F32, {2, 1}}).error().kind, ErrorKind::Mismatch);
  EXPECT_EQ(readArray(folder.write("w.csv", "1,2\n"), {DType::F64, {2}}).error().kind, ErrorKind::Mismatch);
}

TEST_F(CsvTest, IgnoresTheLocale) {
  const char *before = setlocale(LC_NUMERIC, "de_DE.UTF-8");
  expectMatrix("1.5,2\n", {1, 2}, {1.5, 2});
  if (before)
    setlocale(LC_NUMERIC, "C");
}

} // namespace
