// RUN: ricci-opt %s -lower-kernels | FileCheck %s

// Full vectors first, the rest under a mask; nothing else touches the arrays.
// CHECK-LABEL: func @scale
// CHECK: scf.for
// CHECK: llvm.load {{.*}} -> vector<8xf64>
// CHECK: arith.mulf {{.*}} : vector<8xf64>
// CHECK: llvm.store
// CHECK: scf.for
// CHECK: llvm.intr.masked.load
// CHECK: llvm.intr.masked.store
func.func @scale(%x: tensor<?xf64>) -> tensor<?xf64> {
  %r = ricci.mul %x, %x : tensor<?xf64>
  return %r : tensor<?xf64>
}

// One whole vector and one element: no loops.
// CHECK-LABEL: func @few
// CHECK-NOT: scf.for
// CHECK: llvm.load {{.*}} -> vector<8xf64>
// CHECK: llvm.intr.masked.store
// CHECK: return
func.func @few(%x: tensor<9xf64>) -> tensor<9xf64> {
  %r = ricci.mul %x, %x : tensor<9xf64>
  return %r : tensor<9xf64>
}

// Four independent sums, one pass over the lanes at the end.
// CHECK-LABEL: func @sum
// CHECK: scf.for {{.*}} -> (vector<16xf32>, vector<16xf32>, vector<16xf32>, vector<16xf32>)
// CHECK-COUNT-4: llvm.load
// CHECK: vector.reduction <add>
func.func @sum(%x: tensor<640xf32>) -> tensor<f32> {
  %r = ricci.einsum "i->"(%x) : (tensor<640xf32>) -> tensor<f32>
  return %r : tensor<f32>
}

// Sums of columns vectorise over the columns: no gather.
// CHECK-LABEL: func @columns
// CHECK-NOT: masked.gather
// CHECK: return
func.func @columns(%x: tensor<100x64xf32>) -> tensor<64xf32> {
  %r = ricci.einsum "ij->j"(%x) : (tensor<100x64xf32>) -> tensor<64xf32>
  return %r : tensor<64xf32>
}

// The loop's state is replaced in place: one copy of the argument, no allocation inside.
// CHECK-LABEL: func @state
// CHECK: llvm.call @ricci_alloc
// CHECK: scf.for
// CHECK-NOT: llvm.call @ricci_alloc
// CHECK-NOT: llvm.call @ricci_free
// CHECK: return
func.func @state(%x: tensor<64xf64>) -> tensor<64xf64> {
  %l = arith.constant 0 : index
  %u = arith.constant 10 : index
  %r = ricci.for %l to %u init(%x : tensor<64xf64>) {
  ^bb0(%i: tensor<i64>, %a: tensor<64xf64>):
    %b = ricci.mul %a, %a : tensor<64xf64>
    ricci.yield %b : tensor<64xf64>
  } : tensor<64xf64>
  return %r : tensor<64xf64>
}

// So is a conditional loop's; it looks at its condition before every turn.
// CHECK-LABEL: func @while
// CHECK: llvm.call @ricci_alloc
// CHECK: scf.while
// CHECK: arith.cmpi slt
// CHECK: arith.andi
// CHECK: scf.condition
// CHECK-NOT: llvm.call @ricci_alloc
// CHECK-NOT: llvm.call @ricci_free
// CHECK: return
func.func @while(%x: tensor<64xf64>, %go: tensor<i1>) -> tensor<64xf64> {
  %l = arith.constant 0 : index
  %u = arith.constant 10 : index
  %r:2 = ricci.for %l to %u while init(%go, %x : tensor<i1>, tensor<64xf64>) {
  ^bb0(%i: tensor<i64>, %c: tensor<i1>, %a: tensor<64xf64>):
    %b = ricci.mul %a, %a : tensor<64xf64>
    ricci.yield %c, %b : tensor<i1>, tensor<64xf64>
  } : tensor<i1>, tensor<64xf64>
  return %r#1 : tensor<64xf64>
}

