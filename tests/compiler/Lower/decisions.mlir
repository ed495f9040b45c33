// RUN: ricci-opt -lower-kernels -remark-decisions -verify-diagnostics %s | FileCheck %s

// Which loop has vectors, which product is done in place, whose memory a result takes, and what threads share.

// CHECK-LABEL: func @vectors
func.func @vectors(%x: tensor<9x16xf32>) -> tensor<9x16xf32> {
  // expected-remark@+2 {{vector: the loops of `exp` have vectors of 16 lanes along axis 1 of 16: most arrays are contiguous there (axis 0 of 9 -16, axis 1 of 16 4 points)}}
  // expected-remark@+1 {{threads: threads do not share 9 iterations of about}}
  %y = ricci.exp %x : tensor<9x16xf32>
  // expected-remark@+3 {{memory: a result of `log` takes the memory of the value of `exp`: that is read for the last time here, at the same places}}
  // expected-remark@+2 {{vector: the loops of `log` have vectors of 16 lanes}}
  // expected-remark@+1 {{threads: threads do not share 9 iterations of about}}
  %z = ricci.log %y : tensor<9x16xf32>
  return %z : tensor<9x16xf32>
}

// CHECK-LABEL: func @products
func.func @products(%a: tensor<16x16xf32>, %b: tensor<16x16xf32>, %n: tensor<500x500xf32>, %s: tensor<65x65xf64>)
    -> (tensor<16x16xf32>, tensor<500x500xf32>, tensor<65x65xf64>) {
  // expected-remark@+1 {{product: a product of two arrays is computed in place in register tiles, vectors along the rows of the second operand as they lie: its 4096 products and the 1024 bytes of its second operand are too few to pay for planning and packing}}
  %p = ricci.einsum "ij,jk->ik" (%a, %b) : (tensor<16x16xf32>, tensor<16x16xf32>) -> tensor<16x16xf32>
  // expected-remark@+2 {{packing: 1 product of 500×500 and 500×500}}
  // expected-remark@+1 {{product: a product of two arrays is left to the runtime's kernels, which plan on the sizes at hand: it has more than 2000000 products, which threads share}}
  %q = ricci.einsum "ij,jk->ik" (%n, %n) : (tensor<500x500xf32>, tensor<500x500xf32>) -> tensor<500x500xf32>
  // expected-remark@+2 {{packing: 1 product of 65×65 and 65×65}}
  // expected-remark@+1 {{product: a product of two arrays is left to the runtime's kernels, which plan on the sizes at hand: tiles of several shapes suit it}}
  %r = ricci.einsum "ij,jk->ik" (%s, %s) : (tensor<65x65xf64>, tensor<65x65xf64>) -> tensor<65x65xf64>
  return %p, %q, %r : tensor<16x16xf32>, tensor<500x500xf32>, tensor<65x65xf64>
}

// A view that small products read better from a copy.
// CHECK-LABEL: func @turnedView
func.func @turnedView(%a: tensor<64x64xf32>, %b: tensor<64x64xf32>) -> tensor<64x64xf32> {
  %r = ricci.kernel {
    %v = ricci.gather %b {map = affine_map<(k, j) -> (63 - k, 63 - j)>, modes = array<i32: 0, 0>, symbol_axes = []} : tensor<64x64xf32> -> tensor<64x64xf32>
    // expected-remark@+4 {{packing: the view kj of the product ik,kj->ij is copied before it is read}}
    // expected-remark@+3 {{vector: the loops of `gather`}}
    // expected-remark@+2 {{threads: threads do not share}}
    // expected-remark@+1 {{product: a product of two arrays is computed in place}}
    %c = ricci.einsum "ik,kj->ij"(%a, %v) {ricci.contraction} : (tensor<64x64xf32>, tensor<64x64xf32>) -> tensor<64x64xf32>
    ricci.yield %c : tensor<64x64xf32>
  } : tensor<64x64xf32>
  return %r : tensor<64x64xf32>
}

// What a sum across its rows reads is stored in the sum's loops.
// CHECK-LABEL: func @made
func.func @made(%x: tensor<100x64xf64>, %y: tensor<100xf64>) -> (tensor<100x64xf64>, tensor<64xf64>) {
  %k:2 = ricci.kernel {
    // expected-remark@+1 {{fusion: `*` is stored in the loop of `sum`: that goes along the same elements}}
    %m = ricci.mul %x, %x : tensor<100x64xf64>
    // expected-remark@+3 {{vector: the loops of `sum` have vectors of 8 lanes along axis 0 of 64, 4 at a time}}
    // expected-remark@+2 {{threads: threads do not share 100 iterations}}
    // expected-remark@+1 {{threads: threads do not share 64 iterations}}
    %s = ricci.einsum "ij,i->j"(%m, %y) : (tensor<100x64xf64>, tensor<100xf64>) -> tensor<64xf64>
    ricci.yield %m, %s : tensor<100x64xf64>, tensor<64xf64>
  } : tensor<100x64xf64>, tensor<64xf64>
  return %k#0, %k#1 : tensor<100x64xf64>, tensor<64xf64>
}
