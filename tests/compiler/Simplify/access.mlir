// RUN: ricci-opt %s -simplify | FileCheck %s

// CHECK-DAG: #[[MAP:.*]] = affine_map<(d0) -> (d0 * 2 + 3)>
// CHECK-DAG: #[[BACK:.*]] = affine_map<(d0) -> (d0 - 2)>
// CHECK-DAG: #[[FLIP:.*]] = affine_map<(d0, d1) -> (-d0 + 3, d1)>
// CHECK-DAG: #[[DOWN:.*]] = affine_map<(d0, d1) -> (d0 + 2, d1)>
// CHECK-DAG: #[[TURN:.*]] = affine_map<(d0)[s0] -> (-d0 + s0)>

// CHECK-LABEL: func @identity
// CHECK-NEXT: return %arg0, %arg0
func.func @identity(%x: tensor<4x?xf64>) -> (tensor<4x?xf64>, tensor<4x?xf64>) {
  %n = ricci.dim %x, 1 : tensor<4x?xf64>
  %0 = ricci.gather %x dims(%n) {map = affine_map<(d0, d1) -> (d0, d1)>, symbol_axes = [], modes = array<i32: 1, 0>} : tensor<4x?xf64> -> tensor<4x?xf64>
  %1 = ricci.scatter %x dims(%n) {map = affine_map<(d0, d1) -> (d0, d1)>, symbol_axes = [], modes = array<i32: 1, 0>} : tensor<4x?xf64> -> tensor<4x?xf64>
  return %0, %1 : tensor<4x?xf64>, tensor<4x?xf64>
}

// A sum with a transposed read is a contraction; a scatter that names no subscript for a coordinate sums it.
// CHECK-LABEL: func @views
// CHECK-NOT: gather
// CHECK-NOT: scatter
// CHECK: ricci.einsum "ab,cb->ac"(%arg0, %arg1)
// CHECK: ricci.einsum "ab->a"(%arg0)
func.func @views(%x: tensor<4x5xf64>, %y: tensor<6x5xf64>) -> (tensor<4x6xf64>, tensor<4xf64>) {
  %t = ricci.gather %y {map = affine_map<(d0, d1) -> (d1, d0)>, symbol_axes = [], modes = array<i32: 0, 0>} : tensor<6x5xf64> -> tensor<5x6xf64>
  %0 = ricci.einsum "ij,jk->ik"(%x, %t) : (tensor<4x5xf64>, tensor<5x6xf64>) -> tensor<4x6xf64>
  %1 = ricci.scatter %x {map = affine_map<(d0, d1) -> (d0)>, symbol_axes = [], modes = array<i32: 0>} : tensor<4x5xf64> -> tensor<4xf64>
  return %0, %1 : tensor<4x6xf64>, tensor<4xf64>
}

// CHECK-LABEL: func @compose
// CHECK-NEXT: ricci.gather %arg0 {map = #[[MAP]]
// CHECK-NEXT: return
func.func @compose(%x: tensor<20xf64>) -> tensor<3xf64> {
  %0 = ricci.gather %x {map = affine_map<(d0) -> (d0 + 1)>, symbol_axes = [], modes = array<i32: 0>} : tensor<20xf64> -> tensor<10xf64>
  %1 = ricci.gather %0 {map = affine_map<(d0) -> (d0 * 2 + 2)>, symbol_axes = [], modes = array<i32: 0>} : tensor<10xf64> -> tensor<3xf64>
  return %1 : tensor<3xf64>
}

// A slice of the second part.
// CHECK-LABEL: func @slice
// CHECK-NOT: concat
// CHECK: return %arg1
func.func @slice(%x: tensor<4xf64>, %y: tensor<3xf64>) -> tensor<3xf64> {
  %0 = ricci.concat 0(%x, %y) : (tensor<4xf64>, tensor<3xf64>) -> tensor<7xf64>
  %1 = ricci.gather %0 {map = affine_map<(d0) -> (d0 + 4)>, symbol_axes = [], modes = array<i32: 0>} : tensor<7xf64> -> tensor<3xf64>
  return %1 : tensor<3xf64>
}

