// RUN: ricci-opt %s -interpret -o /dev/null 2>&1 | FileCheck %s

// CHECK-LABEL: loop:
// CHECK-NEXT: f64 = 25.62890625
// CHECK-NEXT: f64[3] = 1.5 2.25 5.0625
// CHECK-NEXT: i64[3] = 2 3 4
func.func @loop() -> (tensor<f64>, tensor<3xf64>, tensor<3xi64>) {
  %c2 = arith.constant 2 : index
  %c5 = arith.constant 5 : index
  %x = ricci.fill 1.5 : f64 : tensor<f64>
  %l:3 = ricci.for %c2 to %c5 init(%x : tensor<f64>) {
  ^bb0(%t: tensor<i64>, %s: tensor<f64>):
    %n = ricci.mul %s, %s : tensor<f64>
    ricci.yield %n, %s, %t : tensor<f64>, tensor<f64>, tensor<i64>
  } : tensor<f64>, tensor<3xf64>, tensor<3xi64>
  return %l#0, %l#1, %l#2 : tensor<f64>, tensor<3xf64>, tensor<3xi64>
}

// A loop that does not run gives its initial values and empty stacks.
// CHECK-LABEL: never:
// CHECK-NEXT: f64 = 1.5
// CHECK-NEXT: f64[0] =
func.func @never() -> (tensor<f64>, tensor<?xf64>) {
  %c0 = arith.constant 0 : index
  %c5 = arith.constant 5 : index
  %x = ricci.fill 1.5 : f64 : tensor<f64>
  %l:2 = ricci.for %c5 to %c0 init(%x : tensor<f64>) dims(%c0) {
  ^bb0(%t: tensor<i64>, %s: tensor<f64>):
    ricci.yield %s, %s : tensor<f64>, tensor<f64>
  } : tensor<f64>, tensor<?xf64>
  return %l#0, %l#1 : tensor<f64>, tensor<?xf64>
}

// Doubling while below 20: the condition ends it, then the limit, then it does not begin.
// CHECK-LABEL: while:
// CHECK-NEXT: bool = false
// CHECK-NEXT: f64 = 24
// CHECK-NEXT: bool = true
// CHECK-NEXT: f64 = 6
// CHECK-NEXT: bool = false
// CHECK-NEXT: f64 = 1.5
func.func @while() -> (tensor<i1>, tensor<f64>, tensor<i1>, tensor<f64>, tensor<i1>, tensor<f64>) {
  %lower = arith.constant 3 : index
  %far = arith.constant 9223372036854775807 : index
  %near = arith.constant 5 : index
  %yes = ricci.fill true : tensor<i1>
  %no = ricci.fill false : tensor<i1>
  %x = ricci.fill 1.5 : f64 : tensor<f64>
  %enough = ricci.fill 20.0 : f64 : tensor<f64>
  %a:2 = ricci.for %lower to %far while init(%yes, %x : tensor<i1>, tensor<f64>) {
  ^bb0(%t: tensor<i64>, %c: tensor<i1>, %s: tensor<f64>):
    %n = ricci.add %s, %s : tensor<f64>
    %m = ricci.cmp lt %n, %enough : tensor<f64>
    ricci.yield %m, %n : tensor<i1>, tensor<f64>
  } : tensor<i1>, tensor<f64>
  %b:2 = ricci.for %lower to %near while init(%yes, %x : tensor<i1>, tensor<f64>) {
  ^bb0(%t: tensor<i64>, %c: tensor<i1>, %s: tensor<f64>):
    %n = ricci.add %s, %s : tensor<f64>
    %m = ricci.cmp lt %n, %enough : tensor<f64>
    ricci.yield %m, %n : tensor<i1>, tensor<f64>
  } : tensor<i1>, tensor<f64>
  %d:2 = ricci.for %lower to %far while init(%no, %x : tensor<i1>, tensor<f64>) {
  ^bb0(%t: tensor<i64>, %c: tensor<i1>, %s: tensor<f64>):
    %n = ricci.add %s, %s : tensor<f64>
    ricci.yield %c, %n : tensor<i1>, tensor<f64>
  } : tensor<i1>, tensor<f64>
  return %a#0, %a#1, %b#0, %b#1, %d#0, %d#1 : tensor<i1>, tensor<f64>, tensor<i1>, tensor<f64>, tensor<i1>, tensor<f64>
}

