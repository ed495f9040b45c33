// RUN: ricci-opt %s -split-input-file -verify-diagnostics

func.func @for_results(%n: index, %x: tensor<f64>) {
  // expected-error@+1 {{has 1 carried values and only 0 results}}
  ricci.for %n to %n init(%x : tensor<f64>) {
  ^bb0(%t: tensor<i64>, %a: tensor<f64>):
    ricci.yield
  }
  return
}

// -----

func.func @for_arguments(%n: index, %x: tensor<f64>) {
  // expected-error@+1 {{needs 2 body arguments, the counter and the carried values, there are 1}}
  %0 = ricci.for %n to %n init(%x : tensor<f64>) {
  ^bb0(%t: tensor<i64>):
    ricci.yield %x : tensor<f64>
  } : tensor<f64>
  return
}

// -----

func.func @for_counter(%n: index) {
  // expected-error@+1 {{the counter has type 'tensor<i32>', it must have 'tensor<i64>'}}
  ricci.for %n to %n {
  ^bb0(%t: tensor<i32>):
    ricci.yield
  }
  return
}

// -----

func.func @for_terminator(%n: index) {
  // expected-error@+1 {{has a body that does not end in ricci.yield}}
  ricci.for %n to %n {
  ^bb0(%t: tensor<i64>):
    %0 = ricci.neg %t : tensor<i64>
  }
  return
}

// -----

func.func @for_yields(%n: index, %x: tensor<f64>) {
  // expected-error@+1 {{needs 1 yielded values, there are 0}}
  %0 = ricci.for %n to %n init(%x : tensor<f64>) {
  ^bb0(%t: tensor<i64>, %a: tensor<f64>):
    ricci.yield
  } : tensor<f64>
  return
}

// -----

func.func @for_carried(%n: index, %x: tensor<f64>, %y: tensor<2xf64>) {
  // expected-error@+1 {{carried value 0 has type 'tensor<f64>', its next value 'tensor<2xf64>'}}
  %0 = ricci.for %n to %n init(%x : tensor<f64>) {
  ^bb0(%t: tensor<i64>, %a: tensor<f64>):
    ricci.yield %y : tensor<2xf64>
  } : tensor<f64>
  return
}

// -----

func.func @for_stack(%n: index, %y: tensor<2xf64>) {
  // expected-error@+1 {{stacks 'tensor<2xf64>' into result 0 of type 'tensor<4x3xf64>'}}
  %0 = ricci.for %n to %n {
  ^bb0(%t: tensor<i64>):
    ricci.yield %y : tensor<2xf64>
  } : tensor<4x3xf64>
  return
}

// -----

func.func @for_dims(%n: index, %y: tensor<2xf64>) {
  // expected-error@+1 {{needs 1 sizes for the dynamic axes of the stacked results, there are 0}}
  %0 = ricci.for %n to %n {
  ^bb0(%t: tensor<i64>):
    ricci.yield %y : tensor<2xf64>
  } : tensor<?x2xf64>
  return
}

// -----

func.func @while_condition(%n: index, %x: tensor<f64>) {
  // expected-error@+1 {{has a condition and needs a boolean scalar as its first carried value}}
  %0 = ricci.for %n to %n while init(%x : tensor<f64>) {
  ^bb0(%t: tensor<i64>, %a: tensor<f64>):
    ricci.yield %a : tensor<f64>
  } : tensor<f64>
  return
}

// -----

func.func @while_nothing(%n: index) {
  // expected-error@+1 {{has a condition and needs a boolean scalar as its first carried value}}
  ricci.for %n to %n while {
  ^bb0(%t: tensor<i64>):
    ricci.yield
  }
  return
}

// -----

func.func @while_stacks(%n: index, %c: tensor<i1>) {
  // expected-error@+1 {{has a condition and stacks nothing, there are 1 stacks}}
  %0:2 = ricci.for %n to %n while init(%c : tensor<i1>) {
  ^bb0(%t: tensor<i64>, %a: tensor<i1>):
    ricci.yield %a, %t : tensor<i1>, tensor<i64>
  } : tensor<i1>, tensor<4xi64>
  return
}

// -----

func.func @custom_body(%x: tensor<f64>) {
  // expected-error@+1 {{body argument 0 has type 'tensor<f32>', it must have 'tensor<f64>'}}
  %0 = ricci.custom "f"(%x) {
  ^bb0(%a: tensor<f32>):
    ricci.yield %x : tensor<f64>
  } vjp {
  ^bb0(%a: tensor<f64>, %y: tensor<f64>, %g: tensor<f64>):
    ricci.yield %g : tensor<f64>
  } : (tensor<f64>) -> tensor<f64>
  return
}

