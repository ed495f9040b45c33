#include "compiler/driver/Given.h"

#include "runtime/DataFile.h"
#include "tests/runtime/TestFiles.h"

#include <gtest/gtest.h>

using namespace ricci;
using namespace ricci::driver;
using runtime::DType;

namespace {

class GivenTest : public testing::Test {
protected:
  std::string archive(runtime::Aggregate aggregate) {
    std::string path = folder.path("m.npz");
    EXPECT_TRUE(writeValue(path, runtime::Value(std::move(aggregate))));
    return path;
  }
  runtime::test::TemporaryFolder folder;
};

TEST(Assignment, HasANameBeforeTheEqualsSign) {
  for (const char *text : {"x=1", "p.w1=a.npy", "t.0=2", "_a=", "p.b.c=x=y"})
    EXPECT_TRUE(isAssignment(text)) << text;
  for (const char *text : {"file.ricci", "=1", "1=2", "dir/a=b.ricci", "p.=1", "p..w=1", "-x=1", ""})
    EXPECT_FALSE(isAssignment(text)) << text;
}

TEST_F(GivenTest, TellsLiteralsAndFilesApart) {
  std::string path = folder.path("x.npy");
  ASSERT_TRUE(writeArray(path, runtime::test::arrayOf<float>({2}, {1, 2})));
  Outcome<std::vector<Given>> given = parseGiven({"n=3", "x=" + path});
  ASSERT_TRUE(given);
  lang::InputHeader number = headerOf((*given)[0]), file = headerOf((*given)[1]);
  EXPECT_TRUE(number.literal);
  EXPECT_EQ(number.integer, 3);
  EXPECT_FALSE(file.literal);
  EXPECT_EQ(file.element, lang::Scalar::F32);
  EXPECT_EQ(file.shape, (runtime::Shape{2}));
  EXPECT_EQ(read((*given)[0], DType::F64, 0, nullptr)->as<double>()[0], 3);
  EXPECT_EQ(read((*given)[1], DType::F32, 1, nullptr)->as<float>()[1], 2);
  EXPECT_EQ(read((*given)[1], DType::F64, 1, nullptr).error().status, ExitStatus::WrongProgram);
}

TEST_F(GivenTest, SpreadsAnArchiveOverFields) {
  runtime::Aggregate inner{"B", {}}, outer{"A", {}};
  inner.fields.push_back({"w", runtime::Array::scalar(1.0)});
  outer.fields.push_back({"x", runtime::Array::scalar(2.0)});
  outer.fields.push_back({"b", runtime::Value(std::move(inner))});
  std::string path = archive(std::move(outer));
  Outcome<std::vector<Given>> given = parseGiven({"p=" + path});
  ASSERT_TRUE(given);
  ASSERT_EQ(given->size(), 2u);
  EXPECT_EQ((*given)[0].name, "p.x");
  EXPECT_EQ((*given)[1].name, "p.b.w");
  EXPECT_EQ((*parseGiven({"p=" + path + ":x"}))[0].name, "p");
  ASSERT_TRUE(writeArray(path, runtime::Array::scalar(1.0)));
  EXPECT_EQ((*parseGiven({"p=" + path}))[0].name, "p");
}

TEST_F(GivenTest, SaysWhatIsWrong) {
  EXPECT_EQ(parseGiven({"x=1", "x=2"}).error().status, ExitStatus::Usage);
  EXPECT_EQ(parseGiven({"x=hello"}).error().status, ExitStatus::Usage);
  EXPECT_EQ(parseGiven({"x=f32[3]"}).error().status, ExitStatus::Usage);
  EXPECT_EQ(parseGiven({"x=" + folder.path("none.npy")}).error().status, ExitStatus::Data);
  EXPECT_EQ(parseGiven({"x=" + folder.path("none.npz")}).error().status, ExitStatus::Data);
}

TEST_F(GivenTest, MakesDataUp) {
  Outcome<std::vector<Given>> given =
      parseGiven({"A=f32[100,50]", "b=f64[5000]", "n=i64"}, {.madeUp = true, .seed = 7});
  ASSERT_TRUE(given);
  EXPECT_EQ(headerOf((*given)[0]).shape, (runtime::Shape{100, 50}));
  runtime::Array a = std::move(*read((*given)[0], DType::F32, 2, nullptr));
  runtime::Array again = std::move(*read((*given)[0], DType::F32, 2, nullptr));
  EXPECT_TRUE(std::ranges::equal(a.as<float>(), again.as<float>()));
  double sum = 0, squares = 0;
  for (float x : a.as<float>()) {
    sum += x;
    squares += x * x;
  }
  EXPECT_NEAR(sum / 5000, 0, 0.05);
  EXPECT_NEAR(squares / 5000, 1, 0.1);
  for (const char *text : {"A=f32[", "A=f32[-1]", "A=f32[1,]", "A=f16[3]", "A=f32[99999999999,99999999999]"})
    EXPECT_FALSE(parseGiven({text}, {.madeUp = true})) << text;
}

} // namespace
