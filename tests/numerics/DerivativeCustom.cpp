#include "tests/numerics/DerivativeCases.h"

using namespace ricci::test;

namespace {

// log(1 + exp x) with rules: y' = 1 - exp(-y), from the result
const std::string softplus = R"(ricci.custom "softplus"(%a) {
         ^bb0(%p: tensor<2xf64>):
           %e = ricci.exp %p : tensor<2xf64>
           %l = ricci.log1p %e : tensor<2xf64>
           ricci.yield %l : tensor<2xf64>
         })";
const std::string slope = R"(
         ^bb0(%p: tensor<2xf64>, %q: tensor<2xf64>, %g: tensor<2xf64>):
           %n = ricci.neg %q : tensor<2xf64>
           %m = ricci.expm1 %n : tensor<2xf64>
           %s = ricci.neg %m : tensor<2xf64>
           %h = ricci.mul %g, %s : tensor<2xf64>
           ricci.yield %h : tensor<2xf64>
         })";
const std::string type = " : (tensor<2xf64>) -> tensor<2xf64>\n";

std::string ofTwo(const std::string &body) {
  return "func.func @f(%a: tensor<2xf64>, %w: tensor<2xf64>) -> tensor<2xf64> {\n" + body +
         "  return %r : tensor<2xf64>\n}";
}

// (x, k, w) -> (x^k w, k + 1, A x) for a constant A, of 2, (), 2
const std::string several = R"(ricci.custom "several"(%a, %k, %w) {
         ^bb0(%p: tensor<2xf64>, %i: tensor<i64>, %v: tensor<2xf64>):
           %j = ricci.einsum "->a" (%i) : (tensor<i64>) -> tensor<2xi64>
           %pk = ricci.powi %p, %j : tensor<2xf64>
           %y = ricci.mul %pk, %v : tensor<2xf64>
           %n = ricci.add %i, %one : tensor<i64>
           %z = ricci.einsum "ij,j->i" (%A, %p) : (tensor<2x2xf64>, tensor<2xf64>) -> tensor<2xf64>
           ricci.yield %y, %n, %z : tensor<2xf64>, tensor<i64>, tensor<2xf64>
         })";
const std::string severalVjp = R"( vjp {
         ^bb0(%p: tensor<2xf64>, %i: tensor<i64>, %v: tensor<2xf64>, %y: tensor<2xf64>, %n: tensor<i64>, %z: tensor<2xf64>, %g: tensor<2xf64>, %h: tensor<2xf64>):
           %f = ricci.convert %i : tensor<i64> -> tensor<f64>
           %fb = ricci.einsum "->a" (%f) : (tensor<f64>) -> tensor<2xf64>
           %less = ricci.sub %i, %one : tensor<i64>
           %lb = ricci.einsum "->a" (%less) : (tensor<i64>) -> tensor<2xi64>
           %kb = ricci.einsum "->a" (%i) : (tensor<i64>) -> tensor<2xi64>
           %pl = ricci.powi %p, %lb : tensor<2xf64>
           %pk = ricci.powi %p, %kb : tensor<2xf64>
           %gv = ricci.mul %g, %v : tensor<2xf64>
           %t = ricci.mul %gv, %pl : tensor<2xf64>
           %u = ricci.mul %t, %fb : tensor<2xf64>
           %ah = ricci.einsum "ij,i->j" (%A, %h) : (tensor<2x2xf64>, tensor<2xf64>) -> tensor<2xf64>
           %pc = ricci.add %u, %ah : tensor<2xf64>
           %vc = ricci.mul %pk, %g : tensor<2xf64>
           ricci.yield %pc, %vc : tensor<2xf64>, tensor<2xf64>
         })";
const std::string severalJvp = R"( jvp {
         ^bb0(%p: tensor<2xf64>, %i: tensor<i64>, %v: tensor<2xf64>, %y: tensor<2xf64>, %n: tensor<i64>, %z: tensor<2xf64>, %g: tensor<2xf64>, %h: tensor<2xf64>):
           %f = ricci.convert %i : tensor<i64> -> tensor<f64>
           %fb = ricci.einsum "->a" (%f) : (tensor<f64>) -> tensor<2xf64>
           %s = ricci.mul %g, %fb : tensor<2xf64>
           %q = ricci.div %s, %p : tensor<2xf64>
           %t = ricci.mul %q, %y : tensor<2xf64>
           %c = ricci.div %h, %v : tensor<2xf64>
           %d = ricci.mul %c, %y : tensor<2xf64>
           %yt = ricci.add %t, %d : tensor<2xf64>
           %zt = ricci.einsum "ij,j->i" (%A, %g) : (tensor<2x2xf64>, tensor<2xf64>) -> tensor<2xf64>
           ricci.yield %yt, %zt : tensor<2xf64>, tensor<2xf64>
         })";

