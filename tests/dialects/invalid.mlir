// RUN: ricci-opt %s -split-input-file -verify-diagnostics

// ---- constants and sizes

func.func @fill_type() {
  // expected-error@+1 {{fills 'tensor<2xf64>' with a number of type 'f32'}}
  %0 = ricci.fill 1.0 : f32 : tensor<2xf64>
  return
}

// -----

func.func @fill_dims() {
  // expected-error@+1 {{needs one size for each dynamic axis of 'tensor<?xf64>': 1, not 0}}
  %0 = ricci.fill 1.0 : f64 : tensor<?xf64>
  return
}

// -----

func.func @iota_rank() {
  // expected-error@+1 {{counts along one axis, its result has rank 2}}
  %0 = ricci.iota : tensor<2x2xi64>
  return
}

// -----

func.func @dim_axis(%x: tensor<2xf64>) {
  // expected-error@+1 {{asks for axis 1 of a tensor of rank 1}}
  %0 = ricci.dim %x, 1 : tensor<2xf64>
  return
}

// -----

func.func @to_index_rank(%x: tensor<2xi64>) {
  // expected-error@+1 {{takes a scalar, not 'tensor<2xi64>'}}
  %0 = ricci.to_index %x : tensor<2xi64>
  return
}

// -----

func.func @to_tensor_rank(%n: index) {
  // expected-error@+1 {{gives a scalar, not 'tensor<1xi64>'}}
  %0 = ricci.to_tensor %n : tensor<1xi64>
  return
}

// -----

// ---- einsum

func.func @einsum_arrow(%x: tensor<2xf64>) {
  // expected-error@+1 {{equation 'i' has no '->'}}
  %0 = ricci.einsum "i"(%x) : (tensor<2xf64>) -> tensor<2xf64>
  return
}

// -----

func.func @einsum_letter(%x: tensor<2xf64>) {
  // expected-error@+1 {{equation '1->1': '1' is not a letter}}
  %0 = ricci.einsum "1->1"(%x) : (tensor<2xf64>) -> tensor<2xf64>
  return
}

// -----

func.func @einsum_operands(%x: tensor<2xf64>) {
  // expected-error@+1 {{equation 'i,i->i' names 2 operands, there are 1}}
  %0 = ricci.einsum "i,i->i"(%x) : (tensor<2xf64>) -> tensor<2xf64>
  return
}

// -----

func.func @einsum_rank(%x: tensor<2xf64>) {
  // expected-error@+1 {{operand 0 has rank 1, the equation gives it 'ij'}}
  %0 = ricci.einsum "ij->i"(%x) : (tensor<2xf64>) -> tensor<2xf64>
  return
}

// -----

func.func @einsum_size(%x: tensor<2x3xf64>, %y: tensor<4xf64>) {
  // expected-error@+1 {{index 'j' is 3 and, in operand 1, 4}}
  %0 = ricci.einsum "ij,j->i"(%x, %y) : (tensor<2x3xf64>, tensor<4xf64>) -> tensor<2xf64>
  return
}

// -----

func.func @einsum_element(%x: tensor<2xf32>) {
  // expected-error@+1 {{operand 0 has element type 'f32', the result has 'f64'}}
  %0 = ricci.einsum "i->i"(%x) : (tensor<2xf32>) -> tensor<2xf64>
  return
}

// -----

func.func @einsum_bool(%x: tensor<2xi1>) {
  // expected-error@+1 {{has a boolean result; convert first}}
  %0 = ricci.einsum "i->"(%x) : (tensor<2xi1>) -> tensor<i1>
  return
}

// -----

func.func @einsum_dims(%x: tensor<?xf64>) {
  // expected-error@+1 {{needs one size for each dynamic axis of 'tensor<?xf64>': 1, not 0}}
  %0 = ricci.einsum "i->i"(%x) : (tensor<?xf64>) -> tensor<?xf64>
  return
}

// -----

// ---- reductions

func.func @reduce_axis(%x: tensor<2xf64>) {
  // expected-error@+1 {{reduces axis 1 of a tensor of rank 1}}
  %0 = ricci.reduce max [1] %x : tensor<2xf64> -> tensor<2xf64>
  return
}

