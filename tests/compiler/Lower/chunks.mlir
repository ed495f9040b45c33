// RUN: ricci-opt %s -lower-kernels | FileCheck %s
// RUN: ricci-opt %s -lower-kernels -outline-chunks | FileCheck %s --check-prefix=OUT

// Large enough to share: chunks of rows, and no loop over all of them outside.
// CHECK-LABEL: func.func @rows
// CHECK: scf.parallel
// CHECK:   scf.for
// OUT-LABEL: func.func @rows
// OUT-NOT: scf.parallel
// OUT: llvm.call @ricci_parallel_for
func.func @rows(%x: tensor<1000x1000xf32>) -> tensor<1000x1000xf32> {
  %r = ricci.exp %x : tensor<1000x1000xf32>
  return %r : tensor<1000x1000xf32>
}

// A sum over everything: a sum each chunk, then their sum.
// CHECK-LABEL: func.func @sum
// CHECK: scf.parallel
// CHECK: scf.for
// CHECK: arith.addf
func.func @sum(%x: tensor<1000000xf32>) -> tensor<f32> {
  %r = ricci.einsum "a->"(%x) : (tensor<1000000xf32>) -> tensor<f32>
  return %r : tensor<f32>
}

// Not worth a thread's waking up.
// CHECK-LABEL: func.func @small
// CHECK-NOT: scf.parallel
// CHECK: return
func.func @small(%x: tensor<100x10xf32>) -> tensor<100x10xf32> {
  %r = ricci.exp %x : tensor<100x10xf32>
  return %r : tensor<100x10xf32>
}

// OUT: llvm.func internal @rows.chunk0(%{{.*}}: !llvm.ptr, %{{.*}}: i64)