std::string ofSeveral(const std::string &rules, const std::string &after) {
  return R"(func.func @f(%a: tensor<2xf64>, %w: tensor<2xf64>) -> tensor<2xf64> {
         %A = ricci.constant dense<[[1.0, 2.0], [-0.5, 3.0]]> : tensor<2x2xf64>
         %one = ricci.fill 1 : i64 : tensor<i64>
         %k = ricci.fill 3 : i64 : tensor<i64>
         %s:3 = )" +
         several + rules +
         " : (tensor<2xf64>, tensor<i64>, tensor<2xf64>) -> (tensor<2xf64>, tensor<i64>, tensor<2xf64>)\n" + after +
         "         return %r : tensor<2xf64>\n}";
}

const std::string useAll = R"(
         %f = ricci.convert %s#1 : tensor<i64> -> tensor<f64>
         %fb = ricci.einsum "->a" (%f) : (tensor<f64>) -> tensor<2xf64>
         %m = ricci.mul %s#0, %s#2 : tensor<2xf64>
         %r = ricci.mul %m, %fb : tensor<2xf64>
)";

// In every turn of a for in a while, on what is carried.
std::string inLoops(const std::string &rule) {
  return ofTwo(R"(
         %lo = arith.constant 0 : index
         %two = arith.constant 2 : index
         %hi = arith.constant 20 : index
         %yes = ricci.fill true : tensor<i1>
         %bound = ricci.fill 20.0 : f64 : tensor<f64>
         %f:2 = ricci.for %lo to %hi while init(%yes, %a : tensor<i1>, tensor<2xf64>) {
         ^bb0(%i: tensor<i64>, %go: tensor<i1>, %c: tensor<2xf64>):
           %o = ricci.for %lo to %two init(%c : tensor<2xf64>) {
           ^bb0(%j: tensor<i64>, %d: tensor<2xf64>):
             %a1 = ricci.mul %d, %w : tensor<2xf64>
             %k = )" +
               rule + type + R"(
             %n = ricci.add %k, %d : tensor<2xf64>
             ricci.yield %n : tensor<2xf64>
           } : tensor<2xf64>
           %sum = ricci.einsum "i->" (%o) : (tensor<2xf64>) -> tensor<f64>
           %more = ricci.cmp lt %sum, %bound : tensor<f64>
           ricci.yield %more, %o : tensor<i1>, tensor<2xf64>
         } : tensor<i1>, tensor<2xf64>
         %r = ricci.mul %f#1, %w : tensor<2xf64>
)");
}

std::string onLoop(std::string text) { return text.replace(text.find("(%a)"), 4, "(%a1)"); }

} // namespace

