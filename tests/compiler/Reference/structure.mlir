// RUN: ricci-opt %s -interpret -o /dev/null 2>&1 | FileCheck %s

// CHECK-LABEL: einsum:
// CHECK-NEXT: f64[2,2] = 7 10 15 22
// CHECK-NEXT: f64 = 5
// CHECK-NEXT: f64[2] = 1 4
// CHECK-NEXT: f64[2,2] = 1 0 0 4
// CHECK-NEXT: f64[2,2] = 1 1 1 1
// CHECK-NEXT: f64[2,2] = 1 0 0 1
func.func @einsum() -> (tensor<2x2xf64>, tensor<f64>, tensor<2xf64>, tensor<2x2xf64>, tensor<2x2xf64>, tensor<2x2xf64>) {
  %x = ricci.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf64>
  %0 = ricci.einsum "ij,jk->ik"(%x, %x) : (tensor<2x2xf64>, tensor<2x2xf64>) -> tensor<2x2xf64>
  %1 = ricci.einsum "ii->"(%x) : (tensor<2x2xf64>) -> tensor<f64>
  %2 = ricci.einsum "ii->i"(%x) : (tensor<2x2xf64>) -> tensor<2xf64>
  %3 = ricci.einsum "i->ii"(%2) : (tensor<2xf64>) -> tensor<2x2xf64>
  %4 = ricci.einsum "->ij" : () -> tensor<2x2xf64>
  %5 = ricci.einsum "->ii" : () -> tensor<2x2xf64>
  return %0, %1, %2, %3, %4, %5 : tensor<2x2xf64>, tensor<f64>, tensor<2xf64>, tensor<2x2xf64>, tensor<2x2xf64>, tensor<2x2xf64>
}

// Integers wrap; f32 sums are kept in f64 and rounded once.
// CHECK-LABEL: wide:
// CHECK-NEXT: i64 = -9223372036854775808
// CHECK-NEXT: f32 = 1
func.func @wide() -> (tensor<i64>, tensor<f32>) {
  %i = ricci.constant dense<[9223372036854775807, 1]> : tensor<2xi64>
  %f = ricci.constant dense<[1.0e8, 1.0, -1.0e8]> : tensor<3xf32>
  %0 = ricci.einsum "i->"(%i) : (tensor<2xi64>) -> tensor<i64>
  %1 = ricci.einsum "i->"(%f) : (tensor<3xf32>) -> tensor<f32>
  return %0, %1 : tensor<i64>, tensor<f32>
}

// CHECK-LABEL: reduce:
// CHECK-NEXT: f64[2] = 2 nan
// CHECK-NEXT: f64[2] = 2 nan
// CHECK-NEXT: f64 = -inf
// CHECK-NEXT: i64 = -9223372036854775808
// CHECK-NEXT: f64 = 1
// CHECK-NEXT: i64[2] = 1 0
// CHECK-NEXT: i64 = 2
// CHECK-NEXT: i64 = 1
// CHECK-NEXT: i64 = 0
// CHECK-NEXT: bool = true
// CHECK-NEXT: bool = false
func.func @reduce() -> (tensor<2xf64>, tensor<2xf64>, tensor<f64>, tensor<i64>, tensor<f64>, tensor<2xi64>, tensor<i64>, tensor<i64>, tensor<i64>, tensor<i1>, tensor<i1>) {
  %x = ricci.constant dense<[[1.0, 2.0], [0x7FF8000000000000, 4.0]]> : tensor<2x2xf64>
  %none = ricci.constant dense<> : tensor<0xf64>
  %noint = ricci.constant dense<> : tensor<0xi64>
  %b = ricci.constant dense<[true, false]> : tensor<2xi1>
  %mask = ricci.constant dense<[[false, true], [false, true]]> : tensor<2x2xi1>
  %nomask = ricci.fill false : tensor<2x2xi1>
  %0 = ricci.reduce max [1] %x : tensor<2x2xf64> -> tensor<2xf64>
  %1 = ricci.reduce prod [1] %x : tensor<2x2xf64> -> tensor<2xf64>
  %2 = ricci.reduce max [0] %none : tensor<0xf64> -> tensor<f64>
  %3 = ricci.reduce max [0] %noint : tensor<0xi64> -> tensor<i64>
  %4 = ricci.reduce prod [0] %none : tensor<0xf64> -> tensor<f64>
  %5 = ricci.reduce argmax [1] %x : tensor<2x2xf64> -> tensor<2xi64>
  %6 = ricci.reduce argmax [0, 1] %x : tensor<2x2xf64> -> tensor<i64>
  %7 = ricci.reduce argmin [0, 1] %x where %mask : tensor<2x2xi1> : tensor<2x2xf64> -> tensor<i64>
  %8 = ricci.reduce argmin [1, 0] %x where %nomask : tensor<2x2xi1> : tensor<2x2xf64> -> tensor<i64>
  %9 = ricci.reduce any [0] %b : tensor<2xi1> -> tensor<i1>
  %10 = ricci.reduce all [0] %b : tensor<2xi1> -> tensor<i1>
  return %0, %1, %2, %3, %4, %5, %6, %7, %8, %9, %10 : tensor<2xf64>, tensor<2xf64>, tensor<f64>, tensor<i64>, tensor<f64>, tensor<2xi64>, tensor<i64>, tensor<i64>, tensor<i64>, tensor<i1>, tensor<i1>
}