// An update of what is not needed afterwards writes the new part only.
// CHECK-LABEL: func @replace
// CHECK-COUNT-1: llvm.call @ricci_alloc
// CHECK-NOT: llvm.intr.memcpy
// CHECK-NOT: llvm.call @ricci_alloc
// CHECK: return
func.func @replace(%x: tensor<64xf64>, %v: tensor<3xf64>) -> tensor<64xf64> {
  %e = ricci.exp %x : tensor<64xf64>
  %r = ricci.update %e, %v {map = affine_map<(d0) -> (d0 + 5)>, symbol_axes = [], modes = array<i32: 0>} : tensor<64xf64>, tensor<3xf64> -> tensor<64xf64>
  return %r : tensor<64xf64>
}

// A running sum goes in vectors, backwards too: turned round, not gathered.
// CHECK-LABEL: func @running_sum
// CHECK-NOT: masked.gather
// CHECK: scf.for
// CHECK: llvm.load {{.*}} -> vector<8xf64>
// CHECK-COUNT-4: vector.shuffle
// CHECK: llvm.store
// CHECK-NOT: masked.scatter
// CHECK: return
func.func @running_sum(%x: tensor<?xf64>, %s: tensor<i64>) -> tensor<?xf64> {
  %n = ricci.to_index %s : tensor<i64>
  %one = ricci.fill 1.0 : f64 dims(%n) : tensor<?xf64>
  %r = ricci.recurrence 0 reverse %x, %one : tensor<?xf64>, tensor<?xf64>
  return %r : tensor<?xf64>
}

// Along another axis all columns advance together.
// CHECK-LABEL: func @running_columns
// CHECK: math.fma {{.*}} : vector<8xf64>
func.func @running_columns(%x: tensor<9x64xf64>, %a: tensor<8x64xf64>) -> tensor<9x64xf64> {
  %r = ricci.recurrence 0 %x, %a : tensor<9x64xf64>, tensor<8x64xf64>
  return %r : tensor<9x64xf64>
}

// Products along the last axis do not: four lines hide each other's latency.
// CHECK-LABEL: func @running_lines
// CHECK: scf.for {{.*}} -> (f64, f64, f64, f64)
// CHECK-COUNT-4: math.fma {{.*}} : f64
func.func @running_lines(%x: tensor<8x9xf64>, %a: tensor<8x8xf64>) -> tensor<8x9xf64> {
  %r = ricci.recurrence 1 %x, %a : tensor<8x9xf64>, tensor<8x8xf64>
  return %r : tensor<8x9xf64>
}

// A result larger than the caches is stored past them; and the next row is fetched meanwhile.
// CHECK-LABEL: func.func @largeRows
// CHECK: scf.parallel
// CHECK: llvm.intr.prefetch
// CHECK: llvm.store {{.*}} {alignment = {{.*}}, nontemporal}
// CHECK: llvm.fence seq_cst
func.func @largeRows(%x: tensor<8192x4096xf32>) -> tensor<8192x4096xf32> {
  %r = ricci.kernel {
    %m = ricci.reduce max [1] %x : tensor<8192x4096xf32> -> tensor<8192xf32>
    %b = ricci.einsum "i->ij"(%m) : (tensor<8192xf32>) -> tensor<8192x4096xf32>
    %d = ricci.sub %x, %b : tensor<8192x4096xf32>
    %e = ricci.exp %d : tensor<8192x4096xf32>
    ricci.yield %e : tensor<8192x4096xf32>
  } : tensor<8192x4096xf32>
  return %r : tensor<8192x4096xf32>
}

