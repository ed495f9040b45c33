// RUN: ricci-opt -expand-derivatives -remark-decisions -verify-diagnostics %s | FileCheck %s

// A sum of products is saved, what is cheap is computed again from it, and what the loop has stacked anyway is read.
// CHECK-LABEL: func @choices
// CHECK: ricci.for
// CHECK: } : tensor<64xf64>, tensor<9x64xf64>, tensor<9x64xf64>{{$}}
// CHECK: ricci.for
// CHECK-NOT: ricci.einsum "ij,j->i"
// CHECK: ricci.cos
// CHECK: return
func.func @choices(%x: tensor<64xf64>, %m: tensor<64x64xf64>, %w: tensor<64xf64>, %v: tensor<9x64xf64>) -> tensor<64xf64> {
  %r:3 = ricci.vjp(%x) from (%w, %v) {
  ^bb0(%a: tensor<64xf64>):
    %lo = arith.constant 0 : index
    %hi = arith.constant 9 : index
    %f:2 = ricci.for %lo to %hi init(%a : tensor<64xf64>) {
    ^bb0(%i: tensor<i64>, %c: tensor<64xf64>):
      // expected-remark@+1 {{reverse mode saves the value of `sum`, 512 bytes a turn in 9 turns: that costs less than to compute it again}}
      %z = ricci.einsum "ij,j->i" (%m, %c) : (tensor<64x64xf64>, tensor<64xf64>) -> tensor<64xf64>
      // expected-remark@+1 {{reverse mode computes the value of `cos` again, 512 bytes a turn in 9 turns: that costs less than to save it}}
      %d = ricci.cos %z : tensor<64xf64>
      %s = ricci.mul %z, %d : tensor<64xf64>
      // expected-remark@+1 {{reverse mode saves the value of `tanh`, 512 bytes a turn in 9 turns: it is a result anyway}}
      %t = ricci.tanh %s : tensor<64xf64>
      ricci.yield %s, %t : tensor<64xf64>, tensor<64xf64>
    } : tensor<64xf64>, tensor<9x64xf64>
    ricci.yield %f#0, %f#1 : tensor<64xf64>, tensor<9x64xf64>
  } : (tensor<64xf64>, tensor<64xf64>, tensor<9x64xf64>) -> (tensor<64xf64>, tensor<9x64xf64>, tensor<64xf64>)
  %y = ricci.einsum "ij->j" (%r#1) : (tensor<9x64xf64>) -> tensor<64xf64>
  %u = ricci.add %r#2, %y : tensor<64xf64>
  return %u : tensor<64xf64>
}

// What the next turn starts with is saved once. The reverse loop hands it on from the turn before: the one after.
// CHECK-LABEL: func @followed
// CHECK: %[[F:.*]]:2 = ricci.for
// CHECK: } : tensor<64xf64>, tensor<9x64xf64>{{$}}
// CHECK: ricci.for %{{.*}} init(%{{.*}}, %{{.*}}, %[[F]]#0 :
// CHECK: return
func.func @followed(%x: tensor<64xf64>, %m: tensor<64x64xf64>, %w: tensor<64xf64>) -> tensor<64x64xf64> {
  %r:2 = ricci.vjp(%m) from (%w) {
  ^bb0(%a: tensor<64x64xf64>):
    %lo = arith.constant 0 : index
    %hi = arith.constant 9 : index
    %f = ricci.for %lo to %hi init(%x : tensor<64xf64>) {
    // expected-remark@+1 {{reverse mode saves a carried value, 512 bytes a turn in 9 turns: it is carried in}}
    ^bb0(%i: tensor<i64>, %c: tensor<64xf64>):
      %z = ricci.einsum "ij,j->i" (%a, %c) : (tensor<64x64xf64>, tensor<64xf64>) -> tensor<64xf64>
      // expected-remark@+1 {{reverse mode hands the value of `tanh` on from turn to turn: it is what the next one saves}}
      %t = ricci.tanh %z : tensor<64xf64>
      ricci.yield %t : tensor<64xf64>
    } : tensor<64xf64>
    ricci.yield %f : tensor<64xf64>
  } : (tensor<64x64xf64>, tensor<64xf64>) -> (tensor<64xf64>, tensor<64x64xf64>)
  return %r#1 : tensor<64x64xf64>
}
