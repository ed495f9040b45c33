// RUN: ricci-opt -expand-derivatives %s | FileCheck %s

// Only a cotangent that passed a select is multiplied with care.
// CHECK-LABEL: func @untaken
// CHECK: %[[G:.*]] = ricci.select
// CHECK: ricci.mask_mul %[[G]]
func.func @untaken(%x: tensor<3xf64>, %w: tensor<3xf64>) -> tensor<3xf64> {
  %z = ricci.fill 0.0 : f64 : tensor<3xf64>
  %r:2 = ricci.vjp(%x) from (%w) {
  ^bb0(%a: tensor<3xf64>):
    %c = ricci.cmp gt %a, %z : tensor<3xf64>
    %l = ricci.log %a : tensor<3xf64>
    %s = ricci.select %c, %l, %z : tensor<3xf64>
    ricci.yield %s : tensor<3xf64>
  } : (tensor<3xf64>, tensor<3xf64>) -> (tensor<3xf64>, tensor<3xf64>)
  return %r#1 : tensor<3xf64>
}

// CHECK-LABEL: func @always
// CHECK-NOT: ricci.mask_mul
// CHECK: return
func.func @always(%x: tensor<3xf64>, %w: tensor<3xf64>) -> tensor<3xf64> {
  %r:2 = ricci.vjp(%x) from (%w) {
  ^bb0(%a: tensor<3xf64>):
    %l = ricci.log %a : tensor<3xf64>
    %s = ricci.sin %l : tensor<3xf64>
    ricci.yield %s : tensor<3xf64>
  } : (tensor<3xf64>, tensor<3xf64>) -> (tensor<3xf64>, tensor<3xf64>)
  return %r#1 : tensor<3xf64>
}

// A causal mask is known by index: the contraction beneath stays as it is.
// CHECK-LABEL: func @causal
// CHECK: %[[G:.*]] = ricci.select
// CHECK-NEXT: %[[Q:.*]] = ricci.einsum "ij,jd->id"(%[[G]], %arg1)
// CHECK-NEXT: return %[[Q]]
func.func @causal(%q: tensor<4x2xf32>, %k: tensor<4x2xf32>, %w: tensor<4x4xf32>) -> tensor<4x2xf32> {
  %r:2 = ricci.vjp(%q) from (%w) {
  ^bb0(%a: tensor<4x2xf32>):
    %s = ricci.einsum "id,jd->ij" (%a, %k) : (tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4x4xf32>
    %n = ricci.iota : tensor<4xi64>
    %i = ricci.einsum "i->ij" (%n) : (tensor<4xi64>) -> tensor<4x4xi64>
    %j = ricci.einsum "j->ij" (%n) : (tensor<4xi64>) -> tensor<4x4xi64>
    %c = ricci.cmp le %j, %i : tensor<4x4xi64>
    %m = ricci.fill 0xFF800000 : f32 : tensor<4x4xf32>
    %y = ricci.select %c, %s, %m : tensor<4x4xf32>
    ricci.yield %y : tensor<4x4xf32>
  } : (tensor<4x2xf32>, tensor<4x4xf32>) -> (tensor<4x4xf32>, tensor<4x2xf32>)
  return %r#1 : tensor<4x2xf32>
}

// Which rows count is known by data alone: rows that do not are taken out of the contraction.
// CHECK-LABEL: func @missing
// CHECK: ricci.abs
// CHECK: %[[C:.*]] = ricci.cmp ne
// CHECK: %[[A:.*]] = ricci.select %[[C]], %arg1
// CHECK: ricci.einsum "i,ij->j"({{.*}}, %[[A]])
// CHECK-NOT: annihilating
func.func @missing(%x: tensor<2xf64>, %a: tensor<3x2xf64>, %ok: tensor<3xi1>, %w: tensor<3xf64>) -> tensor<2xf64> {
  %z = ricci.fill 0.0 : f64 : tensor<3xf64>
  %r:2 = ricci.vjp(%x) from (%w) {
  ^bb0(%p: tensor<2xf64>):
    %d = ricci.einsum "ij,j->i" (%a, %p) : (tensor<3x2xf64>, tensor<2xf64>) -> tensor<3xf64>
    %s = ricci.select %ok, %d, %z : tensor<3xf64>
    ricci.yield %s : tensor<3xf64>
  } : (tensor<2xf64>, tensor<3xf64>) -> (tensor<3xf64>, tensor<2xf64>)
  return %r#1 : tensor<2xf64>
}

// Cotangents of the first products: behind them a factor may be infinite, and must not count.
// CHECK-LABEL: func @products
// CHECK: %[[G:.*]] = ricci.scatter
// CHECK: %[[X:.*]] = ricci.recurrence 0 reverse masked %[[G]], %{{.*}}
// CHECK: ricci.mask_mul
func.func @products(%x: tensor<4xf64>, %w: tensor<2xf64>) -> tensor<4xf64> {
  %r:2 = ricci.vjp(%x) from (%w) {
  ^bb0(%a: tensor<4xf64>):
    %e = ricci.constant dense<[1.0, 0.0, 0.0, 0.0]> : tensor<4xf64>
    %f = ricci.gather %a {map = affine_map<(d0) -> (d0 + 1)>, symbol_axes = [], modes = array<i32: 0>} : tensor<4xf64> -> tensor<3xf64>
    %p = ricci.recurrence 0 %e, %f : tensor<4xf64>, tensor<3xf64>
    %s = ricci.gather %p {map = affine_map<(d0) -> (d0)>, symbol_axes = [], modes = array<i32: 0>} : tensor<4xf64> -> tensor<2xf64>
    ricci.yield %s : tensor<2xf64>
  } : (tensor<4xf64>, tensor<2xf64>) -> (tensor<2xf64>, tensor<4xf64>)
  return %r#1 : tensor<4xf64>
}

// Of sums: 1 spoils no zero.
// CHECK-LABEL: func @sums
// CHECK: ricci.recurrence 0 reverse %{{.*}}, %{{.*}}
func.func @sums(%x: tensor<4xf64>, %w: tensor<2xf64>) -> tensor<4xf64> {
  %r:2 = ricci.vjp(%x) from (%w) {
  ^bb0(%a: tensor<4xf64>):
    %f = ricci.fill 1.0 : f64 : tensor<3xf64>
    %p = ricci.recurrence 0 %a, %f : tensor<4xf64>, tensor<3xf64>
    %s = ricci.gather %p {map = affine_map<(d0) -> (d0)>, symbol_axes = [], modes = array<i32: 0>} : tensor<4xf64> -> tensor<2xf64>
    ricci.yield %s : tensor<2xf64>
  } : (tensor<4xf64>, tensor<2xf64>) -> (tensor<2xf64>, tensor<4xf64>)
  return %r#1 : tensor<4xf64>
}
