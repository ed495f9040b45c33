// RUN: ricci-opt %s -simplify | FileCheck %s

// Broadcast, multiply, sum: one contraction.
// CHECK-LABEL: func @matmul
// CHECK-NEXT: ricci.einsum "ab,bc->ac"(%arg0, %arg1)
// CHECK-NEXT: return
func.func @matmul(%a: tensor<4x5xf64>, %b: tensor<5x6xf64>) -> tensor<4x6xf64> {
  %0 = ricci.einsum "ik->ijk"(%a) : (tensor<4x5xf64>) -> tensor<4x6x5xf64>
  %1 = ricci.einsum "kj->ijk"(%b) : (tensor<5x6xf64>) -> tensor<4x6x5xf64>
  %2 = ricci.mul %0, %1 : tensor<4x6x5xf64>
  %3 = ricci.einsum "ijk->ij"(%2) : (tensor<4x6x5xf64>) -> tensor<4x6xf64>
  return %3 : tensor<4x6xf64>
}

// Transposes go into the contraction, and out of its result.
// CHECK-LABEL: func @transposes
// CHECK-NEXT: ricci.einsum "ab,ca->cb"(%arg0, %arg1)
// CHECK-NEXT: return
func.func @transposes(%a: tensor<4x5xf64>, %b: tensor<6x4xf64>) -> tensor<6x5xf64> {
  %at = ricci.einsum "ij->ji"(%a) : (tensor<4x5xf64>) -> tensor<5x4xf64>
  %bt = ricci.einsum "ij->ji"(%b) : (tensor<6x4xf64>) -> tensor<4x6xf64>
  %0 = ricci.einsum "ik,kj->ij"(%at, %bt) : (tensor<5x4xf64>, tensor<4x6xf64>) -> tensor<5x6xf64>
  %1 = ricci.einsum "ij->ji"(%0) : (tensor<5x6xf64>) -> tensor<6x5xf64>
  return %1 : tensor<6x5xf64>
}

// Σ_j δ_ij a_j = a_i, and the trace of a diagonal matrix is a sum.
// CHECK-LABEL: func @delta
// CHECK-NOT: tensor<4x4xf64>
// CHECK: %[[SUM:.*]] = ricci.einsum "a->"(%arg0)
// CHECK: return %arg0, %[[SUM]]
func.func @delta(%a: tensor<4xf64>) -> (tensor<4xf64>, tensor<f64>) {
  %d = ricci.einsum "->ii" : () -> tensor<4x4xf64>
  %0 = ricci.einsum "ij,j->i"(%d, %a) : (tensor<4x4xf64>, tensor<4xf64>) -> tensor<4xf64>
  %m = ricci.einsum "i->ii"(%a) : (tensor<4xf64>) -> tensor<4x4xf64>
  %1 = ricci.einsum "ii->"(%m) : (tensor<4x4xf64>) -> tensor<f64>
  return %0, %1 : tensor<4xf64>, tensor<f64>
}

// A sum over an index that nothing depends on counts it; its size may be known only at run time.
// CHECK-LABEL: func @counts
// CHECK: %[[SEVEN:.*]] = ricci.fill 7.000000e+00
// CHECK: ricci.mul %arg0, %[[SEVEN]]
// CHECK: ricci.to_tensor %arg1
// CHECK-NOT: tensor<?x
func.func @counts(%x: tensor<f64>, %n: index) -> (tensor<f64>, tensor<f64>) {
  %0 = ricci.einsum "->a"(%x) : (tensor<f64>) -> tensor<7xf64>
  %1 = ricci.einsum "a->"(%0) : (tensor<7xf64>) -> tensor<f64>
  %2 = ricci.einsum "->a"(%x) dims(%n) : (tensor<f64>) -> tensor<?xf64>
  %3 = ricci.einsum "a->"(%2) : (tensor<?xf64>) -> tensor<f64>
  return %1, %3 : tensor<f64>, tensor<f64>
}

