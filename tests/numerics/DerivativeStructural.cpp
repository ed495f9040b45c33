#include "tests/numerics/DerivativeCases.h"

using namespace ricci::test;

namespace {

// einsum of squares, so that second derivatives do not vanish
DerivativeCase einsum(const std::string &equation, const std::vector<std::string> &types, const std::string &result) {
  std::string arguments, body, names, inputs;
  for (size_t i = 0; i < types.size(); ++i) {
    std::string x = "%x" + std::to_string(i), y = "%y" + std::to_string(i), comma = i ? ", " : "";
    arguments += comma + x + ": " + types[i];
    body += "  " + y + " = ricci.mul " + x + ", " + x + " : " + types[i] + "\n";
    names += comma + y;
    inputs += comma + types[i];
  }
  return {"einsum " + equation, "func.func @f(" + arguments + ") -> " + result + " {\n" + body + "  %r = ricci.einsum \"" +
                                    equation + "\" (" + names + ") : (" + inputs + ") -> " + result + "\n  return %r : " +
                                    result + "\n}", -1.5, 1.5};
}

// gather, or scatter, of the squares of a vector
DerivativeCase access(const std::string &op, const std::string &name, const std::string &attributes, const std::string &from,
                      const std::string &to, const std::string &symbols = "", const std::string &setup = "") {
  return {op + " " + name, "func.func @f(%x: " + from + ") -> " + to + " {\n" + setup + "  %y = ricci.mul %x, %x : " + from +
                               "\n  %r = ricci." + op + " %y " + symbols + " {" + attributes + "} : " + from + " -> " + to +
                               "\n  return %r : " + to + "\n}", -1.5, 1.5};
}

DerivativeCase reduce(const std::string &kind, const std::string &axes, const std::string &from, const std::string &to,
                      int order = 2) {
  return {"reduce " + kind + axes, "func.func @f(%x: " + from + ") -> " + to + " {\n  %y = ricci.sin %x : " + from +
                                       "\n  %r = ricci.reduce " + kind + " " + axes + " %y : " + from + " -> " + to +
                                       "\n  return %r : " + to + "\n}", -1.4, 1.4, order};
}

// a recurrence over the sines of one argument, its factors the other
DerivativeCase recurrence(const std::string &name, const std::string &attributes, const std::string &type,
                          const std::string &factors, double low = -1.5, double high = 1.5) {
  return {"recurrence " + name, "func.func @f(%x: " + type + ", %a: " + factors + ") -> " + type + " {\n  %y = ricci.sin %x : " +
                                    type + "\n  %r = ricci.recurrence " + attributes + " %y, %a : " + type + ", " + factors +
                                    "\n  %z = ricci.mul %r, %x : " + type + "\n  return %z : " + type + "\n}", low, high, 3};
}

} // namespace