// The value is the body's, whatever the rules say.
// CHECK-LABEL: custom:
// CHECK-NEXT: f64 = 4
// CHECK-NEXT: i64 = 3
func.func @custom() -> (tensor<f64>, tensor<i64>) {
  %x = ricci.fill 2.0 : f64 : tensor<f64>
  %k = ricci.fill 3 : i64 : tensor<i64>
  %r:2 = ricci.custom "square"(%x, %k) {
  ^bb0(%a: tensor<f64>, %i: tensor<i64>):
    %y = ricci.mul %a, %x : tensor<f64>
    ricci.yield %y, %i : tensor<f64>, tensor<i64>
  } vjp {
  ^bb0(%a: tensor<f64>, %i: tensor<i64>, %y: tensor<f64>, %j: tensor<i64>, %g: tensor<f64>):
    ricci.yield %g : tensor<f64>
  } : (tensor<f64>, tensor<i64>) -> (tensor<f64>, tensor<i64>)
  return %r#0, %r#1 : tensor<f64>, tensor<i64>
}

// CHECK-LABEL: kernel:
// CHECK-NEXT: f64 = 4
func.func @kernel() -> tensor<f64> {
  %x = ricci.fill 2.0 : f64 : tensor<f64>
  %k = ricci.kernel {
    %y = ricci.mul %x, %x : tensor<f64>
    ricci.yield %y : tensor<f64>
  } : tensor<f64>
  return %k : tensor<f64>
}

// What is printed before a failed check stays printed; nothing runs after it.
// CHECK-LABEL: effects:
// CHECK-NEXT: print 'before'
// CHECK-NEXT: f64 = 2
// CHECK-NEXT: error R0001: subscript 7 is outside 0..3
// CHECK-NOT: after
func.func @effects() -> tensor<f64> {
  %x = ricci.fill 2.0 : f64 : tensor<f64>
  %yes = ricci.fill true : tensor<i1>
  %no = ricci.fill false : tensor<i1>
  ricci.host "print", "before" guarded(%yes, %x : tensor<i1>, tensor<f64>)
  ricci.host "print", "skipped" guarded(%no, %x : tensor<i1>, tensor<f64>)
  ricci.check %yes, "R0000", "holds" : tensor<i1>
  ricci.check %no, "R0001", "subscript 7 is outside 0..3" : tensor<i1>
  ricci.host "print", "after"(%x : tensor<f64>)
  return %x : tensor<f64>
}

// CHECK-LABEL: sizes:
// CHECK-NEXT: error internal: operands of an elementwise operation differ in shape
func.func @sizes() -> tensor<?xf64> {
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %x = ricci.fill 2.0 : f64 dims(%c2) : tensor<?xf64>
  %y = ricci.fill 2.0 : f64 dims(%c3) : tensor<?xf64>
  %z = ricci.add %x, %y : tensor<?xf64>
  return %z : tensor<?xf64>
}

// CHECK-LABEL: huge:
// CHECK-NEXT: error R0100:
func.func @huge() -> tensor<?xf64> {
  %n = arith.constant 4611686018427387904 : index
  %x = ricci.fill 2.0 : f64 dims(%n) : tensor<?xf64>
  return %x : tensor<?xf64>
}

// CHECK-LABEL: exact:
// CHECK-NEXT: error internal: an access said to be exact is outside its array
func.func @exact() -> tensor<2xf64> {
  %x = ricci.constant dense<[1.0, 2.0]> : tensor<2xf64>
  %g = ricci.gather %x {map = affine_map<(d0) -> (d0 + 1)>, symbol_axes = [], modes = array<i32: 0>} : tensor<2xf64> -> tensor<2xf64>
  return %g : tensor<2xf64>
}
