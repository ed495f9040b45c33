// RUN: ricci-opt %s -interpret -o /dev/null 2>&1 | FileCheck %s

// CHECK-LABEL: integers:
// CHECK-NEXT: i64[4] = -4 3 0 -9223372036854775808
// CHECK-NEXT: i64[4] = 1 -1 0 0
// CHECK-NEXT: i64[4] = 49 -343 1 0
// CHECK-NEXT: i64[4] = 7 7 5 -9223372036854775808
func.func @integers() -> (tensor<4xi64>, tensor<4xi64>, tensor<4xi64>, tensor<4xi64>) {
  %x = ricci.constant dense<[-7, -7, 5, -9223372036854775808]> : tensor<4xi64>
  %y = ricci.constant dense<[2, -2, 0, -1]> : tensor<4xi64>
  %n = ricci.constant dense<[2, 3, 0, -1]> : tensor<4xi64>
  %0 = ricci.div %x, %y : tensor<4xi64>
  %1 = ricci.rem %x, %y : tensor<4xi64>
  %2 = ricci.ipow %x, %n : tensor<4xi64>
  %3 = ricci.abs %x : tensor<4xi64>
  return %0, %1, %2, %3 : tensor<4xi64>, tensor<4xi64>, tensor<4xi64>, tensor<4xi64>
}

// CHECK-LABEL: floats:
// CHECK-NEXT: f64[4] = 0.5 1.5 nan -0.5
// CHECK-NEXT: f64[4] = nan 0 inf 0
// CHECK-NEXT: f64[4] = nan -1 1 0
// CHECK-NEXT: f64[4] = nan 0.25 inf 0
// CHECK-NEXT: bool[4] = true false false false
// CHECK-NEXT: bool[4] = false true false true
// CHECK-NEXT: i32[4] = 0 0 2147483647 0
func.func @floats() -> (tensor<4xf64>, tensor<4xf64>, tensor<4xf64>, tensor<4xf64>, tensor<4xi1>, tensor<4xi1>, tensor<4xi32>) {
  %r = ricci.constant dense<[5.5, -3.5, 1.0, 5.5]> : tensor<4xf64>
  %s = ricci.constant dense<[1.0, 5.0, 0.0, -2.0]> : tensor<4xf64>
  %x = ricci.constant dense<[0x7FF8000000000000, -0.5, 0x7FF0000000000000, -0.0]> : tensor<4xf64>
  %n = ricci.constant dense<[2, 2, 2, 2]> : tensor<4xi64>
  %0 = ricci.rem %r, %s : tensor<4xf64>
  %1 = ricci.relu %x : tensor<4xf64>
  %2 = ricci.sign %x : tensor<4xf64>
  %3 = ricci.powi %x, %n : tensor<4xf64>
  %4 = ricci.isnan %x : tensor<4xf64>
  %5 = ricci.isfinite %x : tensor<4xf64>
  %6 = ricci.convert %x : tensor<4xf64> -> tensor<4xi32>
  return %0, %1, %2, %3, %4, %5, %6 : tensor<4xf64>, tensor<4xf64>, tensor<4xf64>, tensor<4xf64>, tensor<4xi1>, tensor<4xi1>, tensor<4xi32>
}

// 0 · inf is NaN; masked it is 0.
// CHECK-LABEL: masks:
// CHECK-NEXT: f64[2] = nan 6
// CHECK-NEXT: f64[2] = 0 6
func.func @masks() -> (tensor<2xf64>, tensor<2xf64>) {
  %x = ricci.constant dense<[0.0, 2.0]> : tensor<2xf64>
  %y = ricci.constant dense<[0x7FF0000000000000, 3.0]> : tensor<2xf64>
  %0 = ricci.mul %x, %y : tensor<2xf64>
  %1 = ricci.mask_mul %x, %y : tensor<2xf64>
  return %0, %1 : tensor<2xf64>, tensor<2xf64>
}

// Known answers of Threefry-2x32-20 (Random123's kat_vectors), and bits as a float, the last just below 1.
// CHECK-LABEL: random:
// CHECK-NEXT: i64[2] = -7369490985612476071 -4971925716997662980
// CHECK-NEXT: f64[2] = 0 1
func.func @random() -> (tensor<2xi64>, tensor<2xf64>) {
  %k = ricci.constant dense<[0, -1]> : tensor<2xi64>
  %0 = ricci.threefry %k, %k : tensor<2xi64>
  %1 = ricci.unit %k : tensor<2xi64> -> tensor<2xf64>
  return %0, %1 : tensor<2xi64>, tensor<2xf64>
}
