// RUN: ricci-opt %s -expand-derivatives -interpret -o /dev/null 2>&1 | FileCheck %s
// RUN: ricci-opt %s -expand-derivatives -simplify -interpret -o /dev/null 2>&1 | FileCheck %s
// RUN: ricci-opt %s -expand-derivatives -simplify -canonicalize -cse -simplify -interpret -o /dev/null 2>&1 | FileCheck %s

// Simplification keeps values: here is what every rewrite touches, checked with and without it.

// CHECK-LABEL: contractions:
// CHECK-NEXT: f64[2,2] = 7 15 10 22
// CHECK-NEXT: f64[2] = -10 -22
// CHECK-NEXT: f64[2,2] = 1 0 0 4
// CHECK-NEXT: f64 = 30
// CHECK-NEXT: f64 = 35
func.func @contractions() -> (tensor<2x2xf64>, tensor<2xf64>, tensor<2x2xf64>, tensor<f64>, tensor<f64>) {
  %x = ricci.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf64>
  %v = ricci.constant dense<[1.0, 2.0]> : tensor<2xf64>
  %delta = ricci.einsum "->ii" : () -> tensor<2x2xf64>
  // ((x x) δ)ᵀ
  %xi = ricci.einsum "ij->ijk"(%x) : (tensor<2x2xf64>) -> tensor<2x2x2xf64>
  %xj = ricci.einsum "jk->ijk"(%x) : (tensor<2x2xf64>) -> tensor<2x2x2xf64>
  %xx = ricci.mul %xi, %xj : tensor<2x2x2xf64>
  %p = ricci.einsum "ijk->ik"(%xx) : (tensor<2x2x2xf64>) -> tensor<2x2xf64>
  %pd = ricci.einsum "ij,jk->ki"(%p, %delta) : (tensor<2x2xf64>, tensor<2x2xf64>) -> tensor<2x2xf64>
  // -2 x v
  %two = ricci.fill 2.0 : f64 : tensor<2xf64>
  %nv = ricci.neg %v : tensor<2xf64>
  %nv2 = ricci.mul %two, %nv : tensor<2xf64>
  %q = ricci.einsum "ij,j->i"(%x, %nv2) : (tensor<2x2xf64>, tensor<2xf64>) -> tensor<2xf64>
  // the diagonal of x, on a diagonal
  %d = ricci.einsum "ii->i"(%x) : (tensor<2x2xf64>) -> tensor<2xf64>
  %dd = ricci.einsum "i->ii"(%d) : (tensor<2xf64>) -> tensor<2x2xf64>
  // 3 · Σ x: a sum over an index nothing depends on
  %x3 = ricci.einsum "ij->ijk"(%x) : (tensor<2x2xf64>) -> tensor<2x2x3xf64>
  %s = ricci.einsum "ijk->"(%x3) : (tensor<2x2x3xf64>) -> tensor<f64>
  // Σ_ij c x_ij v_j + 11, with c = (Σ v) / 2
  %sum = ricci.einsum "k->"(%v) : (tensor<2xf64>) -> tensor<f64>
  %half = ricci.fill 0.5 : f64 : tensor<f64>
  %c = ricci.mul %half, %sum : tensor<f64>
  %cb = ricci.einsum "->ij"(%c) : (tensor<f64>) -> tensor<2x2xf64>
  %xc = ricci.mul %x, %cb : tensor<2x2xf64>
  %r0 = ricci.einsum "ij,j->"(%xc, %v) : (tensor<2x2xf64>, tensor<2xf64>) -> tensor<f64>
  %eleven = ricci.fill 11.0 : f64 : tensor<f64>
  %r = ricci.add %r0, %eleven : tensor<f64>
  return %pd, %q, %dd, %s, %r : tensor<2x2xf64>, tensor<2xf64>, tensor<2x2xf64>, tensor<f64>, tensor<f64>
}