// CHECK-LABEL: access:
// CHECK-NEXT: f64[4] = 0 1 2 3
// CHECK-NEXT: f64[4] = 1 1 2 3
// CHECK-NEXT: f64[4] = 3 1 2 3
// CHECK-NEXT: f64[4] = 1 2 3 0
// CHECK-NEXT: f64[3] = 30 0 10
// CHECK-NEXT: f64[3] = 1 5 3
// CHECK-NEXT: f64[2] = 0 0
func.func @access() -> (tensor<4xf64>, tensor<4xf64>, tensor<4xf64>, tensor<4xf64>, tensor<3xf64>, tensor<3xf64>, tensor<2xf64>) {
  %x = ricci.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf64>
  %one = ricci.fill 1 : i64 : tensor<i64>
  %at = ricci.constant dense<[2, 7, 0]> : tensor<3xi64>
  %v = ricci.constant dense<[10.0, 20.0, 30.0]> : tensor<3xf64>
  %five = ricci.constant dense<[5.0]> : tensor<1xf64>
  %none = ricci.constant dense<> : tensor<0xf64>
  %pad = ricci.gather %x {map = affine_map<(d0) -> (d0 - 1)>, symbol_axes = [], modes = array<i32: 1>} : tensor<3xf64> -> tensor<4xf64>
  %clamp = ricci.gather %x {map = affine_map<(d0) -> (d0 - 1)>, symbol_axes = [], modes = array<i32: 2>} : tensor<3xf64> -> tensor<4xf64>
  %wrap = ricci.gather %x {map = affine_map<(d0) -> (d0 - 1)>, symbol_axes = [], modes = array<i32: 3>} : tensor<3xf64> -> tensor<4xf64>
  %symbol = ricci.gather %x[%one : tensor<i64>] {map = affine_map<(d0)[s0] -> (d0 * s0)>, symbol_axes = [array<i64>], modes = array<i32: 1>} : tensor<3xf64> -> tensor<4xf64>
  %scatter = ricci.scatter %v[%at : tensor<3xi64>] {map = affine_map<(d0)[s0] -> (s0)>, symbol_axes = [array<i64: 0>], modes = array<i32: 1>} : tensor<3xf64> -> tensor<3xf64>
  %update = ricci.update %x, %five[%one : tensor<i64>] {map = affine_map<(d0)[s0] -> (s0)>, symbol_axes = [array<i64>], modes = array<i32: 0>} : tensor<3xf64>, tensor<1xf64> -> tensor<3xf64>
  %empty = ricci.gather %none {map = affine_map<(d0) -> (d0)>, symbol_axes = [], modes = array<i32: 2>} : tensor<0xf64> -> tensor<2xf64>
  return %pad, %clamp, %wrap, %symbol, %scatter, %update, %empty : tensor<4xf64>, tensor<4xf64>, tensor<4xf64>, tensor<4xf64>, tensor<3xf64>, tensor<3xf64>, tensor<2xf64>
}

// CHECK-LABEL: rest:
// CHECK-NEXT: f64[2,3] = 1 2 5 3 4 6
// CHECK-NEXT: f64[4] = 1 2 3 4
// CHECK-NEXT: i64[5] = 3 1 0 4 2
// CHECK-NEXT: i64[3] = 0 1 2
func.func @rest() -> (tensor<2x3xf64>, tensor<4xf64>, tensor<5xi64>, tensor<3xi64>) {
  %x = ricci.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf64>
  %y = ricci.constant dense<[[5.0], [6.0]]> : tensor<2x1xf64>
  %keys = ricci.constant dense<[2.0, 1.0, 0x7FF8000000000000, -3.0, 2.0]> : tensor<5xf64>
  %0 = ricci.concat 1(%x, %y) : (tensor<2x2xf64>, tensor<2x1xf64>) -> tensor<2x3xf64>
  %1 = ricci.reshape %x : tensor<2x2xf64> -> tensor<4xf64>
  %2 = ricci.argsort %keys : tensor<5xf64> -> tensor<5xi64>
  %3 = ricci.iota : tensor<3xi64>
  return %0, %1, %2, %3 : tensor<2x3xf64>, tensor<4xf64>, tensor<5xi64>, tensor<3xi64>
}

