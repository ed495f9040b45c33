// RUN: ricci-opt %s -simplify | FileCheck %s

// What is repeated along an axis is computed once.
// CHECK-LABEL: func @broadcasts
// CHECK: %[[SMALL:.*]] = ricci.exp %{{.*}} : tensor<4xf64>
// CHECK: %[[WIDE:.*]] = ricci.einsum "a->ab"(%[[SMALL]])
// CHECK: ricci.mul %{{.*}} : tensor<4x5xf64>
// CHECK-NOT: tensor<4x5xf64>
// CHECK: return
func.func @broadcasts(%x: tensor<4xf64>, %y: tensor<4xf64>, %z: tensor<4x5xf64>) -> tensor<4x5xf64> {
  %xb = ricci.einsum "a->ab"(%x) : (tensor<4xf64>) -> tensor<4x5xf64>
  %yb = ricci.einsum "a->ab"(%y) : (tensor<4xf64>) -> tensor<4x5xf64>
  %0 = ricci.add %xb, %yb : tensor<4x5xf64>
  %1 = ricci.exp %0 : tensor<4x5xf64>
  %2 = ricci.mul %1, %z : tensor<4x5xf64>
  return %2 : tensor<4x5xf64>
}

// Also through comparisons, whose results einsum does not take, with sizes known at run time.
// CHECK-LABEL: func @masks
// CHECK: %[[C:.*]] = ricci.cmp gt %arg0, %{{.*}} : tensor<?xf64>
// CHECK: ricci.select %[[C]], %arg0, %{{.*}} : tensor<?xf64>
// CHECK: return
func.func @masks(%x: tensor<?xf64>, %m: index) -> tensor<?x?xf64> {
  %n = ricci.dim %x, 0 : tensor<?xf64>
  %zero = ricci.fill 0.0 : f64 dims(%m, %n) : tensor<?x?xf64>
  %xb = ricci.einsum "b->ab"(%x) dims(%m, %n) : (tensor<?xf64>) -> tensor<?x?xf64>
  %c = ricci.cmp gt %xb, %zero : tensor<?x?xf64>
  %s = ricci.select %c, %xb, %zero : tensor<?x?xf64>
  return %s : tensor<?x?xf64>
}

// CHECK-LABEL: func @reductions
// CHECK: %[[MAX:.*]] = ricci.reduce max [0] %arg0 : tensor<4xf64> -> tensor<f64>
// CHECK: ricci.einsum "->a"(%[[MAX]])
// CHECK-NOT: tensor<4x5xf64>
func.func @reductions(%x: tensor<4xf64>) -> tensor<5xf64> {
  %xb = ricci.einsum "a->ab"(%x) : (tensor<4xf64>) -> tensor<4x5xf64>
  %m = ricci.reduce max [0] %xb : tensor<4x5xf64> -> tensor<5xf64>
  return %m : tensor<5xf64>
}

// CHECK-LABEL: func @numbers
// CHECK-NEXT: %[[F:.*]] = ricci.fill 6.000000e+00 : f64 dims(%arg0) : tensor<?xf64>
// CHECK-NEXT: return %[[F]]
func.func @numbers(%n: index) -> tensor<?xf64> {
  %two = ricci.fill 2.0 : f64 dims(%n) : tensor<?xf64>
  %three = ricci.fill 3.0 : f64 dims(%n) : tensor<?xf64>
  %0 = ricci.mul %two, %three : tensor<?xf64>
  return %0 : tensor<?xf64>
}

// CHECK-LABEL: func @signs
// CHECK-NEXT: ricci.sub %arg0, %arg1
// CHECK-NEXT: ricci.mul %arg0, %arg1
// CHECK-NEXT: ricci.sub %arg1, %arg0
// CHECK-NEXT: return
func.func @signs(%x: tensor<4xf64>, %y: tensor<4xf64>) -> (tensor<4xf64>, tensor<4xf64>, tensor<4xf64>) {
  %nx = ricci.neg %x : tensor<4xf64>
  %ny = ricci.neg %y : tensor<4xf64>
  %0 = ricci.add %x, %ny : tensor<4xf64>
  %1 = ricci.mul %nx, %ny : tensor<4xf64>
  %d = ricci.sub %x, %y : tensor<4xf64>
  %2 = ricci.neg %d : tensor<4xf64>
  return %0, %1, %2 : tensor<4xf64>, tensor<4xf64>, tensor<4xf64>
}

