// RUN: ricci-opt %s -fuse-kernels | FileCheck %s

// All of a softmax shares its rows: one kernel, one result.
// CHECK-LABEL: func @softmax
// CHECK: %[[K:.*]] = ricci.kernel
// CHECK: ricci.reduce max
// CHECK: ricci.exp
// CHECK: ricci.einsum "ij->i"
// CHECK: ricci.div
// CHECK-NEXT: ricci.yield %{{.*}} : tensor<6x41xf32>
// CHECK: return %[[K]]
func.func @softmax(%x: tensor<6x41xf32>) -> tensor<6x41xf32> {
  %m = ricci.reduce max [1] %x : tensor<6x41xf32> -> tensor<6xf32>
  %b = ricci.einsum "i->ij"(%m) : (tensor<6xf32>) -> tensor<6x41xf32>
  %d = ricci.sub %x, %b : tensor<6x41xf32>
  %e = ricci.exp %d : tensor<6x41xf32>
  %s = ricci.einsum "ij->i"(%e) : (tensor<6x41xf32>) -> tensor<6xf32>
  %t = ricci.einsum "i->ij"(%s) : (tensor<6xf32>) -> tensor<6x41xf32>
  %p = ricci.div %e, %t : tensor<6x41xf32>
  return %p : tensor<6x41xf32>
}

// Differences of all pairs exist inside the kernel only.
// CHECK-LABEL: func @distances
// CHECK-NEXT: ricci.kernel {
// CHECK: ricci.sub %{{.*}} : tensor<20x4x3xf64>
// CHECK: ricci.yield %{{.*}} : tensor<20xf64>
// CHECK-NEXT: }
// CHECK-NEXT: return
func.func @distances(%x: tensor<20x3xf64>, %c: tensor<4x3xf64>) -> tensor<20xf64> {
  %a = ricci.einsum "nd->nkd"(%x) : (tensor<20x3xf64>) -> tensor<20x4x3xf64>
  %b = ricci.einsum "kd->nkd"(%c) : (tensor<4x3xf64>) -> tensor<20x4x3xf64>
  %d = ricci.sub %a, %b : tensor<20x4x3xf64>
  %q = ricci.einsum "nkd,nkd->nk"(%d, %d) : (tensor<20x4x3xf64>, tensor<20x4x3xf64>) -> tensor<20x4xf64>
  %m = ricci.reduce min [1] %q : tensor<20x4xf64> -> tensor<20xf64>
  return %m : tensor<20xf64>
}

// A contraction with reuse stands alone; what follows it is a kernel of its own.
// CHECK-LABEL: func @layer
// CHECK-NEXT: %[[C:.*]] = ricci.einsum "ik,kj->ij"(%arg0, %arg1)
// CHECK-NEXT: ricci.kernel {
// CHECK: ricci.add %[[C]]
// CHECK: ricci.relu
func.func @layer(%x: tensor<32x64xf32>, %w: tensor<64x10xf32>, %b: tensor<10xf32>) -> tensor<32x10xf32> {
  %c = ricci.einsum "ik,kj->ij"(%x, %w) : (tensor<32x64xf32>, tensor<64x10xf32>) -> tensor<32x10xf32>
  %d = ricci.einsum "j->ij"(%b) : (tensor<10xf32>) -> tensor<32x10xf32>
  %e = ricci.add %c, %d : tensor<32x10xf32>
  %r = ricci.relu %e : tensor<32x10xf32>
  return %r : tensor<32x10xf32>
}

// The windows of a convolution are larger than the image: they are never an array.
// CHECK-LABEL: func @convolution
// CHECK-NEXT: ricci.kernel {
// CHECK-NEXT: ricci.gather
// CHECK-NEXT: ricci.einsum
// CHECK-NEXT: ricci.yield
func.func @convolution(%x: tensor<2x9x20xf32>, %k: tensor<3x2x3x3xf32>) -> tensor<3x9x20xf32> {
  %w = ricci.gather %x {map = affine_map<(c, i, j, a, b) -> (c, i + a - 1, j + b - 1)>, symbol_axes = [], modes = array<i32: 0, 1, 1>} : tensor<2x9x20xf32> -> tensor<2x9x20x3x3xf32>
  %r = ricci.einsum "cijab,ocab->oij"(%w, %k) : (tensor<2x9x20x3x3xf32>, tensor<3x2x3x3xf32>) -> tensor<3x9x20xf32>
  return %r : tensor<3x9x20xf32>
}

// A check is a reduction; its condition is never stored.
// CHECK-LABEL: func @checked
// CHECK-NEXT: %[[K:.*]] = ricci.kernel {
// CHECK: ricci.reduce all [0]
// CHECK: } : tensor<i1>
// CHECK-NEXT: ricci.check %[[K]]
func.func @checked(%x: tensor<50xf64>) {
  %c = ricci.isfinite %x : tensor<50xf64>
  ricci.check %c, "R0001", "no" : tensor<50xi1>
  return
}

