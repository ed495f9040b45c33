// RUN: ricci-opt %s -lower-kernels | FileCheck %s

// Small matrices, a batch of unknown size: one loop around straight-line code, on vectors as wide as the rows. No mask, no call.
// CHECK-LABEL: func @batched
// CHECK: scf.for
// CHECK-NOT: scf.for
// CHECK-NOT: masked
// CHECK-COUNT-8: llvm.store {{.*}} : vector<8xf32>
// CHECK-NOT: call @ricci_contract
// CHECK: return
func.func @batched(%a: tensor<?x8x8xf32>, %b: tensor<?x8x8xf32>) -> tensor<?x8x8xf32> {
  %n = ricci.dim %a, 0 : tensor<?x8x8xf32>
  %r = ricci.einsum "bik,bkj->bij"(%a, %b) dims(%n) : (tensor<?x8x8xf32>, tensor<?x8x8xf32>) -> tensor<?x8x8xf32>
  return %r : tensor<?x8x8xf32>
}

// Rows that are not a multiple of a vector end in one that overlaps the vector before it.
// CHECK-LABEL: func @overlap
// CHECK-NOT: masked
// CHECK-NOT: call @ricci_contract
// CHECK: llvm.store {{.*}} : vector<8xf64>
// CHECK: return
func.func @overlap(%a: tensor<5x7xf64>, %b: tensor<7x17xf64>) -> tensor<5x17xf64> {
  %r = ricci.einsum "ik,kj->ij"(%a, %b) : (tensor<5x7xf64>, tensor<7x17xf64>) -> tensor<5x17xf64>
  return %r : tensor<5x17xf64>
}

// Rows shorter than every vector take one under a mask.
// CHECK-LABEL: func @masked
// CHECK-NOT: call @ricci_contract
// CHECK: llvm.intr.masked.store {{.*}} : vector<4xf64>
// CHECK: return
func.func @masked(%a: tensor<?x9x7xf64>, %b: tensor<?x7x3xf64>) -> tensor<?x9x3xf64> {
  %n = ricci.dim %a, 0 : tensor<?x9x7xf64>
  %r = ricci.einsum "bik,bkj->bij"(%a, %b) dims(%n) : (tensor<?x9x7xf64>, tensor<?x7x3xf64>) -> tensor<?x9x3xf64>
  return %r : tensor<?x9x3xf64>
}

// The rows of C run along an index of A: the operands change roles.
// CHECK-LABEL: func @exchanged
// CHECK-NOT: call @ricci_contract
// CHECK: llvm.store {{.*}} : vector<16xf32>
// CHECK: return
func.func @exchanged(%a: tensor<8x16xf32>, %b: tensor<5x8xf32>) -> tensor<5x16xf32> {
  %r = ricci.einsum "ki,jk->ji"(%a, %b) : (tensor<8x16xf32>, tensor<5x8xf32>) -> tensor<5x16xf32>
  return %r : tensor<5x16xf32>
}

// Large operands of a batch are fetched ahead, some lines of each in every turn of the sum.
// CHECK-LABEL: func @fetched
// CHECK: scf.for {{.*}} iter_args
// CHECK-COUNT-4: llvm.intr.prefetch
// CHECK: scf.yield
// CHECK: return
func.func @fetched(%a: tensor<10x32x32xf64>, %b: tensor<10x32x32xf64>) -> tensor<10x32x32xf64> {
  %r = ricci.einsum "bik,bkj->bij"(%a, %b) : (tensor<10x32x32xf64>, tensor<10x32x32xf64>) -> tensor<10x32x32xf64>
  return %r : tensor<10x32x32xf64>
}

// So are the lines of a large result.
// CHECK-LABEL: func @written
// CHECK: scf.for {{.*}} iter_args
// CHECK-COUNT-6: llvm.intr.prefetch
// CHECK-NOT: llvm.intr.prefetch
// CHECK: scf.yield
// CHECK: return
func.func @written(%a: tensor<10x64x16xf64>, %b: tensor<10x16x64xf64>) -> tensor<10x64x64xf64> {
  %r = ricci.einsum "bik,bkj->bij"(%a, %b) : (tensor<10x64x16xf64>, tensor<10x16x64xf64>) -> tensor<10x64x64xf64>
  return %r : tensor<10x64x64xf64>
}

// The runtime plans what is large, or of sizes that only it knows. Known ones are data: nothing is stored for the call.
// CHECK-LABEL: func @large
// CHECK-NOT: llvm.store
// CHECK: %[[MATRICES:.*]] = llvm.mlir.addressof @numbers.200.200.200.200.1.1.200.200
// CHECK: call @ricci_contract_matrices({{.*}}, %[[MATRICES]], {{.*}})
func.func @large(%a: tensor<200x200xf32>, %b: tensor<200x200xf32>) -> tensor<200x200xf32> {
  %r = ricci.einsum "ik,kj->ij"(%a, %b) : (tensor<200x200xf32>, tensor<200x200xf32>) -> tensor<200x200xf32>
  return %r : tensor<200x200xf32>
}

