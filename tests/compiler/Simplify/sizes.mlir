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