// CHECK-LABEL: access:
// CHECK-NEXT: f64[2] = 4 6
// CHECK-NEXT: f64[2,2] = 1 3 2 4
// CHECK-NEXT: f64[2] = 3 7
// CHECK-NEXT: f64[2] = 7.389056099 54.59815003
// CHECK-NEXT: f64[3] = 2 3 0
func.func @access() -> (tensor<2xf64>, tensor<2x2xf64>, tensor<2xf64>, tensor<2xf64>, tensor<3xf64>) {
  %x = ricci.constant dense<[[1.0, 2.0], [3.0, 4.0]]> : tensor<2x2xf64>
  %y = ricci.constant dense<[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]> : tensor<6xf64>
  %at = ricci.constant dense<[1, 1]> : tensor<2xi64>
  %z = ricci.concat 0(%y, %y) : (tensor<6xf64>, tensor<6xf64>) -> tensor<12xf64>
  %s = ricci.gather %z {map = affine_map<(d0) -> (d0 + 7)>, symbol_axes = [], modes = array<i32: 0>} : tensor<12xf64> -> tensor<5xf64>
  %g = ricci.gather %s {map = affine_map<(d0) -> (d0 * 2 + 2)>, symbol_axes = [], modes = array<i32: 0>} : tensor<5xf64> -> tensor<2xf64>
  %t = ricci.gather %x {map = affine_map<(d0, d1) -> (d1, d0)>, symbol_axes = [], modes = array<i32: 0, 0>} : tensor<2x2xf64> -> tensor<2x2xf64>
  %sum = ricci.scatter %x {map = affine_map<(d0, d1) -> (d0)>, symbol_axes = [], modes = array<i32: 0>} : tensor<2x2xf64> -> tensor<2xf64>
  %e = ricci.exp %x : tensor<2x2xf64>
  %row = ricci.gather %e[%at : tensor<2xi64>] {map = affine_map<(d0)[s0] -> (d0, s0)>, symbol_axes = [array<i64: 0>], modes = array<i32: 0, 1>} : tensor<2x2xf64> -> tensor<2xf64>
  %first = ricci.gather %y {map = affine_map<(d0) -> (d0)>, symbol_axes = [], modes = array<i32: 0>} : tensor<6xf64> -> tensor<3xf64>
  %shift = ricci.gather %first {map = affine_map<(d0) -> (d0 + 1)>, symbol_axes = [], modes = array<i32: 1>} : tensor<3xf64> -> tensor<3xf64>
  return %g, %t, %sum, %row, %shift : tensor<2xf64>, tensor<2x2xf64>, tensor<2xf64>, tensor<2xf64>, tensor<3xf64>
}

// CHECK-LABEL: loops:
// CHECK-NEXT: f64[2] = 27 216
// CHECK-NEXT: f64[3,2] = 3 6 9 36 27 216
// CHECK-NEXT: f64[2] = 1 1
// CHECK-NEXT: f64[3,2] = 3 6 3 6 3 6
func.func @loops() -> (tensor<2xf64>, tensor<3x2xf64>, tensor<2xf64>, tensor<3x2xf64>) {
  %c0 = arith.constant 0 : index
  %c3 = arith.constant 3 : index
  %x = ricci.constant dense<[1.0, 2.0]> : tensor<2xf64>
  %one = ricci.fill 1.0 : f64 : tensor<2xf64>
  %l:5 = ricci.for %c0 to %c3 init(%one, %one, %one : tensor<2xf64>, tensor<2xf64>, tensor<2xf64>) {
  ^bb0(%t: tensor<i64>, %a: tensor<2xf64>, %same: tensor<2xf64>, %unused: tensor<2xf64>):
    %three = ricci.fill 3.0 : f64 : tensor<2xf64>
    %x3 = ricci.mul %x, %three : tensor<2xf64>
    %next = ricci.mul %a, %x3 : tensor<2xf64>
    %waste = ricci.sin %unused : tensor<2xf64>
    ricci.yield %next, %same, %waste, %next, %x3 : tensor<2xf64>, tensor<2xf64>, tensor<2xf64>, tensor<2xf64>, tensor<2xf64>
  } : tensor<2xf64>, tensor<2xf64>, tensor<2xf64>, tensor<3x2xf64>, tensor<3x2xf64>
  return %l#0, %l#3, %l#1, %l#4 : tensor<2xf64>, tensor<3x2xf64>, tensor<2xf64>, tensor<3x2xf64>
}