// Long sums whose terms lie side by side go through memory once, in chunks with sums of their own, before the rows that read
// them; short ones are a loop inside of the row.
// CHECK-LABEL: func.func @long_sums
// CHECK: scf.parallel
// CHECK: scf.reduce
// CHECK: vector.reduction <add>
func.func @long_sums(%x: tensor<2000x24x32xf64>) -> tensor<24xf64> {
  %r = ricci.kernel {
    %s = ricci.einsum "abc->bc"(%x) : (tensor<2000x24x32xf64>) -> tensor<24x32xf64>
    %e = ricci.exp %s : tensor<24x32xf64>
    %t = ricci.einsum "bc->b"(%e) : (tensor<24x32xf64>) -> tensor<24xf64>
    ricci.yield %t : tensor<24xf64>
  } : tensor<24xf64>
  return %r : tensor<24xf64>
}
// CHECK-LABEL: func.func @short_sums
// CHECK: scf.parallel
// CHECK: vector.reduction <add>
// CHECK: scf.reduce
func.func @short_sums(%x: tensor<4x2400x32xf64>) -> tensor<2400xf64> {
  %r = ricci.kernel {
    %s = ricci.einsum "abc->bc"(%x) : (tensor<4x2400x32xf64>) -> tensor<2400x32xf64>
    %e = ricci.exp %s : tensor<2400x32xf64>
    %t = ricci.einsum "bc->b"(%e) : (tensor<2400x32xf64>) -> tensor<2400xf64>
    ricci.yield %t : tensor<2400xf64>
  } : tensor<2400xf64>
  return %r : tensor<2400xf64>
}

// Two passes fetch the next row, by what they compute: 1/8 and 7/8, into the second-level cache. The row is stored while the
// exponentials of the next one are summed, with the largest element and the sum of its own; the last row by itself.
// CHECK-LABEL: func.func @logRows
// CHECK: scf.for %[[ROW:.*]] = {{.*}} iter_args(%[[MOST:.*]] = {{.*}}, %[[SUM:.*]] = {{.*}}) -> (f32, f32)
// CHECK: llvm.intr.prefetch{{.*}} hint = 2
// CHECK: math.log %[[SUM]]
// CHECK: arith.muli %{{.*}}, %c7 : index
// CHECK: llvm.intr.prefetch{{.*}} hint = 2
// CHECK: math.exp
// CHECK: nontemporal
// CHECK: vector.reduction <add>
// CHECK-NOT: scf.for
// CHECK: scf.yield {{.*}} : f32, f32
// CHECK: math.log
// CHECK: scf.for
// CHECK: nontemporal
// CHECK: return
func.func @logRows(%x: tensor<8192x4096xf32>) -> tensor<8192x4096xf32> {
  %r = ricci.kernel {
    %m = ricci.reduce max [1] %x : tensor<8192x4096xf32> -> tensor<8192xf32>
    %b = ricci.einsum "i->ij"(%m) : (tensor<8192xf32>) -> tensor<8192x4096xf32>
    %d = ricci.sub %x, %b : tensor<8192x4096xf32>
    %e = ricci.exp %d : tensor<8192x4096xf32>
    %s = ricci.einsum "ij->i"(%e) : (tensor<8192x4096xf32>) -> tensor<8192xf32>
    %l = ricci.log %s : tensor<8192xf32>
    %c = ricci.einsum "i->ij"(%l) : (tensor<8192xf32>) -> tensor<8192x4096xf32>
    %o = ricci.sub %d, %c : tensor<8192x4096xf32>
    ricci.yield %o : tensor<8192x4096xf32>
  } : tensor<8192x4096xf32>
  return %r : tensor<8192x4096xf32>
}

// Rows of 1001 numbers begin anywhere in a vector: what is before the first whole one is stored under a mask, and so is the rest.
// CHECK-LABEL: func.func @offLines
// CHECK: llvm.intr.masked.store
// CHECK: nontemporal
// CHECK: llvm.intr.masked.store
// CHECK: return
func.func @offLines(%x: tensor<4000x1001xf32>) -> tensor<4000x1001xf32> {
  %r = ricci.exp %x : tensor<4000x1001xf32>
  return %r : tensor<4000x1001xf32>
}

