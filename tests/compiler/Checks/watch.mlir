// RUN: ricci-opt %s -interpret -o /dev/null 2>&1 | FileCheck %s
// RUN: ricci-opt %s -expand-watches -interpret -o /dev/null 2>&1 | FileCheck %s
// RUN: ricci-opt %s -expand-watches -simplify -fuse-kernels -interpret -o /dev/null 2>&1 | FileCheck %s
// RUN: ricci-opt %s -expand-watches | FileCheck %s --check-prefix=EXPANDED

// What a watch means, what its expansion means, and that this survives the later passes.

// EXPANDED-NOT: ricci.watch

// The first element at fault in row-major order, with the sources it has along their axes.
// CHECK-LABEL: pointwise:
// CHECK-NEXT: error R0006: `/` gives inf at i = 0, j = 1, of 2.0 and 0.0
// EXPANDED-LABEL: func @pointwise
// EXPANDED: ricci.host "nonfinite", "`/` gives {0} at i = {1}, j = {2}, of {3} and {4}" guarded(
func.func @pointwise() {
  %value = ricci.constant dense<[[1.0, 0x7FF0000000000000], [0x7FF8000000000000, 0x7FF0000000000000]]> : tensor<2x2xf64>
  %x = ricci.constant dense<[1.0, 2.0]> : tensor<2xf64>
  %y = ricci.fill 0.0 : f64 : tensor<f64>
  ricci.watch "`/`" %value of (%x, %y : tensor<2xf64>, tensor<f64>) {axes = [array<i64: 1>, array<i64>], names = ["i", "j"]} : tensor<2x2xf64>
  return
}

// NaN excuses NaN but not infinity's absence; what is not finite excuses an infinity.
// CHECK-LABEL: excused:
// CHECK-NEXT: error R0006: third gives nan, of inf
func.func @excused() {
  %nan = ricci.fill 0x7FF8000000000000 : f64 : tensor<f64>
  %inf = ricci.fill 0x7FF0000000000000 : f64 : tensor<f64>
  ricci.watch "first" %nan of (%nan : tensor<f64>) {axes = [array<i64>]} : tensor<f64>
  ricci.watch "second" %inf of (%nan : tensor<f64>) {axes = [array<i64>]} : tensor<f64>
  ricci.watch "third" %nan of (%inf : tensor<f64>) {axes = [array<i64>]} : tensor<f64>
  return
}

// Along -1 all elements of a source are meant: the first row has an infinity of its own, the second has not.
// CHECK-LABEL: reduced:
// CHECK-NEXT: error R0006: `sum` gives inf at [1]
func.func @reduced() {
  %value = ricci.constant dense<[0x7FF0000000000000, 0x7FF0000000000000]> : tensor<2xf64>
  %x = ricci.constant dense<[[1.0, 0x7FF0000000000000], [1.0, 2.0]]> : tensor<2x2xf64>
  ricci.watch "`sum`" %value of (%x : tensor<2x2xf64>) {axes = [array<i64: 0, -1>]} : tensor<2xf64>
  return
}

// Where the program does not get, nothing counts.
// CHECK-LABEL: where:
// CHECK-NEXT: error R0006: `log` gives nan at [2], of 1.0 along 3.0
func.func @where() {
  %value = ricci.constant dense<0x7FF8000000000000> : tensor<3xf64>
  %x = ricci.constant dense<[-1.0, 0.0, 1.0]> : tensor<3xf64>
  %y = ricci.constant dense<[1.0, 2.0, 3.0]> : tensor<3xf64>
  %none = ricci.fill false : tensor<i1>
  %some = ricci.constant dense<[false, false, true]> : tensor<3xi1>
  ricci.watch "`exp`" %value where %none : tensor<i1> {axes = [array<i64>]} : tensor<3xf64>
  ricci.watch "`log`" %value of (%x, %y : tensor<3xf64>, tensor<3xf64>) where %some : tensor<3xi1>
    {along = 1 : i64, axes = [array<i64: 0>, array<i64: 0>, array<i64: 0>]} : tensor<3xf64>
  return
}

// Finite values, and none at all.
// CHECK-LABEL: clean:
// CHECK-NEXT: f32[2] = 1 2
func.func @clean() -> tensor<2xf32> {
  %value = ricci.constant dense<[1.0, 2.0]> : tensor<2xf32>
  %none = ricci.constant dense<> : tensor<0x3xf32>
  ricci.watch "`log`" %value {axes = []} : tensor<2xf32>
  ricci.watch "`log`" %none of (%value : tensor<2xf32>) {axes = [array<i64: -1>]} : tensor<0x3xf32>
  return %value : tensor<2xf32>
}
