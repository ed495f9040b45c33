#include "tests/numerics/DerivativeCases.h"

using namespace ricci::test;

std::vector<DerivativeCase> ricci::test::whileCases() {
  return {
      // s = x; while Σ s < 12 and 50 steps are not done: s = s + s w
      {"while, ended by what it carries", R"(func.func @f(%x: tensor<2xf64>, %w: tensor<2xf64>) -> tensor<2xf64> {
         %lo = arith.constant 0 : index
         %hi = arith.constant 50 : index
         %yes = ricci.fill true : tensor<i1>
         %bound = ricci.fill 12.0 : f64 : tensor<f64>
         %r:2 = ricci.for %lo to %hi while init(%yes, %x : tensor<i1>, tensor<2xf64>) {
         ^bb0(%i: tensor<i64>, %more: tensor<i1>, %s: tensor<2xf64>):
           %m = ricci.mul %s, %w : tensor<2xf64>
           %n = ricci.add %s, %m : tensor<2xf64>
           %sum = ricci.einsum "i->" (%n) : (tensor<2xf64>) -> tensor<f64>
           %c = ricci.cmp lt %sum, %bound : tensor<f64>
           ricci.yield %c, %n : tensor<i1>, tensor<2xf64>
         } : tensor<i1>, tensor<2xf64>
         return %r#1 : tensor<2xf64>
       })", 0.4, 1.6, 3},
      // the same, ended by the limit; the iterations' numbers count from 2
      {"while, ended by its limit", R"(func.func @f(%x: tensor<2xf64>) -> tensor<2xf64> {
         %lo = arith.constant 2 : index
         %hi = arith.constant 5 : index
         %yes = ricci.fill true : tensor<i1>
         %bound = ricci.fill 100.0 : f64 : tensor<f64>
         %r:2 = ricci.for %lo to %hi while init(%yes, %x : tensor<i1>, tensor<2xf64>) {
         ^bb0(%i: tensor<i64>, %more: tensor<i1>, %s: tensor<2xf64>):
           %k = ricci.convert %i : tensor<i64> -> tensor<f64>
           %b = ricci.einsum "->a" (%k) : (tensor<f64>) -> tensor<2xf64>
           %m = ricci.mul %s, %b : tensor<2xf64>
           %n = ricci.sin %m : tensor<2xf64>
           %sum = ricci.einsum "i->" (%n) : (tensor<2xf64>) -> tensor<f64>
           %c = ricci.cmp lt %sum, %bound : tensor<f64>
           ricci.yield %c, %n : tensor<i1>, tensor<2xf64>
         } : tensor<i1>, tensor<2xf64>
         return %r#1 : tensor<2xf64>
       })", 0.2, 0.8, 3},
      // one has no room, the other's condition is false from the start
      {"while, without iterations", R"(func.func @f(%x: tensor<2xf64>, %w: tensor<2xf64>) -> (tensor<2xf64>, tensor<2xf64>) {
         %lo = arith.constant 3 : index
         %hi = arith.constant 3 : index
         %far = arith.constant 1000000000 : index
         %yes = ricci.fill true : tensor<i1>
         %sum = ricci.einsum "i->" (%x) : (tensor<2xf64>) -> tensor<f64>
         %bound = ricci.fill -12.0 : f64 : tensor<f64>
         %no = ricci.cmp lt %sum, %bound : tensor<f64>
         %r:2 = ricci.for %lo to %hi while init(%yes, %x : tensor<i1>, tensor<2xf64>) {
         ^bb0(%i: tensor<i64>, %more: tensor<i1>, %s: tensor<2xf64>):
           %m = ricci.mul %s, %w : tensor<2xf64>
           ricci.yield %more, %m : tensor<i1>, tensor<2xf64>
         } : tensor<i1>, tensor<2xf64>
         %q:2 = ricci.for %lo to %far while init(%no, %w : tensor<i1>, tensor<2xf64>) {
         ^bb0(%i: tensor<i64>, %more: tensor<i1>, %s: tensor<2xf64>):
           %m = ricci.mul %s, %x : tensor<2xf64>
           ricci.yield %more, %m : tensor<i1>, tensor<2xf64>
         } : tensor<i1>, tensor<2xf64>
         %y = ricci.mul %r#1, %q#1 : tensor<2xf64>
         return %y, %q#1 : tensor<2xf64>, tensor<2xf64>
       })"},
      // Newton's √x of each element, to a tolerance; how many steps were done is carried, an integer
      {"while, Newton", R"(func.func @f(%x: tensor<3xf64>) -> tensor<3xf64> {
         %lo = arith.constant 0 : index
         %hi = arith.constant 1000 : index
         %yes = ricci.fill true : tensor<i1>
         %none = ricci.fill 0 : i64 : tensor<i64>
         %half = ricci.fill 0.5 : f64 : tensor<3xf64>
         %tolerance = ricci.fill 1.0e-12 : f64 : tensor<f64>
         %r:3 = ricci.for %lo to %hi while init(%yes, %none, %x : tensor<i1>, tensor<i64>, tensor<3xf64>) {
         ^bb0(%i: tensor<i64>, %more: tensor<i1>, %k: tensor<i64>, %s: tensor<3xf64>):
           %q = ricci.div %x, %s : tensor<3xf64>
           %t = ricci.add %s, %q : tensor<3xf64>
           %n = ricci.mul %t, %half : tensor<3xf64>
           %d = ricci.sub %n, %s : tensor<3xf64>
           %a = ricci.abs %d : tensor<3xf64>
           %e = ricci.reduce max [0] %a : tensor<3xf64> -> tensor<f64>
           %c = ricci.cmp gt %e, %tolerance : tensor<f64>
           %one = ricci.fill 1 : i64 : tensor<i64>
           %k1 = ricci.add %k, %one : tensor<i64>
           ricci.yield %c, %k1, %n : tensor<i1>, tensor<i64>, tensor<3xf64>
         } : tensor<i1>, tensor<i64>, tensor<3xf64>
         return %r#2 : tensor<3xf64>
       })", 0.4, 1.6, 3},
      {"while, dynamic", R"(func.func @f(%x: tensor<6xf64>, %w: tensor<2xf64>) -> tensor<2xf64> {
         %c3 = arith.constant 3 : index
         %c2 = arith.constant 2 : index
         %lo = arith.constant 0 : index
         %d = ricci.reshape %x dims(%c3, %c2) : tensor<6xf64> -> tensor<?x?xf64>
         %hi = ricci.dim %d, 0 : tensor<?x?xf64>
         %m = ricci.dim %d, 1 : tensor<?x?xf64>
         %v = ricci.reshape %w dims(%m) : tensor<2xf64> -> tensor<?xf64>
         %yes = ricci.fill true : tensor<i1>
         %bound = ricci.fill 0.5 : f64 : tensor<f64>
         %r:2 = ricci.for %lo to %hi while init(%yes, %v : tensor<i1>, tensor<?xf64>) {
         ^bb0(%i: tensor<i64>, %more: tensor<i1>, %c: tensor<?xf64>):
           %row = ricci.gather %d [%i : tensor<i64>] dims(%m) {map = affine_map<(d0)[s0] -> (s0, d0)>, symbol_axes = [array<i64>], modes = array<i32: 0, 0>}
             : tensor<?x?xf64> -> tensor<?xf64>
           %p = ricci.mul %row, %c : tensor<?xf64>
           %t = ricci.sin %p : tensor<?xf64>
           %s = ricci.einsum "i->" (%t) : (tensor<?xf64>) -> tensor<f64>
           %g = ricci.cmp gt %s, %bound : tensor<f64>
           ricci.yield %g, %t : tensor<i1>, tensor<?xf64>
         } : tensor<i1>, tensor<?xf64>
         %a = ricci.reshape %r#1 : tensor<?xf64> -> tensor<2xf64>
         return %a : tensor<2xf64>
       })", 0.5, 1.5, 3},
      // Each step of the outer while is a for, each step of that a while of its own.
      {"while in for in while", R"(func.func @f(%x: tensor<2xf64>, %w: tensor<2xf64>) -> (tensor<2xf64>, tensor<f64>) {
         %lo = arith.constant 0 : index
         %two = arith.constant 2 : index
         %hi = arith.constant 9 : index
         %yes = ricci.fill true : tensor<i1>
         %zero = ricci.fill 0.0 : f64 : tensor<f64>
         %bound = ricci.fill 3.0 : f64 : tensor<f64>
         %floor = ricci.fill 0.07 : f64 : tensor<f64>
         %r:3 = ricci.for %lo to %hi while init(%yes, %x, %zero : tensor<i1>, tensor<2xf64>, tensor<f64>) {
         ^bb0(%i: tensor<i64>, %more: tensor<i1>, %s: tensor<2xf64>, %acc: tensor<f64>):
           %o:2 = ricci.for %lo to %two init(%s : tensor<2xf64>) {
           ^bb0(%j: tensor<i64>, %p: tensor<2xf64>):
             %q:2 = ricci.for %lo to %hi while init(%yes, %p : tensor<i1>, tensor<2xf64>) {
             ^bb0(%k: tensor<i64>, %go: tensor<i1>, %u: tensor<2xf64>):
               %m = ricci.mul %u, %w : tensor<2xf64>
               %t = ricci.sin %m : tensor<2xf64>
               %l = ricci.reduce min [0] %t : tensor<2xf64> -> tensor<f64>
               %c = ricci.cmp gt %l, %floor : tensor<f64>
               ricci.yield %c, %t : tensor<i1>, tensor<2xf64>
             } : tensor<i1>, tensor<2xf64>
             %n = ricci.add %p, %q#1 : tensor<2xf64>
             %e = ricci.einsum "i,i->" (%n, %q#1) : (tensor<2xf64>, tensor<2xf64>) -> tensor<f64>
             ricci.yield %n, %e : tensor<2xf64>, tensor<f64>
           } : tensor<2xf64>, tensor<2xf64>
           %g = ricci.einsum "i->" (%o#1) : (tensor<2xf64>) -> tensor<f64>
           %a = ricci.add %acc, %g : tensor<f64>
           %c = ricci.cmp lt %a, %bound : tensor<f64>
           ricci.yield %c, %o#0, %a : tensor<i1>, tensor<2xf64>, tensor<f64>
         } : tensor<i1>, tensor<2xf64>, tensor<f64>
         return %r#1, %r#2 : tensor<2xf64>, tensor<f64>
       })", 0.5, 0.9, 3},
      // Descent by gradients until they are small.
      {"vjp in while", R"(func.func @f(%x: tensor<2xf64>, %w: tensor<2xf64>) -> tensor<2xf64> {
         %lo = arith.constant 0 : index
         %hi = arith.constant 1000 : index
         %yes = ricci.fill true : tensor<i1>
         %one = ricci.fill 1.0 : f64 : tensor<f64>
         %rate = ricci.fill 0.3 : f64 : tensor<2xf64>
         %enough = ricci.fill 0.05 : f64 : tensor<f64>
         %r:2 = ricci.for %lo to %hi while init(%yes, %x : tensor<i1>, tensor<2xf64>) {
         ^bb0(%i: tensor<i64>, %more: tensor<i1>, %s: tensor<2xf64>):
           %g:2 = ricci.vjp(%s) from (%one) {
           ^bb0(%p: tensor<2xf64>):
             %d = ricci.sub %p, %w : tensor<2xf64>
             %h = ricci.cosh %d : tensor<2xf64>
             %l = ricci.einsum "i->" (%h) : (tensor<2xf64>) -> tensor<f64>
             ricci.yield %l : tensor<f64>
           } : (tensor<2xf64>, tensor<f64>) -> (tensor<f64>, tensor<2xf64>)
           %u = ricci.mul %g#1, %rate : tensor<2xf64>
           %n = ricci.sub %s, %u : tensor<2xf64>
           %q = ricci.einsum "i,i->" (%g#1, %g#1) : (tensor<2xf64>, tensor<2xf64>) -> tensor<f64>
           %c = ricci.cmp gt %q, %enough : tensor<f64>
           ricci.yield %c, %n : tensor<i1>, tensor<2xf64>
         } : tensor<i1>, tensor<2xf64>
         return %r#1 : tensor<2xf64>
       })"},
      // The Jacobian of a while, row by row and column by column.
      {"while, Jacobians", R"(func.func @f(%x: tensor<2xf64>, %w: tensor<2x2xf64>) -> (tensor<2x2xf64>, tensor<2x2xf64>) {
         %lo = arith.constant 0 : index
         %two = arith.constant 2 : index
         %hi = arith.constant 1000 : index
         %yes = ricci.fill true : tensor<i1>
         %bound = ricci.fill 20.0 : f64 : tensor<f64>
         %eye = ricci.constant dense<[[1.0, 0.0], [0.0, 1.0]]> : tensor<2x2xf64>
         %rows = ricci.for %lo to %two {
         ^bb0(%i: tensor<i64>):
           %e = ricci.gather %eye [%i : tensor<i64>] {map = affine_map<(d0)[s0] -> (s0, d0)>, symbol_axes = [array<i64>], modes = array<i32: 0, 0>}
             : tensor<2x2xf64> -> tensor<2xf64>
           %v:2 = ricci.vjp(%x) from (%e) {
           ^bb0(%a: tensor<2xf64>):
             %r:2 = ricci.for %lo to %hi while init(%yes, %a : tensor<i1>, tensor<2xf64>) {
             ^bb0(%k: tensor<i64>, %more: tensor<i1>, %s: tensor<2xf64>):
               %z = ricci.einsum "ij,j->i" (%w, %s) : (tensor<2x2xf64>, tensor<2xf64>) -> tensor<2xf64>
               %n = ricci.sinh %z : tensor<2xf64>
               %q = ricci.einsum "i,i->" (%n, %n) : (tensor<2xf64>, tensor<2xf64>) -> tensor<f64>
               %c = ricci.cmp lt %q, %bound : tensor<f64>
               ricci.yield %c, %n : tensor<i1>, tensor<2xf64>
             } : tensor<i1>, tensor<2xf64>
             ricci.yield %r#1 : tensor<2xf64>
           } : (tensor<2xf64>, tensor<2xf64>) -> (tensor<2xf64>, tensor<2xf64>)
           ricci.yield %v#1 : tensor<2xf64>
         } : tensor<2x2xf64>
         %columns = ricci.for %lo to %two {
         ^bb0(%i: tensor<i64>):
           %e = ricci.gather %eye [%i : tensor<i64>] {map = affine_map<(d0)[s0] -> (s0, d0)>, symbol_axes = [array<i64>], modes = array<i32: 0, 0>}
             : tensor<2x2xf64> -> tensor<2xf64>
           %v:2 = ricci.jvp(%x) along (%e) {
           ^bb0(%a: tensor<2xf64>):
             %r:2 = ricci.for %lo to %hi while init(%yes, %a : tensor<i1>, tensor<2xf64>) {
             ^bb0(%k: tensor<i64>, %more: tensor<i1>, %s: tensor<2xf64>):
               %z = ricci.einsum "ij,j->i" (%w, %s) : (tensor<2x2xf64>, tensor<2xf64>) -> tensor<2xf64>
               %n = ricci.sinh %z : tensor<2xf64>
               %q = ricci.einsum "i,i->" (%n, %n) : (tensor<2xf64>, tensor<2xf64>) -> tensor<f64>
               %c = ricci.cmp lt %q, %bound : tensor<f64>
               ricci.yield %c, %n : tensor<i1>, tensor<2xf64>
             } : tensor<i1>, tensor<2xf64>
             ricci.yield %r#1 : tensor<2xf64>
           } : (tensor<2xf64>, tensor<2xf64>) -> (tensor<2xf64>, tensor<2xf64>)
           ricci.yield %v#1 : tensor<2xf64>
         } : tensor<2x2xf64>
         return %rows, %columns : tensor<2x2xf64>, tensor<2x2xf64>
       })", 0.6, 1.1},
  };
}