// Numbers, signs and scalars leave sums.
// CHECK-LABEL: func @factors
// CHECK-NEXT: ricci.einsum "a,a->"(%arg0, %arg1) : (tensor<9xf64>, tensor<9xf64>) -> tensor<f64>
// CHECK-NOT: tensor<9xf64>
// CHECK: return
func.func @factors(%x: tensor<9xf64>, %y: tensor<9xf64>, %s: tensor<f64>) -> tensor<f64> {
  %two = ricci.fill 2.0 : f64 : tensor<9xf64>
  %sb = ricci.einsum "->a"(%s) : (tensor<f64>) -> tensor<9xf64>
  %n = ricci.neg %x : tensor<9xf64>
  %0 = ricci.mul %two, %n : tensor<9xf64>
  %1 = ricci.mul %0, %sb : tensor<9xf64>
  %2 = ricci.einsum "a,a->"(%1, %y) : (tensor<9xf64>, tensor<9xf64>) -> tensor<f64>
  return %2 : tensor<f64>
}

// A matrix chain is multiplied where it is narrow.
// CHECK-LABEL: func @chain
// CHECK-NEXT: %[[BV:.*]] = ricci.einsum "{{.*}}"(%arg1, %arg2) : (tensor<100x100xf64>, tensor<100xf64>) -> tensor<100xf64>
// CHECK-NEXT: ricci.einsum "{{.*}}"(%arg0, %[[BV]]) : (tensor<100x100xf64>, tensor<100xf64>) -> tensor<100xf64>
// CHECK-NEXT: return
func.func @chain(%a: tensor<100x100xf64>, %b: tensor<100x100xf64>, %v: tensor<100xf64>) -> tensor<100xf64> {
  %0 = ricci.einsum "ij,jk->ik"(%a, %b) : (tensor<100x100xf64>, tensor<100x100xf64>) -> tensor<100x100xf64>
  %1 = ricci.einsum "ik,k->i"(%0, %v) : (tensor<100x100xf64>, tensor<100xf64>) -> tensor<100xf64>
  return %1 : tensor<100xf64>
}

// Σ_j a_ij b_i = b_i Σ_j a_ij: an index that one operand alone has is summed first.
// CHECK-LABEL: func @private
// CHECK-NEXT: %[[SUM:.*]] = ricci.einsum "ab->a"(%arg0)
// CHECK-NEXT: ricci.mul %[[SUM]], %arg1 : tensor<4xf64>
// CHECK-NEXT: return
func.func @private(%a: tensor<4x5xf64>, %b: tensor<4xf64>) -> tensor<4xf64> {
  %0 = ricci.einsum "ij,i->i"(%a, %b) : (tensor<4x5xf64>, tensor<4xf64>) -> tensor<4xf64>
  return %0 : tensor<4xf64>
}

// A sum that is needed elsewhere too stays a value.
// CHECK-LABEL: func @shared
// CHECK-COUNT-2: ricci.einsum
// CHECK-NOT: ricci.einsum
func.func @shared(%a: tensor<4x5xf64>, %v: tensor<5xf64>) -> (tensor<4xf64>, tensor<f64>) {
  %0 = ricci.einsum "ij,j->i"(%a, %v) : (tensor<4x5xf64>, tensor<5xf64>) -> tensor<4xf64>
  %1 = ricci.einsum "i,i->"(%0, %0) : (tensor<4xf64>, tensor<4xf64>) -> tensor<f64>
  return %0, %1 : tensor<4xf64>, tensor<f64>
}

// Ten factors: more than are ordered exactly.
// CHECK-LABEL: func @many
// CHECK-NOT: tensor<{{[0-9]+x[0-9]+x[0-9]+x}}
// CHECK: return
func.func @many(%m: tensor<8x8xf64>, %v: tensor<8xf64>) -> tensor<8xf64> {
  %0 = ricci.einsum "ab,bc,cd,de,ef,fg,gh,hi,ij,j->a"(%m, %m, %m, %m, %m, %m, %m, %m, %m, %v) : (tensor<8x8xf64>, tensor<8x8xf64>, tensor<8x8xf64>, tensor<8x8xf64>, tensor<8x8xf64>, tensor<8x8xf64>, tensor<8x8xf64>, tensor<8x8xf64>, tensor<8x8xf64>, tensor<8xf64>) -> tensor<8xf64>
  return %0 : tensor<8xf64>
}

