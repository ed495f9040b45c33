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