// -----

func.func @custom_value(%x: tensor<f64>) {
  // expected-error@+1 {{needs 1 values yielded by its body, there are 2}}
  %0 = ricci.custom "f"(%x) {
  ^bb0(%a: tensor<f64>):
    ricci.yield %a, %a : tensor<f64>, tensor<f64>
  } vjp {
  ^bb0(%a: tensor<f64>, %y: tensor<f64>, %g: tensor<f64>):
    ricci.yield %g : tensor<f64>
  } : (tensor<f64>) -> tensor<f64>
  return
}

// -----

func.func @custom_rule(%x: tensor<f64>) {
  // expected-error@+1 {{needs a rule, vjp or jvp}}
  %0 = ricci.custom "f"(%x) {
  ^bb0(%a: tensor<f64>):
    ricci.yield %a : tensor<f64>
  } : (tensor<f64>) -> tensor<f64>
  return
}

// -----

// An integer has no cotangent.
func.func @custom_vjp(%x: tensor<f64>, %k: tensor<i64>) {
  // expected-error@+1 {{needs 1 values yielded by its vjp, there are 2}}
  %0 = ricci.custom "f"(%x, %k) {
  ^bb0(%a: tensor<f64>, %i: tensor<i64>):
    ricci.yield %a : tensor<f64>
  } vjp {
  ^bb0(%a: tensor<f64>, %i: tensor<i64>, %y: tensor<f64>, %g: tensor<f64>):
    ricci.yield %g, %i : tensor<f64>, tensor<i64>
  } : (tensor<f64>, tensor<i64>) -> tensor<f64>
  return
}

// -----

func.func @custom_jvp(%x: tensor<f64>, %k: tensor<i64>) {
  // expected-error@+1 {{needs 4 jvp arguments, there are 3}}
  %0 = ricci.custom "f"(%x, %k) {
  ^bb0(%a: tensor<f64>, %i: tensor<i64>):
    ricci.yield %a : tensor<f64>
  } jvp {
  ^bb0(%a: tensor<f64>, %i: tensor<i64>, %t: tensor<f64>):
    ricci.yield %t : tensor<f64>
  } : (tensor<f64>, tensor<i64>) -> tensor<f64>
  return
}

// -----

func.func @custom_terminator(%x: tensor<f64>) {
  // expected-error@+1 {{has a body that does not end in ricci.yield}}
  %0 = ricci.custom "f"(%x) {
  ^bb0(%a: tensor<f64>):
    ricci.yield %a : tensor<f64>
  } vjp {
  ^bb0(%a: tensor<f64>, %y: tensor<f64>, %g: tensor<f64>):
    %n = ricci.neg %g : tensor<f64>
  } : (tensor<f64>) -> tensor<f64>
  return
}

// -----

func.func @kernel_type(%x: tensor<f64>) {
  // expected-error@+1 {{yielded value 0 has type 'tensor<f64>', the result 'tensor<f32>'}}
  %0 = ricci.kernel {
    ricci.yield %x : tensor<f64>
  } : tensor<f32>
  return
}

// -----

func.func @jvp_integer(%x: tensor<i64>) {
  // expected-error@+1 {{differentiates by primal 0 of type 'tensor<i64>', which carries no derivative}}
  %0:2 = ricci.jvp(%x) along (%x) {
  ^bb0(%a: tensor<i64>):
    ricci.yield %a : tensor<i64>
  } : (tensor<i64>, tensor<i64>) -> (tensor<i64>, tensor<i64>)
  return
}

// -----

func.func @jvp_arguments(%x: tensor<f64>) {
  // expected-error@+1 {{needs 1 body arguments, one for each primal, there are 0}}
  %0:2 = ricci.jvp(%x) along (%x) {
    ricci.yield %x : tensor<f64>
  } : (tensor<f64>, tensor<f64>) -> (tensor<f64>, tensor<f64>)
  return
}

// -----

func.func @jvp_tangents(%x: tensor<f64>) {
  // expected-error@+1 {{needs 1 tangents, one for each primal, there are 0}}
  %0:2 = ricci.jvp(%x) along () {
  ^bb0(%a: tensor<f64>):
    ricci.yield %a : tensor<f64>
  } : (tensor<f64>) -> (tensor<f64>, tensor<f64>)
  return
}

// -----