// -----

func.func @reduce_twice(%x: tensor<2xf64>) {
  // expected-error@+1 {{reduces axis 0 twice}}
  %0 = ricci.reduce max [0, 0] %x : tensor<2xf64> -> tensor<f64>
  return
}

// -----

func.func @reduce_shape(%x: tensor<2x3xf64>) {
  // expected-error@+1 {{keeps the shape 'tensor<3xf64>', its result is 'tensor<2xf64>'}}
  %0 = ricci.reduce max [0] %x : tensor<2x3xf64> -> tensor<2xf64>
  return
}

// -----

func.func @reduce_kind(%x: tensor<2xf64>) {
  // expected-error@+1 {{'any' does not reduce 'f64'}}
  %0 = ricci.reduce any [0] %x : tensor<2xf64> -> tensor<f64>
  return
}

// -----

func.func @reduce_result(%x: tensor<2xf64>) {
  // expected-error@+1 {{'argmax' of 'f64' gives 'i64', its result has 'f64'}}
  %0 = ricci.reduce argmax [0] %x : tensor<2xf64> -> tensor<f64>
  return
}

// -----

func.func @reduce_mask(%x: tensor<2xf64>, %m: tensor<2xi1>) {
  // expected-error@+1 {{'max' takes no mask: select its neutral element instead}}
  %0 = ricci.reduce max [0] %x where %m : tensor<2xi1> : tensor<2xf64> -> tensor<f64>
  return
}

// -----

func.func @reduce_mask_shape(%x: tensor<2xf64>, %m: tensor<3xi1>) {
  // expected-error@+1 {{has a mask of type 'tensor<3xi1>' on an input of type 'tensor<2xf64>'}}
  %0 = ricci.reduce argmax [0] %x where %m : tensor<3xi1> : tensor<2xf64> -> tensor<i64>
  return
}

// -----

// ---- access

func.func @gather_element(%x: tensor<2xf32>) {
  // expected-error@+1 {{has an array of 'f32' and values of 'f64'}}
  %0 = ricci.gather %x {map = affine_map<(d0) -> (d0)>, symbol_axes = [], modes = array<i32: 0>} : tensor<2xf32> -> tensor<2xf64>
  return
}

// -----

func.func @gather_dims(%x: tensor<2xf64>) {
  // expected-error@+1 {{has a map of 2 dimensions over an index space of rank 1}}
  %0 = ricci.gather %x {map = affine_map<(d0, d1) -> (d0)>, symbol_axes = [], modes = array<i32: 0>} : tensor<2xf64> -> tensor<2xf64>
  return
}

// -----

func.func @gather_subscripts(%x: tensor<2x2xf64>) {
  // expected-error@+1 {{has a map with 1 subscripts for an array of rank 2}}
  %0 = ricci.gather %x {map = affine_map<(d0) -> (d0)>, symbol_axes = [], modes = array<i32: 0>} : tensor<2x2xf64> -> tensor<2xf64>
  return
}

// -----

func.func @gather_symbols(%x: tensor<2xf64>) {
  // expected-error@+1 {{has a map of 1 symbols, 0 symbol operands and 0 lists of coordinates}}
  %0 = ricci.gather %x {map = affine_map<(d0)[s0] -> (d0 + s0)>, symbol_axes = [], modes = array<i32: 0>} : tensor<2xf64> -> tensor<2xf64>
  return
}

// -----

func.func @gather_symbol_rank(%x: tensor<2xf64>, %s: tensor<2xi64>) {
  // expected-error@+1 {{reads symbol 0, of rank 1, at 0 coordinates}}
  %0 = ricci.gather %x[%s : tensor<2xi64>] {map = affine_map<(d0)[s0] -> (d0 + s0)>, symbol_axes = [array<i64>], modes = array<i32: 0>} : tensor<2xf64> -> tensor<2xf64>
  return
}

// -----