// Independent results over the same positions come out of one loop.
// CHECK-LABEL: func @moments
// CHECK-NEXT: ricci.kernel {
// CHECK: ricci.yield %{{.*}}, %{{.*}} : tensor<f64>, tensor<f64>
// CHECK-NEXT: }
// CHECK-NEXT: return
func.func @moments(%x: tensor<600xf64>) -> (tensor<f64>, tensor<f64>) {
  %q = ricci.mul %x, %x : tensor<600xf64>
  %a = ricci.einsum "i->"(%x) : (tensor<600xf64>) -> tensor<f64>
  %b = ricci.einsum "i->"(%q) : (tensor<600xf64>) -> tensor<f64>
  return %a, %b : tensor<f64>, tensor<f64>
}

// What a running sum adds up is computed where it is added, whatever it costs: both go in vectors.
// CHECK-LABEL: func @running_sum
// CHECK-NEXT: ricci.kernel {
// CHECK: ricci.exp
// CHECK: ricci.recurrence 1
// CHECK-NEXT: ricci.yield
// CHECK-NEXT: }
// CHECK-NEXT: return
func.func @running_sum(%x: tensor<6x41xf32>) -> tensor<6x41xf32> {
  %e = ricci.exp %x : tensor<6x41xf32>
  %d = ricci.mul %e, %x : tensor<6x41xf32>
  %one = ricci.fill 1.0 : f32 : tensor<6x40xf32>
  %r = ricci.recurrence 1 %d, %one : tensor<6x41xf32>, tensor<6x40xf32>
  return %r : tensor<6x41xf32>
}

// Products along the last axis go one by one: exponentials are better stored, in vectors; a slice is only read.
// CHECK-LABEL: func @running_product
// CHECK-NEXT: ricci.exp
// CHECK-NEXT: ricci.kernel {
// CHECK: ricci.gather
// CHECK: ricci.recurrence 1
// CHECK: }
// CHECK-NEXT: return
func.func @running_product(%x: tensor<6x41xf32>) -> tensor<6x41xf32> {
  %e = ricci.exp %x : tensor<6x41xf32>
  %f = ricci.gather %x {map = affine_map<(d0, d1) -> (d0, d1 + 1)>, symbol_axes = [], modes = array<i32: 0, 0>} : tensor<6x41xf32> -> tensor<6x40xf32>
  %r = ricci.recurrence 1 %e, %f : tensor<6x41xf32>, tensor<6x40xf32>
  return %r : tensor<6x41xf32>
}

// Centred by its means, a matrix is no larger than itself: its product stays a contraction.
// CHECK-LABEL: func @centred
// CHECK: %[[X:.*]] = ricci.kernel
// CHECK: ricci.einsum "ab,ac->bc"(%[[X]], %[[X]])
// CHECK-NEXT: return
func.func @centred(%x: tensor<?x?xf64>, %m: tensor<?xf64>, %n: index, %k: index) -> tensor<?x?xf64> {
  %b = ricci.einsum "b->ab"(%m) dims(%n, %k) : (tensor<?xf64>) -> tensor<?x?xf64>
  %c = ricci.sub %x, %b : tensor<?x?xf64>
  %r = ricci.einsum "ab,ac->bc"(%c, %c) dims(%k, %k) : (tensor<?x?xf64>, tensor<?x?xf64>) -> tensor<?x?xf64>
  return %r : tensor<?x?xf64>
}

// Windows that are used for 16 filters and more are worth storing; for two they exist inside the kernel only.
// CHECK-LABEL: func @filters
// CHECK: %[[W:.*]] = ricci.gather
// CHECK: ricci.einsum "ip,pf->if"(%[[W]], %arg1)
// CHECK-LABEL: func @filter
// CHECK: ricci.kernel
// CHECK: ricci.einsum "ip,pf->if"
// CHECK: ricci.yield %{{.*}} : tensor<992x2xf32>
func.func @filters(%x: tensor<1000xf32>, %w: tensor<9x16xf32>) -> tensor<992x16xf32> {
  %g = ricci.gather %x {map = affine_map<(i, p) -> (i + p)>, symbol_axes = [], modes = array<i32: 0>} : tensor<1000xf32> -> tensor<992x9xf32>
  %r = ricci.einsum "ip,pf->if"(%g, %w) : (tensor<992x9xf32>, tensor<9x16xf32>) -> tensor<992x16xf32>
  return %r : tensor<992x16xf32>
}
func.func @filter(%x: tensor<1000xf32>, %w: tensor<9x2xf32>) -> tensor<992x2xf32> {
  %g = ricci.gather %x {map = affine_map<(i, p) -> (i + p)>, symbol_axes = [], modes = array<i32: 0>} : tensor<1000xf32> -> tensor<992x9xf32>
  %r = ricci.einsum "ip,pf->if"(%g, %w) : (tensor<992x9xf32>, tensor<9x2xf32>) -> tensor<992x2xf32>
  return %r : tensor<992x2xf32>
}