func.func @jvp_tangent_type(%x: tensor<f64>, %v: tensor<f32>) {
  // expected-error@+1 {{primal 0 has type 'tensor<f64>', its tangent 'tensor<f32>'}}
  %0:2 = ricci.jvp(%x) along (%v) {
  ^bb0(%a: tensor<f64>):
    ricci.yield %a : tensor<f64>
  } : (tensor<f64>, tensor<f32>) -> (tensor<f64>, tensor<f64>)
  return
}

// -----

func.func @jvp_results(%x: tensor<f64>) {
  // expected-error@+1 {{needs 2 results, values and tangents, there are 1}}
  %0 = ricci.jvp(%x) along (%x) {
  ^bb0(%a: tensor<f64>):
    ricci.yield %a : tensor<f64>
  } : (tensor<f64>, tensor<f64>) -> (tensor<f64>)
  return
}

// -----

func.func @vjp_cotangents(%x: tensor<f64>) {
  // expected-error@+1 {{needs 1 cotangents, one for each value, there are 0}}
  %0:2 = ricci.vjp(%x) from () {
  ^bb0(%a: tensor<f64>):
    ricci.yield %a : tensor<f64>
  } : (tensor<f64>) -> (tensor<f64>, tensor<f64>)
  return
}

// -----

func.func @vjp_results(%x: tensor<f64>) {
  // expected-error@+1 {{needs 2 results, values and cotangents of the primals, there are 1}}
  %0 = ricci.vjp(%x) from (%x) {
  ^bb0(%a: tensor<f64>):
    ricci.yield %a : tensor<f64>
  } : (tensor<f64>, tensor<f64>) -> (tensor<f64>)
  return
}

// -----

func.func @vjp_cotangent_type(%x: tensor<f64>, %y: tensor<2xf64>) {
  // expected-error@+1 {{value 0 has type 'tensor<f64>', its cotangent 'tensor<2xf64>'}}
  %0:2 = ricci.vjp(%x) from (%y) {
  ^bb0(%a: tensor<f64>):
    ricci.yield %a : tensor<f64>
  } : (tensor<f64>, tensor<2xf64>) -> (tensor<f64>, tensor<f64>)
  return
}

// -----

func.func @watch_lists(%x: tensor<3xf64>) {
  // expected-error@+1 {{needs 1 lists of axes, there are 0}}
  ricci.watch "`log`" %x of (%x : tensor<3xf64>) {axes = []} : tensor<3xf64>
  return
}

// -----

func.func @watch_axes(%x: tensor<3xf64>) {
  // expected-error@+1 {{needs 1 axes of operand 1, there are 2}}
  ricci.watch "`log`" %x of (%x : tensor<3xf64>) {axes = [array<i64: 0, 1>]} : tensor<3xf64>
  return
}

// -----

func.func @watch_axis(%x: tensor<3xf64>) {
  // expected-error@+1 {{has an axis of operand 1 that is none of the value}}
  ricci.watch "`log`" %x of (%x : tensor<3xf64>) {axes = [array<i64: 1>]} : tensor<3xf64>
  return
}

// -----

func.func @watch_where(%x: tensor<3xf64>, %c: tensor<3xi1>) {
  // expected-error@+1 {{has an axis of operand 1 that is none of the value}}
  ricci.watch "`log`" %x where %c : tensor<3xi1> {axes = [array<i64: -1>]} : tensor<3xf64>
  return
}

// -----

func.func @watch_names(%x: tensor<3xf64>) {
  // expected-error@+1 {{needs 1 names of axes, there are 2}}
  ricci.watch "`log`" %x {axes = [], names = ["i", "j"]} : tensor<3xf64>
  return
}

// -----

func.func @watch_along(%x: tensor<3xf64>) {
  // expected-error@+1 {{has more directions than sources}}
  ricci.watch "`log`" %x {axes = [], along = 1 : i64} : tensor<3xf64>
  return
}

// -----

func.func @checkpoint_values(%x: tensor<3xf64>) {
  // expected-error@+1 {{needs 1 yielded values, there are 2}}
  %y = ricci.checkpoint {
    ricci.yield %x, %x : tensor<3xf64>, tensor<3xf64>
  } : tensor<3xf64>
  return
}

// -----

func.func @checkpoint_type(%x: tensor<3xf64>) {
  // expected-error@+1 {{yielded value 0 has type 'tensor<3xf64>', the result 'tensor<4xf64>'}}
  %y = ricci.checkpoint {
    ricci.yield %x : tensor<3xf64>
  } : tensor<4xf64>
  return
}