// A long array is fetched ahead of where it is read; the sum of rows is under a branch, and no lane under a mask.
// CHECK-LABEL: func.func @addRows
// CHECK: llvm.intr.prefetch
// CHECK-NOT: llvm.intr.prefetch
// CHECK-NOT: masked
// CHECK: scf.if
// CHECK: llvm.store {{.*}} : vector<8xf64>
// CHECK: return
func.func @addRows(%v: tensor<100000x8xf64>, %t: tensor<100000xi64>) -> tensor<50x8xf64> {
  %r = ricci.scatter %v[%t : tensor<100000xi64>] {map = affine_map<(d0, d1)[s0] -> (s0, d1)>, symbol_axes = [array<i64: 0>], modes = array<i32: 1, 0>} : tensor<100000x8xf64> -> tensor<50x8xf64>
  return %r : tensor<50x8xf64>
}

// The same where it may be long.
// CHECK-LABEL: func.func @addSomeRows
// CHECK: llvm.intr.prefetch
// CHECK: scf.if
// CHECK: return
func.func @addSomeRows(%v: tensor<?x8xf64>, %t: tensor<?xi64>) -> tensor<50x8xf64> {
  %r = ricci.scatter %v[%t : tensor<?xi64>] {map = affine_map<(d0, d1)[s0] -> (s0, d1)>, symbol_axes = [array<i64: 0>], modes = array<i32: 1, 0>} : tensor<?x8xf64> -> tensor<50x8xf64>
  return %r : tensor<50x8xf64>
}

// So are the arrays of a sum, both in each of four vectors and in the last; not what the caches hold, and not what is read out of
// order.
// CHECK-LABEL: func.func @longSum
// CHECK-COUNT-10: llvm.intr.prefetch
// CHECK-NOT: llvm.intr.prefetch
// CHECK: return
func.func @longSum(%x: tensor<1000000xf64>, %y: tensor<1000000xf64>, %z: tensor<1000xf64>, %m: tensor<3000x1000xf64>) -> (tensor<f64>, tensor<f64>, tensor<1000xf64>) {
  %s = ricci.kernel {
    %p = ricci.mul %x, %y : tensor<1000000xf64>
    %r = ricci.einsum "i->"(%p) : (tensor<1000000xf64>) -> tensor<f64>
    ricci.yield %r : tensor<f64>
  } : tensor<f64>
  %t = ricci.einsum "i->"(%z) : (tensor<1000xf64>) -> tensor<f64>
  %u = ricci.einsum "ij->j"(%m) : (tensor<3000x1000xf64>) -> tensor<1000xf64>
  return %s, %t, %u : tensor<f64>, tensor<f64>, tensor<1000xf64>
}

// A block of scores for each chunk, and no array of all: 8 heads of 1024 by 1024 would be 33554432 bytes. Their exponentials take
// their place; the other memory is for the products.
// CHECK-LABEL: func.func @attention
// CHECK-NOT: ricci_alloc{{.*}}33554432
// CHECK-COUNT-2: llvm.call @ricci_alloc
// CHECK-NOT: llvm.call @ricci_alloc
// CHECK: scf.parallel
// CHECK: llvm.call @ricci_contract_matrices_alone
// CHECK: scf.for
// CHECK: llvm.call @ricci_contract_matrices_alone
// CHECK-NOT: llvm.call @ricci_contract_matrices(
// CHECK: return
func.func @attention(%q: tensor<8x1024x64xf32>, %k: tensor<8x1024x64xf32>, %v: tensor<8x1024x64xf32>) -> tensor<8x1024x64xf32> {
  %r = ricci.kernel {
    %s = ricci.einsum "hid,hjd->hij"(%q, %k) {ricci.contraction} : (tensor<8x1024x64xf32>, tensor<8x1024x64xf32>) -> tensor<8x1024x1024xf32>
    %x = ricci.exp %s : tensor<8x1024x1024xf32>
    %y = ricci.einsum "hij,hje->hie"(%x, %v) {ricci.contraction} : (tensor<8x1024x1024xf32>, tensor<8x1024x64xf32>) -> tensor<8x1024x64xf32>
    ricci.yield %y : tensor<8x1024x64xf32>
  } {ricci.outer = 2} : tensor<8x1024x64xf32>
  return %r : tensor<8x1024x64xf32>
}