// What is scattered is computed where it is written, and not stored before.
// CHECK-LABEL: func @scattered
// CHECK: ricci.kernel
// CHECK: ricci.mul
// CHECK: ricci.scatter
// CHECK-NEXT: ricci.yield %{{.*}} : tensor<10xf32>
func.func @scattered(%x: tensor<100xf32>, %i: tensor<100xi64>) -> tensor<10xf32> {
  %v = ricci.mul %x, %x : tensor<100xf32>
  %r = ricci.scatter %v[%i : tensor<100xi64>] {map = affine_map<(n)[s0] -> (s0)>, symbol_axes = [array<i64: 0>], modes = array<i32: 1>} : tensor<100xf32> -> tensor<10xf32>
  return %r : tensor<10xf32>
}

// What is made of the rows' sums comes after the kernel that goes on with the rows; the transpose of a gather is no array.
// CHECK-LABEL: func @crossEntropy
// CHECK-NOT: ricci.scatter
// CHECK: %[[K:.*]]:2 = ricci.kernel
// CHECK: ricci.einsum "ij->i"
// CHECK: ricci.iota
// CHECK: ricci.yield %{{.*}} : tensor<9xf32>, tensor<9x10xf32>
// CHECK: %[[L:.*]] = ricci.kernel
// CHECK: ricci.log %[[K]]#0
// CHECK-NOT: ricci.scatter
// CHECK: return %[[L]], %[[K]]#1
func.func @crossEntropy(%x: tensor<9x10xf32>, %y: tensor<9xi64>) -> (tensor<f32>, tensor<9x10xf32>) {
  %e = ricci.exp %x : tensor<9x10xf32>
  %s = ricci.einsum "ij->i"(%e) : (tensor<9x10xf32>) -> tensor<9xf32>
  %l = ricci.log %s : tensor<9xf32>
  %total = ricci.einsum "i->"(%l) : (tensor<9xf32>) -> tensor<f32>
  %t = ricci.einsum "i->ij"(%s) : (tensor<9xf32>) -> tensor<9x10xf32>
  %p = ricci.div %e, %t : tensor<9x10xf32>
  %one = ricci.fill -1.0 : f32 : tensor<9xf32>
  %q = ricci.scatter %one[%y : tensor<9xi64>] {map = affine_map<(d0)[s0] -> (d0, s0)>, symbol_axes = [array<i64: 0>], modes = array<i32: 0, 0>} : tensor<9xf32> -> tensor<9x10xf32>
  %r = ricci.add %p, %q : tensor<9x10xf32>
  return %total, %r : tensor<f32>, tensor<9x10xf32>
}

// The rows of the first product, one number each, are read outside too; those of the array are summed by the second.
// CHECK-LABEL: func @regression
// CHECK: ricci.kernel
// CHECK: ricci.einsum "nd,d->n"{{.*}}{ricci.contraction}
// CHECK: ricci.einsum "n,nd->d"{{.*}}{ricci.contraction, ricci.row_sum = "n"}
// CHECK: } {ricci.outer = 1 : i64}
// CHECK: ricci.softplus
func.func @regression(%x: tensor<?x?xf64>, %w: tensor<?xf64>, %y: tensor<?xf64>) -> (tensor<?xf64>, tensor<f64>) {
  %n = ricci.dim %x, 0 : tensor<?x?xf64>
  %d = ricci.dim %x, 1 : tensor<?x?xf64>
  %z = ricci.einsum "nd,d->n"(%x, %w) dims(%n) : (tensor<?x?xf64>, tensor<?xf64>) -> tensor<?xf64>
  %p = ricci.softplus %z : tensor<?xf64>
  %l = ricci.einsum "n->"(%p) : (tensor<?xf64>) -> tensor<f64>
  %s = ricci.sigmoid %z : tensor<?xf64>
  %r = ricci.sub %s, %y : tensor<?xf64>
  %g = ricci.einsum "n,nd->d"(%r, %x) dims(%d) : (tensor<?xf64>, tensor<?x?xf64>) -> tensor<?xf64>
  return %g, %l : tensor<?xf64>, tensor<f64>
}

