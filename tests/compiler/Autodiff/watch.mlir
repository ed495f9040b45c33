// RUN: ricci-opt -expand-derivatives %s | FileCheck %s

// The tangent of a watched value is watched where the value is, over the same sources and their tangents.
// CHECK-LABEL: func @tangent
// CHECK: %[[R:.*]] = ricci.sqrt %arg0
// CHECK: %[[T:.*]] = ricci.mul
// CHECK: ricci.watch "`sqrt`" %[[R]] of(%arg0 : tensor<3xf64>) where %arg2
// CHECK-NEXT: ricci.watch "the derivative of `sqrt`" %[[T]] of(%arg0, %arg1 : tensor<3xf64>, tensor<3xf64>) where %arg2 : tensor<3xi1> {along = 1 : i64, axes = [array<i64: 0>, array<i64: 0>, array<i64: 0>], names = ["i"]}
func.func @tangent(%x: tensor<3xf64>, %v: tensor<3xf64>, %c: tensor<3xi1>) -> tensor<3xf64> {
  %r:2 = ricci.jvp(%x) along (%v) {
  ^bb0(%a: tensor<3xf64>):
    %s = ricci.sqrt %a : tensor<3xf64>
    ricci.watch "`sqrt`" %s of (%a : tensor<3xf64>) where %c : tensor<3xi1> {axes = [array<i64: 0>, array<i64: 0>], names = ["i"]} : tensor<3xf64>
    ricci.yield %s : tensor<3xf64>
  } : (tensor<3xf64>, tensor<3xf64>) -> (tensor<3xf64>, tensor<3xf64>)
  return %r#1 : tensor<3xf64>
}

// What a rule of reverse mode makes is watched, if the program is; a choice makes nothing.
// CHECK-LABEL: func @cotangent
// CHECK: ricci.watch "`sqrt`"
// CHECK: %[[G:.*]] = ricci.select %arg2
// CHECK-NEXT: %[[H:.*]] = ricci.fill 5.0
// CHECK-NEXT: %[[P:.*]] = ricci.div %[[H]]
// CHECK-NEXT: %[[X:.*]] = ricci.mask_mul %[[G]], %[[P]]
// CHECK-NEXT: ricci.watch "the derivative of `sqrt`" %[[X]] of(%arg0, %[[G]] : tensor<3xf64>, tensor<3xf64>) {along = 1 : i64, axes = [array<i64: 0>, array<i64: 0>]}
// CHECK-NEXT: return
func.func @cotangent(%x: tensor<3xf64>, %w: tensor<3xf64>, %c: tensor<3xi1>) -> tensor<3xf64> {
  %r:2 = ricci.vjp(%x) from (%w) {
  ^bb0(%a: tensor<3xf64>):
    %s = ricci.sqrt %a : tensor<3xf64>
    ricci.watch "`sqrt`" %s of (%a : tensor<3xf64>) where %c : tensor<3xi1> {axes = [array<i64: 0>, array<i64: 0>]} : tensor<3xf64>
    %zero = ricci.fill 0.0 : f64 : tensor<3xf64>
    %y = ricci.select %c, %s, %zero : tensor<3xf64>
    ricci.yield %y : tensor<3xf64>
  } : (tensor<3xf64>, tensor<3xf64>) -> (tensor<3xf64>, tensor<3xf64>)
  return %r#1 : tensor<3xf64>
}

// A loop's turn that is computed again is not watched again, its cotangents are.
// CHECK-LABEL: func @loop
// CHECK: ricci.watch "`sqrt`"
// CHECK: ricci.for
// CHECK-NOT: ricci.watch "`sqrt`"
// CHECK: ricci.watch "the derivative of `sqrt`"
// CHECK: return
func.func @loop(%x: tensor<f64>, %w: tensor<f64>) -> tensor<f64> {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %r:2 = ricci.vjp(%x) from (%w) {
  ^bb0(%a: tensor<f64>):
    %l = ricci.for %c0 to %c4 init(%a : tensor<f64>) {
    ^bb0(%t: tensor<i64>, %s: tensor<f64>):
      %n = ricci.sqrt %s : tensor<f64>
      ricci.watch "`sqrt`" %n of (%s : tensor<f64>) {axes = [array<i64>]} : tensor<f64>
      ricci.yield %n : tensor<f64>
    } : tensor<f64>
    ricci.yield %l : tensor<f64>
  } : (tensor<f64>, tensor<f64>) -> (tensor<f64>, tensor<f64>)
  return %r#1 : tensor<f64>
}

// Of the second order, the name says so.
// CHECK-LABEL: func @twice
// CHECK: ricci.watch "the derivative of `log`"
// CHECK: ricci.watch "the derivative of the derivative of `log`"
func.func @twice(%x: tensor<f64>, %w: tensor<f64>) -> tensor<f64> {
  %r:2 = ricci.jvp(%x) along (%w) {
  ^bb0(%a: tensor<f64>):
    %g:2 = ricci.vjp(%a) from (%w) {
    ^bb0(%b: tensor<f64>):
      %l = ricci.log %b : tensor<f64>
      ricci.watch "`log`" %l of (%b : tensor<f64>) {axes = [array<i64>]} : tensor<f64>
      ricci.yield %l : tensor<f64>
    } : (tensor<f64>, tensor<f64>) -> (tensor<f64>, tensor<f64>)
    ricci.yield %g#1 : tensor<f64>
  } : (tensor<f64>, tensor<f64>) -> (tensor<f64>, tensor<f64>)
  return %r#1 : tensor<f64>
}