// Sizes, then strides; of two matrices there are eight numbers.
// CHECK-LABEL: func @unknown(
// CHECK: %[[A:.*]] = llvm.load {{.*}} -> !llvm.ptr
// CHECK: %[[B:.*]] = llvm.load {{.*}} -> !llvm.ptr
// CHECK-COUNT-8: llvm.store
// CHECK-NOT: llvm.store
// CHECK: call @ricci_contract_matrices({{.*}}, %[[A]], %[[B]], {{.*}})
func.func @unknown(%a: tensor<8x?xf32>, %b: tensor<?x8xf32>) -> tensor<8x8xf32> {
  %r = ricci.einsum "ik,kj->ij"(%a, %b) : (tensor<8x?xf32>, tensor<?x8xf32>) -> tensor<8x8xf32>
  return %r : tensor<8x8xf32>
}

// The columns are the index that has neighbours in C.
// CHECK-LABEL: func @columnsOfA(
// CHECK: %[[A:.*]] = llvm.load {{.*}} -> !llvm.ptr
// CHECK: %[[B:.*]] = llvm.load {{.*}} -> !llvm.ptr
// CHECK: call @ricci_contract_matrices({{.*}}, %[[B]], %[[A]], {{.*}})
func.func @columnsOfA(%a: tensor<8x?xf32>, %b: tensor<?x8xf32>) -> tensor<8x8xf32> {
  %r = ricci.einsum "ik,kj->ji"(%a, %b) : (tensor<8x?xf32>, tensor<?x8xf32>) -> tensor<8x8xf32>
  return %r : tensor<8x8xf32>
}

// Of anything else the indices are described.
// CHECK-LABEL: func @unknownBatch(
// CHECK-COUNT-16: llvm.store
// CHECK: call @ricci_contract(
func.func @unknownBatch(%a: tensor<8x8x?xf32>, %b: tensor<8x?x8xf32>) -> tensor<8x8x8xf32> {
  %r = ricci.einsum "bik,bkj->bij"(%a, %b) : (tensor<8x8x?xf32>, tensor<8x?x8xf32>) -> tensor<8x8x8xf32>
  return %r : tensor<8x8x8xf32>
}

// Nothing to store, nothing to emit.
// CHECK-LABEL: func @nothing
// CHECK-NOT: scf.for
// CHECK-NOT: call @ricci_contract
// CHECK: return
func.func @nothing(%a: tensor<?x0x8xf32>, %b: tensor<?x8x9xf32>) -> tensor<?x0x9xf32> {
  %n = ricci.dim %a, 0 : tensor<?x0x8xf32>
  %r = ricci.einsum "bik,bkj->bij"(%a, %b) dims(%n) : (tensor<?x0x8xf32>, tensor<?x8x9xf32>) -> tensor<?x0x9xf32>
  return %r : tensor<?x0x9xf32>
}

// Where the sum is contiguous in both operands, one is turned block by block on its way into memory of its own: inside the
// batch, but once for all rows.
// CHECK-LABEL: func @turned
// CHECK: llvm.alloca {{.*}} x vector<16xf32>
// CHECK: scf.for
// CHECK: scf.for
// CHECK: vector.shuffle
// CHECK: scf.for
// CHECK-NOT: vector.shuffle
// CHECK-NOT: call @ricci_contract
// CHECK: return
func.func @turned(%a: tensor<10x64x32xf32>, %b: tensor<10x64x32xf32>) -> tensor<10x64x64xf32> {
  %r = ricci.einsum "bik,bjk->bij"(%a, %b) : (tensor<10x64x32xf32>, tensor<10x64x32xf32>) -> tensor<10x64x64xf32>
  return %r : tensor<10x64x64xf32>
}

// A matrix meets one vector: dot products, whose lanes are added for a vector of C at once.
// CHECK-LABEL: func @dots
// CHECK: scf.for
// CHECK-NOT: vector.reduction
// CHECK-NOT: call @ricci_contract
// CHECK: llvm.store {{.*}} : vector<16xf32>
// CHECK: return
func.func @dots(%a: tensor<?x24x19xf32>, %x: tensor<?x19xf32>) -> tensor<?x24xf32> {
  %n = ricci.dim %a, 0 : tensor<?x24x19xf32>
  %r = ricci.einsum "bij,bj->bi"(%a, %x) dims(%n) : (tensor<?x24x19xf32>, tensor<?x19xf32>) -> tensor<?x24xf32>
  return %r : tensor<?x24xf32>
}

