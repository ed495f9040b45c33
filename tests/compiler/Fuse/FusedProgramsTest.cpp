// Small programs whose operations fuse in the ways that matter, compared with the reference interpreter.
#include "Compare.h"

namespace ricci::test {
namespace {

class Fused : public ::testing::TestWithParam<Program> {};

TEST_P(Fused, EqualsReference) {
  CompareOptions options;
  options.shapes = GetParam().shapes;
  options.fuse = true;
  EXPECT_TRUE(compiledEqualsReference(GetParam().text, options));
  options.chunkWork = 1;
  EXPECT_TRUE(compiledEqualsReference(GetParam().text, options));
}

const Program programs[] = {
    {"Softmax", R"(func.func @f(%x: tensor<6x41xf32>) -> tensor<6x41xf32> {
      %m = ricci.reduce max [1] %x : tensor<6x41xf32> -> tensor<6xf32>
      %b = ricci.einsum "i->ij"(%m) : (tensor<6xf32>) -> tensor<6x41xf32>
      %d = ricci.sub %x, %b : tensor<6x41xf32>
      %e = ricci.exp %d : tensor<6x41xf32>
      %s = ricci.einsum "ij->i"(%e) : (tensor<6x41xf32>) -> tensor<6xf32>
      %t = ricci.einsum "i->ij"(%s) : (tensor<6xf32>) -> tensor<6x41xf32>
      %p = ricci.div %e, %t : tensor<6x41xf32>
      return %p : tensor<6x41xf32> })"},
    {"SoftmaxColumns", R"(func.func @f(%x: tensor<6x41xf32>) -> tensor<6x41xf32> {
      %m = ricci.reduce max [0] %x : tensor<6x41xf32> -> tensor<41xf32>
      %b = ricci.einsum "j->ij"(%m) : (tensor<41xf32>) -> tensor<6x41xf32>
      %d = ricci.sub %x, %b : tensor<6x41xf32>
      %e = ricci.exp %d : tensor<6x41xf32>
      %s = ricci.einsum "ij->j"(%e) : (tensor<6x41xf32>) -> tensor<41xf32>
      %t = ricci.einsum "j->ij"(%s) : (tensor<41xf32>) -> tensor<6x41xf32>
      %p = ricci.div %e, %t : tensor<6x41xf32>
      return %p : tensor<6x41xf32> })"},
    {"SoftmaxDynamic", R"(func.func @f(%x: tensor<?x?xf64>) -> tensor<?x?xf64> {
      %n = ricci.dim %x, 0 : tensor<?x?xf64>
      %k = ricci.dim %x, 1 : tensor<?x?xf64>
      %m = ricci.reduce max [1] %x : tensor<?x?xf64> -> tensor<?xf64>
      %b = ricci.einsum "i->ij"(%m) dims(%n, %k) : (tensor<?xf64>) -> tensor<?x?xf64>
      %d = ricci.sub %x, %b : tensor<?x?xf64>
      %e = ricci.exp %d : tensor<?x?xf64>
      %s = ricci.einsum "ij->i"(%e) dims(%n) : (tensor<?x?xf64>) -> tensor<?xf64>
      %t = ricci.einsum "i->ij"(%s) dims(%n, %k) : (tensor<?xf64>) -> tensor<?x?xf64>
      %p = ricci.div %e, %t : tensor<?x?xf64>
      return %p : tensor<?x?xf64> })", {{5, 19}}},
    {"SoftmaxOfNothing", R"(func.func @f(%x: tensor<?x?xf64>) -> tensor<?x?xf64> {
      %n = ricci.dim %x, 0 : tensor<?x?xf64>
      %k = ricci.dim %x, 1 : tensor<?x?xf64>
      %m = ricci.reduce max [1] %x : tensor<?x?xf64> -> tensor<?xf64>
      %b = ricci.einsum "i->ij"(%m) dims(%n, %k) : (tensor<?xf64>) -> tensor<?x?xf64>
      %d = ricci.sub %x, %b : tensor<?x?xf64>
      %e = ricci.exp %d : tensor<?x?xf64>
      return %e : tensor<?x?xf64> })", {{0, 19}}},
    {"CrossEntropy", R"(func.func @f(%x: tensor<9x10xf32>, %y: tensor<9xi64>) -> (tensor<f32>, tensor<9x10xf32>) {
      %m = ricci.reduce max [1] %x : tensor<9x10xf32> -> tensor<9xf32>
      %b = ricci.einsum "i->ij"(%m) : (tensor<9xf32>) -> tensor<9x10xf32>
      %d = ricci.sub %x, %b : tensor<9x10xf32>
      %e = ricci.exp %d : tensor<9x10xf32>
      %s = ricci.einsum "ij->i"(%e) : (tensor<9x10xf32>) -> tensor<9xf32>
      %l = ricci.log %s : tensor<9xf32>
      %z = ricci.add %l, %m : tensor<9xf32>
      %g = ricci.gather %x[%y : tensor<9xi64>] {map = affine_map<(d0)[s0] -> (d0, s0)>, symbol_axes = [array<i64: 0>], modes = array<i32: 0, 0>} : tensor<9x10xf32> -> tensor<9xf32>
      %h = ricci.sub %z, %g : tensor<9xf32>
      %total = ricci.einsum "i->"(%h) : (tensor<9xf32>) -> tensor<f32>
      %t = ricci.einsum "i->ij"(%s) : (tensor<9xf32>) -> tensor<9x10xf32>
      %p = ricci.div %e, %t : tensor<9x10xf32>
      %one = ricci.fill -1.0 : f32 : tensor<9xf32>
      %q = ricci.scatter %one[%y : tensor<9xi64>] {map = affine_map<(d0)[s0] -> (d0, s0)>, symbol_axes = [array<i64: 0>], modes = array<i32: 0, 0>} : tensor<9xf32> -> tensor<9x10xf32>
      %r = ricci.add %p, %q : tensor<9x10xf32>
      return %total, %r : tensor<f32>, tensor<9x10xf32> })"},
    // Subscripts 0 to 3, of which the last is outside: it writes nothing. The second scatter is of another size.
    {"OneHot", R"(func.func @f(%x: tensor<9x3xf32>, %v: tensor<9xf32>, %y: tensor<9xi64>, %z: tensor<3xi64>) -> (tensor<9x3xf32>, tensor<9x3xf32>) {
      %q = ricci.scatter %v[%y : tensor<9xi64>] {map = affine_map<(d0)[s0] -> (d0, s0)>, symbol_axes = [array<i64: 0>], modes = array<i32: 0, 1>} : tensor<9xf32> -> tensor<9x3xf32>
      %r = ricci.sub %x, %q : tensor<9x3xf32>
      %s = ricci.gather %v {map = affine_map<(d0) -> (d0)>, symbol_axes = [], modes = array<i32: 0>} : tensor<9xf32> -> tensor<3xf32>
      %t = ricci.scatter %s[%z : tensor<3xi64>] {map = affine_map<(d0)[s0] -> (s0, d0)>, symbol_axes = [array<i64: 0>], modes = array<i32: 1, 0>} : tensor<3xf32> -> tensor<9x3xf32>
      %u = ricci.mul %r, %t : tensor<9x3xf32>
      return %r, %u : tensor<9x3xf32>, tensor<9x3xf32> })"},
    {"OneHotDynamic", R"(func.func @f(%x: tensor<?x?xf64>, %v: tensor<?xf64>, %y: tensor<?xi64>) -> tensor<?x?xf64> {
      %n = ricci.dim %v, 0 : tensor<?xf64>
      %k = ricci.dim %x, 1 : tensor<?x?xf64>
      %q = ricci.scatter %v[%y : tensor<?xi64>] dims(%n, %k) {map = affine_map<(d0)[s0] -> (d0, s0)>, symbol_axes = [array<i64: 0>], modes = array<i32: 0, 1>} : tensor<?xf64> -> tensor<?x?xf64>
      %r = ricci.sub %x, %q : tensor<?x?xf64>
      return %r : tensor<?x?xf64> })", {{5, 19}, {5}, {5}}},
    // Of both zeros -0 is the lesser; NaN wins.
    {"ExtremesOfZerosAndNaN", R"(func.func @f(%x: tensor<40x37xf32>) -> (tensor<40xf32>, tensor<40xf32>, tensor<37xf32>, tensor<f32>) {
      %h = ricci.fill 0.0 : f32 : tensor<40x37xf32>
      %c = ricci.mul %x, %h : tensor<40x37xf32>
      %one = ricci.fill 1.0 : f32 : tensor<40x37xf32>
      %w = ricci.div %one, %c : tensor<40x37xf32>
      %l = ricci.sqrt %x : tensor<40x37xf32>
      %a = ricci.reduce max [1] %w : tensor<40x37xf32> -> tensor<40xf32>
      %b = ricci.reduce min [1] %l : tensor<40x37xf32> -> tensor<40xf32>
      %m = ricci.reduce max [0] %c : tensor<40x37xf32> -> tensor<37xf32>
      %ones = ricci.fill 1.0 : f32 : tensor<37xf32>
      %d = ricci.div %ones, %m : tensor<37xf32>
      %k = ricci.reduce min [0, 1] %c : tensor<40x37xf32> -> tensor<f32>
      %unit = ricci.fill 1.0 : f32 : tensor<f32>
      %e = ricci.div %unit, %k : tensor<f32>
      return %a, %b, %d, %e : tensor<40xf32>, tensor<40xf32>, tensor<37xf32>, tensor<f32> })"},
    {"LayerNorm", R"(func.func @f(%x: tensor<7x33xf64>) -> tensor<7x33xf64> {
      %s = ricci.einsum "ij->i"(%x) : (tensor<7x33xf64>) -> tensor<7xf64>
      %n = ricci.fill 33.0 : f64 : tensor<7xf64>
      %m = ricci.div %s, %n : tensor<7xf64>
      %b = ricci.einsum "i->ij"(%m) : (tensor<7xf64>) -> tensor<7x33xf64>
      %d = ricci.sub %x, %b : tensor<7x33xf64>
      %v = ricci.einsum "ij,ij->i"(%d, %d) : (tensor<7x33xf64>, tensor<7x33xf64>) -> tensor<7xf64>
      %w = ricci.div %v, %n : tensor<7xf64>
      %q = ricci.rsqrt %w : tensor<7xf64>
      %t = ricci.einsum "i->ij"(%q) : (tensor<7xf64>) -> tensor<7x33xf64>
      %p = ricci.mul %d, %t : tensor<7x33xf64>
      return %p : tensor<7x33xf64> })"},
    {"PairwiseDistances", R"(func.func @f(%x: tensor<20x3xf64>, %c: tensor<4x3xf64>) -> (tensor<f64>, tensor<20xi64>) {
      %a = ricci.einsum "nd->nkd"(%x) : (tensor<20x3xf64>) -> tensor<20x4x3xf64>
      %b = ricci.einsum "kd->nkd"(%c) : (tensor<4x3xf64>) -> tensor<20x4x3xf64>
      %d = ricci.sub %a, %b : tensor<20x4x3xf64>
      %q = ricci.einsum "nkd,nkd->nk"(%d, %d) : (tensor<20x4x3xf64>, tensor<20x4x3xf64>) -> tensor<20x4xf64>
      %m = ricci.reduce min [1] %q : tensor<20x4xf64> -> tensor<20xf64>
      %i = ricci.reduce argmin [1] %q : tensor<20x4xf64> -> tensor<20xi64>
      %s = ricci.einsum "n->"(%m) : (tensor<20xf64>) -> tensor<f64>
      return %s, %i : tensor<f64>, tensor<20xi64> })"},
    {"Adam", R"(func.func @f(%p: tensor<5x30xf32>, %m: tensor<5x30xf32>, %v: tensor<5x30xf32>, %g: tensor<5x30xf32>, %r: tensor<f32>)
          -> (tensor<5x30xf32>, tensor<5x30xf32>, tensor<5x30xf32>) {
      %l = arith.constant 0 : index
      %u = arith.constant 3 : index
      %k:3 = ricci.for %l to %u init(%p, %m, %v : tensor<5x30xf32>, tensor<5x30xf32>, tensor<5x30xf32>) {
      ^bb0(%i: tensor<i64>, %p0: tensor<5x30xf32>, %m0: tensor<5x30xf32>, %v0: tensor<5x30xf32>):
        %c = ricci.fill 0.9 : f32 : tensor<5x30xf32>
        %rate = ricci.einsum "->ij"(%r) : (tensor<f32>) -> tensor<5x30xf32>
        %m1 = ricci.mul %m0, %c : tensor<5x30xf32>
        %m2 = ricci.add %m1, %g : tensor<5x30xf32>
        %v1 = ricci.mul %v0, %c : tensor<5x30xf32>
        %g2 = ricci.mul %g, %g : tensor<5x30xf32>
        %v2 = ricci.add %v1, %g2 : tensor<5x30xf32>
        %va = ricci.abs %v2 : tensor<5x30xf32>
        %sq = ricci.sqrt %va : tensor<5x30xf32>
        %se = ricci.add %sq, %c : tensor<5x30xf32>
        %q = ricci.div %m2, %se : tensor<5x30xf32>
        %st = ricci.mul %q, %rate : tensor<5x30xf32>
        %p1 = ricci.sub %p0, %st : tensor<5x30xf32>
        ricci.yield %p1, %m2, %v2 : tensor<5x30xf32>, tensor<5x30xf32>, tensor<5x30xf32>
      } : tensor<5x30xf32>, tensor<5x30xf32>, tensor<5x30xf32>
      return %k#0, %k#1, %k#2 : tensor<5x30xf32>, tensor<5x30xf32>, tensor<5x30xf32> })"},
    {"Convolution", R"(func.func @f(%x: tensor<2x9x20xf32>, %k: tensor<3x2x3x3xf32>) -> tensor<3x9x20xf32> {
      %w = ricci.gather %x {map = affine_map<(c, i, j, a, b) -> (c, i + a - 1, j + b - 1)>, symbol_axes = [], modes = array<i32: 0, 1, 1>} : tensor<2x9x20xf32> -> tensor<2x9x20x3x3xf32>
      %r = ricci.einsum "cijab,ocab->oij"(%w, %k) : (tensor<2x9x20x3x3xf32>, tensor<3x2x3x3xf32>) -> tensor<3x9x20xf32>
      return %r : tensor<3x9x20xf32> })"},
    {"PaddedChain", R"(func.func @f(%x: tensor<30xf64>) -> tensor<34xf64> {
      %e = ricci.neg %x : tensor<30xf64>
      %o = ricci.fill 1.0 : f64 : tensor<30xf64>
      %s = ricci.add %e, %o : tensor<30xf64>
      %w = ricci.gather %s {map = affine_map<(i) -> (i - 2)>, symbol_axes = [], modes = array<i32: 1>} : tensor<30xf64> -> tensor<34xf64>
      %q = ricci.mul %w, %w : tensor<34xf64>
      return %q : tensor<34xf64> })"},
    {"GuardedRow", R"(func.func @f(%x: tensor<6x8xf64>) -> tensor<6x8xf64> {
      %s = ricci.einsum "ij->i"(%x) : (tensor<6x8xf64>) -> tensor<6xf64>
      %w = ricci.gather %s {map = affine_map<(i, j) -> (i)>, symbol_axes = [], modes = array<i32: 1>} : tensor<6xf64> -> tensor<6x8xf64>
      %q = ricci.mul %w, %x : tensor<6x8xf64>
      return %q : tensor<6x8xf64> })"},
    {"ArgMaxOfNaNAndTies", R"(func.func @f(%x: tensor<6x40xf64>, %m: tensor<6x40xi1>) -> (tensor<6xi64>, tensor<6xi64>, tensor<40xi64>, tensor<6xi64>) {
      %l = ricci.log %x : tensor<6x40xf64>
      %t = ricci.floor %x : tensor<6x40xf64>
      %a = ricci.reduce argmax [1] %l : tensor<6x40xf64> -> tensor<6xi64>
      %b = ricci.reduce argmin [1] %t : tensor<6x40xf64> -> tensor<6xi64>
      %c = ricci.reduce argmax [0] %t : tensor<6x40xf64> -> tensor<40xi64>
      %n = ricci.cmp ne %t, %t : tensor<6x40xf64>
      %d = ricci.reduce argmax [1] %t where %n : tensor<6x40xi1> : tensor<6x40xf64> -> tensor<6xi64>
      return %a, %b, %c, %d : tensor<6xi64>, tensor<6xi64>, tensor<40xi64>, tensor<6xi64> })"},
    {"ArgMaxDynamic", R"(func.func @f(%x: tensor<?x?xf32>, %m: tensor<?x?xi1>) -> (tensor<?xi64>, tensor<?xi64>) {
      %a = ricci.reduce argmax [1] %x : tensor<?x?xf32> -> tensor<?xi64>
      %b = ricci.reduce argmin [0] %x where %m : tensor<?x?xi1> : tensor<?x?xf32> -> tensor<?xi64>
      return %a, %b : tensor<?xi64>, tensor<?xi64> })", {{5, 37}, {5, 37}}},
    {"ArgMaxOfInteger", R"(func.func @f(%x: tensor<300xi64>) -> (tensor<i64>, tensor<i64>) {
      %a = ricci.reduce argmax [0] %x : tensor<300xi64> -> tensor<i64>
      %b = ricci.reduce argmin [0] %x : tensor<300xi64> -> tensor<i64>
      return %a, %b : tensor<i64>, tensor<i64> })"},
    {"TwoSums", R"(func.func @f(%x: tensor<6x80xf64>) -> (tensor<f64>, tensor<f64>, tensor<80xf64>, tensor<80xf64>) {
      %q = ricci.mul %x, %x : tensor<6x80xf64>
      %a = ricci.einsum "ij->"(%x) : (tensor<6x80xf64>) -> tensor<f64>
      %b = ricci.einsum "ij->"(%q) : (tensor<6x80xf64>) -> tensor<f64>
      %c = ricci.einsum "ij->j"(%x) : (tensor<6x80xf64>) -> tensor<80xf64>
      %d = ricci.einsum "ij->j"(%q) : (tensor<6x80xf64>) -> tensor<80xf64>
      return %a, %b, %c, %d : tensor<f64>, tensor<f64>, tensor<80xf64>, tensor<80xf64> })"},
    // In chunks of nine rows, of which eight go at once.
    {"ManyRows", R"(func.func @f(%x: tensor<?x?xf32>) -> (tensor<?xf32>, tensor<?xf32>, tensor<?xf32>) {
      %l = ricci.sqrt %x : tensor<?x?xf32>
      %n = ricci.dim %x, 1 : tensor<?x?xf32>
      %s = ricci.einsum "ij->j"(%x) dims(%n) : (tensor<?x?xf32>) -> tensor<?xf32>
      %m = ricci.reduce max [0] %l : tensor<?x?xf32> -> tensor<?xf32>
      %k = ricci.reduce min [0] %x : tensor<?x?xf32> -> tensor<?xf32>
      return %s, %m, %k : tensor<?xf32>, tensor<?xf32>, tensor<?xf32> })", {{2100, 70}}},
    {"ManyNarrowRows", R"(func.func @f(%x: tensor<2100x3x5xf64>) -> (tensor<3x5xf64>, tensor<5xf64>) {
      %s = ricci.einsum "ijk->jk"(%x) : (tensor<2100x3x5xf64>) -> tensor<3x5xf64>
      %m = ricci.reduce max [0, 1] %x : tensor<2100x3x5xf64> -> tensor<5xf64>
      return %s, %m : tensor<3x5xf64>, tensor<5xf64> })"},
    {"SharedExp", R"(func.func @f(%x: tensor<100xf64>) -> (tensor<f64>, tensor<100xf64>) {
      %e = ricci.exp %x : tensor<100xf64>
      %s = ricci.einsum "i->"(%e) : (tensor<100xf64>) -> tensor<f64>
      %t = ricci.einsum "->i"(%s) : (tensor<f64>) -> tensor<100xf64>
      %p = ricci.div %e, %t : tensor<100xf64>
      return %s, %p : tensor<f64>, tensor<100xf64> })"},
    {"Random", R"(func.func @f(%k: tensor<i64>) -> tensor<100xf32> {
      %i = ricci.iota : tensor<100xi64>
      %b = ricci.einsum "->i"(%k) : (tensor<i64>) -> tensor<100xi64>
      %t = ricci.threefry %b, %i : tensor<100xi64>
      %u = ricci.unit %t : tensor<100xi64> -> tensor<100xf32>
      return %u : tensor<100xf32> })"},
};