func.func @gather_coordinate(%x: tensor<2xf64>, %s: tensor<2xi64>) {
  // expected-error@+1 {{reads symbol 0 at coordinate 1 of an index space of rank 1}}
  %0 = ricci.gather %x[%s : tensor<2xi64>] {map = affine_map<(d0)[s0] -> (d0 + s0)>, symbol_axes = [array<i64: 1>], modes = array<i32: 0>} : tensor<2xf64> -> tensor<2xf64>
  return
}

// -----

func.func @gather_symbol_size(%x: tensor<2xf64>, %s: tensor<3xi64>) {
  // expected-error@+1 {{has 3 values of symbol 0 along coordinate 0, which has size 2}}
  %0 = ricci.gather %x[%s : tensor<3xi64>] {map = affine_map<(d0)[s0] -> (d0 + s0)>, symbol_axes = [array<i64: 0>], modes = array<i32: 0>} : tensor<2xf64> -> tensor<2xf64>
  return
}

// -----

func.func @gather_modes(%x: tensor<2xf64>) {
  // expected-error@+1 {{has 2 modes for an array of rank 1}}
  %0 = ricci.gather %x {map = affine_map<(d0) -> (d0)>, symbol_axes = [], modes = array<i32: 0, 0>} : tensor<2xf64> -> tensor<2xf64>
  return
}

// -----

func.func @gather_mode(%x: tensor<2xf64>) {
  // expected-error@+1 {{has an unknown mode 9}}
  %0 = ricci.gather %x {map = affine_map<(d0) -> (d0)>, symbol_axes = [], modes = array<i32: 9>} : tensor<2xf64> -> tensor<2xf64>
  return
}

// -----

func.func @scatter_bool(%v: tensor<2xi1>) {
  // expected-error@+1 {{adds, which booleans do not}}
  %0 = ricci.scatter %v {map = affine_map<(d0) -> (d0)>, symbol_axes = [], modes = array<i32: 0>} : tensor<2xi1> -> tensor<2xi1>
  return
}

// -----

func.func @update_type(%x: tensor<2xf64>) {
  // expected-error@+1 {{of 'tensor<2xf64>' does not give 'tensor<3xf64>'}}
  %0 = ricci.update %x, %x {map = affine_map<(d0) -> (d0)>, symbol_axes = [], modes = array<i32: 0>} : tensor<2xf64>, tensor<2xf64> -> tensor<3xf64>
  return
}

// -----

// ---- structure

func.func @concat_empty() {
  // expected-error@+1 {{needs an operand}}
  %0 = ricci.concat 0() : () -> tensor<0xf64>
  return
}

// -----

func.func @concat_axis(%x: tensor<2xf64>) {
  // expected-error@+1 {{joins along axis 1 of a tensor of rank 1}}
  %0 = ricci.concat 1(%x) : (tensor<2xf64>) -> tensor<2xf64>
  return
}

// -----

func.func @concat_rank(%x: tensor<2xf64>, %y: tensor<2x2xf64>) {
  // expected-error@+1 {{operand 1 is 'tensor<2x2xf64>', the result 'tensor<4xf64>'}}
  %0 = ricci.concat 0(%x, %y) : (tensor<2xf64>, tensor<2x2xf64>) -> tensor<4xf64>
  return
}

// -----

func.func @concat_other(%x: tensor<2x3xf64>, %y: tensor<2x4xf64>) {
  // expected-error@+1 {{operand 1 has size 4 on axis 1, the result 3}}
  %0 = ricci.concat 0(%x, %y) : (tensor<2x3xf64>, tensor<2x4xf64>) -> tensor<4x3xf64>
  return
}

// -----

func.func @concat_total(%x: tensor<2xf64>) {
  // expected-error@+1 {{joins 4 along axis 0, the result has 5}}
  %0 = ricci.concat 0(%x, %x) : (tensor<2xf64>, tensor<2xf64>) -> tensor<5xf64>
  return
}

// -----

func.func @reshape_element(%x: tensor<2xf64>) {
  // expected-error@+1 {{keeps element type 'f64', its result has 'f32'}}
  %0 = ricci.reshape %x : tensor<2xf64> -> tensor<2xf32>
  return
}

// -----

func.func @reshape_count(%x: tensor<2x3xf64>) {
  // expected-error@+1 {{has 6 elements going in and 5 coming out}}
  %0 = ricci.reshape %x : tensor<2x3xf64> -> tensor<5xf64>
  return
}