// The points of the batch lie together: a loop nest with vectors along them.
// CHECK-LABEL: func @interleaved
// CHECK-NOT: call @ricci_contract
// CHECK-NOT: gather
// CHECK: return
func.func @interleaved(%a: tensor<4x5x?xf32>, %b: tensor<5x6x?xf32>) -> tensor<4x6x?xf32> {
  %n = ricci.dim %a, 2 : tensor<4x5x?xf32>
  %r = ricci.einsum "ikb,kjb->ijb"(%a, %b) dims(%n) : (tensor<4x5x?xf32>, tensor<5x6x?xf32>) -> tensor<4x6x?xf32>
  return %r : tensor<4x6x?xf32>
}

// Views are an offset and strides.
// CHECK-LABEL: func @views
// CHECK-NOT: scf.for
// CHECK: call @ricci_contract
// CHECK-NOT: scf.for
// CHECK: return
func.func @views(%x: tensor<401x200xf32>, %y: tensor<200x200x300xf32>) -> tensor<200x300xf32> {
  %r = ricci.kernel {
    %slice = ricci.gather %x {map = affine_map<(i, k) -> (i * 2 + 1, -k + 199)>, modes = array<i32: 0, 0>, symbol_axes = []} : tensor<401x200xf32> -> tensor<200x200xf32>
    %diagonal = ricci.einsum "kkj->kj" (%y) : (tensor<200x200x300xf32>) -> tensor<200x300xf32>
    %s = ricci.einsum "ik,kj->ij" (%slice, %diagonal) {ricci.contraction} : (tensor<200x200xf32>, tensor<200x300xf32>) -> tensor<200x300xf32>
    ricci.yield %s : tensor<200x300xf32>
  } : tensor<200x300xf32>
  return %r : tensor<200x300xf32>
}

// Where only the run tells that a slice is inside, it is copied if it is not.
// CHECK-LABEL: func @offset
// CHECK: scf.if
// CHECK-NOT: scf.for
// CHECK: call @ricci_contract
// CHECK: else
// CHECK: scf.for
// CHECK: call @ricci_contract
// CHECK: return
func.func @offset(%x: tensor<400x200xf32>, %lo: tensor<i64>, %y: tensor<200x300xf32>) -> tensor<200x300xf32> {
  %r = ricci.kernel {
    %slice = ricci.gather %x[%lo : tensor<i64>] {map = affine_map<(i, k)[lo] -> (i + lo, k)>, modes = array<i32: 1, 0>, symbol_axes = [array<i64>]} : tensor<400x200xf32> -> tensor<200x200xf32>
    %s = ricci.einsum "ik,kj->ij" (%slice, %y) {ricci.contraction} : (tensor<200x200xf32>, tensor<200x300xf32>) -> tensor<200x300xf32>
    ricci.yield %s : tensor<200x300xf32>
  } : tensor<200x300xf32>
  return %r : tensor<200x300xf32>
}

// Used once and summed in steps: loops read it as it lies.
// CHECK-LABEL: func @steps
// CHECK-NOT: ricci_contract
// CHECK: return
func.func @steps(%x: tensor<200x400xf32>, %y: tensor<200xf32>) -> tensor<200xf32> {
  %r = ricci.kernel {
    %half = ricci.gather %x {map = affine_map<(i, k) -> (i, k * 2)>, modes = array<i32: 0, 0>, symbol_axes = []} : tensor<200x400xf32> -> tensor<200x200xf32>
    %s = ricci.einsum "ik,k->i" (%half, %y) {ricci.contraction} : (tensor<200x200xf32>, tensor<200xf32>) -> tensor<200xf32>
    ricci.yield %s : tensor<200xf32>
  } : tensor<200xf32>
  return %r : tensor<200xf32>
}

// Blocks of columns, in each blocks of the sum, which add up.
// CHECK-LABEL: func @computed
// CHECK: call @ricci_alloc
// CHECK: scf.for
// CHECK: scf.for
// CHECK: call @ricci_contract
// CHECK-NOT: call @ricci_contract
// CHECK: return
func.func @computed(%x: tensor<4x4096xf32>, %w: tensor<4096x4096xf32>) -> tensor<4x4096xf32> {
  %r = ricci.kernel {
    %e = ricci.exp %w : tensor<4096x4096xf32>
    %s = ricci.einsum "ik,kj->ij" (%x, %e) {ricci.contraction} : (tensor<4x4096xf32>, tensor<4096x4096xf32>) -> tensor<4x4096xf32>
    ricci.yield %s : tensor<4x4096xf32>
  } : tensor<4x4096xf32>
  return %r : tensor<4x4096xf32>
}
