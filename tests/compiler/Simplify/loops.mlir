// RUN: ricci-opt %s -simplify | FileCheck %s

// What does not depend on the iteration is computed before it.
// CHECK-LABEL: func @invariant
// CHECK: %[[E:.*]] = ricci.exp %arg0
// CHECK: ricci.for
// CHECK-NOT: ricci.exp
// CHECK: ricci.mul %{{.*}}, %[[E]]
func.func @invariant(%x: tensor<4xf64>, %n: index) -> tensor<4xf64> {
  %c0 = arith.constant 0 : index
  %0 = ricci.for %c0 to %n init(%x : tensor<4xf64>) {
  ^bb0(%t: tensor<i64>, %a: tensor<4xf64>):
    %e = ricci.exp %x : tensor<4xf64>
    %m = ricci.mul %a, %e : tensor<4xf64>
    ricci.yield %m : tensor<4xf64>
  } : tensor<4xf64>
  return %0 : tensor<4xf64>
}

// A carried value and a stack that serve nothing go, with what only they need.
// CHECK-LABEL: func @unused
// CHECK: ricci.for %{{.*}} init(%arg0 : tensor<4xf64>) {
// CHECK-NOT: ricci.sin
// CHECK: ricci.yield %{{.*}} : tensor<4xf64>
// CHECK-NEXT: } : tensor<4xf64>
func.func @unused(%x: tensor<4xf64>, %n: index) -> tensor<4xf64> {
  %c0 = arith.constant 0 : index
  %0:3 = ricci.for %c0 to %n init(%x, %x : tensor<4xf64>, tensor<4xf64>) dims(%n) {
  ^bb0(%t: tensor<i64>, %a: tensor<4xf64>, %b: tensor<4xf64>):
    %m = ricci.exp %a : tensor<4xf64>
    %s = ricci.sin %b : tensor<4xf64>
    ricci.yield %m, %s, %s : tensor<4xf64>, tensor<4xf64>, tensor<4xf64>
  } : tensor<4xf64>, tensor<4xf64>, tensor<?x4xf64>
  return %0#0 : tensor<4xf64>
}

// A loop kept for its effect keeps what the effect needs.
// CHECK-LABEL: func @effects
// CHECK: ricci.for %{{.*}} init(%arg0 : tensor<f64>) {
// CHECK: ricci.host
// CHECK: ricci.exp
func.func @effects(%x: tensor<f64>, %n: index) {
  %c0 = arith.constant 0 : index
  %0:2 = ricci.for %c0 to %n init(%x, %x : tensor<f64>, tensor<f64>) {
  ^bb0(%t: tensor<i64>, %a: tensor<f64>, %b: tensor<f64>):
    ricci.host "print", "{}"(%a : tensor<f64>)
    %m = ricci.exp %a : tensor<f64>
    %s = ricci.sin %b : tensor<f64>
    ricci.yield %m, %s : tensor<f64>, tensor<f64>
  } : tensor<f64>, tensor<f64>
  return
}

// What decides how often a loop runs stays, unused as it is; so does what that needs.
// CHECK-LABEL: func @condition
// CHECK: ricci.for %{{.*}} while init(%{{.*}}, %arg0, %arg1 : tensor<i1>, tensor<f64>, tensor<f64>) {
// CHECK-NOT: ricci.cos
// CHECK: ricci.yield %{{.*}}, %{{.*}}, %{{.*}} : tensor<i1>, tensor<f64>, tensor<f64>
func.func @condition(%x: tensor<f64>, %y: tensor<f64>, %n: index) -> tensor<f64> {
  %c0 = arith.constant 0 : index
  %yes = ricci.fill true : tensor<i1>
  %0:4 = ricci.for %c0 to %n while init(%yes, %x, %y, %y : tensor<i1>, tensor<f64>, tensor<f64>, tensor<f64>) {
  ^bb0(%t: tensor<i64>, %c: tensor<i1>, %a: tensor<f64>, %b: tensor<f64>, %d: tensor<f64>):
    %m = ricci.exp %a : tensor<f64>
    %s = ricci.sin %b : tensor<f64>
    %u = ricci.cos %d : tensor<f64>
    %p = ricci.cmp lt %b, %y : tensor<f64>
    ricci.yield %p, %m, %s, %u : tensor<i1>, tensor<f64>, tensor<f64>, tensor<f64>
  } : tensor<i1>, tensor<f64>, tensor<f64>, tensor<f64>
  return %0#1 : tensor<f64>
}

// A condition that never changes stays what it is.
// CHECK-LABEL: func @fixed
// CHECK: %[[C:.*]] = ricci.cmp lt
// CHECK: ricci.for %{{.*}} while init(%[[C]], %arg0 : tensor<i1>, tensor<f64>) {
// CHECK: ricci.yield %[[C]], %{{.*}}
func.func @fixed(%x: tensor<f64>, %y: tensor<f64>, %n: index) -> tensor<f64> {
  %c0 = arith.constant 0 : index
  %p = ricci.cmp lt %x, %y : tensor<f64>
  %0:2 = ricci.for %c0 to %n while init(%p, %x : tensor<i1>, tensor<f64>) {
  ^bb0(%t: tensor<i64>, %c: tensor<i1>, %a: tensor<f64>):
    %m = ricci.exp %a : tensor<f64>
    ricci.yield %c, %m : tensor<i1>, tensor<f64>
  } : tensor<i1>, tensor<f64>
  return %0#1 : tensor<f64>
}

// A value carried unchanged is its start; a stack of it repeats it.
// CHECK-LABEL: func @unchanged
// CHECK-NOT: ricci.for
// CHECK: %[[STACK:.*]] = ricci.einsum "a->ba"(%arg0)
// CHECK: return %arg0, %[[STACK]]
func.func @unchanged(%x: tensor<4xf64>, %n: index) -> (tensor<4xf64>, tensor<?x4xf64>) {
  %c0 = arith.constant 0 : index
  %0:2 = ricci.for %c0 to %n init(%x : tensor<4xf64>) dims(%n) {
  ^bb0(%t: tensor<i64>, %a: tensor<4xf64>):
    ricci.yield %a, %a : tensor<4xf64>, tensor<4xf64>
  } : tensor<4xf64>, tensor<?x4xf64>
  return %0#0, %0#1 : tensor<4xf64>, tensor<?x4xf64>
}

// A zero tangent carried through a loop is no tangent.
// CHECK-LABEL: func @zero
// CHECK: %[[ZERO:.*]] = ricci.fill 0.000000e+00
// CHECK: ricci.for %{{.*}} init(%arg0 : tensor<4xf64>)
// CHECK: return %{{.*}}, %[[ZERO]]
func.func @zero(%x: tensor<4xf64>, %n: index) -> (tensor<4xf64>, tensor<4xf64>) {
  %c0 = arith.constant 0 : index
  %zero = ricci.fill 0.0 : f64 : tensor<4xf64>
  %0:2 = ricci.for %c0 to %n init(%x, %zero : tensor<4xf64>, tensor<4xf64>) {
  ^bb0(%t: tensor<i64>, %a: tensor<4xf64>, %b: tensor<4xf64>):
    %m = ricci.exp %a : tensor<4xf64>
    %none = ricci.fill 0.0 : f64 : tensor<4xf64>
    ricci.yield %m, %none : tensor<4xf64>, tensor<4xf64>
  } : tensor<4xf64>, tensor<4xf64>
  return %0#0, %0#1 : tensor<4xf64>, tensor<4xf64>
}
