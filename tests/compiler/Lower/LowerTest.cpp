#include "Compare.h"

#include <fstream>
#include <iostream>

namespace ricci::test {
namespace {

struct Case {
  const char *name;
  const char *text;
  std::vector<std::vector<int64_t>> shapes = {};
};

std::ostream &operator<<(std::ostream &stream, const Case &test) { return stream << test.name; }

class Lower : public ::testing::TestWithParam<std::tuple<Case, unsigned, bool>> {};

TEST_P(Lower, EqualsReference) {
  const auto &[test, vectorBytes, fuse] = GetParam();
  EXPECT_TRUE(compiledEqualsReference(test.text, {test.shapes, vectorBytes, fuse}));
}

const Case cases[] = {
    {"Add", R"(func.func @f(%x: tensor<17xf64>, %y: tensor<17xf64>) -> tensor<17xf64> {
      %r = ricci.add %x, %y : tensor<17xf64>  return %r : tensor<17xf64> })"},
    {"AddScalar", R"(func.func @f(%x: tensor<f32>, %y: tensor<f32>) -> tensor<f32> {
      %r = ricci.add %x, %y : tensor<f32>  return %r : tensor<f32> })"},
    {"AddEmpty", R"(func.func @f(%x: tensor<3x0xf64>) -> tensor<3x0xf64> {
      %r = ricci.add %x, %x : tensor<3x0xf64>  return %r : tensor<3x0xf64> })"},
    {"AddDynamic", R"(func.func @f(%x: tensor<?x?xf32>, %y: tensor<?x?xf32>) -> tensor<?x?xf32> {
      %r = ricci.add %x, %y : tensor<?x?xf32>  return %r : tensor<?x?xf32> })", {{5, 37}, {5, 37}}},
    {"AddDynamicEmpty", R"(func.func @f(%x: tensor<?x?xf32>, %y: tensor<?x?xf32>) -> tensor<?x?xf32> {
      %r = ricci.add %x, %y : tensor<?x?xf32>  return %r : tensor<?x?xf32> })", {{5, 0}, {5, 0}}},
    {"Integers", R"(func.func @f(%x: tensor<33xi64>, %y: tensor<33xi64>) -> (tensor<33xi64>, tensor<33xi64>) {
      %c = ricci.fill 2 : i64 : tensor<33xi64>
      %a = ricci.sub %x, %c : tensor<33xi64>
      %d = ricci.div %a, %y : tensor<33xi64>
      %m = ricci.rem %a, %y : tensor<33xi64>
      return %d, %m : tensor<33xi64>, tensor<33xi64> })"},
    {"Bools", R"(func.func @f(%x: tensor<41xf32>, %y: tensor<41xf32>) -> (tensor<41xi1>, tensor<41xf32>) {
      %c = ricci.cmp lt %x, %y : tensor<41xf32>
      %n = ricci.not %c : tensor<41xi1>
      %s = ricci.select %n, %x, %y : tensor<41xf32>
      return %n, %s : tensor<41xi1>, tensor<41xf32> })"},
    {"Functions", R"(func.func @f(%x: tensor<23xf64>) -> (tensor<23xf64>, tensor<23xf64>, tensor<23xf64>) {
      %e = ricci.exp %x : tensor<23xf64>
      %t = ricci.tanh %x : tensor<23xf64>
      %l = ricci.log %e : tensor<23xf64>
      %s = ricci.sin %l : tensor<23xf64>
      return %e, %t, %s : tensor<23xf64>, tensor<23xf64>, tensor<23xf64> })"},
    {"Convert", R"(func.func @f(%x: tensor<19xf64>) -> (tensor<19xi64>, tensor<19xf32>, tensor<19xi32>) {
      %e = ricci.convert %x : tensor<19xf64> -> tensor<19xi64>
      %t = ricci.convert %x : tensor<19xf64> -> tensor<19xf32>
      %l = ricci.convert %e : tensor<19xi64> -> tensor<19xi32>
      return %e, %t, %l : tensor<19xi64>, tensor<19xf32>, tensor<19xi32> })"},
    {"Transpose", R"(func.func @f(%x: tensor<7x19xf32>) -> tensor<19x7xf32> {
      %r = ricci.einsum "ij->ji"(%x) : (tensor<7x19xf32>) -> tensor<19x7xf32>  return %r : tensor<19x7xf32> })"},
    {"Broadcast", R"(func.func @f(%x: tensor<?xf32>, %y: tensor<?xf32>) -> tensor<?x?xf32> {
      %n = ricci.dim %x, 0 : tensor<?xf32>
      %m = ricci.dim %y, 0 : tensor<?xf32>
      %r = ricci.einsum "i,j->ij"(%x, %y) dims(%n, %m) : (tensor<?xf32>, tensor<?xf32>) -> tensor<?x?xf32>
      return %r : tensor<?x?xf32> })", {{5}, {9}}},
    {"Ones", R"(func.func @f(%x: tensor<f64>) -> tensor<3x5xf64> {
      %r = ricci.einsum "->ij"(%x) : (tensor<f64>) -> tensor<3x5xf64>  return %r : tensor<3x5xf64> })"},
    {"Diagonal", R"(func.func @f(%x: tensor<9x9xf64>) -> (tensor<9xf64>, tensor<9x9xf64>) {
      %d = ricci.einsum "ii->i"(%x) : (tensor<9x9xf64>) -> tensor<9xf64>
      %e = ricci.einsum "i->ii"(%d) : (tensor<9xf64>) -> tensor<9x9xf64>
      return %d, %e : tensor<9xf64>, tensor<9x9xf64> })"},
    {"SumAll", R"(func.func @f(%x: tensor<?x?xf64>) -> tensor<f64> {
      %r = ricci.einsum "ij->"(%x) : (tensor<?x?xf64>) -> tensor<f64>  return %r : tensor<f64> })", {{13, 101}}},
    {"SumRows", R"(func.func @f(%x: tensor<13x101xf32>) -> tensor<13xf32> {
      %r = ricci.einsum "ij->i"(%x) : (tensor<13x101xf32>) -> tensor<13xf32>  return %r : tensor<13xf32> })"},
    {"SumColumns", R"(func.func @f(%x: tensor<13x101xf32>) -> tensor<101xf32> {
      %r = ricci.einsum "ij->j"(%x) : (tensor<13x101xf32>) -> tensor<101xf32>  return %r : tensor<101xf32> })"},
    {"SumNothing", R"(func.func @f(%x: tensor<4x0xf32>) -> tensor<4xf32> {
      %r = ricci.einsum "ij->i"(%x) : (tensor<4x0xf32>) -> tensor<4xf32>  return %r : tensor<4xf32> })"},
    {"Trace", R"(func.func @f(%x: tensor<11x11xi64>) -> tensor<i64> {
      %r = ricci.einsum "ii->"(%x) : (tensor<11x11xi64>) -> tensor<i64>  return %r : tensor<i64> })"},
    {"SumToDiagonal", R"(func.func @f(%x: tensor<5x6xf64>) -> tensor<5x5xf64> {
      %r = ricci.einsum "ij->ii"(%x) : (tensor<5x6xf64>) -> tensor<5x5xf64>  return %r : tensor<5x5xf64> })"},
    {"Matmul", R"(func.func @f(%x: tensor<17x33xf32>, %y: tensor<33x65xf32>) -> tensor<17x65xf32> {
      %r = ricci.einsum "ik,kj->ij"(%x, %y) : (tensor<17x33xf32>, tensor<33x65xf32>) -> tensor<17x65xf32>
      return %r : tensor<17x65xf32> })"},
    {"MatmulDynamic", R"(func.func @f(%x: tensor<?x?xf64>, %y: tensor<?x?xf64>) -> tensor<?x?xf64> {
      %n = ricci.dim %x, 0 : tensor<?x?xf64>
      %m = ricci.dim %y, 0 : tensor<?x?xf64>
      %r = ricci.einsum "ik,jk->ij"(%x, %y) dims(%n, %m) : (tensor<?x?xf64>, tensor<?x?xf64>) -> tensor<?x?xf64>
      return %r : tensor<?x?xf64> })", {{5, 21}, {7, 21}}},
    {"Batched", R"(func.func @f(%x: tensor<3x4x5xf64>, %y: tensor<3x5x2xf64>) -> tensor<4x3x2xf64> {
      %r = ricci.einsum "bik,bkj->ibj"(%x, %y) : (tensor<3x4x5xf64>, tensor<3x5x2xf64>) -> tensor<4x3x2xf64>
      return %r : tensor<4x3x2xf64> })"},
    {"ThreeOperands", R"(func.func @f(%x: tensor<3x4xf64>, %y: tensor<4xf64>, %z: tensor<3xf64>) -> tensor<f64> {
      %r = ricci.einsum "ij,j,i->"(%x, %y, %z) : (tensor<3x4xf64>, tensor<4xf64>, tensor<3xf64>) -> tensor<f64>
      return %r : tensor<f64> })"},
    {"Extremes", R"(func.func @f(%x: tensor<5x67xf32>) -> (tensor<5xf32>, tensor<67xf32>, tensor<f32>) {
      %a = ricci.reduce max [1] %x : tensor<5x67xf32> -> tensor<5xf32>
      %b = ricci.reduce min [0] %x : tensor<5x67xf32> -> tensor<67xf32>
      %c = ricci.reduce prod [1, 0] %x : tensor<5x67xf32> -> tensor<f32>
      return %a, %b, %c : tensor<5xf32>, tensor<67xf32>, tensor<f32> })"},
    {"ExtremesOfNothing", R"(func.func @f(%x: tensor<0x3xf64>) -> (tensor<3xf64>, tensor<3xf64>) {
      %a = ricci.reduce max [0] %x : tensor<0x3xf64> -> tensor<3xf64>
      %b = ricci.reduce min [0] %x : tensor<0x3xf64> -> tensor<3xf64>
      return %a, %b : tensor<3xf64>, tensor<3xf64> })"},
    {"AnyAll", R"(func.func @f(%x: tensor<6x3xi1>) -> (tensor<6xi1>, tensor<3xi1>, tensor<i1>) {
      %a = ricci.reduce any [1] %x : tensor<6x3xi1> -> tensor<6xi1>
      %b = ricci.reduce all [0] %x : tensor<6x3xi1> -> tensor<3xi1>
      %c = ricci.reduce any [0, 1] %x : tensor<6x3xi1> -> tensor<i1>
      return %a, %b, %c : tensor<6xi1>, tensor<3xi1>, tensor<i1> })"},
    {"ArgMax", R"(func.func @f(%x: tensor<7x30xf32>, %m: tensor<7x30xi1>) -> (tensor<7xi64>, tensor<7xi64>, tensor<i64>) {
      %a = ricci.reduce argmax [1] %x : tensor<7x30xf32> -> tensor<7xi64>
      %b = ricci.reduce argmin [1] %x where %m : tensor<7x30xi1> : tensor<7x30xf32> -> tensor<7xi64>
      %c = ricci.reduce argmax [1, 0] %x : tensor<7x30xf32> -> tensor<i64>
      return %a, %b, %c : tensor<7xi64>, tensor<7xi64>, tensor<i64> })"},
    {"Iota", R"(func.func @f() -> (tensor<21xi64>, tensor<21xf64>) {
      %i = ricci.iota : tensor<21xi64>
      %f = ricci.convert %i : tensor<21xi64> -> tensor<21xf64>
      return %i, %f : tensor<21xi64>, tensor<21xf64> })"},
    {"Constants", R"(func.func @f() -> (tensor<2x2xf64>, tensor<3xi1>, tensor<i64>) {
      %a = ricci.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf64>
      %b = ricci.constant dense<[true, false, true]> : tensor<3xi1>
      %c = ricci.constant dense<5> : tensor<i64>
      return %a, %b, %c : tensor<2x2xf64>, tensor<3xi1>, tensor<i64> })"},
};

INSTANTIATE_TEST_SUITE_P(Ops, Lower,
                         ::testing::Combine(::testing::ValuesIn(cases), ::testing::Values(64u, 32u),
                                            ::testing::Values(false)),
                         [](const auto &info) {
                           return std::string(std::get<0>(info.param).name) + "_" +
                                  std::to_string(std::get<1>(info.param)) + (std::get<2>(info.param) ? "_fused" : "");
                         });

} // namespace
} // namespace ricci::test