INSTANTIATE_TEST_SUITE_P(Programs, Fused, ::testing::ValuesIn(programs),
                         [](const auto &info) { return std::string(info.param.name); });

// Rows around what one vector and two hold, of lengths that only the run tells and of ones that are known.
std::string softmaxOf(const std::string &rows, const std::string &sums, const std::string &sizes,
                      const std::string &lines) {
  const std::string sizesOf =
      sizes.empty() ? "" : "%n = ricci.dim %x, 0 : " + rows + "\n%k = ricci.dim %x, 1 : " + rows + "\n";
  return "func.func @f(%x: " + rows + ") -> (" + rows + ", " + sums + ") {\n" + sizesOf +
         "%m = ricci.reduce max [1] %x : " + rows + " -> " + sums + "\n" + "%b = ricci.einsum \"i->ij\"(%m) " + sizes +
         " : (" + sums + ") -> " + rows + "\n" + "%d = ricci.sub %x, %b : " + rows + "\n%e = ricci.exp %d : " + rows +
         "\n" + "%s = ricci.einsum \"ij->i\"(%e) " + lines + " : (" + rows + ") -> " + sums + "\n" +
         "%t = ricci.einsum \"i->ij\"(%s) " + sizes + " : (" + sums + ") -> " + rows + "\n" +
         "%p = ricci.div %e, %t : " + rows + "\nreturn %p, %m : " + rows + ", " + sums + " }";
}

TEST(ShortRows, EqualReference) {
  for (const std::string element : {"f32", "f64"})
    for (int64_t length : {0, 1, 5, 7, 8, 9, 15, 16, 17, 24, 31, 32, 33}) {
      CompareOptions options{.fuse = true};
      if (length) {
        EXPECT_TRUE(compiledEqualsReference(
            softmaxOf("tensor<5x" + std::to_string(length) + "x" + element + ">", "tensor<5x" + element + ">", "", ""),
            options))
            << length << " of " << element << ", known";
      }
      for (int64_t chunkWork : {0, 1}) {
        options.chunkWork = chunkWork;
        options.shapes = {{5, length}};
        EXPECT_TRUE(compiledEqualsReference(
            softmaxOf("tensor<?x?x" + element + ">", "tensor<?x" + element + ">", "dims(%n, %k)", "dims(%n)"), options))
            << length << " of " << element;
      }
    }
}

} // namespace
} // namespace ricci::test
