// Contractions and what lies between, in blocks of few rows, compared with the reference interpreter: no row, one, a block, one
// more and one fewer; and taken apart, as small sizes are.
#include "Compare.h"

#include <iostream>

namespace ricci::test {
namespace {

struct RowProgram {
  const char *name;
  const char *text;
  // Shapes for so many rows.
  std::vector<std::vector<int64_t>> (*shapes)(int64_t rows);
};

std::ostream &operator<<(std::ostream &stream, const RowProgram &program) { return stream << program.name; }

class RowBlocks : public ::testing::TestWithParam<std::tuple<RowProgram, int64_t>> {};

TEST_P(RowBlocks, EqualReference) {
  const auto &[program, blockRows] = GetParam();
  CompareOptions options;
  options.fuse = true;
  options.blockRows = blockRows;
  for (int64_t rows : {0, 1, 2, 3, 4, 7})
    for (int64_t chunkWork : {0, 1}) {
      options.shapes = program.shapes(rows);
      options.chunkWork = chunkWork;
      EXPECT_TRUE(compiledEqualsReference(program.text, options)) << rows << " rows";
    }
}

const RowProgram programs[] = {
    {"Attention",
     R"(func.func @f(%q: tensor<?x?x?xf32>, %k: tensor<?x?x?xf32>, %v: tensor<?x?x?xf32>) -> tensor<?x?x?xf32> {
      %h = ricci.dim %q, 0 : tensor<?x?x?xf32>
      %n = ricci.dim %q, 1 : tensor<?x?x?xf32>
      %t = ricci.dim %k, 1 : tensor<?x?x?xf32>
      %e = ricci.dim %v, 2 : tensor<?x?x?xf32>
      %s = ricci.einsum "hid,hjd->hij"(%q, %k) dims(%h, %n, %t) : (tensor<?x?x?xf32>, tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
      %m = ricci.reduce max [2] %s : tensor<?x?x?xf32> -> tensor<?x?xf32>
      %b = ricci.einsum "hi->hij"(%m) dims(%h, %n, %t) : (tensor<?x?xf32>) -> tensor<?x?x?xf32>
      %d = ricci.sub %s, %b : tensor<?x?x?xf32>
      %x = ricci.exp %d : tensor<?x?x?xf32>
      %z = ricci.einsum "hij->hi"(%x) dims(%h, %n) : (tensor<?x?x?xf32>) -> tensor<?x?xf32>
      %c = ricci.einsum "hi->hij"(%z) dims(%h, %n, %t) : (tensor<?x?xf32>) -> tensor<?x?x?xf32>
      %p = ricci.div %x, %c : tensor<?x?x?xf32>
      %y = ricci.einsum "hij,hje->hie"(%p, %v) dims(%h, %n, %e) : (tensor<?x?x?xf32>, tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
      return %y : tensor<?x?x?xf32> })",
     [](int64_t rows) { return std::vector<std::vector<int64_t>>{{2, rows, 5}, {2, 19, 5}, {2, 19, 3}}; }},
    // The scores of the same point: as many columns as rows, so that there may be none of both.
    {"SelfAttention", R"(func.func @f(%q: tensor<?x?xf64>) -> tensor<?x?xf64> {
      %n = ricci.dim %q, 0 : tensor<?x?xf64>
      %e = ricci.dim %q, 1 : tensor<?x?xf64>
      %s = ricci.einsum "id,jd->ij"(%q, %q) dims(%n, %n) : (tensor<?x?xf64>, tensor<?x?xf64>) -> tensor<?x?xf64>
      %x = ricci.exp %s : tensor<?x?xf64>
      %z = ricci.einsum "ij->i"(%x) dims(%n) : (tensor<?x?xf64>) -> tensor<?xf64>
      %c = ricci.einsum "i->ij"(%z) dims(%n, %n) : (tensor<?xf64>) -> tensor<?x?xf64>
      %p = ricci.div %x, %c : tensor<?x?xf64>
      %y = ricci.einsum "ij,je->ie"(%p, %q) dims(%n, %e) : (tensor<?x?xf64>, tensor<?x?xf64>) -> tensor<?x?xf64>
      return %y : tensor<?x?xf64> })",
     [](int64_t rows) { return std::vector<std::vector<int64_t>>{{rows, 4}}; }},
    // Rows of NaN stay rows of NaN; what lies between is a result too, and goes on into a product over the rows.
    {"Backward",
     R"(func.func @f(%g: tensor<?x?x?xf32>, %v: tensor<?x?x?xf32>, %w: tensor<?x?x?xf32>, %k: tensor<?x?x?xf32>, %q: tensor<?x?x?xf32>)
          -> (tensor<?x?x?xf32>, tensor<?x?x?xf32>, tensor<?x?xf32>) {
      %h = ricci.dim %g, 0 : tensor<?x?x?xf32>
      %n = ricci.dim %g, 1 : tensor<?x?x?xf32>
      %t = ricci.dim %v, 1 : tensor<?x?x?xf32>
      %e = ricci.dim %k, 2 : tensor<?x?x?xf32>
      %p = ricci.sqrt %w : tensor<?x?x?xf32>
      %a = ricci.einsum "abc,adc->abd"(%g, %v) dims(%h, %n, %t) : (tensor<?x?x?xf32>, tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
      %r = ricci.einsum "abc,abc->ab"(%a, %p) dims(%h, %n) : (tensor<?x?x?xf32>, tensor<?x?x?xf32>) -> tensor<?x?xf32>
      %s = ricci.einsum "ab->abc"(%r) dims(%h, %n, %t) : (tensor<?x?xf32>) -> tensor<?x?x?xf32>
      %d = ricci.sub %a, %s : tensor<?x?x?xf32>
      %m = ricci.mul %d, %p : tensor<?x?x?xf32>
      %x = ricci.einsum "abc,acd->abd"(%m, %k) dims(%h, %n, %e) : (tensor<?x?x?xf32>, tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
      %y = ricci.einsum "abc,abd->acd"(%m, %q) dims(%h, %t, %e) : (tensor<?x?x?xf32>, tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
      return %x, %y, %r : tensor<?x?x?xf32>, tensor<?x?x?xf32>, tensor<?x?xf32> })",
     [](int64_t rows) {
       return std::vector<std::vector<int64_t>>{{3, rows, 5}, {3, 18, 5}, {3, rows, 18}, {3, 18, 2}, {3, rows, 2}};
     }},
    // What a gradient goes on with in the same rows, in memory that several values share, and sums over the rows of one
    // and of two values of the kernel.
    {"Gradient", R"(func.func @f(%q: tensor<?x?x?xf32>, %k: tensor<?x?x?xf32>, %v: tensor<?x?x?xf32>)
          -> (tensor<?x?x?xf32>, tensor<?x?x?xf32>, tensor<?x?x?xf32>, tensor<?x?x?xf32>, tensor<f32>) {
      %h = ricci.dim %q, 0 : tensor<?x?x?xf32>
      %n = ricci.dim %q, 1 : tensor<?x?x?xf32>
      %e = ricci.dim %q, 2 : tensor<?x?x?xf32>
      %t = ricci.dim %k, 1 : tensor<?x?x?xf32>
      %s = ricci.einsum "hid,hjd->hij"(%q, %k) dims(%h, %n, %t) : (tensor<?x?x?xf32>, tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
      %p = ricci.tanh %s : tensor<?x?x?xf32>
      %z = ricci.einsum "hij->hi"(%p) dims(%h, %n) : (tensor<?x?x?xf32>) -> tensor<?x?xf32>
      %y = ricci.einsum "hij,hje->hie"(%p, %v) dims(%h, %n, %e) : (tensor<?x?x?xf32>, tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
      %c = ricci.einsum "hi->hie"(%z) dims(%h, %n, %e) : (tensor<?x?xf32>) -> tensor<?x?x?xf32>
      %o = ricci.mul %y, %c : tensor<?x?x?xf32>
      %g = ricci.exp %o : tensor<?x?x?xf32>
      %l = ricci.einsum "hie->"(%o) : (tensor<?x?x?xf32>) -> tensor<f32>
      %a = ricci.einsum "hie,hje->hij"(%g, %v) dims(%h, %n, %t) : (tensor<?x?x?xf32>, tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
      %b = ricci.mul %a, %p : tensor<?x?x?xf32>
      %x = ricci.tanh %b : tensor<?x?x?xf32>
      %dq = ricci.einsum "hij,hjd->hid"(%x, %k) dims(%h, %n, %e) : (tensor<?x?x?xf32>, tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
      %dk = ricci.einsum "hij,hid->hjd"(%x, %q) dims(%h, %t, %e) : (tensor<?x?x?xf32>, tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
      %dv = ricci.einsum "hij,hie->hje"(%p, %g) dims(%h, %t, %e) : (tensor<?x?x?xf32>, tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
      return %o, %dq, %dk, %dv, %l : tensor<?x?x?xf32>, tensor<?x?x?xf32>, tensor<?x?x?xf32>, tensor<?x?x?xf32>, tensor<f32> })",
     [](int64_t rows) { return std::vector<std::vector<int64_t>>{{3, rows, 5}, {3, 18, 5}, {3, 18, 5}}; }},
    // Two products that meet in a layer's activation, the rows on the right of the first; then a third.
    {"Layers",
     R"(func.func @f(%x: tensor<?x?xf32>, %w: tensor<?x?xf32>, %h: tensor<?x?xf32>, %u: tensor<?x?xf32>, %b: tensor<?xf32>, %o: tensor<?x?xf32>) -> tensor<?x?xf32> {
      %n = ricci.dim %h, 0 : tensor<?x?xf32>
      %m = ricci.dim %w, 1 : tensor<?x?xf32>
      %e = ricci.dim %o, 1 : tensor<?x?xf32>
      %p = ricci.einsum "km,kn->nm"(%w, %x) dims(%n, %m) : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
      %q = ricci.einsum "nk,km->nm"(%h, %u) dims(%n, %m) : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
      %c = ricci.einsum "m->nm"(%b) dims(%n, %m) : (tensor<?xf32>) -> tensor<?x?xf32>
      %r = ricci.add %p, %q : tensor<?x?xf32>
      %s = ricci.add %r, %c : tensor<?x?xf32>
      %t = ricci.tanh %s : tensor<?x?xf32>
      %y = ricci.einsum "nk,km->nm"(%t, %o) dims(%n, %e) : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
      return %y : tensor<?x?xf32> })",
     [](int64_t rows) {
       return std::vector<std::vector<int64_t>>{{6, rows}, {6, 33}, {rows, 4}, {4, 33}, {33}, {33, 20}};
     }},
    // Rows of a product reduced, and nothing after.
    {"Classes", R"(func.func @f(%x: tensor<?x?xf64>, %w: tensor<?x?xf64>) -> (tensor<?xf64>, tensor<?xi64>) {
      %n = ricci.dim %x, 0 : tensor<?x?xf64>
      %k = ricci.dim %w, 0 : tensor<?x?xf64>
      %p = ricci.einsum "nd,kd->nk"(%x, %w) dims(%n, %k) : (tensor<?x?xf64>, tensor<?x?xf64>) -> tensor<?x?xf64>
      %l = ricci.sqrt %p : tensor<?x?xf64>
      %m = ricci.reduce max [1] %l : tensor<?x?xf64> -> tensor<?xf64>
      %b = ricci.einsum "n->nk"(%m) dims(%n, %k) : (tensor<?xf64>) -> tensor<?x?xf64>
      %d = ricci.sub %p, %b : tensor<?x?xf64>
      %s = ricci.einsum "nk->n"(%d) dims(%n) : (tensor<?x?xf64>) -> tensor<?xf64>
      %i = ricci.reduce argmax [1] %p : tensor<?x?xf64> -> tensor<?xi64>
      return %s, %i : tensor<?xf64>, tensor<?xi64> })",
     [](int64_t rows) { return std::vector<std::vector<int64_t>>{{rows, 3}, {10, 3}}; }},
    // The array is read by both products, the rows between have one element each, of which one is a result.
    {"Regression",
     R"(func.func @f(%x: tensor<?x?xf64>, %w: tensor<?xf64>, %y: tensor<?xf64>) -> (tensor<?xf64>, tensor<f64>) {
      %n = ricci.dim %x, 0 : tensor<?x?xf64>
      %d = ricci.dim %x, 1 : tensor<?x?xf64>
      %z = ricci.einsum "nd,d->n"(%x, %w) dims(%n) : (tensor<?x?xf64>, tensor<?xf64>) -> tensor<?xf64>
      %p = ricci.softplus %z : tensor<?xf64>
      %l = ricci.einsum "n->"(%p) : (tensor<?xf64>) -> tensor<f64>
      %s = ricci.sigmoid %z : tensor<?xf64>
      %r = ricci.sub %s, %y : tensor<?xf64>
      %g = ricci.einsum "n,nd->d"(%r, %x) dims(%d) : (tensor<?xf64>, tensor<?x?xf64>) -> tensor<?xf64>
      return %g, %l : tensor<?xf64>, tensor<f64> })",
     [](int64_t rows) { return std::vector<std::vector<int64_t>>{{rows, 37}, {37}, {rows}}; }},
    // A regression for each point of a batch.
    {"Regressions",
     R"(func.func @f(%x: tensor<?x?x?xf64>, %w: tensor<?x?xf64>, %y: tensor<?x?xf64>) -> (tensor<?x?xf64>, tensor<?x?xf64>) {
      %b = ricci.dim %x, 0 : tensor<?x?x?xf64>
      %n = ricci.dim %x, 1 : tensor<?x?x?xf64>
      %d = ricci.dim %x, 2 : tensor<?x?x?xf64>
      %z = ricci.einsum "bnd,bd->bn"(%x, %w) dims(%b, %n) : (tensor<?x?x?xf64>, tensor<?x?xf64>) -> tensor<?x?xf64>
      %s = ricci.sigmoid %z : tensor<?x?xf64>
      %r = ricci.sub %s, %y : tensor<?x?xf64>
      %g = ricci.einsum "bn,bnd->bd"(%r, %x) dims(%b, %d) : (tensor<?x?xf64>, tensor<?x?x?xf64>) -> tensor<?x?xf64>
      return %g, %z : tensor<?x?xf64>, tensor<?x?xf64> })",
     [](int64_t rows) { return std::vector<std::vector<int64_t>>{{5, rows, 19}, {5, 19}, {5, rows}}; }},
    // The array's rows lie in columns; two sums, of which one reads nothing but what lies between.
    {"Columns",
     R"(func.func @f(%x: tensor<?x?xf32>, %w: tensor<?x?xf32>, %y: tensor<?x?xf32>) -> (tensor<?x?xf32>, tensor<?x?xf32>) {
      %n = ricci.dim %x, 1 : tensor<?x?xf32>
      %d = ricci.dim %x, 0 : tensor<?x?xf32>
      %k = ricci.dim %w, 1 : tensor<?x?xf32>
      %z = ricci.einsum "dn,dk->nk"(%x, %w) dims(%n, %k) : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
      %t = ricci.tanh %z : tensor<?x?xf32>
      %r = ricci.sub %t, %y : tensor<?x?xf32>
      %g = ricci.einsum "dn,nk->dk"(%x, %r) dims(%d, %k) : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
      %h = ricci.einsum "nj,nk->jk"(%t, %r) dims(%k, %k) : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
      return %g, %h : tensor<?x?xf32>, tensor<?x?xf32> })",
     [](int64_t rows) { return std::vector<std::vector<int64_t>>{{18, rows}, {18, 17}, {rows, 17}}; }},
    // The array that is summed is made from the other, row by row, and so is never stored.
    {"Masked", R"(func.func @f(%x: tensor<?x?xf64>, %w: tensor<?x?xf64>) -> (tensor<?x?xf64>, tensor<?x?xf64>) {
      %n = ricci.dim %x, 0 : tensor<?x?xf64>
      %d = ricci.dim %x, 1 : tensor<?x?xf64>
      %k = ricci.dim %w, 1 : tensor<?x?xf64>
      %z = ricci.einsum "nd,dk->nk"(%x, %w) dims(%n, %k) : (tensor<?x?xf64>, tensor<?x?xf64>) -> tensor<?x?xf64>
      %m = ricci.reduce max [1] %z : tensor<?x?xf64> -> tensor<?xf64>
      %b = ricci.einsum "n->nk"(%m) dims(%n, %k) : (tensor<?xf64>) -> tensor<?x?xf64>
      %e = ricci.sub %z, %b : tensor<?x?xf64>
      %p = ricci.exp %e : tensor<?x?xf64>
      %s = ricci.einsum "nk->n"(%p) dims(%n) : (tensor<?x?xf64>) -> tensor<?xf64>
      %r = ricci.sqrt %s : tensor<?xf64>
      %t = ricci.einsum "n->nd"(%r) dims(%n, %d) : (tensor<?xf64>) -> tensor<?x?xf64>
      %y = ricci.mul %x, %t : tensor<?x?xf64>
      %v = ricci.tanh %y : tensor<?x?xf64>
      %g = ricci.einsum "nk,nd->dk"(%p, %v) dims(%d, %k) : (tensor<?x?xf64>, tensor<?x?xf64>) -> tensor<?x?xf64>
      return %g, %z : tensor<?x?xf64>, tensor<?x?xf64> })",
     [](int64_t rows) { return std::vector<std::vector<int64_t>>{{rows, 21}, {21, 6}}; }},
    // Rows that zeros annihilate are zeros of the array that is summed.
    {"Annihilated", R"(func.func @f(%x: tensor<?x?xf64>, %w: tensor<?x?xf64>) -> (tensor<?x?xf64>, tensor<?xf64>) {
      %n = ricci.dim %x, 0 : tensor<?x?xf64>
      %d = ricci.dim %x, 1 : tensor<?x?xf64>
      %k = ricci.dim %w, 1 : tensor<?x?xf64>
      %z = ricci.einsum "nd,dk->nk"(%x, %w) dims(%n, %k) : (tensor<?x?xf64>, tensor<?x?xf64>) -> tensor<?x?xf64>
      %s = ricci.einsum "nk->n"(%z) dims(%n) : (tensor<?x?xf64>) -> tensor<?xf64>
      %o = ricci.fill 0.0 : f64 dims(%n) : tensor<?xf64>
      %c = ricci.cmp lt %s, %o : tensor<?xf64>
      %b = ricci.gather %c dims(%n, %d) {map = affine_map<(n, d) -> (n)>, modes = array<i32: 0>, symbol_axes = []} : tensor<?xi1> -> tensor<?x?xi1>
      %zeros = ricci.fill 0.0 : f64 dims(%n, %d) : tensor<?x?xf64>
      %v = ricci.select %b, %x, %zeros : tensor<?x?xf64>
      %e = ricci.exp %z : tensor<?x?xf64>
      %g = ricci.einsum "nk,nd->dk"(%e, %v) dims(%d, %k) : (tensor<?x?xf64>, tensor<?x?xf64>) -> tensor<?x?xf64>
      return %g, %s : tensor<?x?xf64>, tensor<?xf64> })",
     [](int64_t rows) { return std::vector<std::vector<int64_t>>{{rows, 21}, {21, 6}}; }},
    // Rows of a softmax, and the product of what a row of it gives.
    {"Classifier", R"(func.func @f(%x: tensor<?x?xf64>, %w: tensor<?x?xf64>) -> (tensor<?x?xf64>, tensor<?xf64>) {
      %n = ricci.dim %x, 0 : tensor<?x?xf64>
      %d = ricci.dim %x, 1 : tensor<?x?xf64>
      %k = ricci.dim %w, 1 : tensor<?x?xf64>
      %z = ricci.einsum "nd,dk->nk"(%x, %w) dims(%n, %k) : (tensor<?x?xf64>, tensor<?x?xf64>) -> tensor<?x?xf64>
      %m = ricci.reduce max [1] %z : tensor<?x?xf64> -> tensor<?xf64>
      %b = ricci.einsum "n->nk"(%m) dims(%n, %k) : (tensor<?xf64>) -> tensor<?x?xf64>
      %e = ricci.sub %z, %b : tensor<?x?xf64>
      %p = ricci.exp %e : tensor<?x?xf64>
      %s = ricci.einsum "nk->n"(%p) dims(%n) : (tensor<?x?xf64>) -> tensor<?xf64>
      %g = ricci.einsum "nk,nd->kd"(%p, %x) dims(%k, %d) : (tensor<?x?xf64>, tensor<?x?xf64>) -> tensor<?x?xf64>
      return %g, %s : tensor<?x?xf64>, tensor<?xf64> })",
     [](int64_t rows) { return std::vector<std::vector<int64_t>>{{rows, 5}, {5, 11}}; }},
    // Products with vectors that read the rows of one array, and nothing between: the second sums over the rows, with
    // the first result or with other vectors.
    {"Normal", R"(func.func @f(%x: tensor<?x?xf64>, %w: tensor<?xf64>) -> tensor<?xf64> {
      %n = ricci.dim %x, 0 : tensor<?x?xf64>
      %d = ricci.dim %x, 1 : tensor<?x?xf64>
      %z = ricci.einsum "nd,d->n"(%x, %w) dims(%n) : (tensor<?x?xf64>, tensor<?xf64>) -> tensor<?xf64>
      %g = ricci.einsum "nd,n->d"(%x, %z) dims(%d) : (tensor<?x?xf64>, tensor<?xf64>) -> tensor<?xf64>
      return %g : tensor<?xf64> })",
     [](int64_t rows) { return std::vector<std::vector<int64_t>>{{rows, 21}, {21}}; }},
    {"OwnVectors",
     R"(func.func @f(%x: tensor<?x?xf32>, %w: tensor<?xf32>, %u: tensor<?xf32>) -> (tensor<?xf32>, tensor<?xf32>) {
      %n = ricci.dim %x, 0 : tensor<?x?xf32>
      %d = ricci.dim %x, 1 : tensor<?x?xf32>
      %g = ricci.einsum "nd,n->d"(%x, %u) dims(%d) : (tensor<?x?xf32>, tensor<?xf32>) -> tensor<?xf32>
      %z = ricci.einsum "d,nd->n"(%w, %x) dims(%n) : (tensor<?xf32>, tensor<?x?xf32>) -> tensor<?xf32>
      return %z, %g : tensor<?xf32>, tensor<?xf32> })",
     [](int64_t rows) { return std::vector<std::vector<int64_t>>{{rows, 37}, {37}, {rows}}; }},
    {"BothSides",
     R"(func.func @f(%x: tensor<?x?xf32>, %w: tensor<?xf32>, %u: tensor<?xf32>, %v: tensor<?xf32>) -> (tensor<?xf32>, tensor<?xf32>, tensor<?xf32>) {
      %n = ricci.dim %x, 0 : tensor<?x?xf32>
      %d = ricci.dim %x, 1 : tensor<?x?xf32>
      %g = ricci.einsum "nd,n->d"(%x, %u) dims(%d) : (tensor<?x?xf32>, tensor<?xf32>) -> tensor<?xf32>
      %z = ricci.einsum "d,nd->n"(%w, %x) dims(%n) : (tensor<?xf32>, tensor<?x?xf32>) -> tensor<?xf32>
      %h = ricci.einsum "n,nd->d"(%v, %x) dims(%d) : (tensor<?xf32>, tensor<?x?xf32>) -> tensor<?xf32>
      return %z, %g, %h : tensor<?xf32>, tensor<?xf32>, tensor<?xf32> })",
     [](int64_t rows) { return std::vector<std::vector<int64_t>>{{rows, 37}, {37}, {rows}, {rows}}; }},
    {"NormalOfBatch",
     R"(func.func @f(%x: tensor<?x?x?xf32>, %w: tensor<?x?xf32>) -> (tensor<?x?xf32>, tensor<?x?xf32>) {
      %b = ricci.dim %x, 0 : tensor<?x?x?xf32>
      %n = ricci.dim %x, 1 : tensor<?x?x?xf32>
      %d = ricci.dim %x, 2 : tensor<?x?x?xf32>
      %z = ricci.einsum "bnd,bd->bn"(%x, %w) dims(%b, %n) : (tensor<?x?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
      %g = ricci.einsum "bnd,bn->bd"(%x, %z) dims(%b, %d) : (tensor<?x?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
      return %z, %g : tensor<?x?xf32>, tensor<?x?xf32> })",
     [](int64_t rows) { return std::vector<std::vector<int64_t>>{{3, rows, 21}, {3, 21}}; }},
};

INSTANTIATE_TEST_SUITE_P(Programs, RowBlocks, ::testing::Combine(::testing::ValuesIn(programs), ::testing::Values(0, 1, 3)),
                         [](const auto &info) {
                           return std::string(std::get<0>(info.param).name) + "By" + std::to_string(std::get<1>(info.param));
                         });

} // namespace
} // namespace ricci::test
