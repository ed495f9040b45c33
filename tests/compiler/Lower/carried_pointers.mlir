// RUN: ricci-opt %s -carry-pointers | FileCheck %s

// An address that a multiplication makes at every turn is carried on instead; the loop's own values stay first.
// CHECK-LABEL: func.func @strided(
// CHECK-SAME: %[[BASE:.*]]: !llvm.ptr, %[[N:.*]]: index, %[[STRIDE:.*]]: index)
// CHECK: scf.for {{.*}} iter_args(%[[SUM:.*]] = %{{.*}}, %[[AT:.*]] = %{{.*}}) -> (f32, !llvm.ptr)
// CHECK-NOT: arith.muli
// CHECK:   llvm.load %[[AT]]
// CHECK:   %[[NEXT:.*]] = llvm.getelementptr %[[AT]]
// CHECK:   scf.yield %{{.*}}, %[[NEXT]]
func.func @strided(%base: !llvm.ptr, %n: index, %stride: index) -> f32 {
  %zero = arith.constant 0.0 : f32
  %first = arith.constant 2 : index
  %step = arith.constant 3 : index
  %sum = scf.for %i = %first to %n step %step iter_args(%sum = %zero) -> f32 {
    %c64 = arith.constant 64 : index
    %scaled = arith.muli %i, %c64 : index
    %row = arith.muli %scaled, %stride : index
    %place = arith.muli %row, %c64 : index
    %offset = arith.index_cast %place : index to i64
    %at = llvm.getelementptr %base[%offset] : (!llvm.ptr, i64) -> !llvm.ptr, f32
    %x = llvm.load %at : !llvm.ptr -> f32
    %next = arith.addf %sum, %x : f32
    scf.yield %next : f32
  }
  return %sum : f32
}

// One index register serves any number of arrays that are passed over element by element; only what is reached at many displacements
// from one address gets a pointer.
// CHECK-LABEL: func.func @elementwise(
// CHECK: scf.for
// CHECK-NOT: iter_args
// CHECK-LABEL: func.func @unrolled(
// CHECK: scf.for {{.*}} iter_args
func.func @elementwise(%x: !llvm.ptr, %y: !llvm.ptr, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    %offset = arith.index_cast %i : index to i64
    %from = llvm.getelementptr %x[%offset] : (!llvm.ptr, i64) -> !llvm.ptr, f32
    %to = llvm.getelementptr %y[%offset] : (!llvm.ptr, i64) -> !llvm.ptr, f32
    %value = llvm.load %from : !llvm.ptr -> f32
    llvm.store %value, %to : f32, !llvm.ptr
  }
  return
}

func.func @unrolled(%x: !llvm.ptr, %n: index) {
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  scf.for %i = %c0 to %n step %c4 {
    %offset = arith.index_cast %i : index to i64
    %at = llvm.getelementptr %x[%offset] : (!llvm.ptr, i64) -> !llvm.ptr, f32
    %second = llvm.getelementptr %at[1] : (!llvm.ptr) -> !llvm.ptr, f32
    %a = llvm.load %at : !llvm.ptr -> f32
    %b = llvm.load %second : !llvm.ptr -> f32
    llvm.store %b, %at : f32, !llvm.ptr
    llvm.store %a, %second : f32, !llvm.ptr
  }
  return
}

// What the loop itself changes is no base, and what is not its variable's multiple is no walk.
// CHECK-LABEL: func.func @other(
// CHECK-NOT: !llvm.ptr)
// CHECK: return
func.func @other(%x: !llvm.ptr, %n: index) {
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  scf.for %i = %c0 to %n step %c1 {
    %base = llvm.load %x : !llvm.ptr -> !llvm.ptr
    %square = arith.muli %i, %i : index
    %offset = arith.index_cast %square : index to i64
    %at = llvm.getelementptr %base[%offset] : (!llvm.ptr, i64) -> !llvm.ptr, f32
    %far = llvm.getelementptr %x[%offset] : (!llvm.ptr, i64) -> !llvm.ptr, f32
    %value = llvm.load %at : !llvm.ptr -> f32
    llvm.store %value, %far : f32, !llvm.ptr
  }
  return
}