// Nothing need lie between them, nor the one read the other; the blocks of columns of an array would be parts of its lines.
// CHECK-LABEL: func @bothSides
// CHECK: ricci.kernel
// CHECK-DAG: ricci.einsum "nd,d->n"(%arg0, %arg1) {ricci.contraction}
// CHECK-DAG: ricci.einsum "nd,n->d"(%arg0, %arg2) {ricci.contraction, ricci.row_sum = "n"}
// CHECK: } {ricci.outer = 1 : i64}
func.func @bothSides(%x: tensor<1000x2000xf64>, %p: tensor<2000xf64>, %r: tensor<1000xf64>) -> (tensor<2000xf64>, tensor<1000xf64>) {
  %s = ricci.einsum "nd,n->d"(%x, %r) : (tensor<1000x2000xf64>, tensor<1000xf64>) -> tensor<2000xf64>
  %q = ricci.einsum "nd,d->n"(%x, %p) : (tensor<1000x2000xf64>, tensor<2000xf64>) -> tensor<1000xf64>
  return %s, %q : tensor<2000xf64>, tensor<1000xf64>
}
// CHECK-LABEL: func @normal
// CHECK: %[[Z:.*]] = ricci.einsum "nd,d->n"(%arg0, %arg1) {ricci.contraction}
// CHECK: ricci.einsum "nd,n->d"(%arg0, %[[Z]]) {ricci.contraction, ricci.row_sum = "n"}
func.func @normal(%x: tensor<1000x2000xf64>, %p: tensor<2000xf64>) -> tensor<2000xf64> {
  %q = ricci.einsum "nd,d->n"(%x, %p) : (tensor<1000x2000xf64>, tensor<2000xf64>) -> tensor<1000xf64>
  %s = ricci.einsum "nd,n->d"(%x, %q) : (tensor<1000x2000xf64>, tensor<1000xf64>) -> tensor<2000xf64>
  return %s : tensor<2000xf64>
}
// CHECK-LABEL: func @columns
// CHECK-NOT: ricci.kernel
// CHECK: return
func.func @columns(%x: tensor<1000x2000xf64>, %p: tensor<1000xf64>) -> tensor<1000xf64> {
  %q = ricci.einsum "nd,n->d"(%x, %p) : (tensor<1000x2000xf64>, tensor<1000xf64>) -> tensor<2000xf64>
  %s = ricci.einsum "nd,d->n"(%x, %q) : (tensor<1000x2000xf64>, tensor<2000xf64>) -> tensor<1000xf64>
  return %s : tensor<1000xf64>
}
// Small arrays are in the cache; products of matrices have enough to do with what they read; and a sum may wait for all rows.
// CHECK-LABEL: func @nearOrBusy
// CHECK-NOT: ricci.row_sum
// CHECK: return
func.func @nearOrBusy(%x: tensor<100x200xf64>, %p: tensor<200xf64>, %m: tensor<1000x2000xf64>, %w: tensor<2000x64xf64>, %v: tensor<2000xf64>)
    -> (tensor<200xf64>, tensor<2000x64xf64>, tensor<2000xf64>) {
  %q = ricci.einsum "nd,d->n"(%x, %p) : (tensor<100x200xf64>, tensor<200xf64>) -> tensor<100xf64>
  %s = ricci.einsum "nd,n->d"(%x, %q) : (tensor<100x200xf64>, tensor<100xf64>) -> tensor<200xf64>
  %a = ricci.einsum "nd,dk->nk"(%m, %w) : (tensor<1000x2000xf64>, tensor<2000x64xf64>) -> tensor<1000x64xf64>
  %b = ricci.einsum "nd,nk->dk"(%m, %a) : (tensor<1000x2000xf64>, tensor<1000x64xf64>) -> tensor<2000x64xf64>
  %z = ricci.einsum "nd,d->n"(%m, %v) : (tensor<1000x2000xf64>, tensor<2000xf64>) -> tensor<1000xf64>
  %o = ricci.einsum "n->"(%z) : (tensor<1000xf64>) -> tensor<f64>
  %c = ricci.einsum "->n"(%o) : (tensor<f64>) -> tensor<1000xf64>
  %y = ricci.div %z, %c : tensor<1000xf64>
  %g = ricci.einsum "nd,n->d"(%m, %y) : (tensor<1000x2000xf64>, tensor<1000xf64>) -> tensor<2000xf64>
  return %s, %b, %g : tensor<200xf64>, tensor<2000x64xf64>, tensor<2000xf64>
}

// The product needs one kernel, which as a whole needs the sum.
// CHECK-LABEL: func @roundAbout
// CHECK-NOT: ricci.row_sum
// CHECK: return
func.func @roundAbout(%x: tensor<1000x2000xf64>, %u: tensor<2000xf64>, %r: tensor<1000xf64>) -> (tensor<1000xf64>, tensor<2000xf64>) {
  %a = ricci.exp %u : tensor<2000xf64>
  %q = ricci.einsum "nd,d->n"(%x, %a) : (tensor<1000x2000xf64>, tensor<2000xf64>) -> tensor<1000xf64>
  %s = ricci.einsum "nd,n->d"(%x, %r) : (tensor<1000x2000xf64>, tensor<1000xf64>) -> tensor<2000xf64>
  %b = ricci.add %a, %s : tensor<2000xf64>
  return %q, %b : tensor<1000xf64>, tensor<2000xf64>
}

