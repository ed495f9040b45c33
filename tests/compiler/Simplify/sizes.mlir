// RUN: ricci-opt %s --simplify | FileCheck %s

// Behind the check one size stands for both, in what simplification makes too.
// CHECK-LABEL: func @checked
// CHECK: %[[N:.*]] = ricci.dim %arg0, 0
// CHECK: ricci.check
// CHECK: ricci.einsum "abc,cd->abd"(%arg1, %arg2) dims(%[[N]],
// CHECK-NOT: ricci.dim
func.func @checked(%x: tensor<?xf64>, %y: tensor<?x?x?xf64>, %z: tensor<?x?xf64>) -> tensor<?x?x?xf64> {
  %n = ricci.dim %x, 0 : tensor<?xf64>
  %m = ricci.dim %y, 0 : tensor<?x?x?xf64>
  %a = ricci.to_tensor %m : tensor<i64>
  %b = ricci.to_tensor %n : tensor<i64>
  %e = ricci.cmp eq %a, %b : tensor<i64>
  ricci.check %e, "R0003", "an axis of `y` does not have the size N" : tensor<i1>
  %p = ricci.dim %y, 1 : tensor<?x?x?xf64>
  %q = ricci.dim %z, 1 : tensor<?x?xf64>
  %r = ricci.einsum "abc,cd->abd"(%y, %z) dims(%m, %p, %q) : (tensor<?x?x?xf64>, tensor<?x?xf64>) -> tensor<?x?x?xf64>
  return %r : tensor<?x?x?xf64>
}

// What stands before it knows nothing.
// CHECK-LABEL: func @before
// CHECK: %[[M:.*]] = ricci.dim %arg1, 0
// CHECK: ricci.exp
// CHECK: ricci.fill 1.000000e+00 : f64 dims(%[[M]])
// CHECK: ricci.check
func.func @before(%x: tensor<?xf64>, %y: tensor<?xf64>) -> (tensor<?xf64>, tensor<?xf64>) {
  %n = ricci.dim %x, 0 : tensor<?xf64>
  %m = ricci.dim %y, 0 : tensor<?xf64>
  %t = ricci.exp %x : tensor<?xf64>
  %f = ricci.fill 1.0 : f64 dims(%m) : tensor<?xf64>
  %a = ricci.to_tensor %m : tensor<i64>
  %b = ricci.to_tensor %n : tensor<i64>
  %e = ricci.cmp eq %a, %b : tensor<i64>
  ricci.check %e, "R0003", "an axis of `y` does not have the size N" : tensor<i1>
  return %t, %f : tensor<?xf64>, tensor<?xf64>
}

// One division instead of one for each element.
// CHECK-LABEL: func @scaled
// CHECK: ricci.div {{.*}} : tensor<f32>
// CHECK-NOT: ricci.div
// CHECK: ricci.mul %arg0, {{.*}} : tensor<?x?xf32>
func.func @scaled(%x: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %n = ricci.dim %x, 0 : tensor<?x?xf32>
  %k = ricci.dim %x, 1 : tensor<?x?xf32>
  %i = ricci.to_tensor %k : tensor<i64>
  %f = ricci.convert %i : tensor<i64> -> tensor<f32>
  %r = ricci.sqrt %f : tensor<f32>
  %b = ricci.einsum "->ij"(%r) dims(%n, %k) : (tensor<f32>) -> tensor<?x?xf32>
  %y = ricci.div %x, %b : tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// A mean of whole numbers may be whole.
// CHECK-LABEL: func @mean
// CHECK: ricci.div %arg0, {{.*}} : tensor<?x?xf32>
func.func @mean(%x: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %n = ricci.dim %x, 0 : tensor<?x?xf32>
  %k = ricci.dim %x, 1 : tensor<?x?xf32>
  %i = ricci.to_tensor %k : tensor<i64>
  %f = ricci.convert %i : tensor<i64> -> tensor<f32>
  %b = ricci.einsum "->ij"(%f) dims(%n, %k) : (tensor<f32>) -> tensor<?x?xf32>
  %y = ricci.div %x, %b : tensor<?x?xf32>
  return %y : tensor<?x?xf32>
}

// Other scalars may be so small that their inverse is infinite.
// CHECK-LABEL: func @unscaled
// CHECK: ricci.div %arg0, {{.*}} : tensor<?xf32>
func.func @unscaled(%x: tensor<?xf32>, %s: tensor<f32>) -> tensor<?xf32> {
  %n = ricci.dim %x, 0 : tensor<?xf32>
  %b = ricci.einsum "->i"(%s) dims(%n) : (tensor<f32>) -> tensor<?xf32>
  %y = ricci.div %x, %b : tensor<?xf32>
  return %y : tensor<?xf32>
}
