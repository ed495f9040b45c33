#include "Compare.h"

namespace ricci::test {
namespace {

class Lower : public ::testing::TestWithParam<std::tuple<Program, unsigned, bool>> {};

TEST_P(Lower, EqualsReference) {
  const auto &[test, vectorBytes, fuse] = GetParam();
  EXPECT_TRUE(compiledEqualsReference(test.text, {test.shapes, vectorBytes, /*chunkWork=*/0, fuse}));
}

TEST_P(Lower, EqualsReferenceInManyChunks) {
  const auto &[test, vectorBytes, fuse] = GetParam();
  EXPECT_TRUE(compiledEqualsReference(test.text, {test.shapes, vectorBytes, /*chunkWork=*/1, fuse}));
}

const Program cases[] = {
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
    {"Gather", R"(func.func @f(%x: tensor<9x13xf32>, %t: tensor<5xi64>) -> tensor<5x13xf32> {
      %r = ricci.gather %x[%t : tensor<5xi64>] {map = affine_map<(d0, d1)[s0] -> (s0, d1)>, symbol_axes = [array<i64: 0>], modes = array<i32: 0, 0>} : tensor<9x13xf32> -> tensor<5x13xf32>
      return %r : tensor<5x13xf32> })"},
    {"GatherOffset", R"(func.func @f(%x: tensor<40xf64>, %o: tensor<i64>) -> tensor<19xf64> {
      %r = ricci.gather %x[%o : tensor<i64>] {map = affine_map<(d0)[s0] -> (d0 + s0)>, symbol_axes = [array<i64>], modes = array<i32: 0>} : tensor<40xf64> -> tensor<19xf64>
      return %r : tensor<19xf64> })"},
    {"GatherStride", R"(func.func @f(%x: tensor<40x3xf64>) -> tensor<3x20xf64> {
      %r = ricci.gather %x {map = affine_map<(d0, d1) -> (2 * d1, 2 - d0)>, symbol_axes = [], modes = array<i32: 0, 0>} : tensor<40x3xf64> -> tensor<3x20xf64>
      return %r : tensor<3x20xf64> })"},
    {"GatherDescending", R"(func.func @f(%x: tensor<?x21xf32>, %b: tensor<3x21xi1>, %n: tensor<i64>) -> (tensor<?x21xf32>, tensor<3x19xf64>, tensor<3x21xi1>) {
      %k = ricci.dim %x, 0 : tensor<?x21xf32>
      %r = ricci.gather %x dims(%k) {map = affine_map<(d0, d1) -> (d0, 20 - d1)>, symbol_axes = [], modes = array<i32: 0, 0>} : tensor<?x21xf32> -> tensor<?x21xf32>
      %i = ricci.iota : tensor<21xi64>
      %c = ricci.convert %i : tensor<21xi64> -> tensor<21xf64>
      %s = ricci.gather %c[%n : tensor<i64>] {map = affine_map<(d0, d1)[s0] -> (16 + s0 - d1)>, symbol_axes = [array<i64>], modes = array<i32: 1>} : tensor<21xf64> -> tensor<3x19xf64>
      %t = ricci.gather %b {map = affine_map<(d0, d1) -> (2 - d0, 20 - d1)>, symbol_axes = [], modes = array<i32: 0, 0>} : tensor<3x21xi1> -> tensor<3x21xi1>
      return %r, %s, %t : tensor<?x21xf32>, tensor<3x19xf64>, tensor<3x21xi1> })", {{4, 21}}},
    {"ScatterDescending", R"(func.func @f(%v: tensor<3x19xf64>, %b: tensor<3x21xf64>) -> (tensor<3x21xf64>, tensor<3x21xf64>) {
      %r = ricci.scatter %v {map = affine_map<(d0, d1) -> (d0, 19 - d1)>, symbol_axes = [], modes = array<i32: 0, 0>} : tensor<3x19xf64> -> tensor<3x21xf64>
      %u = ricci.update %b, %v {map = affine_map<(d0, d1) -> (d0, 19 - d1)>, symbol_axes = [], modes = array<i32: 0, 0>} : tensor<3x21xf64>, tensor<3x19xf64> -> tensor<3x21xf64>
      return %r, %u : tensor<3x21xf64>, tensor<3x21xf64> })"},
    {"GatherPad", R"(func.func @f(%x: tensor<?x11xf32>) -> tensor<9x15xf32> {
      %r = ricci.gather %x {map = affine_map<(d0, d1) -> (d0 - 1, d1 - 2)>, symbol_axes = [], modes = array<i32: 1, 1>} : tensor<?x11xf32> -> tensor<9x15xf32>
      return %r : tensor<9x15xf32> })", {{6, 11}}},
    {"GatherClampWrap", R"(func.func @f(%x: tensor<?x11xf32>) -> tensor<9x15xf32> {
      %r = ricci.gather %x {map = affine_map<(d0, d1) -> (d0 - 1, d1 - 2)>, symbol_axes = [], modes = array<i32: 2, 3>} : tensor<?x11xf32> -> tensor<9x15xf32>
      return %r : tensor<9x15xf32> })", {{6, 11}}},
    {"GatherClampEmpty", R"(func.func @f(%x: tensor<?x0xf32>) -> tensor<9x15xf32> {
      %r = ricci.gather %x {map = affine_map<(d0, d1) -> (d0 - 1, d1 - 2)>, symbol_axes = [], modes = array<i32: 2, 3>} : tensor<?x0xf32> -> tensor<9x15xf32>
      return %r : tensor<9x15xf32> })", {{6, 0}}},
    {"GatherScalar", R"(func.func @f(%x: tensor<7xf64>, %i: tensor<i64>) -> tensor<f64> {
      %r = ricci.gather %x[%i : tensor<i64>] {map = affine_map<()[s0] -> (s0)>, symbol_axes = [array<i64>], modes = array<i32: 0>} : tensor<7xf64> -> tensor<f64>
      return %r : tensor<f64> })"},
    {"Scatter", R"(func.func @f(%v: tensor<9x13xf32>, %t: tensor<9xi64>) -> tensor<5x13xf32> {
      %r = ricci.scatter %v[%t : tensor<9xi64>] {map = affine_map<(d0, d1)[s0] -> (s0, d1)>, symbol_axes = [array<i64: 0>], modes = array<i32: 0, 0>} : tensor<9x13xf32> -> tensor<5x13xf32>
      return %r : tensor<5x13xf32> })"},
    {"ScatterPad", R"(func.func @f(%v: tensor<9xi64>, %t: tensor<9xi64>, %n: tensor<i64>) -> tensor<?xi64> {
      %d = ricci.to_index %n : tensor<i64>
      %r = ricci.scatter %v[%t : tensor<9xi64>] dims(%d) {map = affine_map<(d0)[s0] -> (s0)>, symbol_axes = [array<i64: 0>], modes = array<i32: 1>} : tensor<9xi64> -> tensor<?xi64>
      return %r : tensor<?xi64> })"},
    // Some rows fall away; lanes of the second do.
    {"ScatterPadRows", R"(func.func @f(%v: tensor<9x13xf32>, %t: tensor<9xi64>) -> (tensor<4x13xf32>, tensor<3x9xf32>) {
      %r = ricci.scatter %v[%t : tensor<9xi64>] {map = affine_map<(d0, d1)[s0] -> (s0 - 1, d1)>, symbol_axes = [array<i64: 0>], modes = array<i32: 1, 0>} : tensor<9x13xf32> -> tensor<4x13xf32>
      %u = ricci.scatter %v[%t : tensor<9xi64>] {map = affine_map<(d0, d1)[s0] -> (s0 - 1, d1 - 2)>, symbol_axes = [array<i64: 0>], modes = array<i32: 1, 1>} : tensor<9x13xf32> -> tensor<3x9xf32>
      return %r, %u : tensor<4x13xf32>, tensor<3x9xf32> })"},
    {"ScatterToScalar", R"(func.func @f(%v: tensor<9xf64>) -> tensor<f64> {
      %r = ricci.scatter %v {map = affine_map<(d0) -> ()>, symbol_axes = [], modes = array<i32>} : tensor<9xf64> -> tensor<f64>
      return %r : tensor<f64> })"},
    {"Update", R"(func.func @f(%x: tensor<9x13xf32>, %v: tensor<13xf32>, %i: tensor<i64>) -> (tensor<9x13xf32>, tensor<9x13xf32>) {
      %e = ricci.exp %x : tensor<9x13xf32>
      %a = ricci.update %x, %v[%i : tensor<i64>] {map = affine_map<(d0)[s0] -> (s0, d0)>, symbol_axes = [array<i64>], modes = array<i32: 0, 0>} : tensor<9x13xf32>, tensor<13xf32> -> tensor<9x13xf32>
      %b = ricci.update %e, %v[%i : tensor<i64>] {map = affine_map<(d0)[s0] -> (s0, d0)>, symbol_axes = [array<i64>], modes = array<i32: 0, 0>} : tensor<9x13xf32>, tensor<13xf32> -> tensor<9x13xf32>
      return %a, %b : tensor<9x13xf32>, tensor<9x13xf32> })"},
    {"Concat", R"(func.func @f(%x: tensor<2x3xf64>, %y: tensor<2x?xf64>) -> (tensor<2x?xf64>, tensor<2x6xi1>) {
      %r = ricci.concat 1 (%x, %y, %x) : (tensor<2x3xf64>, tensor<2x?xf64>, tensor<2x3xf64>) -> tensor<2x?xf64>
      %c = ricci.cmp lt %x, %x : tensor<2x3xf64>
      %b = ricci.concat 1 (%c, %c) : (tensor<2x3xi1>, tensor<2x3xi1>) -> tensor<2x6xi1>
      return %r, %b : tensor<2x?xf64>, tensor<2x6xi1> })", {{2, 4}}},
    {"Reshape", R"(func.func @f(%x: tensor<6x4xf64>, %s: tensor<1x1xf64>) -> (tensor<3x8xf64>, tensor<f64>, tensor<1xf64>, tensor<24xf64>) {
      %a = ricci.reshape %x : tensor<6x4xf64> -> tensor<3x8xf64>
      %b = ricci.reshape %s : tensor<1x1xf64> -> tensor<f64>
      %c = ricci.reshape %b : tensor<f64> -> tensor<1xf64>
      %e = ricci.exp %x : tensor<6x4xf64>
      %d = ricci.reshape %e : tensor<6x4xf64> -> tensor<24xf64>
      return %a, %b, %c, %d : tensor<3x8xf64>, tensor<f64>, tensor<1xf64>, tensor<24xf64> })"},
    {"Argsort", R"(func.func @f(%x: tensor<3x17xf32>, %n: tensor<i64>) -> (tensor<3x17xi64>, tensor<3x?xi64>, tensor<3x20xi64>) {
      %k = ricci.to_index %n : tensor<i64>
      %r = ricci.argsort %x : tensor<3x17xf32> -> tensor<3x17xi64>
      %s = ricci.argsort descending %x dims(%k) : tensor<3x17xf32> -> tensor<3x?xi64>
      %t = ricci.argsort descending %x : tensor<3x17xf32> -> tensor<3x20xi64>
      return %r, %s, %t : tensor<3x17xi64>, tensor<3x?xi64>, tensor<3x20xi64> })"},
    {"PassedThrough", R"(func.func @f(%x: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>) {
      return %x, %x : tensor<3xf32>, tensor<3xf32> })"},
    {"Twice", R"(func.func @f(%x: tensor<3xf32>) -> (tensor<3xf32>, tensor<3xf32>) {
      %e = ricci.exp %x : tensor<3xf32>
      return %e, %e : tensor<3xf32>, tensor<3xf32> })"},
    {"Kernel", R"(func.func @f(%x: tensor<3x20xf32>) -> (tensor<3xf32>, tensor<3x20xf32>, tensor<3x20xf32>) {
      %k:3 = ricci.kernel {
        %m = ricci.reduce max [1] %x : tensor<3x20xf32> -> tensor<3xf32>
        %b = ricci.einsum "i->ij"(%m) : (tensor<3xf32>) -> tensor<3x20xf32>
        %d = ricci.sub %x, %b : tensor<3x20xf32>
        %e = ricci.exp %d : tensor<3x20xf32>
        %s = ricci.einsum "ij->i"(%e) : (tensor<3x20xf32>) -> tensor<3xf32>
        %t = ricci.einsum "i->ij"(%s) : (tensor<3xf32>) -> tensor<3x20xf32>
        %p = ricci.div %e, %t : tensor<3x20xf32>
        ricci.yield %m, %p, %x : tensor<3xf32>, tensor<3x20xf32>, tensor<3x20xf32>
      } : tensor<3xf32>, tensor<3x20xf32>, tensor<3x20xf32>
      return %k#0, %k#1, %k#2 : tensor<3xf32>, tensor<3x20xf32>, tensor<3x20xf32> })"},
    {"Loop", R"(func.func @f(%x: tensor<5xf64>, %y: tensor<5xf64>) -> (tensor<5xf64>, tensor<5xf64>, tensor<i64>, tensor<4x5xf64>, tensor<4xi64>) {
      %l = arith.constant 1 : index
      %u = arith.constant 5 : index
      %z = ricci.fill 0 : i64 : tensor<i64>
      %r:5 = ricci.for %l to %u init(%x, %y, %z : tensor<5xf64>, tensor<5xf64>, tensor<i64>) {
      ^bb0(%i: tensor<i64>, %a: tensor<5xf64>, %b: tensor<5xf64>, %s: tensor<i64>):
        %c = ricci.add %a, %b : tensor<5xf64>
        %t = ricci.add %s, %i : tensor<i64>
        ricci.yield %b, %c, %t, %a, %t : tensor<5xf64>, tensor<5xf64>, tensor<i64>, tensor<5xf64>, tensor<i64>
      } : tensor<5xf64>, tensor<5xf64>, tensor<i64>, tensor<4x5xf64>, tensor<4xi64>
      return %r#0, %r#1, %r#2, %r#3, %r#4 : tensor<5xf64>, tensor<5xf64>, tensor<i64>, tensor<4x5xf64>, tensor<4xi64> })"},
    {"LoopOutsideValues", R"(func.func @f(%x: tensor<5xf64>, %n: tensor<i64>) -> (tensor<5xf64>, tensor<5xf64>, tensor<?x2xf64>) {
      %l = arith.constant 0 : index
      %u = ricci.to_index %n : tensor<i64>
      %e = ricci.exp %x : tensor<5xf64>
      %c = ricci.constant dense<[1.0, 2.0]> : tensor<2xf64>
      %r:3 = ricci.for %l to %u init(%e, %x : tensor<5xf64>, tensor<5xf64>) dims(%u) {
      ^bb0(%i: tensor<i64>, %a: tensor<5xf64>, %b: tensor<5xf64>):
        ricci.yield %e, %e, %c : tensor<5xf64>, tensor<5xf64>, tensor<2xf64>
      } : tensor<5xf64>, tensor<5xf64>, tensor<?x2xf64>
      return %r#0, %r#1, %r#2 : tensor<5xf64>, tensor<5xf64>, tensor<?x2xf64> })"},
    {"NestedLoops", R"(func.func @f(%x: tensor<5xf64>) -> tensor<5xf64> {
      %l = arith.constant 0 : index
      %u = arith.constant 3 : index
      %r = ricci.for %l to %u init(%x : tensor<5xf64>) {
      ^bb0(%i: tensor<i64>, %a: tensor<5xf64>):
        %s = ricci.for %l to %u init(%a : tensor<5xf64>) {
        ^bb0(%j: tensor<i64>, %b: tensor<5xf64>):
          %k = ricci.mul %i, %j : tensor<i64>
          %f = ricci.convert %k : tensor<i64> -> tensor<f64>
          %g = ricci.einsum "->i"(%f) : (tensor<f64>) -> tensor<5xf64>
          %c = ricci.add %b, %g : tensor<5xf64>
          %d = ricci.mul %c, %x : tensor<5xf64>
          ricci.yield %d : tensor<5xf64>
        } : tensor<5xf64>
        ricci.yield %s : tensor<5xf64>
      } : tensor<5xf64>
      return %r : tensor<5xf64> })"},
    // Ends long before its limit, which costs nothing then; the arrays change places at every turn.
    {"While", R"(func.func @f(%x: tensor<5xf64>, %y: tensor<5xf64>) -> (tensor<i1>, tensor<5xf64>, tensor<5xf64>, tensor<i64>) {
      %l = arith.constant 3 : index
      %u = arith.constant 9000000000000000000 : index
      %go = ricci.fill true : tensor<i1>
      %z = ricci.fill 0 : i64 : tensor<i64>
      %most = ricci.fill 20 : i64 : tensor<i64>
      %r:4 = ricci.for %l to %u while init(%go, %x, %y, %z : tensor<i1>, tensor<5xf64>, tensor<5xf64>, tensor<i64>) {
      ^bb0(%i: tensor<i64>, %g: tensor<i1>, %a: tensor<5xf64>, %b: tensor<5xf64>, %s: tensor<i64>):
        %c = ricci.sub %a, %b : tensor<5xf64>
        %t = ricci.add %s, %i : tensor<i64>
        %m = ricci.cmp lt %t, %most : tensor<i64>
        ricci.yield %m, %b, %c, %t : tensor<i1>, tensor<5xf64>, tensor<5xf64>, tensor<i64>
      } : tensor<i1>, tensor<5xf64>, tensor<5xf64>, tensor<i64>
      return %r#0, %r#1, %r#2, %r#3 : tensor<i1>, tensor<5xf64>, tensor<5xf64>, tensor<i64> })"},
    // Condition and limit are data: 0 to 3 turns.
    {"WhileData", R"(func.func @f(%x: tensor<?xf64>, %g: tensor<4xi1>, %n: tensor<4xi64>) -> (tensor<?xf64>, tensor<4xi1>) {
      %l = arith.constant 0 : index
      %four = arith.constant 4 : index
      %half = ricci.fill 0.5 : f64 : tensor<f64>
      %r:2 = ricci.for %l to %four init(%x : tensor<?xf64>) {
      ^bb0(%i: tensor<i64>, %a: tensor<?xf64>):
        %go = ricci.gather %g[%i : tensor<i64>] {map = affine_map<()[s0] -> (s0)>, symbol_axes = [array<i64>], modes = array<i32: 0>} : tensor<4xi1> -> tensor<i1>
        %most = ricci.gather %n[%i : tensor<i64>] {map = affine_map<()[s0] -> (s0)>, symbol_axes = [array<i64>], modes = array<i32: 0>} : tensor<4xi64> -> tensor<i64>
        %u = ricci.to_index %most : tensor<i64>
        %s:2 = ricci.for %l to %u while init(%go, %a : tensor<i1>, tensor<?xf64>) {
        ^bb0(%j: tensor<i64>, %c: tensor<i1>, %b: tensor<?xf64>):
          %e = ricci.sin %b : tensor<?xf64>
          %m = ricci.reduce max [0] %e : tensor<?xf64> -> tensor<f64>
          %d = ricci.cmp gt %m, %half : tensor<f64>
          %w = ricci.mul %e, %x : tensor<?xf64>
          ricci.yield %d, %w : tensor<i1>, tensor<?xf64>
        } : tensor<i1>, tensor<?xf64>
        ricci.yield %s#1, %s#0 : tensor<?xf64>, tensor<i1>
      } : tensor<?xf64>, tensor<4xi1>
      return %r#0, %r#1 : tensor<?xf64>, tensor<4xi1> })", {{7}}},
    {"WhileNever", R"(func.func @f(%x: tensor<5xf64>, %n: tensor<i64>) -> (tensor<i1>, tensor<5xf64>, tensor<i1>, tensor<5xf64>) {
      %l = arith.constant 4 : index
      %u = ricci.to_index %n : tensor<i64>
      %far = arith.constant 100 : index
      %go = ricci.fill true : tensor<i1>
      %no = ricci.fill false : tensor<i1>
      %r:2 = ricci.for %l to %u while init(%go, %x : tensor<i1>, tensor<5xf64>) {
      ^bb0(%i: tensor<i64>, %g: tensor<i1>, %a: tensor<5xf64>):
        %c = ricci.mul %a, %x : tensor<5xf64>
        ricci.yield %g, %c : tensor<i1>, tensor<5xf64>
      } : tensor<i1>, tensor<5xf64>
      %s:2 = ricci.for %l to %far while init(%no, %x : tensor<i1>, tensor<5xf64>) {
      ^bb0(%i: tensor<i64>, %g: tensor<i1>, %a: tensor<5xf64>):
        %c = ricci.mul %a, %x : tensor<5xf64>
        ricci.yield %g, %c : tensor<i1>, tensor<5xf64>
      } : tensor<i1>, tensor<5xf64>
      return %r#0, %r#1, %s#0, %s#1 : tensor<i1>, tensor<5xf64>, tensor<i1>, tensor<5xf64> })"},
    // A check in the third turn, which the condition lets it reach.
    {"WhileCheck", R"(func.func @f(%x: tensor<3xf64>) -> tensor<i1> {
      %l = arith.constant 0 : index
      %u = arith.constant 1000000000 : index
      %go = ricci.fill true : tensor<i1>
      %two = ricci.fill 2 : i64 : tensor<i64>
      %r = ricci.for %l to %u while init(%go : tensor<i1>) {
      ^bb0(%i: tensor<i64>, %g: tensor<i1>):
        %c = ricci.cmp lt %i, %two : tensor<i64>
        ricci.check %c, "R0001", "no" : tensor<i1>
        ricci.yield %g : tensor<i1>
      } : tensor<i1>
      return %r : tensor<i1> })"},
    {"CheckFails", R"(func.func @f(%x: tensor<50xf64>) -> tensor<50xf64> {
      %c = ricci.cmp lt %x, %x : tensor<50xf64>
      ricci.check %c, "R0001", "no" : tensor<50xi1>
      return %x : tensor<50xf64> })"},
    {"CheckHolds", R"(func.func @f(%x: tensor<50xf64>) -> tensor<50xf64> {
      %c = ricci.cmp le %x, %x : tensor<50xf64>
      ricci.check %c, "R0001", "no" : tensor<50xi1>
      return %x : tensor<50xf64> })"},
};

INSTANTIATE_TEST_SUITE_P(Ops, Lower,
                         ::testing::Combine(::testing::ValuesIn(cases), ::testing::Values(64u, 32u),
                                            ::testing::Bool()),
                         [](const auto &info) {
                           return std::string(std::get<0>(info.param).name) + "_" +
                                  std::to_string(std::get<1>(info.param)) + (std::get<2>(info.param) ? "_fused" : "");
                         });

} // namespace
} // namespace ricci::test