// The same for every point of a batch.
// CHECK-LABEL: func @regressions
// CHECK: ricci.kernel
// CHECK: ricci.einsum "bnd,bd->bn"{{.*}}{ricci.contraction}
// CHECK: ricci.einsum "bn,bnd->bd"{{.*}}{ricci.contraction, ricci.row_sum = "bn"}
// CHECK: } {ricci.outer = 2 : i64}
func.func @regressions(%x: tensor<16x10000x100xf64>, %w: tensor<16x100xf64>, %y: tensor<16x10000xf64>) -> (tensor<16x10000xf64>, tensor<16x100xf64>) {
  %z = ricci.einsum "bnd,bd->bn"(%x, %w) : (tensor<16x10000x100xf64>, tensor<16x100xf64>) -> tensor<16x10000xf64>
  %s = ricci.sigmoid %z : tensor<16x10000xf64>
  %r = ricci.sub %s, %y : tensor<16x10000xf64>
  %g = ricci.einsum "bn,bnd->bd"(%r, %x) : (tensor<16x10000xf64>, tensor<16x10000x100xf64>) -> tensor<16x100xf64>
  return %z, %g : tensor<16x10000xf64>, tensor<16x100xf64>
}

// The rows between need what is made from all of the first product.
// CHECK-LABEL: func @centredRegression
// CHECK-NOT: ricci.row_sum
// CHECK: return
func.func @centredRegression(%x: tensor<100000x100xf64>, %w: tensor<100xf64>) -> tensor<100xf64> {
  %z = ricci.einsum "nd,d->n"(%x, %w) : (tensor<100000x100xf64>, tensor<100xf64>) -> tensor<100000xf64>
  %m = ricci.einsum "n->"(%z) : (tensor<100000xf64>) -> tensor<f64>
  %b = ricci.einsum "->n"(%m) : (tensor<f64>) -> tensor<100000xf64>
  %r = ricci.sub %z, %b : tensor<100000xf64>
  %e = ricci.exp %r : tensor<100000xf64>
  %g = ricci.einsum "n,nd->d"(%e, %x) : (tensor<100000xf64>, tensor<100000x100xf64>) -> tensor<100xf64>
  return %g : tensor<100xf64>
}

// The second product of the rows needs what is made from all of the first.
// CHECK-LABEL: func @layers
// CHECK: %[[Z:.*]] = ricci.einsum "nd,dk->nk"(%arg0, %arg1) :
// CHECK: %[[T:.*]] = ricci.tanh %[[Z]]
// CHECK: ricci.kernel
// CHECK-NEXT: ricci.einsum "nk,kj->nj"(%[[T]], %arg2) {ricci.contraction}
// CHECK: ricci.einsum "nj,nd->jd"{{.*}}{ricci.contraction, ricci.row_sum = "n"}
func.func @layers(%x: tensor<100000x64xf32>, %w: tensor<64x64xf32>, %v: tensor<64x64xf32>) -> tensor<64x64xf32> {
  %z = ricci.einsum "nd,dk->nk"(%x, %w) : (tensor<100000x64xf32>, tensor<64x64xf32>) -> tensor<100000x64xf32>
  %t = ricci.tanh %z : tensor<100000x64xf32>
  %u = ricci.einsum "nk,kj->nj"(%t, %v) : (tensor<100000x64xf32>, tensor<64x64xf32>) -> tensor<100000x64xf32>
  %p = ricci.mul %z, %u : tensor<100000x64xf32>
  %g = ricci.einsum "nj,nd->jd"(%p, %x) : (tensor<100000x64xf32>, tensor<100000x64xf32>) -> tensor<64x64xf32>
  return %g : tensor<64x64xf32>
}

