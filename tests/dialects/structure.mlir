// RUN: ricci-opt %s | ricci-opt | FileCheck %s

// Every structural operation prints as it parses.

// CHECK: #[[MAP:.*]] = affine_map<(d0, d1)[s0, s1] -> (s0, d1 * 2 + s1)>
// CHECK-LABEL: func @structure
func.func @structure(%x: tensor<3x?xf64>, %n: index, %s: tensor<i64>, %tok: tensor<3xi64>, %b: tensor<3x?xi1>, %e: tensor<f64>, %w: tensor<2x?xf64>) {
  // CHECK-NEXT: ricci.constant dense<[1.000000e+00, 2.000000e+00]> : tensor<2xf64>
  %c = ricci.constant dense<[1.0, 2.0]> : tensor<2xf64>
  // CHECK-NEXT: ricci.fill 1.500000e+00 : f64 dims(%{{.*}}) : tensor<3x?xf64>
  %f = ricci.fill 1.5 : f64 dims(%n) : tensor<3x?xf64>
  // CHECK-NEXT: ricci.fill true : tensor<i1>
  %t = ricci.fill true : tensor<i1>
  // CHECK-NEXT: ricci.iota dims(%{{.*}}) : tensor<?xi64>
  %i = ricci.iota dims(%n) : tensor<?xi64>
  // CHECK-NEXT: ricci.dim %{{.*}}, 1 : tensor<3x?xf64>
  %d = ricci.dim %x, 1 : tensor<3x?xf64>
  // CHECK-NEXT: ricci.to_index %{{.*}} : tensor<i64>
  %ti = ricci.to_index %s : tensor<i64>
  // CHECK-NEXT: ricci.to_tensor %{{.*}} : tensor<i64>
  %tt = ricci.to_tensor %ti : tensor<i64>
  // CHECK-NEXT: ricci.einsum "->aa" dims(%{{.*}}, %{{.*}}) : () -> tensor<?x?xf64>
  %e0 = ricci.einsum "->aa" dims(%n, %n) : () -> tensor<?x?xf64>
  // CHECK-NEXT: ricci.einsum "->a"(%{{.*}}) : (tensor<f64>) -> tensor<4xf64>
  %e1 = ricci.einsum "->a"(%e) : (tensor<f64>) -> tensor<4xf64>
  // CHECK-NEXT: ricci.einsum "ij,kj->ik"(%{{.*}}, %{{.*}}) : (tensor<3x?xf64>, tensor<3x?xf64>) -> tensor<3x3xf64>
  %e2 = ricci.einsum "ij,kj->ik"(%x, %x) : (tensor<3x?xf64>, tensor<3x?xf64>) -> tensor<3x3xf64>
  // CHECK-NEXT: ricci.reduce prod [] %{{.*}} : tensor<3x?xf64> -> tensor<3x?xf64>
  %r0 = ricci.reduce prod [] %x : tensor<3x?xf64> -> tensor<3x?xf64>
  // CHECK-NEXT: ricci.reduce max [1] %{{.*}} : tensor<3x?xf64> -> tensor<3xf64>
  %r1 = ricci.reduce max [1] %x : tensor<3x?xf64> -> tensor<3xf64>
  // CHECK-NEXT: ricci.reduce min [1, 0] %{{.*}} : tensor<3x?xf64> -> tensor<f64>
  %r2 = ricci.reduce min [1, 0] %x : tensor<3x?xf64> -> tensor<f64>
  // CHECK-NEXT: ricci.reduce any [0] %{{.*}} : tensor<3x?xi1> -> tensor<?xi1>
  %r3 = ricci.reduce any [0] %b : tensor<3x?xi1> -> tensor<?xi1>
  // CHECK-NEXT: ricci.reduce all [0] %{{.*}} : tensor<3x?xi1> -> tensor<?xi1>
  %r4 = ricci.reduce all [0] %b : tensor<3x?xi1> -> tensor<?xi1>
  // CHECK-NEXT: ricci.reduce argmin [0] %{{.*}} : tensor<3x?xf64> -> tensor<?xi64>
  %r5 = ricci.reduce argmin [0] %x : tensor<3x?xf64> -> tensor<?xi64>
  // CHECK-NEXT: ricci.reduce argmax [0, 1] %{{.*}} where %{{.*}} : tensor<3x?xi1> : tensor<3x?xf64> -> tensor<i64>
  %r6 = ricci.reduce argmax [0, 1] %x where %b : tensor<3x?xi1> : tensor<3x?xf64> -> tensor<i64>
  // CHECK-NEXT: ricci.gather %{{.*}}[%{{.*}}, %{{.*}} : tensor<3xi64>, tensor<i64>] dims(%{{.*}}) {map = #[[MAP]], modes = array<i32: 1, 3>, symbol_axes = [array<i64: 0>, array<i64>]} : tensor<3x?xf64> -> tensor<3x?xf64>
  %g = ricci.gather %x[%tok, %s : tensor<3xi64>, tensor<i64>] dims(%d) {map = affine_map<(d0, d1)[s0, s1] -> (s0, d1 * 2 + s1)>, symbol_axes = [array<i64: 0>, array<i64>], modes = array<i32: 1, 3>} : tensor<3x?xf64> -> tensor<3x?xf64>
  // CHECK-NEXT: ricci.scatter %{{.*}}[%{{.*}}, %{{.*}} : tensor<3xi64>, tensor<i64>] dims(%{{.*}}) {map = #[[MAP]], modes = array<i32: 1, 3>, symbol_axes = [array<i64: 0>, array<i64>]} : tensor<3x?xf64> -> tensor<7x?xf64>
  %sc = ricci.scatter %x[%tok, %s : tensor<3xi64>, tensor<i64>] dims(%d) {map = affine_map<(d0, d1)[s0, s1] -> (s0, d1 * 2 + s1)>, symbol_axes = [array<i64: 0>, array<i64>], modes = array<i32: 1, 3>} : tensor<3x?xf64> -> tensor<7x?xf64>
  // CHECK-NEXT: ricci.update %{{.*}}, %{{.*}}[%{{.*}}, %{{.*}} : tensor<3xi64>, tensor<i64>] {map = #[[MAP]], modes = array<i32: 1, 3>, symbol_axes = [array<i64: 0>, array<i64>]} : tensor<3x?xf64>, tensor<3x?xf64> -> tensor<3x?xf64>
  %u = ricci.update %x, %x[%tok, %s : tensor<3xi64>, tensor<i64>] {map = affine_map<(d0, d1)[s0, s1] -> (s0, d1 * 2 + s1)>, symbol_axes = [array<i64: 0>, array<i64>], modes = array<i32: 1, 3>} : tensor<3x?xf64>, tensor<3x?xf64> -> tensor<3x?xf64>
  // CHECK-NEXT: ricci.concat 0(%{{.*}}, %{{.*}}) : (tensor<3x?xf64>, tensor<3x?xf64>) -> tensor<6x?xf64>
  %cc = ricci.concat 0(%x, %x) : (tensor<3x?xf64>, tensor<3x?xf64>) -> tensor<6x?xf64>
  // CHECK-NEXT: ricci.reshape %{{.*}} dims(%{{.*}}) : tensor<3x?xf64> -> tensor<?x3xf64>
  %rs = ricci.reshape %x dims(%d) : tensor<3x?xf64> -> tensor<?x3xf64>
  // CHECK-NEXT: ricci.argsort %{{.*}} dims(%{{.*}}) : tensor<3x?xf64> -> tensor<3x?xi64>
  %as = ricci.argsort %x dims(%d) : tensor<3x?xf64> -> tensor<3x?xi64>
  // CHECK-NEXT: ricci.argsort descending %{{.*}} : tensor<3x?xf64> -> tensor<3x2xi64>
  %ad = ricci.argsort descending %x : tensor<3x?xf64> -> tensor<3x2xi64>
  // CHECK-NEXT: ricci.recurrence 0 %{{.*}}, %{{.*}} : tensor<3x?xf64>, tensor<2x?xf64>
  %rc = ricci.recurrence 0 %x, %w : tensor<3x?xf64>, tensor<2x?xf64>
  // CHECK-NEXT: ricci.recurrence 0 reverse masked %{{.*}}, %{{.*}} : tensor<3x?xf64>, tensor<2x?xf64>
  %rm = ricci.recurrence 0 reverse masked %x, %w : tensor<3x?xf64>, tensor<2x?xf64>
  // CHECK-NEXT: ricci.stop_grad %{{.*}} : tensor<3x?xf64>
  %sg = ricci.stop_grad %x : tensor<3x?xf64>
  // CHECK-NEXT: ricci.barrier %{{.*}} : tensor<3x?xf64>
  %b0 = ricci.barrier %x : tensor<3x?xf64>
  // CHECK-NEXT: ricci.barrier %{{.*}} after %{{.*}}, %{{.*}} : tensor<f64>, tensor<i64> : tensor<3x?xf64>
  %b2 = ricci.barrier %x after %e, %s : tensor<f64>, tensor<i64> : tensor<3x?xf64>
  // CHECK-NEXT: ricci.check %{{.*}}, "R0001", "out of bounds" : tensor<3x?xi1>
  ricci.check %b, "R0001", "out of bounds" : tensor<3x?xi1>
  // CHECK-NEXT: ricci.watch "`log`" %{{.*}} {axes = []} : tensor<f64>
  ricci.watch "`log`" %e {axes = []} : tensor<f64>
  // CHECK-NEXT: ricci.watch "`/`" %{{.*}} of(%{{.*}}, %{{.*}} : tensor<3x?xf64>, tensor<f64>) where %{{.*}} : tensor<3x?xi1> {along = 1 : i64, axes = [array<i64: -1, 0>, array<i64>, array<i64: 0, 1>], names = ["i", "j"]} : tensor<3x?xf64>
  ricci.watch "`/`" %x of (%x, %e : tensor<3x?xf64>, tensor<f64>) where %b : tensor<3x?xi1> {along = 1 : i64, axes = [array<i64: -1, 0>, array<i64>, array<i64: 0, 1>], names = ["i", "j"]} : tensor<3x?xf64>
  // CHECK-NEXT: ricci.host "print", "x = {}" guarded(%{{.*}}, %{{.*}} : tensor<i1>, tensor<f64>)
  ricci.host "print", "x = {}" guarded(%t, %e : tensor<i1>, tensor<f64>)
  // CHECK-NEXT: ricci.host "save", "x.npy"(%{{.*}} : tensor<3x?xf64>)
  ricci.host "save", "x.npy"(%x : tensor<3x?xf64>)
  return
}