std::vector<DerivativeCase> ricci::test::structuralCases() {
  const std::string tokens = "  %t = ricci.constant dense<[2, 0, 2, 4]> : tensor<4xi64>\n";
  const std::string offset = "  %s = ricci.constant dense<2> : tensor<i64>\n";
  const std::string exact = "modes = array<i32: 0>";
  return {
      einsum("ij,jk->ik", {"tensor<2x3xf64>", "tensor<3x2xf64>"}, "tensor<2x2xf64>"),
      einsum("ij->ji", {"tensor<2x3xf64>"}, "tensor<3x2xf64>"),
      einsum("ij->i", {"tensor<2x3xf64>"}, "tensor<2xf64>"),
      einsum("ij->", {"tensor<2x3xf64>"}, "tensor<f64>"),
      einsum("i->ij", {"tensor<2xf64>"}, "tensor<2x3xf64>"),
      einsum("->ij", {"tensor<f64>"}, "tensor<2x3xf64>"),
      einsum("i,j->ij", {"tensor<2xf64>", "tensor<3xf64>"}, "tensor<2x3xf64>"),
      einsum("ii->", {"tensor<3x3xf64>"}, "tensor<f64>"),
      einsum("ii->i", {"tensor<3x3xf64>"}, "tensor<3xf64>"),
      einsum("i->ii", {"tensor<3xf64>"}, "tensor<3x3xf64>"),
      einsum("ij,ij,j->i", {"tensor<2x3xf64>", "tensor<2x3xf64>", "tensor<3xf64>"}, "tensor<2xf64>"),
      einsum("ij,k->i", {"tensor<2x3xf64>", "tensor<2xf64>"}, "tensor<2xf64>"),
      einsum("bij,bjk->bik", {"tensor<2x2x2xf64>", "tensor<2x2x2xf64>"}, "tensor<2x2x2xf64>"),
      einsum("iij,j->iji", {"tensor<2x2x3xf64>", "tensor<3xf64>"}, "tensor<2x3x2xf64>"),
      {"einsum of an operand twice", R"(func.func @f(%x: tensor<3xf64>, %a: tensor<3x3xf64>) -> tensor<f64> {
         %r = ricci.einsum "i,ij,j->" (%x, %a, %x) : (tensor<3xf64>, tensor<3x3xf64>, tensor<3xf64>) -> tensor<f64>
         return %r : tensor<f64>
       })", -1, 1, 3},
      {"einsum, dynamic", R"(func.func @f(%x: tensor<6xf64>) -> tensor<2xf64> {
         %c2 = arith.constant 2 : index
         %c3 = arith.constant 3 : index
         %d = ricci.reshape %x dims(%c2, %c3) : tensor<6xf64> -> tensor<?x?xf64>
         %e = ricci.exp %d : tensor<?x?xf64>
         %s = ricci.einsum "ij,ik->j" (%e, %e) dims(%c3) : (tensor<?x?xf64>, tensor<?x?xf64>) -> tensor<?xf64>
         %b = ricci.einsum "j->ij" (%s) dims(%c2, %c3) : (tensor<?xf64>) -> tensor<?x?xf64>
         %q = ricci.mul %b, %d : tensor<?x?xf64>
         %r = ricci.einsum "ij->i" (%q) : (tensor<?x?xf64>) -> tensor<2xf64>
         return %r : tensor<2xf64>
       })", -1, 1, 3},
      reduce("prod", "[0]", "tensor<4xf64>", "tensor<f64>", 3),
      reduce("prod", "[1]", "tensor<2x3xf64>", "tensor<2xf64>"),
      reduce("prod", "[0, 2]", "tensor<2x2x2xf64>", "tensor<2xf64>"),
      reduce("max", "[1]", "tensor<2x3xf64>", "tensor<2xf64>"),
      reduce("min", "[0, 1]", "tensor<2x3xf64>", "tensor<f64>"),
      {"reduce prod beside a zero", R"(func.func @f(%x: tensor<3xf64>) -> tensor<f64> {
         %k = ricci.constant dense<[1.0, 0.0, 1.0]> : tensor<3xf64>
         %y = ricci.mul %x, %k : tensor<3xf64>
         %e = ricci.einsum "i->" (%x) : (tensor<3xf64>) -> tensor<f64>
         %b = ricci.einsum "->i" (%e) : (tensor<f64>) -> tensor<3xf64>
         %z = ricci.sub %x, %y : tensor<3xf64>
         %w = ricci.mul %y, %b : tensor<3xf64>
         %u = ricci.add %w, %z : tensor<3xf64>
         %v = ricci.mul %u, %k : tensor<3xf64>
         %p = ricci.reduce prod [0] %v : tensor<3xf64> -> tensor<f64>
         %q = ricci.reduce prod [0] %u : tensor<3xf64> -> tensor<f64>
         %r = ricci.add %p, %q : tensor<f64>
         return %r : tensor<f64>
       })", 0.5, 1.5, 3},
      {"reduce prod, dynamic", R"(func.func @f(%x: tensor<6xf64>) -> tensor<2xf64> {
         %c2 = arith.constant 2 : index
         %c3 = arith.constant 3 : index
         %d = ricci.reshape %x dims(%c2, %c3) : tensor<6xf64> -> tensor<?x?xf64>
         %r = ricci.reduce prod [1] %d : tensor<?x?xf64> -> tensor<?xf64>
         %s = ricci.reshape %r : tensor<?xf64> -> tensor<2xf64>
         return %s : tensor<2xf64>
       })", -1, 1, 3},
      access("gather", "affine", "map = affine_map<(d0) -> (d0 * 2 + 1)>, symbol_axes = [], " + exact, "tensor<6xf64>",
             "tensor<2xf64>"),
      access("gather", "windows", "map = affine_map<(d0, d1) -> (d0 + d1)>, symbol_axes = [], " + exact, "tensor<4xf64>",
             "tensor<3x2xf64>"),
      access("gather", "pad", "map = affine_map<(d0) -> (d0 - 1)>, symbol_axes = [], modes = array<i32: 1>", "tensor<3xf64>",
             "tensor<5xf64>"),
      access("gather", "clamp", "map = affine_map<(d0) -> (d0 - 1)>, symbol_axes = [], modes = array<i32: 2>",
             "tensor<3xf64>", "tensor<5xf64>"),
      access("gather", "wrap", "map = affine_map<(d0) -> (d0 - 1)>, symbol_axes = [], modes = array<i32: 3>",
             "tensor<3xf64>", "tensor<5xf64>"),
      access("gather", "offset", "map = affine_map<(d0)[s0] -> (d0 + s0)>, symbol_axes = [array<i64>], " + exact,
             "tensor<5xf64>", "tensor<3xf64>", "[%s : tensor<i64>]", offset),
      access("gather", "rows", "map = affine_map<(d0, d1)[s0] -> (s0, d1)>, symbol_axes = [array<i64: 0>], modes = array<i32: 0, 0>",
             "tensor<5x2xf64>", "tensor<4x2xf64>", "[%t : tensor<4xi64>]", tokens),
      access("scatter", "rows", "map = affine_map<(d0, d1)[s0] -> (s0, d1)>, symbol_axes = [array<i64: 0>], modes = array<i32: 0, 0>",
             "tensor<4x2xf64>", "tensor<5x2xf64>", "[%t : tensor<4xi64>]", tokens),
      access("scatter", "pad", "map = affine_map<(d0)[s0] -> (s0 - 1)>, symbol_axes = [array<i64: 0>], modes = array<i32: 1>",
             "tensor<4xf64>", "tensor<3xf64>", "[%t : tensor<4xi64>]", tokens),
      access("scatter", "clamp", "map = affine_map<(d0)[s0] -> (s0 - 1)>, symbol_axes = [array<i64: 0>], modes = array<i32: 2>",
             "tensor<4xf64>", "tensor<3xf64>", "[%t : tensor<4xi64>]", tokens),
      access("scatter", "wrap", "map = affine_map<(d0)[s0] -> (s0 - 1)>, symbol_axes = [array<i64: 0>], modes = array<i32: 3>",
             "tensor<4xf64>", "tensor<3xf64>", "[%t : tensor<4xi64>]", tokens),
      {"update", R"(func.func @f(%x: tensor<5xf64>, %v: tensor<2xf64>) -> tensor<5xf64> {
         %y = ricci.exp %x : tensor<5xf64>
         %w = ricci.mul %v, %v : tensor<2xf64>
         %u = ricci.update %y, %w {map = affine_map<(d0) -> (d0 * 2 + 1)>, symbol_axes = [], modes = array<i32: 0>}
              : tensor<5xf64>, tensor<2xf64> -> tensor<5xf64>
         %r = ricci.mul %u, %x : tensor<5xf64>
         return %r : tensor<5xf64>
       })"},
      {"update of a constant", R"(func.func @f(%v: tensor<2xf64>) -> tensor<5xf64> {
         %y = ricci.fill 2.0 : f64 : tensor<5xf64>
         %u = ricci.update %y, %v {map = affine_map<(d0) -> (d0 * 2 + 1)>, symbol_axes = [], modes = array<i32: 0>}
              : tensor<5xf64>, tensor<2xf64> -> tensor<5xf64>
         %r = ricci.mul %u, %u : tensor<5xf64>
         return %r : tensor<5xf64>
       })"},
      {"concat", R"(func.func @f(%x: tensor<2x2xf64>, %y: tensor<2x1xf64>) -> tensor<2x4xf64> {
         %k = ricci.fill 2.0 : f64 : tensor<2x1xf64>
         %c = ricci.concat 1 (%x, %k, %y) : (tensor<2x2xf64>, tensor<2x1xf64>, tensor<2x1xf64>) -> tensor<2x4xf64>
         %r = ricci.mul %c, %c : tensor<2x4xf64>
         return %r : tensor<2x4xf64>
       })"},
      {"concat, dynamic", R"(func.func @f(%x: tensor<2xf64>, %y: tensor<3xf64>) -> tensor<5xf64> {
         %c2 = arith.constant 2 : index
         %d = ricci.reshape %x dims(%c2) : tensor<2xf64> -> tensor<?xf64>
         %c = ricci.concat 0 (%d, %y) : (tensor<?xf64>, tensor<3xf64>) -> tensor<5xf64>
         %r = ricci.mul %c, %c : tensor<5xf64>
         return %r : tensor<5xf64>
       })"},
      recurrence("forward", "0", "tensor<4xf64>", "tensor<3xf64>"),
      recurrence("reverse", "0 reverse", "tensor<4xf64>", "tensor<3xf64>"),
      recurrence("masked", "0 masked", "tensor<4xf64>", "tensor<3xf64>"),
      recurrence("reverse masked", "0 reverse masked", "tensor<4xf64>", "tensor<3xf64>"),
      recurrence("of rows", "1", "tensor<2x3xf64>", "tensor<2x2xf64>"),
      recurrence("of columns", "0 reverse", "tensor<3x2xf64>", "tensor<2x2xf64>"),
      recurrence("of one", "0", "tensor<1xf64>", "tensor<0xf64>"),
      recurrence("of none", "0", "tensor<0xf64>", "tensor<0xf64>"),
      // Products of all up to each, where two factors are zero: the products of the others are right.
      {"recurrence beside zeros", R"(func.func @f(%x: tensor<5xf64>) -> tensor<5xf64> {
         %k = ricci.constant dense<[1.0, 0.0, 1.0, 0.0]> : tensor<4xf64>
         %e = ricci.constant dense<[1.0, 0.0, 0.0, 0.0, 0.0]> : tensor<5xf64>
         %y = ricci.gather %x {map = affine_map<(d0) -> (d0 + 1)>, symbol_axes = [], modes = array<i32: 0>} : tensor<5xf64> -> tensor<4xf64>
         %a = ricci.mul %y, %k : tensor<4xf64>
         %s = ricci.sin %y : tensor<4xf64>
         %d = ricci.sub %s, %s : tensor<4xf64>
         %b = ricci.add %a, %d : tensor<4xf64>
         %r = ricci.recurrence 0 %e, %b : tensor<5xf64>, tensor<4xf64>
         return %r : tensor<5xf64>
       })", -1, 1, 3},
      {"recurrence, dynamic", R"(func.func @f(%x: tensor<6xf64>, %y: tensor<4xf64>) -> tensor<2x3xf64> {
         %c2 = arith.constant 2 : index
         %c3 = arith.constant 3 : index
         %d = ricci.reshape %x dims(%c2, %c3) : tensor<6xf64> -> tensor<?x?xf64>
         %a = ricci.reshape %y dims(%c2, %c2) : tensor<4xf64> -> tensor<?x?xf64>
         %r = ricci.recurrence 1 reverse %d, %a : tensor<?x?xf64>, tensor<?x?xf64>
         %s = ricci.reshape %r : tensor<?x?xf64> -> tensor<2x3xf64>
         return %s : tensor<2x3xf64>
       })", -1, 1, 3},
      {"reshape", R"(func.func @f(%x: tensor<2x3xf64>) -> tensor<3x2xf64> {
         %y = ricci.sin %x : tensor<2x3xf64>
         %r = ricci.reshape %y : tensor<2x3xf64> -> tensor<3x2xf64>
         return %r : tensor<3x2xf64>
       })"},
      // every rule that makes a size, with sizes known at run time only
      {"dynamic sizes", R"(func.func @f(%x: tensor<6xf64>, %y: tensor<3xf64>) -> (tensor<3xf64>, tensor<5xf64>, tensor<3xf64>) {
         %c2 = arith.constant 2 : index
         %c3 = arith.constant 3 : index
         %c5 = arith.constant 5 : index
         %t = ricci.constant dense<[2, 0, 2]> : tensor<3xi64>
         %d = ricci.reshape %x dims(%c2, %c3) : tensor<6xf64> -> tensor<?x?xf64>
         %v = ricci.reshape %y dims(%c3) : tensor<3xf64> -> tensor<?xf64>
         %tok = ricci.reshape %t dims(%c3) : tensor<3xi64> -> tensor<?xi64>
         %g = ricci.gather %d [%tok : tensor<?xi64>] dims(%c2, %c3) {map = affine_map<(d0, d1)[s0] -> (d0, s0)>, symbol_axes = [array<i64: 1>], modes = array<i32: 0, 1>}
           : tensor<?x?xf64> -> tensor<?x?xf64>
         %gg = ricci.mul %g, %d : tensor<?x?xf64>
         %m = ricci.reduce max [0] %gg : tensor<?x?xf64> -> tensor<?xf64>
         %r = ricci.relu %m : tensor<?xf64>
         %p = ricci.mul %r, %v : tensor<?xf64>
         %s = ricci.scatter %p [%tok : tensor<?xi64>] dims(%c5) {map = affine_map<(d0)[s0] -> (s0)>, symbol_axes = [array<i64: 0>], modes = array<i32: 0>}
           : tensor<?xf64> -> tensor<?xf64>
         %u = ricci.update %s, %v {map = affine_map<(d0) -> (d0 + 1)>, symbol_axes = [], modes = array<i32: 0>}
           : tensor<?xf64>, tensor<?xf64> -> tensor<?xf64>
         %q = ricci.mul %u, %s : tensor<?xf64>
         %dd = ricci.einsum "i->ii" (%v) dims(%c3, %c3) : (tensor<?xf64>) -> tensor<?x?xf64>
         %ee = ricci.exp %dd : tensor<?x?xf64>
         %e = ricci.einsum "ij,ji->i" (%ee, %ee) dims(%c3) : (tensor<?x?xf64>, tensor<?x?xf64>) -> tensor<?xf64>
         %cc = ricci.concat 0 (%v, %e, %p) : (tensor<?xf64>, tensor<?xf64>, tensor<?xf64>) -> tensor<?xf64>
         %w = ricci.gather %cc dims(%c3) {map = affine_map<(d0) -> (d0 * 3)>, symbol_axes = [], modes = array<i32: 2>} : tensor<?xf64> -> tensor<?xf64>
         %z = ricci.mul %w, %e : tensor<?xf64>
         %a = ricci.reshape %z : tensor<?xf64> -> tensor<3xf64>
         %b = ricci.reshape %q : tensor<?xf64> -> tensor<5xf64>
         %c = ricci.reshape %p : tensor<?xf64> -> tensor<3xf64>
         return %a, %b, %c : tensor<3xf64>, tensor<5xf64>, tensor<3xf64>
       })", 0.3, 1, 3},
      // log Σ exp(x - max x) + max x, with the maximum held constant
      {"logsumexp", R"(func.func @f(%x: tensor<2x3xf64>) -> tensor<2xf64> {
         %m = ricci.reduce max [1] %x : tensor<2x3xf64> -> tensor<2xf64>
         %k = ricci.stop_grad %m : tensor<2xf64>
         %b = ricci.einsum "i->ij" (%k) : (tensor<2xf64>) -> tensor<2x3xf64>
         %d = ricci.sub %x, %b : tensor<2x3xf64>
         %e = ricci.exp %d : tensor<2x3xf64>
         %s = ricci.einsum "ij->i" (%e) : (tensor<2x3xf64>) -> tensor<2xf64>
         %l = ricci.log %s : tensor<2xf64>
         %r = ricci.add %l, %k : tensor<2xf64>
         return %r : tensor<2xf64>
       })", -2, 2, 3},
  };
}
