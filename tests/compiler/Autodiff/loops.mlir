// RUN: ricci-opt -expand-derivatives %s | FileCheck %s

// Forward: one loop, values and tangents carried together; what is not reached has no tangent.
// CHECK-LABEL: func @forward
// CHECK: ricci.for %{{.*}} init(%arg0, %arg1, %arg2 : tensor<2xf64>, tensor<2xf64>, tensor<2xf64>)
// CHECK-NOT: ricci.for
// CHECK: return
func.func @forward(%x: tensor<2xf64>, %k: tensor<2xf64>, %v: tensor<2xf64>) -> (tensor<2xf64>, tensor<2xf64>) {
  %r:4 = ricci.jvp(%x) along (%v) {
  ^bb0(%a: tensor<2xf64>):
    %lo = arith.constant 0 : index
    %hi = arith.constant 3 : index
    %f:2 = ricci.for %lo to %hi init(%a, %k : tensor<2xf64>, tensor<2xf64>) {
    ^bb0(%i: tensor<i64>, %c: tensor<2xf64>, %d: tensor<2xf64>):
      %m = ricci.mul %c, %d : tensor<2xf64>
      %e = ricci.exp %d : tensor<2xf64>
      ricci.yield %m, %e : tensor<2xf64>, tensor<2xf64>
    } : tensor<2xf64>, tensor<2xf64>
    ricci.yield %f#0, %f#1 : tensor<2xf64>, tensor<2xf64>
  } : (tensor<2xf64>, tensor<2xf64>) -> (tensor<2xf64>, tensor<2xf64>, tensor<2xf64>, tensor<2xf64>)
  return %r#0, %r#2 : tensor<2xf64>, tensor<2xf64>
}

// Reverse: a linear step needs none of what was carried, so nothing is stacked and the loop forward disappears.
// CHECK-LABEL: func @linear
// CHECK: ricci.for
// CHECK-NEXT: ^bb0
// CHECK-NEXT: ricci.mul
// CHECK-NEXT: ricci.yield
// CHECK-NOT: ricci.for
// CHECK: return
func.func @linear(%x: tensor<2xf64>, %k: tensor<2xf64>, %w: tensor<2xf64>) -> tensor<2xf64> {
  %r:2 = ricci.vjp(%x) from (%w) {
  ^bb0(%a: tensor<2xf64>):
    %lo = arith.constant 0 : index
    %hi = arith.constant 3 : index
    %f = ricci.for %lo to %hi init(%a : tensor<2xf64>) {
    ^bb0(%i: tensor<i64>, %c: tensor<2xf64>):
      %m = ricci.mul %c, %k : tensor<2xf64>
      ricci.yield %m : tensor<2xf64>
    } : tensor<2xf64>
    ricci.yield %f : tensor<2xf64>
  } : (tensor<2xf64>, tensor<2xf64>) -> (tensor<2xf64>, tensor<2xf64>)
  return %r#1 : tensor<2xf64>
}

// Rows of a captured array are read once each: their cotangents are added in place, not to all of the array. Effects
// are not repeated on the way back.
// CHECK-LABEL: func @rows
// CHECK: ricci.for
// CHECK: ricci.host "print"
// CHECK: ricci.for
// CHECK-NOT: ricci.host
// CHECK-NOT: ricci.scatter
// CHECK: ricci.update
// CHECK-NOT: ricci.scatter
// CHECK: return
func.func @rows(%x: tensor<2xf64>, %u: tensor<5x2xf64>, %w: tensor<2xf64>) -> tensor<5x2xf64> {
  %r:2 = ricci.vjp(%u) from (%w) {
  ^bb0(%a: tensor<5x2xf64>):
    %lo = arith.constant 0 : index
    %hi = arith.constant 5 : index
    %f = ricci.for %lo to %hi init(%x : tensor<2xf64>) {
    ^bb0(%i: tensor<i64>, %c: tensor<2xf64>):
      ricci.host "print", "{}" (%i : tensor<i64>)
      %row = ricci.gather %a [%i : tensor<i64>] {map = affine_map<(d0)[s0] -> (s0, d0)>, symbol_axes = [array<i64>], modes = array<i32: 0, 0>}
        : tensor<5x2xf64> -> tensor<2xf64>
      %s = ricci.sin %c : tensor<2xf64>
      %m = ricci.mul %s, %row : tensor<2xf64>
      ricci.yield %m : tensor<2xf64>
    } : tensor<2xf64>
    ricci.yield %f : tensor<2xf64>
  } : (tensor<5x2xf64>, tensor<2xf64>) -> (tensor<2xf64>, tensor<5x2xf64>)
  return %r#1 : tensor<5x2xf64>
}

// An array filled place by place: what is stacked are the numbers read, not the array of every step.
// CHECK-LABEL: func @inPlace
// CHECK: ricci.for
// CHECK: } : tensor<10xf64>, tensor<9xf64>, tensor<9xf64>
// CHECK-NOT: tensor<9x10xf64>
// CHECK-NOT: ricci.scatter
// CHECK: return
func.func @inPlace(%x: tensor<10xf64>, %w: tensor<10xf64>) -> tensor<10xf64> {
  %r:2 = ricci.vjp(%x) from (%w) {
  ^bb0(%a: tensor<10xf64>):
    %lo = arith.constant 1 : index
    %hi = arith.constant 10 : index
    %f = ricci.for %lo to %hi init(%a : tensor<10xf64>) {
    ^bb0(%i: tensor<i64>, %c: tensor<10xf64>):
      %p = ricci.gather %c [%i : tensor<i64>] {map = affine_map<()[s0] -> (s0 - 1)>, symbol_axes = [array<i64>], modes = array<i32: 0>}
        : tensor<10xf64> -> tensor<f64>
      %q = ricci.gather %c [%i : tensor<i64>] {map = affine_map<()[s0] -> (s0)>, symbol_axes = [array<i64>], modes = array<i32: 0>}
        : tensor<10xf64> -> tensor<f64>
      %m = ricci.mul %p, %q : tensor<f64>
      %n = ricci.update %c, %m [%i : tensor<i64>] {map = affine_map<()[s0] -> (s0)>, symbol_axes = [array<i64>], modes = array<i32: 0>}
        : tensor<10xf64>, tensor<f64> -> tensor<10xf64>
      ricci.yield %n : tensor<10xf64>
    } : tensor<10xf64>
    ricci.yield %f : tensor<10xf64>
  } : (tensor<10xf64>, tensor<10xf64>) -> (tensor<10xf64>, tensor<10xf64>)
  return %r#1 : tensor<10xf64>
}