// Threads take heads; all blocks of a head add to its sums, the first but writes them.
// CHECK-LABEL: func.func @keys
// CHECK: scf.parallel
// CHECK: llvm.call @ricci_contract_matrices_alone
// CHECK: %[[ADDS:.*]] = arith.cmpi ne
// CHECK: %[[FLAG:.*]] = arith.extui %[[ADDS]]
// CHECK: llvm.call @ricci_contract_matrices_alone({{.*}}, %[[FLAG]], %{{.*}})
// CHECK: return
func.func @keys(%q: tensor<8x1024x64xf32>, %k: tensor<8x1024x64xf32>) -> tensor<8x1024x64xf32> {
  %r = ricci.kernel {
    %s = ricci.einsum "hid,hjd->hij"(%q, %k) {ricci.contraction} : (tensor<8x1024x64xf32>, tensor<8x1024x64xf32>) -> tensor<8x1024x1024xf32>
    %x = ricci.exp %s : tensor<8x1024x1024xf32>
    %y = ricci.einsum "hij,hid->hjd"(%x, %q) {ricci.contraction, ricci.row_sum = "hi"} : (tensor<8x1024x1024xf32>, tensor<8x1024x64xf32>) -> tensor<8x1024x64xf32>
    ricci.yield %y : tensor<8x1024x64xf32>
  } {ricci.outer = 2} : tensor<8x1024x64xf32>
  return %r : tensor<8x1024x64xf32>
}

// Without a batch threads take blocks: each chunk adds to a part of the sum, after its first block, and the parts are added behind them.
// CHECK-LABEL: func.func @weights
// CHECK: scf.parallel
// CHECK: scf.for %[[BLOCK:.*]] = %[[FIRST:.*]] to
// CHECK: llvm.call @ricci_contract_matrices_alone
// CHECK: %[[ADDS:.*]] = arith.cmpi ne, %[[BLOCK]], %[[FIRST]]
// CHECK: %[[FLAG:.*]] = arith.extui %[[ADDS]]
// CHECK: llvm.call @ricci_contract_matrices_alone({{.*}}, %[[FLAG]], %{{.*}})
// CHECK: scf.reduce
// CHECK-NOT: scf.parallel
// CHECK: scf.for
// CHECK: arith.addf
// CHECK: return
func.func @weights(%x: tensor<100000x64xf32>, %w: tensor<64x64xf32>) -> tensor<64x64xf32> {
  %r = ricci.kernel {
    %z = ricci.einsum "nd,dk->nk"(%x, %w) {ricci.contraction} : (tensor<100000x64xf32>, tensor<64x64xf32>) -> tensor<100000x64xf32>
    %e = ricci.exp %z : tensor<100000x64xf32>
    %g = ricci.einsum "nd,nk->dk"(%x, %e) {ricci.contraction, ricci.row_sum = "n"} : (tensor<100000x64xf32>, tensor<100000x64xf32>) -> tensor<64x64xf32>
    ricci.yield %g : tensor<64x64xf32>
  } {ricci.outer = 1} : tensor<64x64xf32>
  return %r : tensor<64x64xf32>
}

// A product with a vector and one that sums over the same rows are one call, which reads these once.
// CHECK-LABEL: func.func @twice
// CHECK: scf.parallel
// CHECK-NOT: llvm.call @ricci_contract_alone
// CHECK: llvm.call @ricci_read_rows_twice
// CHECK-NOT: llvm.call @ricci_contract_alone
// CHECK: return
func.func @twice(%x: tensor<3000x1000xf64>, %w: tensor<1000xf64>) -> tensor<1000xf64> {
  %r = ricci.kernel {
    %z = ricci.einsum "nd,d->n"(%x, %w) {ricci.contraction} : (tensor<3000x1000xf64>, tensor<1000xf64>) -> tensor<3000xf64>
    %g = ricci.einsum "nd,n->d"(%x, %z) {ricci.contraction, ricci.row_sum = "n"} : (tensor<3000x1000xf64>, tensor<3000xf64>) -> tensor<1000xf64>
    ricci.yield %g : tensor<1000xf64>
  } {ricci.outer = 1} : tensor<1000xf64>
  return %r : tensor<1000xf64>
}