// Both products and the softmax between them, by rows: the scores are no result.
// CHECK-LABEL: func @attention
// CHECK: %[[K:.*]] = ricci.kernel
// CHECK: ricci.einsum "hid,hjd->hij"{{.*}}{ricci.contraction}
// CHECK: ricci.einsum "hij,hje->hie"{{.*}}{ricci.contraction}
// CHECK-NEXT: ricci.yield %{{.*}} : tensor<8x1024x64xf32>
// CHECK-NEXT: } {ricci.outer = 2 : i64}
// CHECK-NEXT: return %[[K]]
func.func @attention(%q: tensor<8x1024x64xf32>, %k: tensor<8x1024x64xf32>, %v: tensor<8x1024x64xf32>) -> tensor<8x1024x64xf32> {
  %s = ricci.einsum "hid,hjd->hij"(%q, %k) : (tensor<8x1024x64xf32>, tensor<8x1024x64xf32>) -> tensor<8x1024x1024xf32>
  %x = ricci.exp %s : tensor<8x1024x1024xf32>
  %z = ricci.einsum "hij->hi"(%x) : (tensor<8x1024x1024xf32>) -> tensor<8x1024xf32>
  %c = ricci.einsum "hi->hij"(%z) : (tensor<8x1024xf32>) -> tensor<8x1024x1024xf32>
  %p = ricci.div %x, %c : tensor<8x1024x1024xf32>
  %y = ricci.einsum "hij,hje->hie"(%p, %v) : (tensor<8x1024x1024xf32>, tensor<8x1024x64xf32>) -> tensor<8x1024x64xf32>
  return %y : tensor<8x1024x64xf32>
}

// A product reads what zeros would annihilate where it lies, if there are none: the kernel asks before. A small array is copied.
// CHECK-LABEL: func @keptRows
// CHECK: ricci.select %{{.*}}, %arg2,
// CHECK-NEXT: ricci.yield
// CHECK: ricci.kernel
// CHECK: %[[X:.*]] = ricci.select %{{.*}}, %arg1,
// CHECK-NEXT: ricci.reduce all [0]
// CHECK-NEXT: ricci.einsum "ni,nj->ij"(%arg0, %[[X]]) {ricci.contraction}
func.func @keptRows(%g: tensor<1024x64xf32>, %x: tensor<1024x256xf32>, %s: tensor<1024x4xf32>) -> (tensor<64x256xf32>, tensor<64x4xf32>) {
  %a = ricci.abs %g : tensor<1024x64xf32>
  %r = ricci.einsum "ni->n"(%a) : (tensor<1024x64xf32>) -> tensor<1024xf32>
  %o = ricci.fill 0.0 : f32 : tensor<1024xf32>
  %k = ricci.cmp ne %r, %o : tensor<1024xf32>
  %m = ricci.gather %k {map = affine_map<(n, j) -> (n)>, symbol_axes = [], modes = array<i32: 0>} : tensor<1024xi1> -> tensor<1024x256xi1>
  %z = ricci.fill 0.0 : f32 : tensor<1024x256xf32>
  %y = ricci.select %m, %x, %z : tensor<1024x256xf32>
  %p = ricci.einsum "ni,nj->ij"(%g, %y) : (tensor<1024x64xf32>, tensor<1024x256xf32>) -> tensor<64x256xf32>
  %n = ricci.gather %k {map = affine_map<(n, j) -> (n)>, symbol_axes = [], modes = array<i32: 0>} : tensor<1024xi1> -> tensor<1024x4xi1>
  %w = ricci.fill 0.0 : f32 : tensor<1024x4xf32>
  %t = ricci.select %n, %s, %w : tensor<1024x4xf32>
  %q = ricci.einsum "ni,nj->ij"(%g, %t) : (tensor<1024x64xf32>, tensor<1024x4xf32>) -> tensor<64x4xf32>
  return %p, %q : tensor<64x256xf32>, tensor<64x4xf32>
}

// The windows of a large image are read in place, however many there are.
// CHECK-LABEL: func @largeWindows
// CHECK: ricci.gather %arg0
// CHECK-NEXT: ricci.einsum "ijpqc,pqcd->ijd"{{.*}}{ricci.contraction}
func.func @largeWindows(%x: tensor<224x224x64xf32>, %w: tensor<3x3x64x64xf32>) -> tensor<222x222x64xf32> {
  %v = ricci.gather %x {map = affine_map<(i, j, p, q, c) -> (i + p, j + q, c)>, symbol_axes = [], modes = array<i32: 0, 0, 0>} : tensor<224x224x64xf32> -> tensor<222x222x3x3x64xf32>
  %y = ricci.einsum "ijpqc,pqcd->ijd"(%v, %w) : (tensor<222x222x3x3x64xf32>, tensor<3x3x64x64xf32>) -> tensor<222x222x64xf32>
  return %y : tensor<222x222x64xf32>
}