// Σ_j a_ij b_i where j may have no elements: the sum is 0 then, whatever b.
// CHECK-LABEL: func @maybe_nothing
// CHECK: %[[SIZE:.*]] = ricci.to_tensor
// CHECK: %[[SOME:.*]] = ricci.cmp ne %[[SIZE]], %{{.*}} : tensor<i64>
// CHECK: ricci.select %{{.*}}, %arg1, %{{.*}} : tensor<4xf64>
// CHECK: ricci.mul
func.func @maybe_nothing(%a: tensor<4x?xf64>, %b: tensor<4xf64>) -> tensor<4xf64> {
  %0 = ricci.einsum "ij,i->i"(%a, %b) : (tensor<4x?xf64>, tensor<4xf64>) -> tensor<4xf64>
  return %0 : tensor<4xf64>
}

// Of two orders that cost the same, the one with the longer sums at the end. What it makes before has the result's last axis
// last, as kernels read it.
// CHECK-LABEL: func @mttkrp
// CHECK: %[[P:.*]] = ricci.mul %{{.*}} : tensor<200x200x32xf32>
// CHECK-NEXT: ricci.einsum "abc,bcd->ad"(%arg0, %[[P]])
// CHECK-NEXT: return
func.func @mttkrp(%x: tensor<200x200x200xf32>, %b: tensor<200x32xf32>, %c: tensor<200x32xf32>) -> tensor<200x32xf32> {
  %r = ricci.einsum "ijk,jr,kr->ir"(%x, %b, %c) : (tensor<200x200x200xf32>, tensor<200x32xf32>, tensor<200x32xf32>) -> tensor<200x32xf32>
  return %r : tensor<200x32xf32>
}

// A function of transposed elements is computed along the rows there are; the product reads it transposed.
// CHECK-LABEL: func @function_of_transposed
// CHECK-NOT: ->ba
// CHECK: ricci.neg %arg1 : tensor<4x5xf32>
// CHECK: ricci.exp {{.*}} : tensor<4x5xf32>
// CHECK: ricci.einsum "ab,bc->ac"
func.func @function_of_transposed(%x: tensor<3x4xf32>, %w: tensor<4x5xf32>) -> tensor<3x5xf32> {
  %t = ricci.einsum "ab->ba" (%w) : (tensor<4x5xf32>) -> tensor<5x4xf32>
  %n = ricci.neg %t : tensor<5x4xf32>
  %e = ricci.exp %n : tensor<5x4xf32>
  %r = ricci.einsum "ab,cb->ac" (%x, %e) : (tensor<3x4xf32>, tensor<5x4xf32>) -> tensor<3x5xf32>
  return %r : tensor<3x5xf32>
}

// Sizes that are not known are equal: the sum is scaled, not what is summed.
// CHECK-LABEL: func @scalesTheSum
// CHECK: %[[P:.*]] = ricci.einsum "abc,acd->abd"(%arg0, %arg2)
// CHECK: ricci.mul %[[P]]
func.func @scalesTheSum(%x: tensor<?x?x?xf32>, %s: tensor<?x?xf32>, %v: tensor<?x?x?xf32>, %a: index, %b: index, %d: index) -> tensor<?x?x?xf32> {
  %y = ricci.einsum "abc,ab,acd->abd"(%x, %s, %v) dims(%a, %b, %d) : (tensor<?x?x?xf32>, tensor<?x?xf32>, tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
  return %y : tensor<?x?x?xf32>
}

// A product that is there already costs nothing: of the two orders the one that begins with it.
// CHECK-LABEL: func @productIsThere
// CHECK-COUNT-1: ricci.einsum "ab,cb->ac"
// CHECK-NOT: ricci.einsum "ab,cb
// CHECK-NOT: ricci.einsum "ab,ac
// CHECK: return
func.func @productIsThere(%x: tensor<64x64xf32>, %y: tensor<64x64xf32>, %z: tensor<64x64xf32>) -> (tensor<64x64xf32>, tensor<64xf32>) {
  %p = ricci.einsum "ab,cb->ac"(%x, %y) : (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64x64xf32>
  %r = ricci.einsum "ac,cb,ab->a"(%z, %y, %x) : (tensor<64x64xf32>, tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64xf32>
  return %p, %r : tensor<64x64xf32>, tensor<64xf32>
}
