// RUN: ricci-opt -expand-derivatives=most-saved=400 -remark-decisions -verify-diagnostics %s | FileCheck %s

// 17 turns save more than 400 bytes: three segments of five turns, of which only the start is saved, and two turns of
// which all is. A segment is run again, stacking, before it is undone.
// CHECK-LABEL: func @cut
// CHECK: ricci.for
// CHECK: ricci.for
// CHECK: } : tensor<4xf64>{{$}}
// CHECK: } : tensor<4xf64>, tensor<3x4xf64>{{$}}
// CHECK: ricci.for
// CHECK: } : tensor<4xf64>, tensor<2x4xf64>{{$}}
// CHECK: ricci.for
// CHECK: } : tensor<4xf64>{{$}}
// CHECK: ricci.for
// CHECK: ricci.for
// CHECK: } : tensor<4xf64>, tensor<5x4xf64>{{$}}
// CHECK: ricci.for
// CHECK-NOT: ricci.for
// CHECK-NOT: ricci.segments
// CHECK: return
func.func @cut(%x: tensor<4xf64>, %w: tensor<4xf64>) -> (tensor<4xf64>, tensor<4xf64>) {
  %r:2 = ricci.vjp(%x) from (%w) {
  ^bb0(%a: tensor<4xf64>):
    %lo = arith.constant 0 : index
    %hi = arith.constant 17 : index
    // expected-remark@+5 {{reverse mode cuts this loop of T turns in about √T segments and runs each again before it undoes it: it would save more than 0 MiB}}
    // expected-remark@+4 {{reverse mode computes the value of `for` again, 160 bytes a turn in 3 turns: of a segment only what is carried is saved}}
    // expected-remark@+4 {{reverse mode saves a carried value, 32 bytes a turn in 3 turns: it is carried in}}
    // expected-remark@+3 {{reverse mode saves a carried value, 32 bytes a turn in 5 turns: it is carried in}}
    // expected-remark@+2 {{reverse mode saves a carried value, 32 bytes a turn in 2 turns: it is carried in}}
    %f = ricci.for %lo to %hi init(%a : tensor<4xf64>) {
    ^bb0(%i: tensor<i64>, %c: tensor<4xf64>):
      %s = ricci.sin %c : tensor<4xf64>
      ricci.yield %s : tensor<4xf64>
    } : tensor<4xf64>
    ricci.yield %f : tensor<4xf64>
  } : (tensor<4xf64>, tensor<4xf64>) -> (tensor<4xf64>, tensor<4xf64>)
  return %r#0, %r#1 : tensor<4xf64>, tensor<4xf64>
}

// 10 turns save less.
// CHECK-LABEL: func @short
// CHECK: } : tensor<4xf64>, tensor<10x4xf64>{{$}}
// CHECK: ricci.for
// CHECK-NOT: ricci.for
// CHECK: return
func.func @short(%x: tensor<4xf64>, %w: tensor<4xf64>) -> tensor<4xf64> {
  %r:2 = ricci.vjp(%x) from (%w) {
  ^bb0(%a: tensor<4xf64>):
    %lo = arith.constant 0 : index
    %hi = arith.constant 10 : index
    %f = ricci.for %lo to %hi init(%a : tensor<4xf64>) {
    // expected-remark@+1 {{reverse mode saves a carried value, 32 bytes a turn in 10 turns: it is carried in}}
    ^bb0(%i: tensor<i64>, %c: tensor<4xf64>):
      %s = ricci.sin %c : tensor<4xf64>
      ricci.yield %s : tensor<4xf64>
    } : tensor<4xf64>
    ricci.yield %f : tensor<4xf64>
  } : (tensor<4xf64>, tensor<4xf64>) -> (tensor<4xf64>, tensor<4xf64>)
  return %r#1 : tensor<4xf64>
}

// How many turns there are only the program knows: where they save little there is no segment, and the last loop does
// everything.
// CHECK-LABEL: func @perhaps
// CHECK: %[[LARGE:.*]] = ricci.cmp gt
// CHECK: ricci.select %[[LARGE]]
// CHECK-COUNT-7: ricci.for
// CHECK-NOT: ricci.for
// CHECK: return
func.func @perhaps(%x: tensor<4xf64>, %w: tensor<4xf64>, %n: index) -> tensor<4xf64> {
  %r:2 = ricci.vjp(%x) from (%w) {
  ^bb0(%a: tensor<4xf64>):
    %lo = arith.constant 0 : index
    // expected-remark@+3 {{reverse mode cuts this loop of T turns in about √T segments and runs each again before it undoes it: where it would save more than 0 MiB}}
    // expected-remark@+2 {{reverse mode computes the value of `for` again, 32·? bytes a turn: of a segment only what is carried is saved}}
    // expected-remark@+2 {{reverse mode saves a carried value, 32 bytes a turn: it is carried in}}
    %f = ricci.for %lo to %n init(%a : tensor<4xf64>) {
    ^bb0(%i: tensor<i64>, %c: tensor<4xf64>):
      %s = ricci.sin %c : tensor<4xf64>
      ricci.yield %s : tensor<4xf64>
    } : tensor<4xf64>
    ricci.yield %f : tensor<4xf64>
  } : (tensor<4xf64>, tensor<4xf64>) -> (tensor<4xf64>, tensor<4xf64>)
  return %r#1 : tensor<4xf64>
}