// CHECK-LABEL: func @control
func.func @control(%x: tensor<3x?xf64>, %n: index) {
  %lower = arith.constant 0 : index
  %d = ricci.dim %x, 1 : tensor<3x?xf64>
  // CHECK: ricci.for %{{.*}} to %{{.*}} init(%{{.*}} : tensor<3x?xf64>) dims(%{{.*}}, %{{.*}}) {
  // CHECK-NEXT: ^bb0(%{{.*}}: tensor<i64>, %{{.*}}: tensor<3x?xf64>):
  // CHECK: ricci.yield %{{.*}}, %{{.*}} : tensor<3x?xf64>, tensor<3x?xf64>
  // CHECK: } : tensor<3x?xf64>, tensor<?x3x?xf64>
  %l:2 = ricci.for %lower to %n init(%x : tensor<3x?xf64>) dims(%n, %d) {
  ^bb0(%t: tensor<i64>, %a: tensor<3x?xf64>):
    %y = ricci.add %a, %x : tensor<3x?xf64>
    ricci.yield %y, %a : tensor<3x?xf64>, tensor<3x?xf64>
  } : tensor<3x?xf64>, tensor<?x3x?xf64>
  // CHECK: ricci.checkpoint {
  // CHECK-NEXT: ricci.add
  // CHECK-NEXT: ricci.yield %{{.*}}, %{{.*}} : tensor<3x?xf64>, tensor<3x?xf64>
  // CHECK-NEXT: } : tensor<3x?xf64>, tensor<3x?xf64>
  %p:2 = ricci.checkpoint {
    %y = ricci.add %x, %x : tensor<3x?xf64>
    ricci.yield %y, %x : tensor<3x?xf64>, tensor<3x?xf64>
  } : tensor<3x?xf64>, tensor<3x?xf64>
  // A loop for its effects.
  // CHECK: ricci.for %{{.*}} to %{{.*}} {
  // CHECK: ricci.yield
  ricci.for %lower to %n {
  ^bb0(%t: tensor<i64>):
    ricci.host "print", "{}"(%t : tensor<i64>)
    ricci.yield
  }
  // CHECK: ricci.for %{{.*}} to %{{.*}} while init(%{{.*}}, %{{.*}} : tensor<i1>, tensor<3x?xf64>) {
  // CHECK-NEXT: ^bb0(%{{.*}}: tensor<i64>, %{{.*}}: tensor<i1>, %{{.*}}: tensor<3x?xf64>):
  // CHECK: } : tensor<i1>, tensor<3x?xf64>
  %more = ricci.fill true : tensor<i1>
  %w:2 = ricci.for %lower to %n while init(%more, %x : tensor<i1>, tensor<3x?xf64>) {
  ^bb0(%t: tensor<i64>, %c: tensor<i1>, %a: tensor<3x?xf64>):
    %m = ricci.not %c : tensor<i1>
    ricci.yield %m, %a : tensor<i1>, tensor<3x?xf64>
  } : tensor<i1>, tensor<3x?xf64>
  // CHECK: ricci.kernel {
  // CHECK: } : tensor<3x?xf64>
  %k = ricci.kernel {
    %y = ricci.exp %x : tensor<3x?xf64>
    ricci.yield %y : tensor<3x?xf64>
  } : tensor<3x?xf64>
  // CHECK: ricci.jvp(%{{.*}}) along(%{{.*}}) {
  // CHECK: } : (tensor<3x?xf64>, tensor<3x?xf64>) -> (tensor<3x?xf64>, tensor<3x?xf64>)
  %j:2 = ricci.jvp(%x) along (%x) {
  ^bb0(%a: tensor<3x?xf64>):
    %y = ricci.sin %a : tensor<3x?xf64>
    ricci.yield %y : tensor<3x?xf64>
  } : (tensor<3x?xf64>, tensor<3x?xf64>) -> (tensor<3x?xf64>, tensor<3x?xf64>)
  // CHECK: ricci.vjp(%{{.*}}) from(%{{.*}}) {
  // CHECK: } : (tensor<3x?xf64>, tensor<3x?xf64>) -> (tensor<3x?xf64>, tensor<3x?xf64>)
  %v:2 = ricci.vjp(%x) from (%x) {
  ^bb0(%a: tensor<3x?xf64>):
    %y = ricci.sin %a : tensor<3x?xf64>
    ricci.yield %y : tensor<3x?xf64>
  } : (tensor<3x?xf64>, tensor<3x?xf64>) -> (tensor<3x?xf64>, tensor<3x?xf64>)
  return
}

