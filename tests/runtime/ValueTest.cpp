#include "runtime/Value.h"

#include <cmath>
#include <gtest/gtest.h>
#include <numeric>

using namespace ricci::runtime;

namespace {

template <typename T> Array arrayOf(Shape shape, std::vector<T> elements) {
  Array array = std::move(*Array::create(dtypeOf<T>(), std::move(shape)));
  std::copy(elements.begin(), elements.end(), array.as<T>().begin());
  return array;
}

Array counting(Shape shape) {
  Array array = std::move(*Array::create(DType::I64, std::move(shape)));
  std::iota(array.as<int64_t>().begin(), array.as<int64_t>().end(), 0);
  return array;
}

template <typename T> std::string scalarText(T value) { return *toText(Array::scalar(value)); }

TEST(ValueText, ScalarsReadBackAsTheirType) {
  EXPECT_EQ(scalarText(int64_t(2)), "2");
  EXPECT_EQ(scalarText(2.0), "2.0");
  EXPECT_EQ(scalarText(0.1), "0.1");
  EXPECT_EQ(scalarText(0.1f), "0.1");
  EXPECT_EQ(scalarText(-0.0), "-0.0");
  EXPECT_EQ(scalarText(1e300), "1e+300");
  EXPECT_EQ(scalarText(123456789.0), "123456789.0");
  EXPECT_EQ(scalarText(static_cast<double>(INFINITY)), "inf");
  EXPECT_EQ(scalarText(-INFINITY), "-inf");
  EXPECT_EQ(scalarText(-std::nan("")), "nan");
  EXPECT_EQ(scalarText(true), "true");
  EXPECT_EQ(scalarText(false), "false");
}

TEST(ValueText, ArraysAreNestedBrackets) {
  EXPECT_EQ(*toText(arrayOf<double>({3}, {1, 2.5, 3})), "[1.0, 2.5, 3.0]");
  EXPECT_EQ(*toText(counting({2, 3})), "[[0, 1, 2],\n [3, 4, 5]]");
  EXPECT_EQ(*toText(counting({2, 2, 2})), "[[[0, 1],\n  [2, 3]],\n [[4, 5],\n  [6, 7]]]");
  EXPECT_EQ(*toText(counting({0})), "[]");
  EXPECT_EQ(*toText(counting({2, 0})), "[] i64[2,0]");
}

TEST(ValueText, HugeEmptyArraysAreShort) {
  Array array = std::move(*Array::create(DType::F64, {int64_t(1) << 60, 0}));
  EXPECT_EQ(*toText(array), "[] f64[1152921504606846976,0]");
  EXPECT_LT(toJson(Value(std::move(array))).size(), 100u);
}

TEST(ValueText, LongArraysAreAbridged) {
  EXPECT_EQ(*toText(counting({2000})), "[0, 1, 2, ..., 1997, 1998, 1999] i64[2000]");
  EXPECT_EQ(*toText(counting({501, 2})),
            "[[0, 1],\n [2, 3],\n [4, 5],\n ...,\n [996, 997],\n [998, 999],\n [1000, 1001]] "
            "i64[501,2]");
}

TEST(ValueText, AppliesAFormatToEachElement) {
  EXPECT_EQ(*toText(arrayOf<double>({2}, {1, 2.5}), {.scalarFormat = ".2f"}), "[1.00, 2.50]");
  Result<std::string> wrong = toText(counting({1}), {.scalarFormat = ".2f"});
  ASSERT_FALSE(wrong);
  EXPECT_NE(wrong.error().message.find(".2f"), std::string::npos);
}

Value sample() {
  Aggregate model{"Mlp", {}};
  model.fields.push_back({"w", counting({2, 2})});
  model.fields.push_back({"b", Array::scalar(0.5)});
  Aggregate pair;
  pair.fields.push_back({"0", Array::scalar(1.0)});
  pair.fields.push_back({"1", Value(std::move(model))});
  return pair;
}

TEST(ValueText, AggregatesFieldByField) {
  EXPECT_EQ(*toText(sample()), "(1.0,\n"
                               " Mlp(w = [[0, 1],\n"
                               "          [2, 3]],\n"
                               "     b = 0.5))");
  Aggregate flat;
  flat.fields.push_back({"0", Array::scalar(1.0)});
  EXPECT_EQ(*toText(Value(std::move(flat))), "(1.0,)");
}

TEST(ValueJson, NamesTypeShapeAndData) {
  EXPECT_EQ(toJson(Array::scalar(2.0)), R"({"type": "f64", "shape": [], "data": 2.0})");
  EXPECT_EQ(toJson(Array::scalar(true)), R"({"type": "bool", "shape": [], "data": true})");
  EXPECT_EQ(toJson(counting({2, 2})), R"({"type": "i64", "shape": [2, 2], "data": [[0, 1], [2, 3]]})");
  EXPECT_EQ(toJson(arrayOf<double>({3}, {NAN, INFINITY, -INFINITY})),
            R"({"type": "f64", "shape": [3], "data": ["nan", "inf", "-inf"]})");
  EXPECT_EQ(toJson(sample()),
            R"({"type": "tuple", "shape": [], "data": {"0": {"type": "f64", "shape": [], "data": 1.0}, )"
            R"("1": {"type": "Mlp", "shape": [], "data": {"w": {"type": "i64", "shape": [2, 2], "data": [[0, 1], )"
            R"([2, 3]]}, "b": {"type": "f64", "shape": [], "data": 0.5}}}}})");
}

} // namespace
