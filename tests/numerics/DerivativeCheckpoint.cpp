#include "tests/numerics/DerivativeCases.h"

using namespace ricci::test;

std::vector<DerivativeCase> ricci::test::checkpointCases() {
  return {
      {"checkpoint", R"(func.func @f(%x: tensor<3xf64>, %w: tensor<3xf64>) -> (tensor<3xf64>, tensor<3xf64>) {
         %y = ricci.exp %w : tensor<3xf64>
         %r:2 = ricci.checkpoint {
           %s = ricci.sin %x : tensor<3xf64>
           %t = ricci.mul %s, %y : tensor<3xf64>
           %u = ricci.tanh %t : tensor<3xf64>
           %v = ricci.mul %u, %s : tensor<3xf64>
           ricci.yield %v, %u : tensor<3xf64>, tensor<3xf64>
         } : tensor<3xf64>, tensor<3xf64>
         %p = ricci.mul %r#0, %x : tensor<3xf64>
         return %p, %r#1 : tensor<3xf64>, tensor<3xf64>
       })",
       -1, 1, 3},
      {"checkpoint of what is captured, and of constants",
       R"(func.func @f(%x: tensor<2xf64>) -> (tensor<2xf64>, tensor<2xf64>) {
         %k = ricci.fill 2.0 : f64 : tensor<2xf64>
         %r:3 = ricci.checkpoint {
           %s = ricci.mul %x, %k : tensor<2xf64>
           %q = ricci.mul %s, %s : tensor<2xf64>
           ricci.yield %x, %k, %q : tensor<2xf64>, tensor<2xf64>, tensor<2xf64>
         } : tensor<2xf64>, tensor<2xf64>, tensor<2xf64>
         %a = ricci.mul %r#0, %r#1 : tensor<2xf64>
         return %a, %r#2 : tensor<2xf64>, tensor<2xf64>
       })"},
      {"checkpoint in checkpoint", R"(func.func @f(%x: tensor<2xf64>, %w: tensor<2x2xf64>) -> tensor<2xf64> {
         %r = ricci.checkpoint {
           %a = ricci.einsum "ij,j->i" (%w, %x) : (tensor<2x2xf64>, tensor<2xf64>) -> tensor<2xf64>
           %b = ricci.sin %a : tensor<2xf64>
           %c = ricci.checkpoint {
             %d = ricci.einsum "ij,j->i" (%w, %b) : (tensor<2x2xf64>, tensor<2xf64>) -> tensor<2xf64>
             %e = ricci.exp %d : tensor<2xf64>
             %g = ricci.mul %e, %x : tensor<2xf64>
             ricci.yield %g : tensor<2xf64>
           } : tensor<2xf64>
           %h = ricci.mul %c, %b : tensor<2xf64>
           ricci.yield %h : tensor<2xf64>
         } : tensor<2xf64>
         return %r : tensor<2xf64>
       })",
       -1, 1, 3},
      {"checkpoint in for",
       R"(func.func @f(%x: tensor<2xf64>, %w: tensor<2x2xf64>) -> (tensor<2xf64>, tensor<3x2xf64>) {
         %lo = arith.constant 0 : index
         %hi = arith.constant 3 : index
         %r:2 = ricci.for %lo to %hi init(%x : tensor<2xf64>) {
         ^bb0(%i: tensor<i64>, %h: tensor<2xf64>):
           %c:2 = ricci.checkpoint {
             %k = ricci.convert %i : tensor<i64> -> tensor<f64>
             %b = ricci.einsum "->a" (%k) : (tensor<f64>) -> tensor<2xf64>
             %z = ricci.einsum "ij,j->i" (%w, %h) : (tensor<2x2xf64>, tensor<2xf64>) -> tensor<2xf64>
             %a = ricci.add %z, %b : tensor<2xf64>
             %n = ricci.tanh %a : tensor<2xf64>
             %y = ricci.mul %n, %h : tensor<2xf64>
             ricci.yield %n, %y : tensor<2xf64>, tensor<2xf64>
           } : tensor<2xf64>, tensor<2xf64>
           ricci.yield %c#0, %c#1 : tensor<2xf64>, tensor<2xf64>
         } : tensor<2xf64>, tensor<3x2xf64>
         return %r#0, %r#1 : tensor<2xf64>, tensor<3x2xf64>
       })",
       -1, 1, 3},
      {"for in checkpoint", R"(func.func @f(%x: tensor<2xf64>, %w: tensor<2xf64>) -> tensor<2xf64> {
         %lo = arith.constant 0 : index
         %hi = arith.constant 3 : index
         %c = ricci.checkpoint {
           %r:2 = ricci.for %lo to %hi init(%x : tensor<2xf64>) {
           ^bb0(%i: tensor<i64>, %h: tensor<2xf64>):
             %m = ricci.mul %h, %w : tensor<2xf64>
             %s = ricci.sin %m : tensor<2xf64>
             ricci.yield %s, %m : tensor<2xf64>, tensor<2xf64>
           } : tensor<2xf64>, tensor<3x2xf64>
           %t = ricci.einsum "ij,ij->j" (%r#1, %r#1) : (tensor<3x2xf64>, tensor<3x2xf64>) -> tensor<2xf64>
           %u = ricci.mul %t, %r#0 : tensor<2xf64>
           ricci.yield %u : tensor<2xf64>
         } : tensor<2xf64>
         return %c : tensor<2xf64>
       })",
       0.3, 1, 3},
      {"while in checkpoint in while", R"(func.func @f(%x: tensor<2xf64>, %w: tensor<2xf64>) -> tensor<2xf64> {
         %lo = arith.constant 0 : index
         %hi = arith.constant 2 : index
         %many = arith.constant 100 : index
         %yes = ricci.fill true : tensor<i1>
         %zero = ricci.fill 0 : i64 : tensor<i64>
         %one = ricci.fill 1 : i64 : tensor<i64>
         %three = ricci.fill 3 : i64 : tensor<i64>
         %r:3 = ricci.for %lo to %many while init(%yes, %zero, %x : tensor<i1>, tensor<i64>, tensor<2xf64>) {
         ^bb0(%i: tensor<i64>, %c: tensor<i1>, %n: tensor<i64>, %h: tensor<2xf64>):
           %k = ricci.checkpoint {
             %q:3 = ricci.for %lo to %many while init(%yes, %zero, %h : tensor<i1>, tensor<i64>, tensor<2xf64>) {
             ^bb0(%j: tensor<i64>, %d: tensor<i1>, %l: tensor<i64>, %a: tensor<2xf64>):
               %l1 = ricci.add %l, %one : tensor<i64>
               %d1 = ricci.cmp lt %l1, %three : tensor<i64>
               %m = ricci.mul %a, %w : tensor<2xf64>
               %s = ricci.sin %m : tensor<2xf64>
               ricci.yield %d1, %l1, %s : tensor<i1>, tensor<i64>, tensor<2xf64>
             } : tensor<i1>, tensor<i64>, tensor<2xf64>
             %p = ricci.mul %q#2, %h : tensor<2xf64>
             ricci.yield %p : tensor<2xf64>
           } : tensor<2xf64>
           %n1 = ricci.add %n, %one : tensor<i64>
           %c1 = ricci.cmp lt %n1, %three : tensor<i64>
           ricci.yield %c1, %n1, %k : tensor<i1>, tensor<i64>, tensor<2xf64>
         } : tensor<i1>, tensor<i64>, tensor<2xf64>
         return %r#2 : tensor<2xf64>
       })",
       0.5, 1.2},
      // 1/x is infinite where the branch is not taken
      {"checkpoint of a choice", R"(func.func @f(%x: tensor<2xf64>) -> tensor<2xf64> {
         %zero = ricci.fill 0.0 : f64 : tensor<2xf64>
         %one = ricci.fill 1.0 : f64 : tensor<2xf64>
         %m = ricci.constant dense<[true, false]> : tensor<2xi1>
         %d = ricci.select %m, %x, %zero : tensor<2xf64>
         %c = ricci.checkpoint {
           %q = ricci.div %one, %d : tensor<2xf64>
           %s = ricci.select %m, %q, %x : tensor<2xf64>
           %t = ricci.sin %s : tensor<2xf64>
           ricci.yield %t : tensor<2xf64>
         } : tensor<2xf64>
         return %c : tensor<2xf64>
       })",
       0.5, 1.5},
      {"checkpoint, dynamic", R"(func.func @f(%x: tensor<6xf64>, %w: tensor<3x3xf64>) -> tensor<6xf64> {
         %c2 = arith.constant 2 : index
         %c3 = arith.constant 3 : index
         %d = ricci.reshape %x dims(%c2, %c3) : tensor<6xf64> -> tensor<?x?xf64>
         %c = ricci.checkpoint {
           %n = ricci.dim %d, 0 : tensor<?x?xf64>
           %m = ricci.dim %d, 1 : tensor<?x?xf64>
           %z = ricci.einsum "ab,bc->ac" (%d, %w) dims(%n) : (tensor<?x?xf64>, tensor<3x3xf64>) -> tensor<?x3xf64>
           %r = ricci.reshape %z dims(%n, %m) : tensor<?x3xf64> -> tensor<?x?xf64>
           %t = ricci.tanh %r : tensor<?x?xf64>
           %u = ricci.mul %t, %d : tensor<?x?xf64>
           ricci.yield %u : tensor<?x?xf64>
         } : tensor<?x?xf64>
         %y = ricci.reshape %c : tensor<?x?xf64> -> tensor<6xf64>
         return %y : tensor<6xf64>
       })"},
      {"checkpoint of a custom function", R"(func.func @f(%x: tensor<2xf64>, %w: tensor<2xf64>) -> tensor<2xf64> {
         %c = ricci.checkpoint {
           %p = ricci.mul %x, %w : tensor<2xf64>
           %y = ricci.custom "g" (%p) {
           ^bb0(%a: tensor<2xf64>):
             %t = ricci.tanh %a : tensor<2xf64>
             ricci.yield %t : tensor<2xf64>
           } vjp {
           ^bb0(%a: tensor<2xf64>, %t: tensor<2xf64>, %g: tensor<2xf64>):
             %b = ricci.checkpoint {
               %one = ricci.fill 1.0 : f64 : tensor<2xf64>
               %q = ricci.mul %t, %t : tensor<2xf64>
               %r = ricci.sub %one, %q : tensor<2xf64>
               %s = ricci.mul %g, %r : tensor<2xf64>
               ricci.yield %s : tensor<2xf64>
             } : tensor<2xf64>
             ricci.yield %b : tensor<2xf64>
           } : (tensor<2xf64>) -> tensor<2xf64>
           %z = ricci.mul %y, %w : tensor<2xf64>
           ricci.yield %z : tensor<2xf64>
         } : tensor<2xf64>
         return %c : tensor<2xf64>
       })",
       -1, 1, 3},
      {"barrier", R"(func.func @f(%x: tensor<2xf64>, %w: tensor<2xf64>) -> tensor<2xf64> {
         %p = ricci.mul %x, %w : tensor<2xf64>
         %y = ricci.barrier %x after %p : tensor<2xf64> : tensor<2xf64>
         %s = ricci.sin %y : tensor<2xf64>
         %z = ricci.mul %s, %p : tensor<2xf64>
         return %z : tensor<2xf64>
       })",
       -1, 1, 3},
  };
}
