// RUN: ricci-opt %s -expand-derivatives -simplify | FileCheck %s

// d xᵀAx = Aᵀx + Ax: two products of a matrix and a vector, no outer product.
// CHECK-LABEL: func @quadratic
// CHECK-DAG: ricci.einsum "a,ab->b"(%arg1, %arg0)
// CHECK-DAG: ricci.einsum "a,ba->b"(%arg1, %arg0)
// CHECK: %[[SUM:.*]] = ricci.add
// CHECK-NEXT: return %[[SUM]]
func.func @quadratic(%A: tensor<?x?xf64>, %x: tensor<?xf64>) -> tensor<?xf64> {
  %one = ricci.fill 1.0 : f64 : tensor<f64>
  %n = ricci.dim %x, 0 : tensor<?xf64>
  %v:2 = ricci.vjp(%x) from (%one) {
  ^bb0(%a: tensor<?xf64>):
    %ai = ricci.einsum "i->ij"(%a) dims(%n, %n) : (tensor<?xf64>) -> tensor<?x?xf64>
    %aj = ricci.einsum "j->ij"(%a) dims(%n, %n) : (tensor<?xf64>) -> tensor<?x?xf64>
    %p = ricci.mul %ai, %A : tensor<?x?xf64>
    %q = ricci.mul %p, %aj : tensor<?x?xf64>
    %s = ricci.einsum "ij->"(%q) : (tensor<?x?xf64>) -> tensor<f64>
    ricci.yield %s : tensor<f64>
  } : (tensor<?xf64>, tensor<f64>) -> (tensor<f64>, tensor<?xf64>)
  return %v#1 : tensor<?xf64>
}

// The Hessian of it, one column an index of a delta seed, is A + Aᵀ.
// CHECK-LABEL: func @hessian
// CHECK-NEXT: %[[T:.*]] = ricci.einsum "ab->ba"(%arg0)
// CHECK-NEXT: %[[H:.*]] = ricci.add
// CHECK-NEXT: return %[[H]]
func.func @hessian(%A: tensor<4x4xf64>, %x: tensor<4xf64>) -> tensor<4x4xf64> {
  %seed = ricci.einsum "->ii" : () -> tensor<4x4xf64>
  %xb = ricci.einsum "i->ki"(%x) : (tensor<4xf64>) -> tensor<4x4xf64>
  %h:2 = ricci.jvp(%xb) along (%seed) {
  ^bb0(%b: tensor<4x4xf64>):
    %ones = ricci.fill 1.0 : f64 : tensor<4xf64>
    %v:2 = ricci.vjp(%b) from (%ones) {
    ^bb0(%a: tensor<4x4xf64>):
      %s = ricci.einsum "ki,ij,kj->k"(%a, %A, %a) : (tensor<4x4xf64>, tensor<4x4xf64>, tensor<4x4xf64>) -> tensor<4xf64>
      ricci.yield %s : tensor<4xf64>
    } : (tensor<4x4xf64>, tensor<4xf64>) -> (tensor<4xf64>, tensor<4x4xf64>)
    ricci.yield %v#1 : tensor<4x4xf64>
  } : (tensor<4x4xf64>, tensor<4x4xf64>) -> (tensor<4x4xf64>, tensor<4x4xf64>)
  return %h#1 : tensor<4x4xf64>
}

// Softmax cross-entropy: softmax - onehot. One exponential, one division a row, no logarithm in the gradient.
// CHECK-LABEL: func @cross_entropy
// CHECK-COUNT-1: ricci.exp
// CHECK: ricci.scatter
// CHECK: ricci.div %{{.*}} : tensor<8xf64>
// CHECK-NOT: ricci.div
// CHECK-NOT: ricci.exp
// CHECK-NOT: ricci.log
// CHECK: return
func.func @cross_entropy(%z: tensor<8x10xf64>, %y: tensor<8xi64>) -> tensor<8x10xf64> {
  %one = ricci.fill 1.0 : f64 : tensor<f64>
  %v:2 = ricci.vjp(%z) from (%one) {
  ^bb0(%a: tensor<8x10xf64>):
    %m = ricci.reduce max [1] %a : tensor<8x10xf64> -> tensor<8xf64>
    %ms = ricci.stop_grad %m : tensor<8xf64>
    %mb = ricci.einsum "a->ab"(%ms) : (tensor<8xf64>) -> tensor<8x10xf64>
    %d = ricci.sub %a, %mb : tensor<8x10xf64>
    %e = ricci.exp %d : tensor<8x10xf64>
    %s = ricci.einsum "ab->a"(%e) : (tensor<8x10xf64>) -> tensor<8xf64>
    %ls = ricci.log %s : tensor<8xf64>
    %lb = ricci.einsum "a->ab"(%ls) : (tensor<8xf64>) -> tensor<8x10xf64>
    %l = ricci.sub %d, %lb : tensor<8x10xf64>
    %g = ricci.gather %l[%y : tensor<8xi64>] {map = affine_map<(d0)[s0] -> (d0, s0)>, symbol_axes = [array<i64: 0>], modes = array<i32: 0, 1>} : tensor<8x10xf64> -> tensor<8xf64>
    %t = ricci.einsum "a->"(%g) : (tensor<8xf64>) -> tensor<f64>
    %n = ricci.neg %t : tensor<f64>
    ricci.yield %n : tensor<f64>
  } : (tensor<8x10xf64>, tensor<f64>) -> (tensor<f64>, tensor<8x10xf64>)
  return %v#1 : tensor<8x10xf64>
}

// The gradient of a sum of squares of residuals of a linear model: Xᵀ(2r), one contraction each way.
// CHECK-LABEL: func @least_squares
// CHECK-COUNT-2: ricci.einsum
// CHECK-NOT: ricci.einsum
// CHECK: return
func.func @least_squares(%X: tensor<100x8xf64>, %y: tensor<100xf64>, %w: tensor<8xf64>) -> tensor<8xf64> {
  %one = ricci.fill 1.0 : f64 : tensor<f64>
  %v:2 = ricci.vjp(%w) from (%one) {
  ^bb0(%a: tensor<8xf64>):
    %p = ricci.einsum "ij,j->i"(%X, %a) : (tensor<100x8xf64>, tensor<8xf64>) -> tensor<100xf64>
    %r = ricci.sub %p, %y : tensor<100xf64>
    %s = ricci.mul %r, %r : tensor<100xf64>
    %t = ricci.einsum "i->"(%s) : (tensor<100xf64>) -> tensor<f64>
    ricci.yield %t : tensor<f64>
  } : (tensor<8xf64>, tensor<f64>) -> (tensor<f64>, tensor<8xf64>)
  return %v#1 : tensor<8xf64>
}
