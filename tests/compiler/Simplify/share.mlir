// RUN: ricci-opt %s -simplify | FileCheck %s

// One contraction under other names, with its operands exchanged and its result turned round: a view of the first.
// CHECK-LABEL: func @turned
// CHECK: %[[P:.*]] = ricci.einsum "ab,bc->ac"(%arg0, %arg1)
// CHECK-NEXT: %[[T:.*]] = ricci.einsum "ab->ba"(%[[P]])
// CHECK-NEXT: return %[[P]], %[[T]]
func.func @turned(%x: tensor<4x32xf64>, %y: tensor<32x?xf64>) -> (tensor<4x?xf64>, tensor<?x4xf64>) {
  %n = ricci.dim %y, 1 : tensor<32x?xf64>
  %0 = ricci.einsum "ab,bc->ac"(%x, %y) dims(%n) : (tensor<4x32xf64>, tensor<32x?xf64>) -> tensor<4x?xf64>
  %1 = ricci.einsum "kj,ik->ji"(%y, %x) dims(%n) : (tensor<32x?xf64>, tensor<4x32xf64>) -> tensor<?x4xf64>
  return %0, %1 : tensor<4x?xf64>, tensor<?x4xf64>
}

// Not these: other axes are kept, other ones summed, and a short sum costs less than to turn it round.
// CHECK-LABEL: func @others
// CHECK-COUNT-5: ricci.einsum {{.*}}, {{.*}} -> tensor
func.func @others(%x: tensor<32x32xf64>, %y: tensor<32x32xf64>, %z: tensor<9x4xf64>) -> (tensor<32x32xf64>, tensor<32x32xf64>, tensor<32xf64>, tensor<9x9xf64>, tensor<9x9xf64>) {
  %0 = ricci.einsum "ab,bc->ac"(%x, %y) : (tensor<32x32xf64>, tensor<32x32xf64>) -> tensor<32x32xf64>
  %1 = ricci.einsum "ab,cb->ac"(%x, %y) : (tensor<32x32xf64>, tensor<32x32xf64>) -> tensor<32x32xf64>
  %2 = ricci.einsum "ab,ba->a"(%x, %y) : (tensor<32x32xf64>, tensor<32x32xf64>) -> tensor<32xf64>
  %e = ricci.exp %z : tensor<9x4xf64>
  %3 = ricci.einsum "ab,cb->ac"(%z, %e) : (tensor<9x4xf64>, tensor<9x4xf64>) -> tensor<9x9xf64>
  %4 = ricci.einsum "ab,cb->ca"(%z, %e) : (tensor<9x4xf64>, tensor<9x4xf64>) -> tensor<9x9xf64>
  return %0, %1, %2, %3, %4 : tensor<32x32xf64>, tensor<32x32xf64>, tensor<32xf64>, tensor<9x9xf64>, tensor<9x9xf64>
}