// CHECK-LABEL: orders:
// CHECK-NEXT: i64[2,4] = 1 0 2 3 1 3 0 2
// CHECK-NEXT: i64[2,2] = 3 0 2 0
// CHECK-NEXT: i64[2,6] = 3 0 2 1 0 0 2 0 1 3 0 0
// CHECK-NEXT: i64[2,0] =
// CHECK-NEXT: i64[2] = 0 0
func.func @orders() -> (tensor<2x4xi64>, tensor<2x2xi64>, tensor<2x6xi64>, tensor<2x0xi64>, tensor<2xi64>) {
  %x = ricci.constant dense<[[2.0, 1.0, 2.0, 0x7FF8000000000000], [0.0, -0.0, 3.0, -0.0]]> : tensor<2x4xf64>
  %k = ricci.constant dense<[[2.0, 1.0, 2.0, 0x7FF8000000000000], [0.0, -1.0, 3.0, -1.0]]> : tensor<2x4xf64>
  %none = ricci.constant dense<> : tensor<0xf64>
  %0 = ricci.argsort %k : tensor<2x4xf64> -> tensor<2x4xi64>
  %1 = ricci.argsort descending %x : tensor<2x4xf64> -> tensor<2x2xi64>
  %2 = ricci.argsort descending %x : tensor<2x4xf64> -> tensor<2x6xi64>
  %3 = ricci.argsort %x : tensor<2x4xf64> -> tensor<2x0xi64>
  %4 = ricci.argsort %none : tensor<0xf64> -> tensor<2xi64>
  return %0, %1, %2, %3, %4 : tensor<2x4xi64>, tensor<2x2xi64>, tensor<2x6xi64>, tensor<2x0xi64>, tensor<2xi64>
}

// CHECK-LABEL: recurrences:
// CHECK-NEXT: f64[4] = 1 4 2 6
// CHECK-NEXT: f64[4] = 12 5.5 7 4
// CHECK-NEXT: f64[2,3] = 1 3 6 4 9 15
// CHECK-NEXT: f64[2,3] = 1 2 3 5 7 9
// CHECK-NEXT: f64[4] = 0 nan nan nan
// CHECK-NEXT: f64[4] = 0 0 0 1
// CHECK-NEXT: i32[3] = 2147483647 -2147483648 -2147483646
func.func @recurrences() -> (tensor<4xf64>, tensor<4xf64>, tensor<2x3xf64>, tensor<2x3xf64>, tensor<4xf64>, tensor<4xf64>, tensor<3xi32>) {
  %x = ricci.constant dense<[1.0, 2.0, 3.0, 4.0]> : tensor<4xf64>
  %a = ricci.constant dense<[2.0, -0.25, 1.0]> : tensor<3xf64>
  %b = ricci.constant dense<[2.0, 0.5, 1.0]> : tensor<3xf64>
  %m = ricci.constant dense<[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]> : tensor<2x3xf64>
  %rows = ricci.fill 1.0 : f64 : tensor<2x2xf64>
  %columns = ricci.fill 1.0 : f64 : tensor<1x3xf64>
  %late = ricci.constant dense<[0.0, 0.0, 0.0, 1.0]> : tensor<4xf64>
  %inf = ricci.fill 0x7FF0000000000000 : f64 : tensor<3xf64>
  %most = ricci.constant dense<[2147483647, 1, 2]> : tensor<3xi32>
  %one = ricci.fill 1 : i32 : tensor<2xi32>
  %0 = ricci.recurrence 0 %x, %a : tensor<4xf64>, tensor<3xf64>
  %1 = ricci.recurrence 0 reverse %x, %b : tensor<4xf64>, tensor<3xf64>
  %2 = ricci.recurrence 1 %m, %rows : tensor<2x3xf64>, tensor<2x2xf64>
  %3 = ricci.recurrence 0 %m, %columns : tensor<2x3xf64>, tensor<1x3xf64>
  %4 = ricci.recurrence 0 %late, %inf : tensor<4xf64>, tensor<3xf64>
  %5 = ricci.recurrence 0 masked %late, %inf : tensor<4xf64>, tensor<3xf64>
  %6 = ricci.recurrence 0 %most, %one : tensor<3xi32>, tensor<2xi32>
  return %0, %1, %2, %3, %4, %5, %6 : tensor<4xf64>, tensor<4xf64>, tensor<2x3xf64>, tensor<2x3xf64>, tensor<4xf64>, tensor<4xf64>, tensor<3xi32>
}