std::vector<DerivativeCase> ricci::test::customCases() {
  const std::string vjp = softplus + " vjp {" + slope, jvp = softplus + " jvp {" + slope;
  const std::string both = vjp + " jvp {" + slope;
  auto simple = [](const std::string &rule) {
    return ofTwo("%s = " + rule + type + "%r = ricci.mul %s, %w : tensor<2xf64>\n");
  };
  return {
      {"custom, vjp", simple(vjp), -1, 1, 3},
      {"custom, jvp", simple(jvp), -1, 1, 3},
      {"custom, both", simple(both), -1, 1, 3},
      {"custom of several, vjp", ofSeveral(severalVjp, useAll), 0.4, 1.6, 3},
      {"custom of several, jvp", ofSeveral(severalJvp, useAll), 0.4, 1.6, 3},
      {"custom of several, both", ofSeveral(severalVjp + severalJvp, useAll), 0.4, 1.6, 3},
      {"custom with a result unused, vjp", ofSeveral(severalVjp, "%r = ricci.sin %s#2 : tensor<2xf64>\n"), 0.4, 1.6, 3},
      {"custom with a result unused, jvp", ofSeveral(severalJvp, "%r = ricci.sin %s#0 : tensor<2xf64>\n"), 0.4, 1.6, 3},
      {"custom in loops, vjp", inLoops(onLoop(vjp)), 0.4, 1.6, 3},
      {"custom in loops, jvp", inLoops(onLoop(jvp)), 0.4, 1.6, 3},
      // A³x for each of three x of any length, in a loop, and so does its rule.
      {"custom, batched, a loop in the rule", R"(func.func @f(%x: tensor<6xf64>) -> tensor<6xf64> {
         %lo = arith.constant 0 : index
         %c3 = arith.constant 3 : index
         %c2 = arith.constant 2 : index
         %A = ricci.constant dense<[[0.5, 1.0], [-0.5, 1.5]]> : tensor<2x2xf64>
         %d = ricci.reshape %x dims(%c3, %c2) : tensor<6xf64> -> tensor<?x?xf64>
         %B = ricci.reshape %A dims(%c2, %c2) : tensor<2x2xf64> -> tensor<?x?xf64>
         %y = ricci.custom "cubed"(%d) {
         ^bb0(%p: tensor<?x?xf64>):
           %n = ricci.dim %p, 0 : tensor<?x?xf64>
           %m = ricci.dim %p, 1 : tensor<?x?xf64>
           %q = ricci.for %lo to %c3 init(%p : tensor<?x?xf64>) {
           ^bb0(%i: tensor<i64>, %c: tensor<?x?xf64>):
             %e = ricci.einsum "ij,nj->ni" (%B, %c) dims(%n, %m) : (tensor<?x?xf64>, tensor<?x?xf64>) -> tensor<?x?xf64>
             ricci.yield %e : tensor<?x?xf64>
           } : tensor<?x?xf64>
           ricci.yield %q : tensor<?x?xf64>
         } vjp {
         ^bb0(%p: tensor<?x?xf64>, %z: tensor<?x?xf64>, %g: tensor<?x?xf64>):
           %n = ricci.dim %p, 0 : tensor<?x?xf64>
           %m = ricci.dim %g, 1 : tensor<?x?xf64>
           %q = ricci.for %lo to %c3 init(%g : tensor<?x?xf64>) {
           ^bb0(%i: tensor<i64>, %c: tensor<?x?xf64>):
             %e = ricci.einsum "ij,ni->nj" (%B, %c) dims(%n, %m) : (tensor<?x?xf64>, tensor<?x?xf64>) -> tensor<?x?xf64>
             ricci.yield %e : tensor<?x?xf64>
           } : tensor<?x?xf64>
           ricci.yield %q : tensor<?x?xf64>
         } : (tensor<?x?xf64>) -> tensor<?x?xf64>
         %s = ricci.sin %y : tensor<?x?xf64>
         %r = ricci.reshape %s : tensor<?x?xf64> -> tensor<6xf64>
         return %r : tensor<6xf64>
       })",
       -1, 1, 3},
      // The rule of one uses another; a derivative form stands in a body and in a rule.
      {"custom in custom", ofTwo(R"(
         %one = ricci.fill 1.0 : f64 : tensor<2xf64>
         %s = ricci.custom "outer"(%a) {
         ^bb0(%x: tensor<2xf64>):
           %c:2 = ricci.vjp(%x) from (%one) {
           ^bb0(%u: tensor<2xf64>):
             %t = ricci.sin %u : tensor<2xf64>
             ricci.yield %t : tensor<2xf64>
           } : (tensor<2xf64>, tensor<2xf64>) -> (tensor<2xf64>, tensor<2xf64>)
           ricci.yield %c#1 : tensor<2xf64>
         } jvp {
         ^bb0(%x: tensor<2xf64>, %y: tensor<2xf64>, %t: tensor<2xf64>):
           %c = ricci.custom "minus sine"(%x) {
           ^bb0(%u: tensor<2xf64>):
             %q = ricci.sin %u : tensor<2xf64>
             %n = ricci.neg %q : tensor<2xf64>
             ricci.yield %n : tensor<2xf64>
           } vjp {
           ^bb0(%u: tensor<2xf64>, %q: tensor<2xf64>, %g: tensor<2xf64>):
             %d:2 = ricci.jvp(%u) along (%g) {
             ^bb0(%b: tensor<2xf64>):
               %e = ricci.sin %b : tensor<2xf64>
               ricci.yield %e : tensor<2xf64>
             } : (tensor<2xf64>, tensor<2xf64>) -> (tensor<2xf64>, tensor<2xf64>)
             %n = ricci.neg %d#1 : tensor<2xf64>
             ricci.yield %n : tensor<2xf64>
           } : (tensor<2xf64>) -> tensor<2xf64>
           %r = ricci.mul %t, %c : tensor<2xf64>
           ricci.yield %r : tensor<2xf64>
         } : (tensor<2xf64>) -> tensor<2xf64>
         %r = ricci.mul %s, %w : tensor<2xf64>
)"),
       -1, 1, 3},
  };
}
