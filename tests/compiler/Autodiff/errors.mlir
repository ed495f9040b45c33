// RUN: ricci-opt -expand-derivatives -split-input-file -verify-diagnostics %s

// What reaches nothing has derivative zero.
func.func @reachesNothing(%x: tensor<f64>, %y: tensor<f64>) -> tensor<f64> {
  %r:2 = ricci.vjp(%x) from (%y) {
  ^bb0(%a: tensor<f64> loc("w")):
    %e = ricci.exp %x : tensor<f64>
    ricci.yield %e : tensor<f64>
  } : (tensor<f64>, tensor<f64>) -> (tensor<f64>, tensor<f64>)
  return %r#1 : tensor<f64>
}

// -----

// So has what has no slope.
func.func @parts(%x: tensor<f64>, %y: tensor<f64>) -> tensor<f64> {
  %r:3 = ricci.vjp(%x, %x) from (%y) {
  ^bb0(%a: tensor<f64> loc("p"), %b: tensor<f64> loc("p")):
    %e = ricci.floor %a : tensor<f64>
    ricci.yield %e : tensor<f64>
  } : (tensor<f64>, tensor<f64>, tensor<f64>) -> (tensor<f64>, tensor<f64>, tensor<f64>)
  return %r#1 : tensor<f64>
}

// -----

func.func @cast(%x: tensor<3xf64>, %y: tensor<f64>) -> tensor<3xf64> {
  %r:2 = ricci.jvp(%x) along (%x) {
  ^bb0(%a: tensor<3xf64> loc("w")):
    %e = ricci.reduce argmax [0] %a : tensor<3xf64> -> tensor<i64>
    // expected-error@+1 {{cast to floating point of an integer that depends on `w`}}
    %f = ricci.convert %e : tensor<i64> -> tensor<f64>
    %b = ricci.einsum "->a" (%f) : (tensor<f64>) -> tensor<3xf64>
    %m = ricci.mul %b, %a : tensor<3xf64>
    ricci.yield %m : tensor<3xf64>
  } : (tensor<3xf64>, tensor<3xf64>) -> (tensor<3xf64>, tensor<3xf64>)
  return %r#1 : tensor<3xf64>
}

// -----

// By way of a comparison, and carried by a loop.
func.func @castOfBool(%x: tensor<3xf64>, %y: tensor<3xf64>) -> tensor<3xf64> {
  %lo = arith.constant 0 : index
  %hi = arith.constant 2 : index
  %r:2 = ricci.vjp(%x) from (%y) {
  ^bb0(%a: tensor<3xf64> loc("w")):
    %t = ricci.fill true : tensor<3xi1>
    %f:2 = ricci.for %lo to %hi init(%a, %t : tensor<3xf64>, tensor<3xi1>) {
    ^bb0(%i: tensor<i64>, %c: tensor<3xf64>, %b: tensor<3xi1>):
      // expected-error@+1 {{cast to floating point of a boolean that depends on `w`}}
      %k = ricci.convert %b : tensor<3xi1> -> tensor<3xf64>
      %m = ricci.mul %c, %k : tensor<3xf64>
      %p = ricci.cmp gt %c, %y : tensor<3xf64>
      ricci.yield %m, %p : tensor<3xf64>, tensor<3xi1>
    } : tensor<3xf64>, tensor<3xi1>
    ricci.yield %f#0 : tensor<3xf64>
  } : (tensor<3xf64>, tensor<3xf64>) -> (tensor<3xf64>, tensor<3xf64>)
  return %r#1 : tensor<3xf64>
}

// -----

// How often a conditional loop ran depends on what its condition does.
func.func @castOfCount(%x: tensor<f64>, %y: tensor<f64>) -> tensor<f64> {
  %lo = arith.constant 0 : index
  %hi = arith.constant 9 : index
  %yes = ricci.fill true : tensor<i1>
  %none = ricci.fill 0 : i64 : tensor<i64>
  %r:2 = ricci.vjp(%x) from (%y) {
  ^bb0(%a: tensor<f64> loc("w")):
    %f:3 = ricci.for %lo to %hi while init(%yes, %none, %y : tensor<i1>, tensor<i64>, tensor<f64>) {
    ^bb0(%i: tensor<i64>, %c: tensor<i1>, %n: tensor<i64>, %s: tensor<f64>):
      %one = ricci.fill 1 : i64 : tensor<i64>
      %m = ricci.add %n, %one : tensor<i64>
      // In an iteration it is what it is.
      %k = ricci.convert %m : tensor<i64> -> tensor<f64>
      %t = ricci.mul %s, %k : tensor<f64>
      %p = ricci.cmp lt %t, %a : tensor<f64>
      ricci.yield %p, %m, %t : tensor<i1>, tensor<i64>, tensor<f64>
    } : tensor<i1>, tensor<i64>, tensor<f64>
    // expected-error@+1 {{cast to floating point of an integer that depends on `w`}}
    %k = ricci.convert %f#1 : tensor<i64> -> tensor<f64>
    %m = ricci.mul %k, %a : tensor<f64>
    ricci.yield %m : tensor<f64>
  } : (tensor<f64>, tensor<f64>) -> (tensor<f64>, tensor<f64>)
  return %r#1 : tensor<f64>
}

// -----

