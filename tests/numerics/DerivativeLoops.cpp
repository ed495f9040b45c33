#include "tests/numerics/DerivativeCases.h"

using namespace ricci::test;

std::vector<DerivativeCase> ricci::test::loopCases() {
  return {
      {"for, carried", R"(func.func @f(%x: tensor<3xf64>) -> tensor<3xf64> {
         %lo = arith.constant 0 : index
         %hi = arith.constant 4 : index
         %r = ricci.for %lo to %hi init(%x : tensor<3xf64>) {
         ^bb0(%i: tensor<i64>, %c: tensor<3xf64>):
           %s = ricci.sin %c : tensor<3xf64>
           %n = ricci.add %s, %c : tensor<3xf64>
           ricci.yield %n : tensor<3xf64>
         } : tensor<3xf64>
         return %r : tensor<3xf64>
       })", -1, 1, 3},
      {"for, captured and stacked", R"(func.func @f(%x: tensor<2xf64>, %w: tensor<2x2xf64>, %u: tensor<4x2xf64>) -> (tensor<2xf64>, tensor<4x2xf64>) {
         %lo = arith.constant 0 : index
         %hi = arith.constant 4 : index
         %r:2 = ricci.for %lo to %hi init(%x : tensor<2xf64>) {
         ^bb0(%i: tensor<i64>, %h: tensor<2xf64>):
           %z = ricci.einsum "ij,j->i" (%w, %h) : (tensor<2x2xf64>, tensor<2xf64>) -> tensor<2xf64>
           %ui = ricci.gather %u [%i : tensor<i64>] {map = affine_map<(d0)[s0] -> (s0, d0)>, symbol_axes = [array<i64>], modes = array<i32: 0, 0>}
             : tensor<4x2xf64> -> tensor<2xf64>
           %a = ricci.add %z, %ui : tensor<2xf64>
           %n = ricci.tanh %a : tensor<2xf64>
           %y = ricci.mul %n, %ui : tensor<2xf64>
           ricci.yield %n, %y : tensor<2xf64>, tensor<2xf64>
         } : tensor<2xf64>, tensor<4x2xf64>
         return %r#0, %r#1 : tensor<2xf64>, tensor<4x2xf64>
       })", -1, 1, 3},
      {"for, lower bound and counter", R"(func.func @f(%x: tensor<2xf64>) -> tensor<2xf64> {
         %lo = arith.constant 2 : index
         %hi = arith.constant 5 : index
         %r = ricci.for %lo to %hi init(%x : tensor<2xf64>) {
         ^bb0(%i: tensor<i64>, %c: tensor<2xf64>):
           %k = ricci.convert %i : tensor<i64> -> tensor<f64>
           %b = ricci.einsum "->a" (%k) : (tensor<f64>) -> tensor<2xf64>
           %m = ricci.mul %c, %b : tensor<2xf64>
           %n = ricci.sin %m : tensor<2xf64>
           ricci.yield %n : tensor<2xf64>
         } : tensor<2xf64>
         return %r : tensor<2xf64>
       })", 0.2, 0.8},
      {"for without iterations", R"(func.func @f(%x: tensor<2xf64>, %w: tensor<2xf64>) -> (tensor<2xf64>, tensor<0x2xf64>) {
         %lo = arith.constant 3 : index
         %hi = arith.constant 3 : index
         %r:2 = ricci.for %lo to %hi init(%x : tensor<2xf64>) {
         ^bb0(%i: tensor<i64>, %c: tensor<2xf64>):
           %m = ricci.mul %c, %w : tensor<2xf64>
           ricci.yield %m, %c : tensor<2xf64>, tensor<2xf64>
         } : tensor<2xf64>, tensor<0x2xf64>
         return %r#0, %r#1 : tensor<2xf64>, tensor<0x2xf64>
       })"},
      {"for, dynamic", R"(func.func @f(%x: tensor<6xf64>, %w: tensor<2xf64>) -> (tensor<2xf64>, tensor<3x2xf64>) {
         %c3 = arith.constant 3 : index
         %c2 = arith.constant 2 : index
         %lo = arith.constant 0 : index
         %d = ricci.reshape %x dims(%c3, %c2) : tensor<6xf64> -> tensor<?x?xf64>
         %hi = ricci.dim %d, 0 : tensor<?x?xf64>
         %m = ricci.dim %d, 1 : tensor<?x?xf64>
         %v = ricci.reshape %w dims(%m) : tensor<2xf64> -> tensor<?xf64>
         %n = ricci.to_tensor %hi : tensor<i64>
         %one = ricci.fill 0 : i64 : tensor<i64>
         %sum = ricci.add %n, %one : tensor<i64>
         %up = ricci.to_index %sum : tensor<i64>
         %r:2 = ricci.for %lo to %up init(%v : tensor<?xf64>) dims(%hi, %m) {
         ^bb0(%i: tensor<i64>, %c: tensor<?xf64>):
           %row = ricci.gather %d [%i : tensor<i64>] dims(%m) {map = affine_map<(d0)[s0] -> (s0, d0)>, symbol_axes = [array<i64>], modes = array<i32: 0, 0>}
             : tensor<?x?xf64> -> tensor<?xf64>
           %p = ricci.mul %row, %c : tensor<?xf64>
           %t = ricci.sin %p : tensor<?xf64>
           ricci.yield %t, %p : tensor<?xf64>, tensor<?xf64>
         } : tensor<?xf64>, tensor<?x?xf64>
         %q = ricci.for %lo to %up init(%r#0 : tensor<?xf64>) {
         ^bb0(%i: tensor<i64>, %c: tensor<?xf64>):
           %p = ricci.mul %v, %c : tensor<?xf64>
           ricci.yield %p : tensor<?xf64>
         } : tensor<?xf64>
         %a = ricci.reshape %q : tensor<?xf64> -> tensor<2xf64>
         %b = ricci.reshape %r#1 : tensor<?x?xf64> -> tensor<3x2xf64>
         return %a, %b : tensor<2xf64>, tensor<3x2xf64>
       })", 0.5, 1.5},
      // Adam-like: two carried values, one an integer, one that does not matter, one overwritten
      {"for, several carried", R"(func.func @f(%x: tensor<2xf64>, %w: tensor<2xf64>) -> (tensor<2xf64>, tensor<2xf64>) {
         %lo = arith.constant 0 : index
         %hi = arith.constant 3 : index
         %n0 = ricci.fill 1 : i64 : tensor<i64>
         %z = ricci.fill 0.0 : f64 : tensor<2xf64>
         %r:4 = ricci.for %lo to %hi init(%x, %z, %n0, %w : tensor<2xf64>, tensor<2xf64>, tensor<i64>, tensor<2xf64>) {
         ^bb0(%i: tensor<i64>, %p: tensor<2xf64>, %m: tensor<2xf64>, %n: tensor<i64>, %q: tensor<2xf64>):
           %g = ricci.mul %p, %w : tensor<2xf64>
           %k = ricci.convert %n : tensor<i64> -> tensor<f64>
           %b = ricci.einsum "->a" (%k) : (tensor<f64>) -> tensor<2xf64>
           %m1 = ricci.div %m, %b : tensor<2xf64>
           %m2 = ricci.add %m1, %g : tensor<2xf64>
           %s = ricci.sin %m2 : tensor<2xf64>
           %p1 = ricci.sub %p, %s : tensor<2xf64>
           %n1 = ricci.add %n, %n : tensor<i64>
           %q1 = ricci.mul %g, %g : tensor<2xf64>
           ricci.yield %p1, %m2, %n1, %q1 : tensor<2xf64>, tensor<2xf64>, tensor<i64>, tensor<2xf64>
         } : tensor<2xf64>, tensor<2xf64>, tensor<i64>, tensor<2xf64>
         return %r#0, %r#3 : tensor<2xf64>, tensor<2xf64>
       })", 0.3, 1, 3},
      {"for in for", R"(func.func @f(%x: tensor<2xf64>, %w: tensor<2xf64>) -> (tensor<2xf64>, tensor<3x2xf64>) {
         %lo = arith.constant 0 : index
         %hi = arith.constant 3 : index
         %two = arith.constant 2 : index
         %r:2 = ricci.for %lo to %hi init(%x : tensor<2xf64>) {
         ^bb0(%i: tensor<i64>, %c: tensor<2xf64>):
           %e = ricci.mul %c, %w : tensor<2xf64>
           %d:2 = ricci.for %lo to %two init(%e : tensor<2xf64>) {
           ^bb0(%j: tensor<i64>, %a: tensor<2xf64>):
             %s = ricci.sin %a : tensor<2xf64>
             %t = ricci.mul %s, %c : tensor<2xf64>
             ricci.yield %t, %s : tensor<2xf64>, tensor<2xf64>
           } : tensor<2xf64>, tensor<2x2xf64>
           %y = ricci.einsum "ij->j" (%d#1) : (tensor<2x2xf64>) -> tensor<2xf64>
           %n = ricci.add %d#0, %y : tensor<2xf64>
           ricci.yield %n, %y : tensor<2xf64>, tensor<2xf64>
         } : tensor<2xf64>, tensor<3x2xf64>
         return %r#0, %r#1 : tensor<2xf64>, tensor<3x2xf64>
       })", 0.3, 1, 3},
      {"for, written in place", R"(func.func @f(%x: tensor<4xf64>) -> tensor<4xf64> {
         %lo = arith.constant 1 : index
         %hi = arith.constant 4 : index
         %r = ricci.for %lo to %hi init(%x : tensor<4xf64>) {
         ^bb0(%i: tensor<i64>, %c: tensor<4xf64>):
           %p = ricci.gather %c [%i : tensor<i64>] {map = affine_map<()[s0] -> (s0 - 1)>, symbol_axes = [array<i64>], modes = array<i32: 0>}
             : tensor<4xf64> -> tensor<f64>
           %q = ricci.gather %c [%i : tensor<i64>] {map = affine_map<()[s0] -> (s0)>, symbol_axes = [array<i64>], modes = array<i32: 0>}
             : tensor<4xf64> -> tensor<f64>
           %m = ricci.mul %p, %q : tensor<f64>
           %n = ricci.update %c, %m [%i : tensor<i64>] {map = affine_map<()[s0] -> (s0)>, symbol_axes = [array<i64>], modes = array<i32: 0>}
             : tensor<4xf64>, tensor<f64> -> tensor<4xf64>
           ricci.yield %n : tensor<4xf64>
         } : tensor<4xf64>
         return %r : tensor<4xf64>
       })", 0.5, 1.5, 3},
      // a gradient step inside: the forms nest through loops
      {"vjp in for", R"(func.func @f(%x: tensor<2xf64>, %w: tensor<2xf64>) -> tensor<2xf64> {
         %lo = arith.constant 0 : index
         %hi = arith.constant 3 : index
         %one = ricci.fill 1.0 : f64 : tensor<2xf64>
         %r = ricci.for %lo to %hi init(%x : tensor<2xf64>) {
         ^bb0(%i: tensor<i64>, %c: tensor<2xf64>):
           %g:2 = ricci.vjp(%c) from (%one) {
           ^bb0(%p: tensor<2xf64>):
             %a = ricci.mul %p, %w : tensor<2xf64>
             %s = ricci.sin %a : tensor<2xf64>
             ricci.yield %s : tensor<2xf64>
           } : (tensor<2xf64>, tensor<2xf64>) -> (tensor<2xf64>, tensor<2xf64>)
           %n = ricci.sub %c, %g#1 : tensor<2xf64>
           ricci.yield %n : tensor<2xf64>
         } : tensor<2xf64>
         return %r : tensor<2xf64>
       })", 0.3, 1},
      {"jvp", R"(func.func @f(%x: tensor<2xf64>, %v: tensor<2xf64>) -> tensor<2xf64> {
         %g:2 = ricci.jvp(%x) along (%v) {
         ^bb0(%p: tensor<2xf64>):
           %a = ricci.mul %p, %x : tensor<2xf64>
           %s = ricci.sin %a : tensor<2xf64>
           ricci.yield %s : tensor<2xf64>
         } : (tensor<2xf64>, tensor<2xf64>) -> (tensor<2xf64>, tensor<2xf64>)
         return %g#1 : tensor<2xf64>
       })", 0.3, 1, 3},
  };
}

std::vector<DerivativeCase> ricci::test::cutCases() {
  std::vector<DerivativeCase> result;
  for (const std::vector<DerivativeCase> &cases : {loopCases(), whileCases(), checkpointCases(), customCases()})
    for (DerivativeCase test : cases)
      if (test.text.find("ricci.for") != std::string::npos) {
        test.name += ", cut";
        test.cut = true;
        result.push_back(test);
      }
  return result;
}