// Slices that together read no more than there is leave the factor to what reads them, so that the array is not scaled; overlapping
// ones do not.
// CHECK-LABEL: func @slicesOfScaled
// CHECK-DAG: %[[P:.*]] = ricci.einsum "ab,bc->ac"
// CHECK-DAG: ricci.mul %[[P]]
// CHECK-NOT: ricci.mul {{.*}} : tensor<4x3xf32>
// CHECK: return
func.func @slicesOfScaled(%x: tensor<2x2xf32>, %w: tensor<4x3xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>) {
  %c = ricci.fill 3.0 : f32 : tensor<4x3xf32>
  %s = ricci.mul %w, %c : tensor<4x3xf32>
  %a = ricci.gather %s {map = affine_map<(d0, d1) -> (d0, d1)>, symbol_axes = [], modes = array<i32: 0, 0>} : tensor<4x3xf32> -> tensor<2x3xf32>
  %b = ricci.gather %s {map = affine_map<(d0, d1) -> (d0 + 2, d1)>, symbol_axes = [], modes = array<i32: 0, 0>} : tensor<4x3xf32> -> tensor<2x3xf32>
  %p = ricci.einsum "ab,bc->ac"(%x, %a) : (tensor<2x2xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  %q = ricci.einsum "ab,bc->ac"(%x, %b) : (tensor<2x2xf32>, tensor<2x3xf32>) -> tensor<2x3xf32>
  return %p, %q : tensor<2x3xf32>, tensor<2x3xf32>
}

// CHECK-LABEL: func @overlappingSlices
// CHECK: ricci.exp %{{.*}} : tensor<4x3xf32>
// CHECK-NOT: ricci.exp
// CHECK: return
func.func @overlappingSlices(%w: tensor<4x3xf32>) -> (tensor<3x3xf32>, tensor<3x3xf32>) {
  %s = ricci.exp %w : tensor<4x3xf32>
  %a = ricci.gather %s {map = affine_map<(d0, d1) -> (d0, d1)>, symbol_axes = [], modes = array<i32: 0, 0>} : tensor<4x3xf32> -> tensor<3x3xf32>
  %b = ricci.gather %s {map = affine_map<(d0, d1) -> (d0 + 1, d1)>, symbol_axes = [], modes = array<i32: 0, 0>} : tensor<4x3xf32> -> tensor<3x3xf32>
  return %a, %b : tensor<3x3xf32>, tensor<3x3xf32>
}

// Only the rows that are read are computed.
// CHECK-LABEL: func @rows
// CHECK: ricci.gather %arg0
// CHECK: ricci.exp %{{.*}} : tensor<2x8xf64>
// CHECK-NOT: tensor<100x8xf64>
func.func @rows(%x: tensor<100x8xf64>, %t: tensor<2xi64>) -> tensor<2x8xf64> {
  %e = ricci.exp %x : tensor<100x8xf64>
  %0 = ricci.gather %e[%t : tensor<2xi64>] {map = affine_map<(d0, d1)[s0] -> (s0, d1)>, symbol_axes = [array<i64: 0>], modes = array<i32: 0, 0>} : tensor<100x8xf64> -> tensor<2x8xf64>
  return %0 : tensor<2x8xf64>
}

// A padded read of exp stays: outside it is 0, not exp(0).
// CHECK-LABEL: func @padded
// CHECK: %[[E:.*]] = ricci.exp %arg0
// CHECK: ricci.gather %[[E]]
func.func @padded(%x: tensor<100xf64>, %t: tensor<2xi64>) -> tensor<2xf64> {
  %e = ricci.exp %x : tensor<100xf64>
  %0 = ricci.gather %e[%t : tensor<2xi64>] {map = affine_map<(d0)[s0] -> (s0)>, symbol_axes = [array<i64: 0>], modes = array<i32: 1>} : tensor<100xf64> -> tensor<2xf64>
  return %0 : tensor<2xf64>
}

// A slice's transpose reads what is there and zero beside it; a flip's is a flip, which stays inside.
// CHECK-LABEL: func @scatters_that_read
// CHECK-NOT: scatter
// CHECK: ricci.gather %arg0 {map = #[[BACK]], modes = array<i32: 1>
// CHECK: ricci.gather %arg1 {map = #[[FLIP]], modes = array<i32: 0, 0>
// CHECK: ricci.gather %arg0[%arg2 : tensor<i64>] {map = #[[TURN]], modes = array<i32: 1>
func.func @scatters_that_read(%x: tensor<3xf64>, %y: tensor<4x2xf64>, %s: tensor<i64>) -> (tensor<6xf64>, tensor<2x4xf64>, tensor<6xf64>) {
  %0 = ricci.scatter %x {map = affine_map<(d0) -> (d0 + 2)>, symbol_axes = [], modes = array<i32: 0>} : tensor<3xf64> -> tensor<6xf64>
  %1 = ricci.scatter %y {map = affine_map<(d0, d1) -> (d1, 3 - d0)>, symbol_axes = [], modes = array<i32: 0, 0>} : tensor<4x2xf64> -> tensor<2x4xf64>
  %2 = ricci.scatter %x[%s : tensor<i64>] {map = affine_map<(d0)[s0] -> (s0 - d0)>, symbol_axes = [array<i64>], modes = array<i32: 1>} : tensor<3xf64> -> tensor<6xf64>
  return %0, %1, %2 : tensor<6xf64>, tensor<2x4xf64>, tensor<6xf64>
}

// Not these: two points may meet, only some rows are written, the step leaves gaps, a place outside means another.
// CHECK-LABEL: func @scatters_that_stay
// CHECK-COUNT-4: ricci.scatter
func.func @scatters_that_stay(%x: tensor<3xf64>, %y: tensor<3x3xf64>) -> (tensor<5xf64>, tensor<4x3xf64>, tensor<6xf64>, tensor<6xf64>) {
  %0 = ricci.scatter %y {map = affine_map<(d0, d1) -> (d0 + d1)>, symbol_axes = [], modes = array<i32: 0>} : tensor<3x3xf64> -> tensor<5xf64>
  %1 = ricci.scatter %x {map = affine_map<(d0) -> (1, d0)>, symbol_axes = [], modes = array<i32: 0, 0>} : tensor<3xf64> -> tensor<4x3xf64>
  %2 = ricci.scatter %x {map = affine_map<(d0) -> (d0 * 2)>, symbol_axes = [], modes = array<i32: 0>} : tensor<3xf64> -> tensor<6xf64>
  %3 = ricci.scatter %x {map = affine_map<(d0) -> (d0 + 2)>, symbol_axes = [], modes = array<i32: 2>} : tensor<3xf64> -> tensor<6xf64>
  return %0, %1, %2, %3 : tensor<5xf64>, tensor<4x3xf64>, tensor<6xf64>, tensor<6xf64>
}

// What falls outside of a scatter's result falls away without a condition that says so; other conditions stay.
// CHECK-LABEL: func @scatters_inside
// CHECK-NOT: ricci.select
// CHECK: ricci.scatter %arg0[%arg1
// CHECK: %[[MINE:.*]] = ricci.gather %arg2
// CHECK-NEXT: %[[CHOSEN:.*]] = ricci.select %[[MINE]], %arg0
// CHECK-NEXT: ricci.scatter %[[CHOSEN]][%arg1
func.func @scatters_inside(%x: tensor<9x?xf64>, %t: tensor<9xi64>, %m: tensor<9xi1>) -> (tensor<5x?xf64>, tensor<5x?xf64>) {
  %n = ricci.dim %x, 1 : tensor<9x?xf64>
  %zero = ricci.fill 0 : i64 : tensor<9xi64>
  %five = ricci.fill 5 : i64 : tensor<9xi64>
  %ge = ricci.cmp ge %t, %zero : tensor<9xi64>
  %lt = ricci.cmp lt %t, %five : tensor<9xi64>
  %in = ricci.and %ge, %lt : tensor<9xi1>
  %both = ricci.and %in, %m : tensor<9xi1>
  %none = ricci.fill 0.0 : f64 dims(%n) : tensor<9x?xf64>
  %c = ricci.gather %in dims(%n) {map = affine_map<(d0, d1) -> (d0)>, symbol_axes = [], modes = array<i32: 0>} : tensor<9xi1> -> tensor<9x?xi1>
  %d = ricci.gather %both dims(%n) {map = affine_map<(d0, d1) -> (d0)>, symbol_axes = [], modes = array<i32: 0>} : tensor<9xi1> -> tensor<9x?xi1>
  %v = ricci.select %c, %x, %none : tensor<9x?xf64>
  %w = ricci.select %d, %x, %none : tensor<9x?xf64>
  %0 = ricci.scatter %v[%t : tensor<9xi64>] dims(%n) {map = affine_map<(d0, d1)[s0] -> (s0, d1)>, symbol_axes = [array<i64: 0>], modes = array<i32: 1, 0>} : tensor<9x?xf64> -> tensor<5x?xf64>
  %1 = ricci.scatter %w[%t : tensor<9xi64>] dims(%n) {map = affine_map<(d0, d1)[s0] -> (s0, d1)>, symbol_axes = [array<i64: 0>], modes = array<i32: 1, 0>} : tensor<9x?xf64> -> tensor<5x?xf64>
  return %0, %1 : tensor<5x?xf64>, tensor<5x?xf64>
}

// Not these: the bounds are narrower than the result, are another subscript's, or what is outside counts at the edge.
// CHECK-LABEL: func @scatters_narrower
// CHECK-COUNT-3: ricci.select
func.func @scatters_narrower(%x: tensor<9xf64>, %t: tensor<9xi64>, %s: tensor<9xi64>) -> (tensor<5xf64>, tensor<5xf64>, tensor<5xf64>) {
  %four = ricci.fill 4 : i64 : tensor<9xi64>
  %five = ricci.fill 5 : i64 : tensor<9xi64>
  %none = ricci.fill 0.0 : f64 : tensor<9xf64>
  %narrow = ricci.cmp lt %t, %four : tensor<9xi64>
  %other = ricci.cmp lt %s, %five : tensor<9xi64>
  %whole = ricci.cmp lt %t, %five : tensor<9xi64>
  %u = ricci.select %narrow, %x, %none : tensor<9xf64>
  %v = ricci.select %other, %x, %none : tensor<9xf64>
  %w = ricci.select %whole, %x, %none : tensor<9xf64>
  %0 = ricci.scatter %u[%t : tensor<9xi64>] {map = affine_map<(d0)[s0] -> (s0)>, symbol_axes = [array<i64: 0>], modes = array<i32: 1>} : tensor<9xf64> -> tensor<5xf64>
  %1 = ricci.scatter %v[%t : tensor<9xi64>] {map = affine_map<(d0)[s0] -> (s0)>, symbol_axes = [array<i64: 0>], modes = array<i32: 1>} : tensor<9xf64> -> tensor<5xf64>
  %2 = ricci.scatter %w[%t : tensor<9xi64>] {map = affine_map<(d0)[s0] -> (s0)>, symbol_axes = [array<i64: 0>], modes = array<i32: 2>} : tensor<9xf64> -> tensor<5xf64>
  return %0, %1, %2 : tensor<5xf64>, tensor<5xf64>, tensor<5xf64>
}

// A read that may fall outside but does not.
// CHECK-LABEL: func @inside
// CHECK: modes = array<i32: 0, 0>
// CHECK: modes = array<i32: 1, 2>
func.func @inside(%x: tensor<5x4xf64>) -> (tensor<3x4xf64>, tensor<3x4xf64>) {
  %0 = ricci.gather %x {map = affine_map<(d0, d1) -> (d0 + 2, 3 - d1)>, symbol_axes = [], modes = array<i32: 1, 2>} : tensor<5x4xf64> -> tensor<3x4xf64>
  %1 = ricci.gather %x {map = affine_map<(d0, d1) -> (d0 + 3, 4 - d1)>, symbol_axes = [], modes = array<i32: 1, 2>} : tensor<5x4xf64> -> tensor<3x4xf64>
  return %0, %1 : tensor<3x4xf64>, tensor<3x4xf64>
}

// A read that some coordinates do not change happens once; along ones that may be none, at places that need not be inside.
// CHECK-LABEL: func @repeated_reads
// CHECK: %[[ONCE:.*]] = ricci.gather %arg0[%arg1 : tensor<3xi64>] {{.*}}modes = array<i32: 0>{{.*}} -> tensor<3xf64>
// CHECK: ricci.einsum "a->ba"(%[[ONCE]])
// CHECK: %[[SAFE:.*]] = ricci.gather %arg0 {{.*}}modes = array<i32: 1>{{.*}} -> tensor<3xf64>
// CHECK: ricci.einsum "a->ba"(%[[SAFE]])
func.func @repeated_reads(%x: tensor<?xf64>, %t: tensor<3xi64>, %n: index) -> (tensor<4x3xf64>, tensor<?x3xf64>) {
  %0 = ricci.gather %x[%t : tensor<3xi64>] {map = affine_map<(d0, d1)[s0] -> (s0)>, symbol_axes = [array<i64: 1>], modes = array<i32: 0>} : tensor<?xf64> -> tensor<4x3xf64>
  %1 = ricci.gather %x dims(%n) {map = affine_map<(d0, d1) -> (d1 + 1)>, symbol_axes = [], modes = array<i32: 0>} : tensor<?xf64> -> tensor<?x3xf64>
  return %0, %1 : tensor<4x3xf64>, tensor<?x3xf64>
}

// So does a recurrence whose operands are repeated.
// CHECK-LABEL: func @repeated_recurrence
// CHECK: %[[R:.*]] = ricci.recurrence 0 %arg0, %arg1 : tensor<4xf64>, tensor<3xf64>
// CHECK-NEXT: %[[V:.*]] = ricci.einsum "a->ba"(%[[R]])
// CHECK: %[[S:.*]] = ricci.recurrence 1 reverse %arg2, %{{.*}} : tensor<2x4xf64>, tensor<2x3xf64>
// CHECK: return %[[V]], %[[S]]
func.func @repeated_recurrence(%x: tensor<4xf64>, %a: tensor<3xf64>, %y: tensor<2x4xf64>) -> (tensor<2x4xf64>, tensor<2x4xf64>) {
  %b = ricci.einsum "i->ni"(%x) : (tensor<4xf64>) -> tensor<2x4xf64>
  %f = ricci.einsum "i->ni"(%a) : (tensor<3xf64>) -> tensor<2x3xf64>
  %0 = ricci.recurrence 1 %b, %f : tensor<2x4xf64>, tensor<2x3xf64>
  %1 = ricci.recurrence 1 reverse %y, %f : tensor<2x4xf64>, tensor<2x3xf64>
  return %0, %1 : tensor<2x4xf64>, tensor<2x4xf64>
}

// A slice keeps the order of its array's axes, and a sum that is read in another order is computed in that one.
// CHECK-LABEL: func @slices_in_order
// CHECK: %[[SLICE:.*]] = ricci.gather %arg0 {map = #[[DOWN]]{{.*}} -> tensor<3x4xf64>
// CHECK: ricci.einsum "ab,bc->ac"(%arg1, %[[SLICE]])
// CHECK: %[[SUM:.*]] = ricci.einsum "ab,bc->ca"(%arg1, %arg2) {{.*}} -> tensor<5x2xf64>
// CHECK: ricci.gather %[[SUM]] {map = #[[DOWN]]{{.*}} -> tensor<3x2xf64>
func.func @slices_in_order(%x: tensor<5x4xf64>, %a: tensor<2x3xf64>, %b: tensor<3x5xf64>) -> (tensor<2x4xf64>, tensor<3x2xf64>) {
  %0 = ricci.gather %x {map = affine_map<(d0, d1) -> (d1 + 2, d0)>, symbol_axes = [], modes = array<i32: 0, 0>} : tensor<5x4xf64> -> tensor<4x3xf64>
  %1 = ricci.einsum "ij,kj->ik"(%a, %0) : (tensor<2x3xf64>, tensor<4x3xf64>) -> tensor<2x4xf64>
  %2 = ricci.einsum "ij,jk->ik"(%a, %b) : (tensor<2x3xf64>, tensor<3x5xf64>) -> tensor<2x5xf64>
  %3 = ricci.gather %2 {map = affine_map<(d0, d1) -> (d1, d0 + 2)>, symbol_axes = [], modes = array<i32: 0, 0>} : tensor<2x5xf64> -> tensor<3x2xf64>
  return %1, %3 : tensor<2x4xf64>, tensor<3x2xf64>
}