// CHECK-LABEL: func @custom
func.func @custom(%x: tensor<3x?xf64>, %k: tensor<i64>) {
  // CHECK: ricci.custom "half"(%{{.*}}, %{{.*}}) {
  // CHECK-NEXT: ^bb0(%{{.*}}: tensor<3x?xf64>, %{{.*}}: tensor<i64>):
  // CHECK: } vjp {
  // CHECK-NEXT: ^bb0(%{{.*}}: tensor<3x?xf64>, %{{.*}}: tensor<i64>, %{{.*}}: tensor<3x?xf64>, %{{.*}}: tensor<i64>, %{{.*}}: tensor<3x?xf64>):
  // CHECK: } jvp {
  // CHECK: } : (tensor<3x?xf64>, tensor<i64>) -> (tensor<3x?xf64>, tensor<i64>)
  %c:2 = ricci.custom "half"(%x, %k) {
  ^bb0(%a: tensor<3x?xf64>, %i: tensor<i64>):
    %y = ricci.sin %a : tensor<3x?xf64>
    ricci.yield %y, %i : tensor<3x?xf64>, tensor<i64>
  } vjp {
  ^bb0(%a: tensor<3x?xf64>, %i: tensor<i64>, %y: tensor<3x?xf64>, %j: tensor<i64>, %g: tensor<3x?xf64>):
    ricci.yield %g : tensor<3x?xf64>
  } jvp {
  ^bb0(%a: tensor<3x?xf64>, %i: tensor<i64>, %y: tensor<3x?xf64>, %j: tensor<i64>, %t: tensor<3x?xf64>):
    ricci.yield %t : tensor<3x?xf64>
  } : (tensor<3x?xf64>, tensor<i64>) -> (tensor<3x?xf64>, tensor<i64>)
  // CHECK: ricci.custom "one"
  // CHECK-NOT: vjp
  // CHECK: } jvp {
  %d = ricci.custom "one"(%x) {
  ^bb0(%a: tensor<3x?xf64>):
    ricci.yield %a : tensor<3x?xf64>
  } jvp {
  ^bb0(%a: tensor<3x?xf64>, %y: tensor<3x?xf64>, %t: tensor<3x?xf64>):
    ricci.yield %t : tensor<3x?xf64>
  } : (tensor<3x?xf64>) -> tensor<3x?xf64>
  return
}