// A gradient goes on with the same rows, and its sums over them are of the kernel too. What waits for all rows is not.
// CHECK-LABEL: func @attentionGradient
// CHECK: %[[K:.*]]:3 = ricci.kernel
// CHECK: ricci.einsum "hie,hje->hij"{{.*}}{ricci.contraction}
// CHECK: ricci.einsum "hij,hid->hjd"{{.*}}{ricci.contraction, ricci.row_sum = "hi"}
// CHECK: ricci.einsum "hij,hie->hje"{{.*}}{ricci.contraction, ricci.row_sum = "hi"}
// CHECK-NEXT: ricci.yield %{{.*}} : tensor<8x1024x64xf32>, tensor<8x1024x64xf32>, tensor<8x1024x64xf32>
// CHECK-NEXT: } {ricci.outer = 2 : i64}
// CHECK: %[[L:.*]] = ricci.einsum "hie->"(%[[K]]#0)
// CHECK: %[[M:.*]] = ricci.kernel
// CHECK-NEXT: ricci.einsum "->hie"(%[[L]])
// CHECK: return %[[K]]#1, %[[K]]#2, %[[M]]
func.func @attentionGradient(%q: tensor<8x1024x64xf32>, %k: tensor<8x1024x64xf32>, %v: tensor<8x1024x64xf32>) -> (tensor<8x1024x64xf32>, tensor<8x1024x64xf32>, tensor<8x1024x64xf32>) {
  %s = ricci.einsum "hid,hjd->hij"(%q, %k) : (tensor<8x1024x64xf32>, tensor<8x1024x64xf32>) -> tensor<8x1024x1024xf32>
  %x = ricci.exp %s : tensor<8x1024x1024xf32>
  %y = ricci.einsum "hij,hje->hie"(%x, %v) : (tensor<8x1024x1024xf32>, tensor<8x1024x64xf32>) -> tensor<8x1024x64xf32>
  %g = ricci.exp %y : tensor<8x1024x64xf32>
  %total = ricci.einsum "hie->"(%g) : (tensor<8x1024x64xf32>) -> tensor<f32>
  %all = ricci.einsum "->hie"(%total) : (tensor<f32>) -> tensor<8x1024x64xf32>
  %m = ricci.mul %g, %all : tensor<8x1024x64xf32>
  %a = ricci.einsum "hie,hje->hij"(%g, %v) : (tensor<8x1024x64xf32>, tensor<8x1024x64xf32>) -> tensor<8x1024x1024xf32>
  %b = ricci.mul %a, %x : tensor<8x1024x1024xf32>
  %dk = ricci.einsum "hij,hid->hjd"(%b, %q) : (tensor<8x1024x1024xf32>, tensor<8x1024x64xf32>) -> tensor<8x1024x64xf32>
  %dv = ricci.einsum "hij,hie->hje"(%x, %g) : (tensor<8x1024x1024xf32>, tensor<8x1024x64xf32>) -> tensor<8x1024x64xf32>
  return %dk, %dv, %m : tensor<8x1024x64xf32>, tensor<8x1024x64xf32>, tensor<8x1024x64xf32>
}

// Threads would have four heads to share: the sum over the rows stands alone.
// CHECK-LABEL: func @fewHeads
// CHECK: ricci.outer = 2
// CHECK: ricci.einsum "hij,hid->hjd"
// CHECK-NOT: ricci.row_sum
// CHECK: return
func.func @fewHeads(%q: tensor<4x1024x64xf32>, %k: tensor<4x1024x64xf32>) -> tensor<4x1024x64xf32> {
  %s = ricci.einsum "hid,hjd->hij"(%q, %k) : (tensor<4x1024x64xf32>, tensor<4x1024x64xf32>) -> tensor<4x1024x1024xf32>
  %x = ricci.exp %s : tensor<4x1024x1024xf32>
  %y = ricci.einsum "hij,hid->hjd"(%x, %q) : (tensor<4x1024x1024xf32>, tensor<4x1024x64xf32>) -> tensor<4x1024x64xf32>
  return %y : tensor<4x1024x64xf32>
}