// Keys are 64 bits wide: two that a double does not tell apart stay two.
// CHECK-LABEL: keys:
// CHECK-NEXT: i64[2] = 8487889721130221627 8487889721130221628
// CHECK-NEXT: i64 = 8487889721130221628
// CHECK-NEXT: i64[2] = 8487889721130221627 8487889721130221627
func.func @keys() -> (tensor<2xi64>, tensor<i64>, tensor<2xi64>) {
  %c0 = arith.constant 0 : index
  %c3 = arith.constant 3 : index
  %a = ricci.fill 8487889721130221627 : i64 : tensor<1xi64>
  %b = ricci.fill 8487889721130221628 : i64 : tensor<1xi64>
  %ab = ricci.concat 0(%a, %b) : (tensor<1xi64>, tensor<1xi64>) -> tensor<2xi64>
  %k = ricci.fill 8487889721130221627 : i64 : tensor<i64>
  %l = ricci.for %c0 to %c3 init(%k : tensor<i64>) {
  ^bb0(%t: tensor<i64>, %carried: tensor<i64>):
    %next = ricci.fill 8487889721130221628 : i64 : tensor<i64>
    ricci.yield %next : tensor<i64>
  } : tensor<i64>
  %wide = ricci.einsum "->a"(%k) : (tensor<i64>) -> tensor<2xi64>
  return %ab, %l, %wide : tensor<2xi64>, tensor<i64>, tensor<2xi64>
}

// The gradient of softmax cross-entropy is softmax - onehot.
// CHECK-LABEL: cross_entropy:
// CHECK-NEXT: f64 = 1.506218253
// CHECK-NEXT: f64[2,3] = 0.09003057317 0.2447284711 -0.3347590442 -0.6666666667 0.3333333333 0.3333333333
func.func @cross_entropy() -> (tensor<f64>, tensor<2x3xf64>) {
  %z = ricci.constant dense<[[1.0, 2.0, 3.0], [1.0, 1.0, 1.0]]> : tensor<2x3xf64>
  %y = ricci.constant dense<[2, 0]> : tensor<2xi64>
  %one = ricci.fill 1.0 : f64 : tensor<f64>
  %v:2 = ricci.vjp(%z) from (%one) {
  ^bb0(%a: tensor<2x3xf64>):
    %m = ricci.reduce max [1] %a : tensor<2x3xf64> -> tensor<2xf64>
    %ms = ricci.stop_grad %m : tensor<2xf64>
    %mb = ricci.einsum "a->ab"(%ms) : (tensor<2xf64>) -> tensor<2x3xf64>
    %d = ricci.sub %a, %mb : tensor<2x3xf64>
    %e = ricci.exp %d : tensor<2x3xf64>
    %s = ricci.einsum "ab->a"(%e) : (tensor<2x3xf64>) -> tensor<2xf64>
    %sb = ricci.einsum "a->ab"(%s) : (tensor<2xf64>) -> tensor<2x3xf64>
    %p = ricci.div %e, %sb : tensor<2x3xf64>
    %l = ricci.log %p : tensor<2x3xf64>
    %g = ricci.gather %l[%y : tensor<2xi64>] {map = affine_map<(d0)[s0] -> (d0, s0)>, symbol_axes = [array<i64: 0>], modes = array<i32: 0, 1>} : tensor<2x3xf64> -> tensor<2xf64>
    %t = ricci.einsum "a->"(%g) : (tensor<2xf64>) -> tensor<f64>
    %n = ricci.neg %t : tensor<f64>
    ricci.yield %n : tensor<f64>
  } : (tensor<2x3xf64>, tensor<f64>) -> (tensor<f64>, tensor<2x3xf64>)
  return %v#0, %v#1 : tensor<f64>, tensor<2x3xf64>
}
