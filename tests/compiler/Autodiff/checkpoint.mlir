// RUN: ricci-opt -expand-derivatives %s | FileCheck %s
// RUN: ricci-opt -expand-derivatives -simplify %s | FileCheck %s --check-prefix=SIMPLE
// RUN: ricci-opt -expand-derivatives -simplify -fuse-kernels %s | FileCheck %s --check-prefix=FUSED

// What the body computes is computed again once its cotangent is known, effects excepted; what it captures is kept.
// Sharing does not undo that.
// CHECK-LABEL: func @again
// CHECK: %[[A:.*]] = ricci.sin %arg0
// CHECK: ricci.exp %[[A]]
// CHECK: ricci.host "print"
// CHECK: %[[G:.*]] = ricci.mul %arg1
// CHECK: %[[AGAIN:.*]] = ricci.barrier %arg0 after %[[G]]
// CHECK: ricci.sin %[[AGAIN]]
// CHECK-NOT: ricci.host
// CHECK-NOT: ricci.checkpoint
// CHECK: return
// SIMPLE-LABEL: func @again
// SIMPLE-COUNT-2: ricci.sin
// SIMPLE: return
// FUSED-LABEL: func @again
// FUSED-NOT: ricci.barrier
// FUSED: return
func.func @again(%x: tensor<2xf64>, %w: tensor<2xf64>) -> tensor<2xf64> {
  %r:2 = ricci.vjp(%x) from (%w) {
  ^bb0(%a: tensor<2xf64>):
    %c = ricci.checkpoint {
      %s = ricci.sin %a : tensor<2xf64>
      %e = ricci.exp %s : tensor<2xf64>
      ricci.host "print", "{}" (%e : tensor<2xf64>)
      ricci.yield %e : tensor<2xf64>
    } : tensor<2xf64>
    %q = ricci.exp %c : tensor<2xf64>
    ricci.yield %q : tensor<2xf64>
  } : (tensor<2xf64>, tensor<2xf64>) -> (tensor<2xf64>, tensor<2xf64>)
  return %r#1 : tensor<2xf64>
}

// Forward mode, and no derivative at all, compute once.
// CHECK-LABEL: func @once
// CHECK-NEXT: %[[S:.*]] = ricci.sin
// CHECK-NEXT: %[[E:.*]] = ricci.exp %[[S]]
// CHECK-NEXT: return %[[E]]
func.func @once(%x: tensor<2xf64>) -> tensor<2xf64> {
  %c = ricci.checkpoint {
    %s = ricci.sin %x : tensor<2xf64>
    %e = ricci.exp %s : tensor<2xf64>
    ricci.yield %e : tensor<2xf64>
  } : tensor<2xf64>
  return %c : tensor<2xf64>
}

// CHECK-LABEL: func @forward
// CHECK: ricci.sin
// CHECK-NOT: ricci.sin
// CHECK-NOT: ricci.barrier
// CHECK: return
func.func @forward(%x: tensor<2xf64>, %v: tensor<2xf64>) -> tensor<2xf64> {
  %r:2 = ricci.jvp(%x) along (%v) {
  ^bb0(%a: tensor<2xf64>):
    %c = ricci.checkpoint {
      %s = ricci.sin %a : tensor<2xf64>
      %e = ricci.exp %s : tensor<2xf64>
      ricci.yield %e : tensor<2xf64>
    } : tensor<2xf64>
    ricci.yield %c : tensor<2xf64>
  } : (tensor<2xf64>, tensor<2xf64>) -> (tensor<2xf64>, tensor<2xf64>)
  return %r#1 : tensor<2xf64>
}
