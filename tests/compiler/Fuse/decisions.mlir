// RUN: ricci-opt -fuse-kernels -remark-decisions -verify-diagnostics %s | FileCheck %s

// What becomes one kernel and what does not, and why.

// CHECK-LABEL: func @rows
func.func @rows(%x: tensor<9x16xf32>, %y: tensor<16x9xf32>) -> (tensor<9x16xf32>, tensor<16xf32>) {
  %max = ricci.reduce max [1] %x : tensor<9x16xf32> -> tensor<9xf32>
  %wide = ricci.einsum "i->ij" (%max) : (tensor<9xf32>) -> tensor<9x16xf32>
  %sub = ricci.sub %x, %wide : tensor<9x16xf32>
  // expected-remark@+1 {{storage: the value of `exp` is stored: it is used several times, and to load it costs less than to compute it again (load it 4, compute it again 14 additions an element of each use)}}
  %exp = ricci.exp %sub : tensor<9x16xf32>
  %sum = ricci.einsum "ij->i" (%exp) : (tensor<9x16xf32>) -> tensor<9xf32>
  %below = ricci.einsum "i->ij" (%sum) : (tensor<9xf32>) -> tensor<9x16xf32>
  // expected-remark@+1 {{fusion: one kernel computes `max`, `-`, `exp`, `sum` ij->i and `/`: each needs of the others only the row at hand}}
  %soft = ricci.div %exp, %below : tensor<9x16xf32>
  // expected-remark@+1 {{fusion: `sum` ij,ji->j is not fused with}}
  %other = ricci.einsum "ij,ji->j" (%soft, %y) : (tensor<9x16xf32>, tensor<16x9xf32>) -> tensor<16xf32>
  return %soft, %other : tensor<9x16xf32>, tensor<16xf32>
}

// A contraction reads its operands in place where they are views, but not what is computed.
// CHECK-LABEL: func @views
func.func @views(%x: tensor<100x64xf32>, %y: tensor<64x64x48xf32>) -> tensor<50x48xf32> {
  %slice = ricci.gather %x {map = affine_map<(i, k) -> (i * 2 + 1, -k + 63)>, modes = array<i32: 0, 0>, symbol_axes = []} : tensor<100x64xf32> -> tensor<50x64xf32>
  %diagonal = ricci.einsum "kkj->kj" (%y) : (tensor<64x64x48xf32>) -> tensor<64x48xf32>
  // expected-remark@+1 {{fusion: `sum` ik,kj->ij reads its operands in place, through `gather` and diagonal kkj->kj: an offset and strides say where the elements are, and nothing is copied}}
  %r = ricci.einsum "ik,kj->ij" (%slice, %diagonal) : (tensor<50x64xf32>, tensor<64x48xf32>) -> tensor<50x48xf32>
  return %r : tensor<50x48xf32>
}

// An operand that a function computes for one product is never stored if it is large: a block at a time is.
// CHECK-LABEL: func @computed
// CHECK: ricci.kernel
// CHECK-NEXT: ricci.exp
// CHECK-NEXT: ricci.einsum {{.*}}{ricci.contraction}
func.func @computed(%x: tensor<4x4096xf32>, %w: tensor<4096x4096xf32>) -> tensor<4x4096xf32> {
  %e = ricci.exp %w : tensor<4096x4096xf32>
  // expected-remark@+1 {{fusion: the operand of the product ik,kj->ij that `exp` computes is computed in blocks: a block stays in the second-level cache until the product has read it}}
  %r = ricci.einsum "ik,kj->ij" (%x, %e) : (tensor<4x4096xf32>, tensor<4096x4096xf32>) -> tensor<4x4096xf32>
  return %r : tensor<4x4096xf32>
}

// CHECK-LABEL: func @small
// CHECK-NOT: ricci.kernel
func.func @small(%x: tensor<4x400xf32>, %w: tensor<400x400xf32>) -> tensor<4x400xf32> {
  %e = ricci.exp %w : tensor<400x400xf32>
  // expected-remark@+1 {{fusion: the operand of the product ik,kj->ij that `exp` computes is stored whole: its 625 KB stay in the second-level cache}}
  %r = ricci.einsum "ik,kj->ij" (%x, %e) : (tensor<4x400xf32>, tensor<400x400xf32>) -> tensor<4x400xf32>
  return %r : tensor<4x400xf32>
}

// CHECK-LABEL: func @again
// CHECK-NOT: ricci.kernel
func.func @again(%x: tensor<9999x4096xf32>, %w: tensor<4096x400xf32>) -> tensor<9999x400xf32> {
  %e = ricci.exp %w : tensor<4096x400xf32>
  // expected-remark@+1 {{is stored whole: blocks would read and write the result and the other operand again, which is more than to store it}}
  %r = ricci.einsum "ik,kj->ij" (%x, %e) : (tensor<9999x4096xf32>, tensor<4096x400xf32>) -> tensor<9999x400xf32>
  return %r : tensor<9999x400xf32>
}

// Used once, it is computed where loops sum it.
// CHECK-LABEL: func @once
// CHECK: ricci.kernel
func.func @once(%x: tensor<400xf32>, %w: tensor<400x400xf32>) -> tensor<400xf32> {
  %e = ricci.exp %w : tensor<400x400xf32>
  // expected-remark@+1 {{fusion: one kernel computes `exp` and `sum` kj,k->j: what only `sum` kj,k->j reads is computed in its loops and never stored}}
  %r = ricci.einsum "kj,k->j" (%e, %x) : (tensor<400x400xf32>, tensor<400xf32>) -> tensor<400xf32>
  return %r : tensor<400xf32>
}
