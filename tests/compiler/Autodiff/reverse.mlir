// RUN: ricci-opt -expand-derivatives %s | FileCheck %s

// No form is left, and what a derivative does not need is not computed.
// CHECK-NOT: ricci.vjp
// CHECK-NOT: ricci.jvp

// d/dx Σ x² = x + x: factors 1 and the cotangent of a sum multiply by nothing.
// CHECK-LABEL: func @sum_of_squares
// CHECK-NOT: ricci.einsum "a->"
// CHECK: %[[G:.*]] = ricci.einsum "->a"
// CHECK: %[[M:.*]] = ricci.mul %[[G]], %arg0
// CHECK: %[[S:.*]] = ricci.add
// CHECK: return %[[S]]
func.func @sum_of_squares(%x: tensor<3xf64>, %w: tensor<f64>) -> tensor<3xf64> {
  %r:2 = ricci.vjp(%x) from (%w) {
  ^bb0(%a: tensor<3xf64>):
    %q = ricci.mul %a, %a : tensor<3xf64>
    %s = ricci.einsum "a->" (%q) : (tensor<3xf64>) -> tensor<f64>
    ricci.yield %s : tensor<f64>
  } : (tensor<3xf64>, tensor<f64>) -> (tensor<f64>, tensor<3xf64>)
  return %r#1 : tensor<3xf64>
}

// The transpose of a contraction is a contraction; the constant operand gets no cotangent.
// CHECK-LABEL: func @matmul
// CHECK-NEXT: %[[A:.*]] = ricci.einsum "ik,kj->ij"(%arg2, %arg1)
// CHECK-NEXT: return %[[A]]
func.func @matmul(%x: tensor<2x3xf32>, %b: tensor<4x3xf32>, %w: tensor<2x4xf32>) -> tensor<2x3xf32> {
  %r:2 = ricci.vjp(%x) from (%w) {
  ^bb0(%a: tensor<2x3xf32>):
    %c = ricci.einsum "ij,kj->ik" (%a, %b) : (tensor<2x3xf32>, tensor<4x3xf32>) -> tensor<2x4xf32>
    ricci.yield %c : tensor<2x4xf32>
  } : (tensor<2x3xf32>, tensor<2x4xf32>) -> (tensor<2x4xf32>, tensor<2x3xf32>)
  return %r#1 : tensor<2x3xf32>
}

// x - y, x / y: signs and quotients, not products with -1 and 1/y
// CHECK-LABEL: func @shortest
// CHECK-DAG: ricci.neg %arg2
// CHECK-DAG: ricci.div %arg2, %arg1
// CHECK-NOT: ricci.fill
// CHECK: return
func.func @shortest(%x: tensor<3xf64>, %y: tensor<3xf64>, %w: tensor<3xf64>) -> (tensor<3xf64>, tensor<3xf64>) {
  %r:2 = ricci.vjp(%x) from (%w) {
  ^bb0(%a: tensor<3xf64>):
    %d = ricci.sub %y, %a : tensor<3xf64>
    ricci.yield %d : tensor<3xf64>
  } : (tensor<3xf64>, tensor<3xf64>) -> (tensor<3xf64>, tensor<3xf64>)
  %s:2 = ricci.vjp(%x) from (%w) {
  ^bb0(%a: tensor<3xf64>):
    %d = ricci.div %a, %y : tensor<3xf64>
    ricci.yield %d : tensor<3xf64>
  } : (tensor<3xf64>, tensor<3xf64>) -> (tensor<3xf64>, tensor<3xf64>)
  return %r#1, %s#1 : tensor<3xf64>, tensor<3xf64>
}

// relu passes the cotangent or nothing.
// CHECK-LABEL: func @relu
// CHECK: %[[C:.*]] = ricci.cmp gt %arg0
// CHECK: %[[G:.*]] = ricci.select %[[C]], %arg1
// CHECK: return %[[G]]
func.func @relu(%x: tensor<3xf64>, %w: tensor<3xf64>) -> tensor<3xf64> {
  %r:2 = ricci.vjp(%x) from (%w) {
  ^bb0(%a: tensor<3xf64>):
    %d = ricci.relu %a : tensor<3xf64>
    ricci.yield %d : tensor<3xf64>
  } : (tensor<3xf64>, tensor<3xf64>) -> (tensor<3xf64>, tensor<3xf64>)
  return %r#1 : tensor<3xf64>
}

// A value captured from outside is a constant, even if it is the primal itself.
// CHECK-LABEL: func @captured
// CHECK-NEXT: %[[G:.*]] = ricci.mul %arg1, %arg0
// CHECK-NEXT: return %[[G]]
func.func @captured(%x: tensor<3xf64>, %w: tensor<3xf64>) -> tensor<3xf64> {
  %r:2 = ricci.vjp(%x) from (%w) {
  ^bb0(%a: tensor<3xf64>):
    %d = ricci.mul %a, %x : tensor<3xf64>
    ricci.yield %d : tensor<3xf64>
  } : (tensor<3xf64>, tensor<3xf64>) -> (tensor<3xf64>, tensor<3xf64>)
  return %r#1 : tensor<3xf64>
}