// The product is in the second-level cache as it is.
// CHECK-LABEL: func @smallAttention
// CHECK-NOT: ricci.outer
// CHECK: return
func.func @smallAttention(%q: tensor<64x64xf32>, %v: tensor<64x64xf32>) -> tensor<64x64xf32> {
  %s = ricci.einsum "id,jd->ij"(%q, %q) : (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64x64xf32>
  %x = ricci.exp %s : tensor<64x64xf32>
  %y = ricci.einsum "ij,je->ie"(%x, %v) : (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64x64xf32>
  return %y : tensor<64x64xf32>
}

// Every block would pack the weights again.
// CHECK-LABEL: func @largeLayer
// CHECK-NOT: ricci.outer
// CHECK: return
func.func @largeLayer(%x: tensor<4096x1024xf32>, %w: tensor<1024x1024xf32>, %o: tensor<1024x10xf32>) -> tensor<4096x10xf32> {
  %s = ricci.einsum "nk,km->nm"(%x, %w) : (tensor<4096x1024xf32>, tensor<1024x1024xf32>) -> tensor<4096x1024xf32>
  %r = ricci.relu %s : tensor<4096x1024xf32>
  %y = ricci.einsum "nk,km->nm"(%r, %o) : (tensor<4096x1024xf32>, tensor<1024x10xf32>) -> tensor<4096x10xf32>
  return %y : tensor<4096x10xf32>
}

// Everybody reads the scores: they are an array, and the product stands alone.
// CHECK-LABEL: func @scores
// CHECK-NEXT: ricci.einsum "id,jd->ij"
// CHECK-NOT: ricci.outer
// CHECK: return
func.func @scores(%q: tensor<1024x64xf32>) -> (tensor<1024x1024xf32>, tensor<1024xf32>) {
  %s = ricci.einsum "id,jd->ij"(%q, %q) : (tensor<1024x64xf32>, tensor<1024x64xf32>) -> tensor<1024x1024xf32>
  %x = ricci.exp %s : tensor<1024x1024xf32>
  %z = ricci.einsum "ij->i"(%x) : (tensor<1024x1024xf32>) -> tensor<1024xf32>
  return %s, %z : tensor<1024x1024xf32>, tensor<1024xf32>
}

// Sums of what is stored anyway are in the loops that make it, a product with a vector among them; not what waits for
// the first.
// CHECK-LABEL: func @gemver
// CHECK: ricci.kernel
// CHECK: %[[B:.*]] = ricci.add
// CHECK: %[[S:.*]] = ricci.einsum "ij,i->j"(%[[B]]
// CHECK: %[[M:.*]] = ricci.reduce max [0] %[[B]]
// CHECK: ricci.yield %[[B]], %[[S]], %[[M]]
// CHECK-NEXT: }
// CHECK-NEXT: ricci.einsum "ij,j->i"
func.func @gemver(%a: tensor<512x512xf64>, %y: tensor<512xf64>)
    -> (tensor<512x512xf64>, tensor<512xf64>, tensor<512xf64>) {
  %b = ricci.add %a, %a : tensor<512x512xf64>
  %s = ricci.einsum "ij,i->j"(%b, %y) : (tensor<512x512xf64>, tensor<512xf64>) -> tensor<512xf64>
  %m = ricci.reduce max [0] %b : tensor<512x512xf64> -> tensor<512xf64>
  %w = ricci.einsum "ij,j->i"(%b, %s) : (tensor<512x512xf64>, tensor<512xf64>) -> tensor<512xf64>
  return %b, %m, %w : tensor<512x512xf64>, tensor<512xf64>, tensor<512xf64>
}

// Along the rows too.
// CHECK-LABEL: func @rowsOfMade
// CHECK-NEXT: ricci.kernel
// CHECK-NEXT: ricci.add
// CHECK-NEXT: ricci.einsum
func.func @rowsOfMade(%a: tensor<512x512xf64>, %y: tensor<512xf64>) -> (tensor<512x512xf64>, tensor<512xf64>) {
  %b = ricci.add %a, %a : tensor<512x512xf64>
  %s = ricci.einsum "ij,j->i"(%b, %y) : (tensor<512x512xf64>, tensor<512xf64>) -> tensor<512xf64>
  return %b, %s : tensor<512x512xf64>, tensor<512xf64>
}

// The second-level cache still has what is small.
// CHECK-LABEL: func @smallMade
// CHECK-NOT: ricci.kernel
// CHECK: return
func.func @smallMade(%a: tensor<128x128xf64>, %y: tensor<128xf64>) -> (tensor<128x128xf64>, tensor<128xf64>) {
  %b = ricci.add %a, %a : tensor<128x128xf64>
  %s = ricci.einsum "ij,i->j"(%b, %y) : (tensor<128x128xf64>, tensor<128xf64>) -> tensor<128xf64>
  return %b, %s : tensor<128x128xf64>, tensor<128xf64>
}

// A sum leaves what goes on with it for the loops that make its terms.
// CHECK-LABEL: func @squares
// CHECK: ricci.kernel
// CHECK-NEXT: %[[C:.*]] = ricci.sub
// CHECK-NEXT: %[[S:.*]] = ricci.einsum "ij,ij->j"(%[[C]], %[[C]])
// CHECK-NEXT: ricci.yield %[[C]], %[[S]]
// CHECK: ricci.exp
func.func @squares(%x: tensor<1024x512xf64>, %m: tensor<1024x512xf64>) -> (tensor<1024x512xf64>, tensor<512xf64>) {
  %c = ricci.sub %x, %m : tensor<1024x512xf64>
  %s = ricci.einsum "ij,ij->j"(%c, %c) : (tensor<1024x512xf64>, tensor<1024x512xf64>) -> tensor<512xf64>
  %e = ricci.exp %s : tensor<512xf64>
  return %c, %e : tensor<1024x512xf64>, tensor<512xf64>
}