// -----

func.func @argsort_scalar(%x: tensor<f64>) {
  // expected-error@+1 {{sorts along the last axis, a scalar has none}}
  %0 = ricci.argsort %x : tensor<f64> -> tensor<i64>
  return
}

// -----

func.func @argsort_shape(%x: tensor<2x3xf64>) {
  // expected-error@+1 {{of 'tensor<2x3xf64>' does not give 'tensor<3x3xi64>'}}
  %0 = ricci.argsort %x : tensor<2x3xf64> -> tensor<3x3xi64>
  return
}

// -----

func.func @argsort_dims(%x: tensor<2x?xf64>) {
  // expected-error@+1 {{needs one size for each dynamic axis of 'tensor<2x?xi64>': 1, not 0}}
  %0 = ricci.argsort %x : tensor<2x?xf64> -> tensor<2x?xi64>
  return
}

// -----

func.func @recurrence_axis(%x: tensor<2xf64>, %a: tensor<1xf64>) {
  // expected-error@+1 {{runs along axis 1 of a tensor of rank 1}}
  %0 = ricci.recurrence 1 %x, %a : tensor<2xf64>, tensor<1xf64>
  return
}

// -----

func.func @recurrence_bool(%x: tensor<2xi1>, %a: tensor<1xi1>) {
  // expected-error@+1 {{multiplies and adds, which booleans do not}}
  %0 = ricci.recurrence 0 %x, %a : tensor<2xi1>, tensor<1xi1>
  return
}

// -----

func.func @recurrence_factors(%x: tensor<2x4xf64>, %a: tensor<2x4xf64>) {
  // expected-error@+1 {{over 'tensor<2x4xf64>' needs factors of type 'tensor<2x3xf64>', not 'tensor<2x4xf64>'}}
  %0 = ricci.recurrence 1 %x, %a : tensor<2x4xf64>, tensor<2x4xf64>
  return
}

// -----

func.func @recurrence_factors_of_nothing(%x: tensor<0xf64>, %a: tensor<1xf64>) {
  // expected-error@+1 {{needs factors of type 'tensor<0xf64>'}}
  %0 = ricci.recurrence 0 %x, %a : tensor<0xf64>, tensor<1xf64>
  return
}

// -----

// ---- elementwise

func.func @cmp_bool(%x: tensor<2xi1>) {
  // expected-error@+1 {{'lt' does not order booleans}}
  %0 = ricci.cmp lt %x, %x : tensor<2xi1>
  return
}

// -----

func.func @convert_shape(%x: tensor<2xf64>) {
  // expected-error@+1 {{requires the same shape for all operands and results}}
  %0 = ricci.convert %x : tensor<2xf64> -> tensor<3xf32>
  return
}

// -----

func.func @convert_dynamic(%x: tensor<2xf64>) {
  // expected-error@+1 {{of 'tensor<2xf64>' does not give 'tensor<?xf32>'}}
  %0 = ricci.convert %x : tensor<2xf64> -> tensor<?xf32>
  return
}

// -----

func.func @unit_dynamic(%x: tensor<2xi64>) {
  // expected-error@+1 {{of 'tensor<2xi64>' does not give 'tensor<?xf32>'}}
  %0 = ricci.unit %x : tensor<2xi64> -> tensor<?xf32>
  return
}

// -----

func.func @polygamma_order(%x: tensor<2xf64>) {
  // expected-error@+1 {{has order -1, it must be in 0 to 64}}
  %0 = ricci.polygamma %x order -1 : tensor<2xf64>
  return
}

// -----

func.func @element_types(%x: tensor<2xi64>) {
  // expected-error@+1 {{operand #0 must be ranked tensor of 32-bit float or 64-bit float values}}
  %0 = ricci.exp %x : tensor<2xi64>
  return
}

// -----

// ---- effects

func.func @host_guard(%x: tensor<f64>) {
  // expected-error@+1 {{is guarded and needs a boolean scalar as its first value}}
  ricci.host "print", "" guarded(%x : tensor<f64>)
  return
}
