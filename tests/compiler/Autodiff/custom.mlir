// RUN: ricci-opt -expand-derivatives -mlir-print-debuginfo -mlir-print-local-scope %s | FileCheck %s

// Without a derivative to take it is its body, effects included.
// CHECK-LABEL: func @body
// CHECK-NOT: ricci.custom
// CHECK: ricci.for
// CHECK: ricci.check
// CHECK-NEXT: ricci.sin
// CHECK-NEXT: ricci.yield
// CHECK: return
func.func @body(%x: tensor<2xf64>, %c: tensor<i1>) -> tensor<2xf64> {
  %lo = arith.constant 0 : index
  %hi = arith.constant 3 : index
  %r = ricci.for %lo to %hi init(%x : tensor<2xf64>) {
  ^bb0(%i: tensor<i64>, %a: tensor<2xf64>):
    %y = ricci.custom "f"(%a) {
    ^bb0(%p: tensor<2xf64>):
      ricci.check %c, "R0001", "no" : tensor<i1>
      %z = ricci.custom "inner"(%p) {
      ^bb0(%u: tensor<2xf64>):
        %s = ricci.sin %u : tensor<2xf64>
        ricci.yield %s : tensor<2xf64>
      } vjp {
      ^bb0(%u: tensor<2xf64>, %q: tensor<2xf64>, %g: tensor<2xf64>):
        ricci.yield %g : tensor<2xf64>
      } : (tensor<2xf64>) -> tensor<2xf64>
      ricci.yield %z : tensor<2xf64>
    } vjp {
    ^bb0(%p: tensor<2xf64>, %q: tensor<2xf64>, %g: tensor<2xf64>):
      ricci.yield %g : tensor<2xf64>
    } : (tensor<2xf64>) -> tensor<2xf64>
    ricci.yield %y : tensor<2xf64>
  } : tensor<2xf64>
  return %r : tensor<2xf64>
}

// A rule's operations say whose rule they are, and where it is written.
// CHECK-LABEL: func @location
// CHECK-NEXT: ricci.mul {{.*}} loc("vjp of custom f"("model.ricci":9:5))
// CHECK-NEXT: return
func.func @location(%x: tensor<2xf64>, %k: tensor<2xf64>, %w: tensor<2xf64>) -> tensor<2xf64> {
  %r:3 = ricci.vjp(%x, %k) from (%w) {
  ^bb0(%a: tensor<2xf64>, %b: tensor<2xf64>):
    %y = ricci.custom "f"(%a, %b) {
    ^bb0(%p: tensor<2xf64>, %o: tensor<2xf64>):
      %s = ricci.sin %p : tensor<2xf64>
      ricci.yield %s : tensor<2xf64>
    } vjp {
    ^bb0(%p: tensor<2xf64>, %o: tensor<2xf64>, %q: tensor<2xf64>, %g: tensor<2xf64>):
      %h = ricci.mul %g, %o : tensor<2xf64> loc("model.ricci":9:5)
      %n = ricci.exp %g : tensor<2xf64>
      ricci.yield %h, %n : tensor<2xf64>, tensor<2xf64>
    } : (tensor<2xf64>, tensor<2xf64>) -> tensor<2xf64>
    ricci.yield %y : tensor<2xf64>
  } : (tensor<2xf64>, tensor<2xf64>, tensor<2xf64>) -> (tensor<2xf64>, tensor<2xf64>, tensor<2xf64>)
  return %r#1 : tensor<2xf64>
}

// The body's check is made once, on the way forward, the rule's on the way back.
// CHECK-LABEL: func @checks
// CHECK: ricci.for
// CHECK: ricci.check {{.*}} "in the body"
// CHECK: ricci.for
// CHECK-NOT: "in the body"
// CHECK: ricci.check {{.*}} "in the rule"
// CHECK-NOT: "in the body"
// CHECK: return
func.func @checks(%x: tensor<2xf64>, %c: tensor<i1>, %w: tensor<2xf64>) -> tensor<2xf64> {
  %lo = arith.constant 0 : index
  %hi = arith.constant 3 : index
  %r:2 = ricci.vjp(%x) from (%w) {
  ^bb0(%a: tensor<2xf64>):
    %f = ricci.for %lo to %hi init(%a : tensor<2xf64>) {
    ^bb0(%i: tensor<i64>, %b: tensor<2xf64>):
      %y = ricci.custom "f"(%b) {
      ^bb0(%p: tensor<2xf64>):
        ricci.check %c, "R0001", "in the body" : tensor<i1>
        %s = ricci.sin %p : tensor<2xf64>
        ricci.yield %s : tensor<2xf64>
      } vjp {
      ^bb0(%p: tensor<2xf64>, %q: tensor<2xf64>, %g: tensor<2xf64>):
        ricci.check %c, "R0001", "in the rule" : tensor<i1>
        %h = ricci.mul %g, %q : tensor<2xf64>
        ricci.yield %h : tensor<2xf64>
      } : (tensor<2xf64>) -> tensor<2xf64>
      ricci.yield %y : tensor<2xf64>
    } : tensor<2xf64>
    ricci.yield %f : tensor<2xf64>
  } : (tensor<2xf64>, tensor<2xf64>) -> (tensor<2xf64>, tensor<2xf64>)
  return %r#1 : tensor<2xf64>
}

// The transpose of a rule is as short as a rule of its own would be.
// CHECK-LABEL: func @transposed
// CHECK-NEXT: %[[T:.*]] = ricci.einsum "i,ij->j"(%arg1, %arg2)
// CHECK-SAME: loc("vjp of einsum"("jvp of custom f"
// CHECK-NEXT: return %[[T]]
func.func @transposed(%x: tensor<2xf64>, %w: tensor<3xf64>, %a: tensor<3x2xf64>) -> tensor<2xf64> {
  %r:2 = ricci.vjp(%x) from (%w) {
  ^bb0(%v: tensor<2xf64>):
    %y = ricci.custom "f"(%v, %a) {
    ^bb0(%p: tensor<2xf64>, %m: tensor<3x2xf64>):
      %z = ricci.einsum "ij,j->i" (%m, %p) : (tensor<3x2xf64>, tensor<2xf64>) -> tensor<3xf64>
      ricci.yield %z : tensor<3xf64>
    } jvp {
    ^bb0(%p: tensor<2xf64>, %m: tensor<3x2xf64>, %z: tensor<3xf64>, %g: tensor<2xf64>, %h: tensor<3x2xf64>):
      %t = ricci.einsum "ij,j->i" (%m, %g) : (tensor<3x2xf64>, tensor<2xf64>) -> tensor<3xf64>
      %s = ricci.einsum "ij,j->i" (%h, %p) : (tensor<3x2xf64>, tensor<2xf64>) -> tensor<3xf64>
      %u = ricci.add %t, %s : tensor<3xf64>
      ricci.yield %u : tensor<3xf64>
    } : (tensor<2xf64>, tensor<3x2xf64>) -> tensor<3xf64>
    ricci.yield %y : tensor<3xf64>
  } : (tensor<2xf64>, tensor<3xf64>) -> (tensor<3xf64>, tensor<2xf64>)
  return %r#1 : tensor<2xf64>
}