// The body of a function with a rule is its own affair; an integer that it gives depends on what the body computes it from.
func.func @castInCustom(%x: tensor<f64>, %y: tensor<f64>) -> tensor<f64> {
  %r:2 = ricci.vjp(%x) from (%y) {
  ^bb0(%a: tensor<f64> loc("w")):
    %f:2 = ricci.custom "straight through"(%a) {
    ^bb0(%p: tensor<f64>):
      %k = ricci.convert %p : tensor<f64> -> tensor<i64>
      %q = ricci.convert %k : tensor<i64> -> tensor<f64>
      ricci.yield %q, %k : tensor<f64>, tensor<i64>
    } vjp {
    ^bb0(%p: tensor<f64>, %q: tensor<f64>, %k: tensor<i64>, %g: tensor<f64>):
      ricci.yield %g : tensor<f64>
    } : (tensor<f64>) -> (tensor<f64>, tensor<i64>)
    // expected-error@+1 {{cast to floating point of an integer that depends on `w`}}
    %k = ricci.convert %f#1 : tensor<i64> -> tensor<f64>
    %m = ricci.mul %f#0, %k : tensor<f64>
    ricci.yield %m : tensor<f64>
  } : (tensor<f64>, tensor<f64>) -> (tensor<f64>, tensor<f64>)
  return %r#1 : tensor<f64>
}

// -----

// Reverse mode takes the rule as it is; forward mode would need its transpose.
func.func @notLinear(%x: tensor<f64>, %y: tensor<f64>) -> (tensor<f64>, tensor<f64>) {
  %r:2 = ricci.vjp(%x) from (%y) {
  ^bb0(%a: tensor<f64>):
    %f = ricci.custom "f"(%a) {
    ^bb0(%p: tensor<f64>):
      ricci.yield %p : tensor<f64>
    } vjp {
    ^bb0(%p: tensor<f64>, %q: tensor<f64>, %g: tensor<f64>):
      %t = ricci.tanh %g : tensor<f64>
      ricci.yield %t : tensor<f64>
    } : (tensor<f64>) -> tensor<f64>
    ricci.yield %f : tensor<f64>
  } : (tensor<f64>, tensor<f64>) -> (tensor<f64>, tensor<f64>)
  %s:2 = ricci.jvp(%x) along (%y) {
  ^bb0(%a: tensor<f64>):
    // expected-error@+1 {{the other mode does not follow from the vjp of 'f', which is not linear in its cotangents}}
    %f = ricci.custom "f"(%a) {
    ^bb0(%p: tensor<f64>):
      ricci.yield %p : tensor<f64>
    } vjp {
    ^bb0(%p: tensor<f64>, %q: tensor<f64>, %g: tensor<f64>):
      %t = ricci.tanh %g : tensor<f64>
      ricci.yield %t : tensor<f64>
    } : (tensor<f64>) -> tensor<f64>
    ricci.yield %f : tensor<f64>
  } : (tensor<f64>, tensor<f64>) -> (tensor<f64>, tensor<f64>)
  return %r#1, %s#1 : tensor<f64>, tensor<f64>
}

// -----

// Nor the other way round, in a loop of the rule.
func.func @notLinearInLoop(%x: tensor<f64>, %y: tensor<f64>) -> tensor<f64> {
  %lo = arith.constant 0 : index
  %hi = arith.constant 2 : index
  %r:2 = ricci.vjp(%x) from (%y) {
  ^bb0(%a: tensor<f64>):
    // expected-error@+1 {{the other mode does not follow from the jvp of 'f', which is not linear in its tangents}}
    %f = ricci.custom "f"(%a) {
    ^bb0(%p: tensor<f64>):
      ricci.yield %p : tensor<f64>
    } jvp {
    ^bb0(%p: tensor<f64>, %q: tensor<f64>, %g: tensor<f64>):
      %t = ricci.for %lo to %hi init(%g : tensor<f64>) {
      ^bb0(%i: tensor<i64>, %c: tensor<f64>):
        %m = ricci.mul %c, %c : tensor<f64>
        ricci.yield %m : tensor<f64>
      } : tensor<f64>
      ricci.yield %t : tensor<f64>
    } : (tensor<f64>) -> tensor<f64>
    ricci.yield %f : tensor<f64>
  } : (tensor<f64>, tensor<f64>) -> (tensor<f64>, tensor<f64>)
  return %r#1 : tensor<f64>
}

// -----

// stop_grad allows it; subscripts and conditions may depend on the variable.
func.func @allowed(%x: tensor<3xf64>, %y: tensor<f64>) -> tensor<3xf64> {
  %r:2 = ricci.vjp(%x) from (%y) {
  ^bb0(%a: tensor<3xf64> loc("w")):
    %k = ricci.stop_grad %a : tensor<3xf64>
    %e = ricci.reduce argmax [0] %k : tensor<3xf64> -> tensor<i64>
    %f = ricci.convert %e : tensor<i64> -> tensor<f64>
    %n = ricci.reduce argmax [0] %a : tensor<3xf64> -> tensor<i64>
    %b = ricci.gather %a [%n : tensor<i64>] {map = affine_map<()[s0] -> (s0)>, symbol_axes = [array<i64>], modes = array<i32: 0>}
      : tensor<3xf64> -> tensor<f64>
    %m = ricci.mul %b, %f : tensor<f64>
    ricci.yield %m : tensor<f64>
  } : (tensor<3xf64>, tensor<f64>) -> (tensor<f64>, tensor<3xf64>)
  return %r#1 : tensor<3xf64>
}
