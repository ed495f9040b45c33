// Rows that several nests share: what is stored in the loops of a sum, along rows or across them, a row late, past the
// caches, and from within a vector on.
#include "Compare.h"

namespace ricci::test {
namespace {

class Rows : public ::testing::TestWithParam<std::tuple<Program, unsigned>> {};

// All rows in one chunk; one in each; and two or three, whose results are stored past the caches.
TEST_P(Rows, EqualReference) {
  const auto &[program, vectorBytes] = GetParam();
  for (int64_t chunkWork : {0, 1, 300})
    EXPECT_TRUE(compiledEqualsReference(program.text, {program.shapes, vectorBytes, chunkWork})) << chunkWork;
}

// Nine rows of so many elements.
std::string softmaxOf(const std::string &columns, const std::string &element) {
  const std::string rows = "tensor<9x" + columns + "x" + element + ">", sums = "tensor<9x" + element + ">";
  const std::string spread = " : (" + sums + ") -> " + rows + "\n";
  return "func.func @f(%x: " + rows + ") -> " + rows + " {\n%k = ricci.kernel {\n" +
         "%m = ricci.reduce max [1] %x : " + rows + " -> " + sums + "\n%b = ricci.einsum \"i->ij\"(%m)" + spread +
         "%d = ricci.sub %x, %b : " + rows + "\n%e = ricci.exp %d : " + rows + "\n%s = ricci.einsum \"ij->i\"(%e) : (" +
         rows + ") -> " + sums + "\n%t = ricci.einsum \"i->ij\"(%s)" + spread + "%p = ricci.div %e, %t : " + rows +
         "\nricci.yield %p : " + rows + "\n} : " + rows + "\nreturn %k : " + rows + " }";
}

// What is stored, and two sums across its rows; of so many columns.
std::string sumsAcross(const std::string &columns) {
  const std::string matrix = "tensor<9x" + columns + "xf64>", row = "tensor<" + columns + "xf64>";
  return "func.func @f(%x: " + matrix + ", %y: tensor<9xf64>) -> (" + matrix + ", " + row + ", " + row + ") {\n" +
         "%k:3 = ricci.kernel {\n%m = ricci.mul %x, %x : " + matrix + "\n%s = ricci.einsum \"ij,i->j\"(%m, %y) : (" +
         matrix + ", tensor<9xf64>) -> " + row + "\n%t = ricci.reduce max [0] %m : " + matrix + " -> " + row +
         "\nricci.yield %m, %s, %t : " + matrix + ", " + row + ", " + row + "\n} : " + matrix + ", " + row + ", " +
         row + "\nreturn %k#0, %k#1, %k#2 : " + matrix + ", " + row + ", " + row + " }";
}

// A product that sums nine matrices of five rows of so many elements.
std::string sumAcrossMatrices(const std::string &columns) {
  const std::string all = "tensor<9x5x" + columns + "xf64>", rows = "tensor<9x" + columns + "xf64>",
                    matrix = "tensor<5x" + columns + "xf64>";
  return "func.func @f(%x: " + all + ", %y: " + rows + ") -> (" + all + ", " + matrix + ") {\n%k:2 = ricci.kernel {\n" +
         "%e = ricci.exp %x : " + all + "\n%s = ricci.einsum \"ijk,ik->jk\"(%e, %y) : (" + all + ", " + rows + ") -> " +
         matrix + "\nricci.yield %e, %s : " + all + ", " + matrix + "\n} : " + all + ", " + matrix +
         "\nreturn %k#0, %k#1 : " + all + ", " + matrix + " }";
}

const Program programs[] = {
    {"SumsAcrossRows", sumsAcross("48")},
    {"SumsAcrossRowsOffLines", sumsAcross("75")},
    {"SumAcrossMatrices", sumAcrossMatrices("24")},
    {"SumAcrossMatricesOffLines", sumAcrossMatrices("37")},
    // Rows of whole vectors are stored past the caches.
    {"SumAcrossUnknownRows",
     R"(func.func @f(%x: tensor<?x?xf64>, %y: tensor<?xf64>) -> (tensor<?x?xf64>, tensor<?xf64>) {
      %w = ricci.dim %x, 1 : tensor<?x?xf64>
      %k:2 = ricci.kernel {
        %m = ricci.mul %x, %x : tensor<?x?xf64>
        %s = ricci.einsum "ij,i->j"(%m, %y) dims(%w) : (tensor<?x?xf64>, tensor<?xf64>) -> tensor<?xf64>
        ricci.yield %m, %s : tensor<?x?xf64>, tensor<?xf64>
      } : tensor<?x?xf64>, tensor<?xf64>
      return %k#0, %k#1 : tensor<?x?xf64>, tensor<?xf64> })",
     {{9, 48}, {9}}},
    // What both read is a sum before them.
    {"SumAcrossRowsOfDifferences",
     R"(func.func @f(%x: tensor<9x48xf64>, %y: tensor<9xf64>) -> (tensor<9x48xf64>, tensor<48xf64>) {
      %k:2 = ricci.kernel {
        %m = ricci.reduce max [0] %x : tensor<9x48xf64> -> tensor<48xf64>
        %b = ricci.einsum "j->ij"(%m) : (tensor<48xf64>) -> tensor<9x48xf64>
        %d = ricci.sub %x, %b : tensor<9x48xf64>
        %s = ricci.einsum "ij,i,j->j"(%d, %y, %m) : (tensor<9x48xf64>, tensor<9xf64>, tensor<48xf64>) -> tensor<48xf64>
        ricci.yield %d, %s : tensor<9x48xf64>, tensor<48xf64>
      } : tensor<9x48xf64>, tensor<48xf64>
      return %k#0, %k#1 : tensor<9x48xf64>, tensor<48xf64> })"},
    // The sizes of what is summed are known to be those of the sum because it reads all of it.
    {"SumAcrossRowsOfOtherSizes",
     R"(func.func @f(%x: tensor<?x?xf64>, %y: tensor<?xf64>, %z: tensor<?xf64>) -> (tensor<?x?xf64>, tensor<?xf64>) {
      %w = ricci.dim %z, 0 : tensor<?xf64>
      %k:2 = ricci.kernel {
        %m = ricci.mul %x, %x : tensor<?x?xf64>
        %e = ricci.neg %m : tensor<?x?xf64>
        %s = ricci.einsum "ij,i->j"(%e, %y) dims(%w) : (tensor<?x?xf64>, tensor<?xf64>) -> tensor<?xf64>
        ricci.yield %m, %s : tensor<?x?xf64>, tensor<?xf64>
      } : tensor<?x?xf64>, tensor<?xf64>
      return %k#0, %k#1 : tensor<?x?xf64>, tensor<?xf64> })",
     {{9, 48}, {9}, {48}}},
    {"SumAcrossSomeRows", R"(func.func @f(%x: tensor<9x48xf64>) -> (tensor<9x48xf64>, tensor<48xf64>) {
      %k:2 = ricci.kernel {
        %m = ricci.mul %x, %x : tensor<9x48xf64>
        %g = ricci.gather %m {map = affine_map<(i, j) -> (i, j)>, modes = array<i32: 0, 0>, symbol_axes = []} : tensor<9x48xf64> -> tensor<5x48xf64>
        %s = ricci.einsum "ij->j"(%g) : (tensor<5x48xf64>) -> tensor<48xf64>
        ricci.yield %m, %s : tensor<9x48xf64>, tensor<48xf64>
      } : tensor<9x48xf64>, tensor<48xf64>
      return %k#0, %k#1 : tensor<9x48xf64>, tensor<48xf64> })"},
    {"SumAcrossSomeUnknownRows",
     R"(func.func @f(%x: tensor<?x?xf64>, %z: tensor<?xf64>) -> (tensor<?x?xf64>, tensor<?xf64>) {
      %n = ricci.dim %z, 0 : tensor<?xf64>
      %w = ricci.dim %x, 1 : tensor<?x?xf64>
      %k:2 = ricci.kernel {
        %m = ricci.mul %x, %x : tensor<?x?xf64>
        %g = ricci.gather %m dims(%n, %w) {map = affine_map<(i, j) -> (i, j)>, modes = array<i32: 0, 0>, symbol_axes = []} : tensor<?x?xf64> -> tensor<?x?xf64>
        %s = ricci.einsum "ij->j"(%g) dims(%w) : (tensor<?x?xf64>) -> tensor<?xf64>
        ricci.yield %m, %s : tensor<?x?xf64>, tensor<?xf64>
      } : tensor<?x?xf64>, tensor<?xf64>
      return %k#0, %k#1 : tensor<?x?xf64>, tensor<?xf64> })",
     {{9, 48}, {5}}},
    {"SumsOfAll", R"(func.func @f(%x: tensor<500xf32>) -> (tensor<500xf32>, tensor<f32>, tensor<f32>) {
      %k:3 = ricci.kernel {
        %e = ricci.exp %x : tensor<500xf32>
        %s = ricci.einsum "i->"(%e) : (tensor<500xf32>) -> tensor<f32>
        %m = ricci.reduce max [0] %e : tensor<500xf32> -> tensor<f32>
        ricci.yield %e, %s, %m : tensor<500xf32>, tensor<f32>, tensor<f32>
      } : tensor<500xf32>, tensor<f32>, tensor<f32>
      return %k#0, %k#1, %k#2 : tensor<500xf32>, tensor<f32>, tensor<f32> })"},
    {"SumOfAllUnknown",
     R"(func.func @f(%x: tensor<?xf32>) -> (tensor<?xf32>, tensor<f32>) {
      %k:2 = ricci.kernel {
        %e = ricci.exp %x : tensor<?xf32>
        %s = ricci.einsum "i->"(%e) : (tensor<?xf32>) -> tensor<f32>
        ricci.yield %e, %s : tensor<?xf32>, tensor<f32>
      } : tensor<?xf32>, tensor<f32>
      return %k#0, %k#1 : tensor<?xf32>, tensor<f32> })",
     {{500}}},
    // What is stored takes the memory of `%e`, where no sum reads that.
    {"SumsOfReplaced",
     R"(func.func @f(%x: tensor<9x48xf64>, %y: tensor<9xf64>) -> (tensor<9x48xf64>, tensor<48xf64>, tensor<f64>) {
      %e = ricci.exp %x : tensor<9x48xf64>
      %k:3 = ricci.kernel {
        %m = ricci.mul %e, %e : tensor<9x48xf64>
        %s = ricci.einsum "ij,i->j"(%m, %y) : (tensor<9x48xf64>, tensor<9xf64>) -> tensor<48xf64>
        %t = ricci.reduce max [0, 1] %m : tensor<9x48xf64> -> tensor<f64>
        ricci.yield %m, %s, %t : tensor<9x48xf64>, tensor<48xf64>, tensor<f64>
      } : tensor<9x48xf64>, tensor<48xf64>, tensor<f64>
      return %k#0, %k#1, %k#2 : tensor<9x48xf64>, tensor<48xf64>, tensor<f64> })"},
    {"SumOfReplacedElements",
     R"(func.func @f(%x: tensor<9x48xf64>) -> (tensor<9x48xf64>, tensor<48xf64>) {
      %e = ricci.exp %x : tensor<9x48xf64>
      %k:2 = ricci.kernel {
        %m = ricci.mul %e, %e : tensor<9x48xf64>
        %s = ricci.einsum "ij,ij->j"(%m, %e) : (tensor<9x48xf64>, tensor<9x48xf64>) -> tensor<48xf64>
        ricci.yield %m, %s : tensor<9x48xf64>, tensor<48xf64>
      } : tensor<9x48xf64>, tensor<48xf64>
      return %k#0, %k#1 : tensor<9x48xf64>, tensor<48xf64> })"},
    {"SumOfWhatIsComputedFromReplaced",
     R"(func.func @f(%x: tensor<9x48xf64>) -> (tensor<9x48xf64>, tensor<48xf64>) {
      %e = ricci.exp %x : tensor<9x48xf64>
      %k:2 = ricci.kernel {
        %c = ricci.cos %e : tensor<9x48xf64>
        %m = ricci.mul %c, %c : tensor<9x48xf64>
        %s = ricci.einsum "ij,ij->j"(%m, %c) : (tensor<9x48xf64>, tensor<9x48xf64>) -> tensor<48xf64>
        ricci.yield %m, %s : tensor<9x48xf64>, tensor<48xf64>
      } : tensor<9x48xf64>, tensor<48xf64>
      return %k#0, %k#1 : tensor<9x48xf64>, tensor<48xf64> })"},
    {"SumAddedToReplaced",
     R"(func.func @f(%x: tensor<9x48xf64>, %y: tensor<48xf64>) -> (tensor<48xf64>, tensor<48xf64>) {
      %g = ricci.exp %y : tensor<48xf64>
      %k:2 = ricci.kernel {
        %s = ricci.einsum "ij->j"(%x) : (tensor<9x48xf64>) -> tensor<48xf64>
        %r = ricci.add %g, %s : tensor<48xf64>
        ricci.yield %r, %s : tensor<48xf64>, tensor<48xf64>
      } : tensor<48xf64>, tensor<48xf64>
      return %k#0, %k#1 : tensor<48xf64>, tensor<48xf64> })"},
    {"SumOfReplacedAsOtherAxes",
     R"(func.func @f(%x: tensor<9x48xf64>) -> (tensor<9x48xf64>, tensor<9xf64>) {
      %e = ricci.exp %x : tensor<9x48xf64>
      %v = ricci.reshape %e : tensor<9x48xf64> -> tensor<48x9xf64>
      %k:2 = ricci.kernel {
        %m = ricci.mul %e, %e : tensor<9x48xf64>
        %t = ricci.einsum "ji->i"(%v) : (tensor<48x9xf64>) -> tensor<9xf64>
        ricci.yield %m, %t : tensor<9x48xf64>, tensor<9xf64>
      } : tensor<9x48xf64>, tensor<9xf64>
      return %k#0, %k#1 : tensor<9x48xf64>, tensor<9xf64> })"},
    // The sum reads the turned matrix: no vector of it is stored along its rows.
    {"SumOfTurnedMatrix",
     R"(func.func @f(%x: tensor<9x9xf64>, %y: tensor<9x9xf64>) -> (tensor<9x9xf64>, tensor<9xf64>) {
      %k:2 = ricci.kernel {
        %m = ricci.mul %x, %y : tensor<9x9xf64>
        %s = ricci.einsum "ij,ji->j"(%m, %m) : (tensor<9x9xf64>, tensor<9x9xf64>) -> tensor<9xf64>
        ricci.yield %m, %s : tensor<9x9xf64>, tensor<9xf64>
      } : tensor<9x9xf64>, tensor<9xf64>
      return %k#0, %k#1 : tensor<9x9xf64>, tensor<9xf64> })"},
    {"LateRows", softmaxOf("64", "f32")},
    {"LateRowsOffLines", softmaxOf("150", "f32")}, // they begin within a vector
    {"LateDoublesOffLines", softmaxOf("77", "f64")},
    {"LateRowsOfOperands", R"(func.func @f(%x: tensor<9x48xf64>) -> (tensor<9x48xf64>, tensor<9xf64>) {
      %k:2 = ricci.kernel {
        %m = ricci.reduce max [1] %x : tensor<9x48xf64> -> tensor<9xf64>
        %b = ricci.einsum "i->ij"(%m) : (tensor<9xf64>) -> tensor<9x48xf64>
        %d = ricci.sub %x, %b : tensor<9x48xf64>
        %e = ricci.exp %d : tensor<9x48xf64>
        %s = ricci.einsum "ij->i"(%e) : (tensor<9x48xf64>) -> tensor<9xf64>
        %l = ricci.log %s : tensor<9xf64>
        %t = ricci.einsum "i->ij"(%l) : (tensor<9xf64>) -> tensor<9x48xf64>
        %p = ricci.sub %d, %t : tensor<9x48xf64>
        ricci.yield %p, %l : tensor<9x48xf64>, tensor<9xf64>
      } : tensor<9x48xf64>, tensor<9xf64>
      return %k#0, %k#1 : tensor<9x48xf64>, tensor<9xf64> })"},
    // Rows that begin within a vector.
    {"OffLines", R"(func.func @f(%x: tensor<9x75xf32>, %y: tensor<75xf32>) -> (tensor<9x75xf32>, tensor<9x75xi1>) {
      %k:2 = ricci.kernel {
        %b = ricci.einsum "j->ij"(%y) : (tensor<75xf32>) -> tensor<9x75xf32>
        %s = ricci.add %x, %b : tensor<9x75xf32>
        %c = ricci.cmp lt %x, %b : tensor<9x75xf32>
        ricci.yield %s, %c : tensor<9x75xf32>, tensor<9x75xi1>
      } : tensor<9x75xf32>, tensor<9x75xi1>
      return %k#0, %k#1 : tensor<9x75xf32>, tensor<9x75xi1> })"},
    {"OffLinesOfBatch", R"(func.func @f(%x: tensor<3x5x41xf64>) -> tensor<3x5x41xf64> {
      %r = ricci.exp %x : tensor<3x5x41xf64>  return %r : tensor<3x5x41xf64> })"},
    {"LateRowsOfBatch", R"(func.func @f(%x: tensor<5x4x64xf32>) -> tensor<5x4x64xf32> {
      %k = ricci.kernel {
        %m = ricci.reduce max [2] %x : tensor<5x4x64xf32> -> tensor<5x4xf32>
        %b = ricci.einsum "ij->ijk"(%m) : (tensor<5x4xf32>) -> tensor<5x4x64xf32>
        %d = ricci.sub %x, %b : tensor<5x4x64xf32>
        %e = ricci.exp %d : tensor<5x4x64xf32>
        %s = ricci.einsum "ijk->ij"(%e) : (tensor<5x4x64xf32>) -> tensor<5x4xf32>
        %t = ricci.einsum "ij->ijk"(%s) : (tensor<5x4xf32>) -> tensor<5x4x64xf32>
        %p = ricci.div %e, %t : tensor<5x4x64xf32>
        ricci.yield %p : tensor<5x4x64xf32>
      } : tensor<5x4x64xf32>
      return %k : tensor<5x4x64xf32> })"},
    {"LateRowsOfSeveralSums", R"(func.func @f(%x: tensor<9x64xf32>) -> tensor<9x64xf32> {
      %k = ricci.kernel {
        %s = ricci.einsum "ij->i"(%x) : (tensor<9x64xf32>) -> tensor<9xf32>
        %b = ricci.einsum "i->ij"(%s) : (tensor<9xf32>) -> tensor<9x64xf32>
        %c = ricci.mul %x, %b : tensor<9x64xf32>
        %e = ricci.exp %c : tensor<9x64xf32>
        %v = ricci.einsum "ij,ij->i"(%e, %x) : (tensor<9x64xf32>, tensor<9x64xf32>) -> tensor<9xf32>
        %w = ricci.einsum "i->ij"(%v) : (tensor<9xf32>) -> tensor<9x64xf32>
        %n = ricci.mul %e, %w : tensor<9x64xf32>
        %u = ricci.einsum "ij,ij->i"(%n, %n) : (tensor<9x64xf32>, tensor<9x64xf32>) -> tensor<9xf32>
        %y = ricci.einsum "i->ij"(%u) : (tensor<9xf32>) -> tensor<9x64xf32>
        %o = ricci.add %n, %y : tensor<9x64xf32>
        ricci.yield %o : tensor<9x64xf32>
      } : tensor<9x64xf32>
      return %k : tensor<9x64xf32> })"},
    {"RowsOfEarlierElements", R"(func.func @f(%x: tensor<9x64xf32>) -> tensor<9x64xf32> {
      %k = ricci.kernel {
        %e = ricci.exp %x : tensor<9x64xf32>
        %s = ricci.einsum "ij->i"(%e) : (tensor<9x64xf32>) -> tensor<9xf32>
        %b = ricci.einsum "i->ij"(%s) : (tensor<9xf32>) -> tensor<9x64xf32>
        %c = ricci.div %x, %b : tensor<9x64xf32>
        %g = ricci.exp %c : tensor<9x64xf32>
        %l = ricci.tanh %c : tensor<9x64xf32>
        %h = ricci.einsum "ij,ij->i"(%g, %l) : (tensor<9x64xf32>, tensor<9x64xf32>) -> tensor<9xf32>
        %t = ricci.einsum "i->ij"(%h) : (tensor<9xf32>) -> tensor<9x64xf32>
        %p = ricci.mul %e, %t : tensor<9x64xf32>
        ricci.yield %p : tensor<9x64xf32>
      } : tensor<9x64xf32>
      return %k : tensor<9x64xf32> })"},
    {"LateRowsOfResults", R"(func.func @f(%x: tensor<9x64xf32>) -> (tensor<9x64xf32>, tensor<9x64xf32>) {
      %k:2 = ricci.kernel {
        %e = ricci.exp %x : tensor<9x64xf32>
        %s = ricci.einsum "ij->i"(%e) : (tensor<9x64xf32>) -> tensor<9xf32>
        %t = ricci.einsum "i->ij"(%s) : (tensor<9xf32>) -> tensor<9x64xf32>
        %p = ricci.div %e, %t : tensor<9x64xf32>
        ricci.yield %e, %p : tensor<9x64xf32>, tensor<9x64xf32>
      } : tensor<9x64xf32>, tensor<9x64xf32>
      return %k#0, %k#1 : tensor<9x64xf32>, tensor<9x64xf32> })"},
    {"RowsOfTurnedElements", R"(func.func @f(%x: tensor<9x64xf32>) -> tensor<9x64xf32> {
      %k = ricci.kernel {
        %e = ricci.exp %x : tensor<9x64xf32>
        %r = ricci.gather %e {map = affine_map<(i, j) -> (i, 63 - j)>, modes = array<i32: 0, 0>, symbol_axes = []} : tensor<9x64xf32> -> tensor<9x64xf32>
        %s = ricci.einsum "ij->i"(%e) : (tensor<9x64xf32>) -> tensor<9xf32>
        %t = ricci.einsum "i->ij"(%s) : (tensor<9xf32>) -> tensor<9x64xf32>
        %p = ricci.div %r, %t : tensor<9x64xf32>
        ricci.yield %p : tensor<9x64xf32>
      } : tensor<9x64xf32>
      return %k : tensor<9x64xf32> })"},
    {"SumOfTurnedElements", R"(func.func @f(%x: tensor<9x64xf32>) -> tensor<9x64xf32> {
      %k = ricci.kernel {
        %e = ricci.exp %x : tensor<9x64xf32>
        %r = ricci.gather %e {map = affine_map<(i, j) -> (i, 63 - j)>, modes = array<i32: 0, 0>, symbol_axes = []} : tensor<9x64xf32> -> tensor<9x64xf32>
        %s = ricci.einsum "ij,ij->i"(%e, %r) : (tensor<9x64xf32>, tensor<9x64xf32>) -> tensor<9xf32>
        %t = ricci.einsum "i->ij"(%s) : (tensor<9xf32>) -> tensor<9x64xf32>
        %p = ricci.div %e, %t : tensor<9x64xf32>
        ricci.yield %p : tensor<9x64xf32>
      } : tensor<9x64xf32>
      return %k : tensor<9x64xf32> })"},
    {"RidersOfUnknownRows",
     R"(func.func @f(%x: tensor<?x?xf64>) -> tensor<?x?xf64> {
      %h = ricci.dim %x, 0 : tensor<?x?xf64>
      %w = ricci.dim %x, 1 : tensor<?x?xf64>
      %k = ricci.kernel {
        %e = ricci.exp %x : tensor<?x?xf64>
        %s = ricci.einsum "ij->i"(%e) dims(%h) : (tensor<?x?xf64>) -> tensor<?xf64>
        %t = ricci.einsum "i->ij"(%s) dims(%h, %w) : (tensor<?xf64>) -> tensor<?x?xf64>
        %p = ricci.div %e, %t : tensor<?x?xf64>
        ricci.yield %p : tensor<?x?xf64>
      } : tensor<?x?xf64>
      return %k : tensor<?x?xf64> })",
     {{5, 37}}},
};

INSTANTIATE_TEST_SUITE_P(Programs, Rows, ::testing::Combine(::testing::ValuesIn(programs), ::testing::Values(64u, 32u)),
                         [](const auto &info) {
                           return std::string(std::get<0>(info.param).name) + "_" +
                                  std::to_string(std::get<1>(info.param));
                         });

} // namespace
} // namespace ricci::test
