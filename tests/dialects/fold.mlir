// RUN: ricci-opt %s -canonicalize -cse | FileCheck %s

// Identities that hold for every number leave nothing behind.
// CHECK-LABEL: func @identities
// CHECK-NEXT: return %arg0, %arg0, %arg0, %arg0, %arg0, %arg0
func.func @identities(%x: tensor<2xf64>) -> (tensor<2xf64>, tensor<2xf64>, tensor<2xf64>, tensor<2xf64>, tensor<2xf64>, tensor<2xf64>) {
  %zero = ricci.fill 0.0 : f64 : tensor<2xf64>
  %one = ricci.fill 1.0 : f64 : tensor<2xf64>
  %0 = ricci.add %zero, %x : tensor<2xf64>
  %1 = ricci.mul %x, %one : tensor<2xf64>
  %2 = ricci.div %x, %one : tensor<2xf64>
  %n = ricci.neg %x : tensor<2xf64>
  %3 = ricci.neg %n : tensor<2xf64>
  %4 = ricci.max %x, %x : tensor<2xf64>
  %5 = ricci.convert %x : tensor<2xf64> -> tensor<2xf64>
  return %0, %1, %2, %3, %4, %5 : tensor<2xf64>, tensor<2xf64>, tensor<2xf64>, tensor<2xf64>, tensor<2xf64>, tensor<2xf64>
}

// 0 · x is NaN for an infinite x; only the masked product annihilates.
// CHECK-LABEL: func @zero_times
// CHECK: %[[ZERO:.*]] = ricci.fill 0.000000e+00
// CHECK: %[[PRODUCT:.*]] = ricci.mul
// CHECK-NOT: ricci.mask_mul
// CHECK: return %[[PRODUCT]], %[[ZERO]]
func.func @zero_times(%x: tensor<2xf64>) -> (tensor<2xf64>, tensor<2xf64>) {
  %zero = ricci.fill 0.0 : f64 : tensor<2xf64>
  %0 = ricci.mul %zero, %x : tensor<2xf64>
  %1 = ricci.mask_mul %zero, %x : tensor<2xf64>
  return %0, %1 : tensor<2xf64>, tensor<2xf64>
}

// CHECK-LABEL: func @logic
// CHECK-NEXT: %[[FALSE:.*]] = ricci.fill false
// CHECK-NEXT: return %arg0, %[[FALSE]], %arg0, %arg1
func.func @logic(%p: tensor<2xi1>, %x: tensor<2xi1>) -> (tensor<2xi1>, tensor<2xi1>, tensor<2xi1>, tensor<2xi1>) {
  %true = ricci.fill true : tensor<2xi1>
  %false = ricci.fill false : tensor<2xi1>
  %0 = ricci.and %p, %true : tensor<2xi1>
  %1 = ricci.and %false, %p : tensor<2xi1>
  %2 = ricci.or %p, %false : tensor<2xi1>
  %3 = ricci.select %true, %x, %p : tensor<2xi1>
  return %0, %1, %2, %3 : tensor<2xi1>, tensor<2xi1>, tensor<2xi1>, tensor<2xi1>
}

// Sizes are traced to where they come from.
// CHECK-LABEL: func @sizes
// CHECK-DAG: %[[C3:.*]] = arith.constant 3
// CHECK-DAG: %[[D0:.*]] = ricci.dim %arg0, 0
// CHECK: return %[[C3]], %arg1, %[[D0]], %[[D0]], %arg1
func.func @sizes(%x: tensor<?x3xf64>, %n: index) -> (index, index, index, index, index) {
  %lower = arith.constant 0 : index
  %0 = ricci.dim %x, 1 : tensor<?x3xf64>
  %f = ricci.fill 1.0 : f64 dims(%n) : tensor<?xf64>
  %e = ricci.exp %f : tensor<?xf64>
  %1 = ricci.dim %e, 0 : tensor<?xf64>
  %m = ricci.reduce max [1] %x : tensor<?x3xf64> -> tensor<?xf64>
  %2 = ricci.dim %m, 0 : tensor<?xf64>
  %d = ricci.dim %x, 0 : tensor<?x3xf64>
  %l:2 = ricci.for %lower to %n init(%m : tensor<?xf64>) dims(%n, %d) {
  ^bb0(%t: tensor<i64>, %a: tensor<?xf64>):
    %s = ricci.sin %a : tensor<?xf64>
    ricci.yield %s, %s : tensor<?xf64>, tensor<?xf64>
  } : tensor<?xf64>, tensor<?x?xf64>
  %3 = ricci.dim %l#0, 0 : tensor<?xf64>
  %4 = ricci.dim %l#1, 0 : tensor<?x?xf64>
  return %0, %1, %2, %3, %4 : index, index, index, index, index
}

// CHECK-LABEL: func @round_trips
// CHECK: return %arg0, %arg1
func.func @round_trips(%n: index, %s: tensor<i64>) -> (index, tensor<i64>) {
  %0 = ricci.to_tensor %n : tensor<i64>
  %1 = ricci.to_index %0 : tensor<i64>
  %2 = ricci.to_index %s : tensor<i64>
  %3 = ricci.to_tensor %2 : tensor<i64>
  return %1, %3 : index, tensor<i64>
}

// CHECK-LABEL: func @identity_einsum
// CHECK-NEXT: return %arg0
func.func @identity_einsum(%x: tensor<2x3xf64>) -> tensor<2x3xf64> {
  %0 = ricci.einsum "ij->ij"(%x) : (tensor<2x3xf64>) -> tensor<2x3xf64>
  %1 = ricci.reshape %0 : tensor<2x3xf64> -> tensor<6xf64>
  %2 = ricci.reshape %1 : tensor<6xf64> -> tensor<2x3xf64>
  return %2 : tensor<2x3xf64>
}
