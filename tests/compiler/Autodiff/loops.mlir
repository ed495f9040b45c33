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

// Reverse of a conditional loop: it counts its iterations; as many are repeated, stacked, and undone. Effects happen once.
// What the condition does not need is computed in the second loop only.
// CHECK-LABEL: func @while
// CHECK: %[[W:.*]]:3 = ricci.for %{{.*}} while init(%{{.*}}, %{{.*}}, %{{.*}} : tensor<i1>, tensor<f64>, tensor<i64>)
// CHECK: ricci.host "print"
// CHECK-NOT: ricci.sin
// CHECK: %[[N:.*]] = ricci.stop_grad %[[W]]#2
// CHECK: %[[U:.*]] = ricci.to_index %[[N]]
// CHECK-NOT: ricci.host
// CHECK: ricci.for %{{.*}} to %[[U]] init
// CHECK: } : tensor<2xf64>, tensor<?x2xf64>
// CHECK: ricci.for %{{.*}} to %[[U]] init
// CHECK-NOT: ricci.for
// CHECK: return
func.func @while(%x: tensor<2xf64>, %y: tensor<f64>, %w: tensor<2xf64>) -> (tensor<2xf64>, tensor<2xf64>) {
  %lo = arith.constant 0 : index
  %hi = arith.constant 1000 : index
  %yes = ricci.fill true : tensor<i1>
  %bound = ricci.fill 10.0 : f64 : tensor<f64>
  %r:2 = ricci.vjp(%x) from (%w) {
  ^bb0(%a: tensor<2xf64>):
    %f:3 = ricci.for %lo to %hi while init(%yes, %y, %a : tensor<i1>, tensor<f64>, tensor<2xf64>) {
    ^bb0(%i: tensor<i64>, %c: tensor<i1>, %s: tensor<f64>, %p: tensor<2xf64>):
      ricci.host "print", "{}" (%s : tensor<f64>)
      %t = ricci.add %s, %y : tensor<f64>
      %m = ricci.cmp lt %t, %bound : tensor<f64>
      %q = ricci.sin %p : tensor<2xf64>
      ricci.yield %m, %t, %q : tensor<i1>, tensor<f64>, tensor<2xf64>
    } : tensor<i1>, tensor<f64>, tensor<2xf64>
    ricci.yield %f#2 : tensor<2xf64>
  } : (tensor<2xf64>, tensor<2xf64>) -> (tensor<2xf64>, tensor<2xf64>)
  return %r#0, %r#1 : tensor<2xf64>, tensor<2xf64>
}

// Forward: the tangents are carried along, under the same condition.
// CHECK-LABEL: func @whileForward
// CHECK: ricci.for %{{.*}} while init(%{{.*}}, %arg0, %arg1 : tensor<i1>, tensor<f64>, tensor<f64>)
// CHECK-NOT: ricci.for
// CHECK: return
func.func @whileForward(%x: tensor<f64>, %v: tensor<f64>, %bound: tensor<f64>) -> tensor<f64> {
  %lo = arith.constant 0 : index
  %hi = arith.constant 1000000000 : index
  %yes = ricci.fill true : tensor<i1>
  %r:2 = ricci.jvp(%x) along (%v) {
  ^bb0(%a: tensor<f64>):
    %f:2 = ricci.for %lo to %hi while init(%yes, %a : tensor<i1>, tensor<f64>) {
    ^bb0(%i: tensor<i64>, %c: tensor<i1>, %s: tensor<f64>):
      %t = ricci.exp %s : tensor<f64>
      %m = ricci.cmp lt %t, %bound : tensor<f64>
      ricci.yield %m, %t : tensor<i1>, tensor<f64>
    } : tensor<i1>, tensor<f64>
    ricci.yield %f#1 : tensor<f64>
  } : (tensor<f64>, tensor<f64>) -> (tensor<f64>, tensor<f64>)
  return %r#1 : tensor<f64>
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