// (3 ((x / 2) s)) t = x (1.5 s t): one product over the array.
// CHECK-LABEL: func @scalars
// CHECK-COUNT-1: ricci.mul %{{.*}} : tensor<4xf64>
// CHECK-NOT: : tensor<4xf64>
// CHECK: return
func.func @scalars(%x: tensor<4xf64>, %s: tensor<f64>, %t: tensor<f64>) -> tensor<4xf64> {
  %two = ricci.fill 2.0 : f64 : tensor<4xf64>
  %three = ricci.fill 3.0 : f64 : tensor<4xf64>
  %sb = ricci.einsum "->a"(%s) : (tensor<f64>) -> tensor<4xf64>
  %tb = ricci.einsum "->a"(%t) : (tensor<f64>) -> tensor<4xf64>
  %0 = ricci.div %x, %two : tensor<4xf64>
  %1 = ricci.mul %0, %sb : tensor<4xf64>
  %2 = ricci.mul %three, %1 : tensor<4xf64>
  %3 = ricci.mul %2, %tb : tensor<4xf64>
  return %3 : tensor<4xf64>
}

// CHECK-LABEL: func @powers
// CHECK-DAG: ricci.mul %arg0, %arg0
// CHECK-DAG: ricci.div
// CHECK-NOT: ricci.pow
func.func @powers(%x: tensor<4xf64>) -> (tensor<4xf64>, tensor<4xf64>, tensor<4xf64>) {
  %two = ricci.fill 2 : i64 : tensor<4xi64>
  %minus = ricci.fill -1 : i64 : tensor<4xi64>
  %zero = ricci.fill 0.0 : f64 : tensor<4xf64>
  %0 = ricci.powi %x, %two : tensor<4xf64>
  %1 = ricci.powi %x, %minus : tensor<4xf64>
  %2 = ricci.pow %x, %zero : tensor<4xf64>
  return %0, %1, %2 : tensor<4xf64>, tensor<4xf64>, tensor<4xf64>
}

// log softmax, written out: no exponential is left to overflow or vanish under the logarithm.
// CHECK-LABEL: func @log_softmax
// CHECK-COUNT-1: ricci.exp
// CHECK-NOT: ricci.div
// CHECK: %[[LOG:.*]] = ricci.log %{{.*}} : tensor<4xf64>
// CHECK: ricci.sub
func.func @log_softmax(%z: tensor<4x5xf64>) -> tensor<4x5xf64> {
  %e = ricci.exp %z : tensor<4x5xf64>
  %s = ricci.einsum "ab->a"(%e) : (tensor<4x5xf64>) -> tensor<4xf64>
  %sb = ricci.einsum "a->ab"(%s) : (tensor<4xf64>) -> tensor<4x5xf64>
  %p = ricci.div %e, %sb : tensor<4x5xf64>
  %l = ricci.log %p : tensor<4x5xf64>
  return %l : tensor<4x5xf64>
}

// A condition is checked once, and not at all where it is known to hold.
// CHECK-LABEL: func @checks
// CHECK-COUNT-1: ricci.check
// CHECK-NOT: ricci.check
func.func @checks(%c: tensor<4xi1>) {
  %true = ricci.fill true : tensor<4xi1>
  ricci.check %c, "R0001", "first" : tensor<4xi1>
  ricci.check %true, "R0001", "holds" : tensor<4xi1>
  ricci.check %c, "R0001", "second" : tensor<4xi1>
  return
}

// 2 (s ∘ y) with s repeated: s is doubled where it is small.
// CHECK-LABEL: func @masked
// CHECK: ricci.mul %arg0, %{{.*}} : tensor<4xf64>
// CHECK: ricci.mask_mul %{{.*}} : tensor<4x5xf64>
// CHECK-NOT: ricci.mul
func.func @masked(%s: tensor<4xf64>, %y: tensor<4x5xf64>) -> tensor<4x5xf64> {
  %two = ricci.fill 2.0 : f64 : tensor<4x5xf64>
  %sb = ricci.einsum "a->ab"(%s) : (tensor<4xf64>) -> tensor<4x5xf64>
  %0 = ricci.mask_mul %sb, %y : tensor<4x5xf64>
  %1 = ricci.mul %0, %two : tensor<4x5xf64>
  return %1 : tensor<4x5xf64>
}
