// Contractions whose operands are views, read in place, compared with the reference interpreter: steps, reversals, transpositions,
// windows, diagonals, constants; sizes 0, 1 and odd; offsets that are known, and that only the run tells, outside too.
#include "Compare.h"

#include "llvm/ADT/StringExtras.h"

#include <algorithm>
#include <iostream>
#include <map>
#include <numeric>
#include <random>

namespace ricci::test {
namespace {

std::string sizesOf(const std::string &letters) {
  std::vector<std::string> names;
  for (char letter : letters)
    names.push_back("%size_" + std::string(1, letter));
  return llvm::join(names, ", ");
}

// A random view whose axes are `letters`, of an array of its own.
class Operand {
public:
  Operand(std::mt19937_64 &random, std::string name, const std::string &letters, const std::map<char, int64_t> &sizes, std::string element,
          bool offsets, bool open)
      : name(std::move(name)), element(std::move(element)), letters(letters), open(open) {
    for (size_t dim = 0; dim < letters.size(); ++dim) {
      dims.push_back("d" + std::to_string(dim));
      shape.push_back(sizes.at(letters[dim]));
    }
    std::vector<size_t> order(letters.size());
    std::iota(order.begin(), order.end(), 0);
    std::shuffle(order.begin(), order.end(), random);
    for (size_t i = 0; i < order.size(); ++i) {
      Axis axis;
      axis.add(order[i], 1 + static_cast<int64_t>(random() % 3), random() % 3 == 0, shape);
      if (i + 1 < order.size() && random() % 4 == 0) // a window
        axis.add(order[++i], 1 + static_cast<int64_t>(random() % 2), false, shape);
      if (offsets && random() % 2) {
        axis.text += " + s" + std::to_string(symbols);
        ++symbols;
        axis.isPadded = true;
      }
      const int64_t margin = static_cast<int64_t>(random() % 3);
      axis.text += " + " + std::to_string(margin);
      axis.size += margin + static_cast<int64_t>(random() % 2);
      axes.push_back(std::move(axis));
      if (random() % 4 == 0)
        axes.push_back({"1", 3, false});
      else if (axes.back().size < 20 && random() % 6 == 0)
        axes.push_back(axes.back()); // a diagonal
    }
  }

  std::string arguments() const {
    std::string text = "%" + name + ": " + sourceType();
    for (unsigned symbol = 0; symbol < symbols; ++symbol)
      text += ", %" + name + "s" + std::to_string(symbol) + ": tensor<i64>";
    return text;
  }
  std::string type() const { return typeOf(open ? std::vector<int64_t>(shape.size(), unknown) : shape); }
  std::string gather() const {
    std::vector<std::string> subscripts, modes, names, scalars, places, parameters;
    for (const Axis &axis : axes) {
      subscripts.push_back(axis.text);
      modes.push_back(axis.isPadded ? "1" : "0");
    }
    for (unsigned symbol = 0; symbol < symbols; ++symbol) {
      names.push_back("%" + name + "s" + std::to_string(symbol));
      scalars.push_back("tensor<i64>");
      places.push_back("array<i64>");
      parameters.push_back("s" + std::to_string(symbol));
    }
    return "  %" + name + "v = ricci.gather %" + name + (symbols ? "[" + llvm::join(names, ", ") + " : " + llvm::join(scalars, ", ") + "]" : "") +
           (open ? " dims(" + sizesOf(letters) + ")" : "") + " {map = affine_map<(" + llvm::join(dims, ", ") + ")" + (symbols ? "[" + llvm::join(parameters, ", ") + "]" : "") + " -> (" +
           llvm::join(subscripts, ", ") + ")>, modes = array<i32: " + llvm::join(modes, ", ") + ">, symbol_axes = [" +
           llvm::join(places, ", ") + "]} : " + sourceType() + " -> " + type() + "\n";
  }

private:
  struct Axis {
    std::string text;
    int64_t size = 1; // that holds all subscripts
    bool isPadded = false;
    void add(size_t dim, int64_t step, bool reversed, const std::vector<int64_t> &shape) {
      const int64_t reach = step * std::max<int64_t>(shape[dim] - 1, 0);
      text += (text.empty() ? "" : " + ") + std::string("d") + std::to_string(dim) + " * " + std::to_string(reversed ? -step : step) +
              (reversed ? " + " + std::to_string(reach) : "");
      size += reach;
    }
  };

  std::string sourceType() const {
    std::vector<int64_t> sizes;
    for (const Axis &axis : axes)
      sizes.push_back(axis.size);
    return typeOf(sizes);
  }
  std::string typeOf(const std::vector<int64_t> &sizes) const {
    std::string text = "tensor<";
    for (int64_t size : sizes)
      text += (size == unknown ? "?" : std::to_string(size)) + "x";
    return text + element + ">";
  }

  static constexpr int64_t unknown = -1;
  std::string name, element, letters;
  bool open; // the view's sizes are known at run time only
  std::vector<std::string> dims;
  std::vector<int64_t> shape;
  std::vector<Axis> axes;
  unsigned symbols = 0;
};

class Views : public ::testing::TestWithParam<std::tuple<bool, bool>> {};

TEST_P(Views, EqualReference) {
  const auto [offsets, large] = GetParam();
  std::mt19937_64 random(11);
  const std::vector<int64_t> small{0, 1, 2, 3, 7, 9, 16, 19}, wide{1, 31, 48, 65};
  for (int round = 0; round < (large ? 16 : 60); ++round) {
    const auto [left, right, output] = std::vector<std::tuple<std::string, std::string, std::string>>{
        {"ik", "kj", "ij"}, {"ki", "jk", "ji"}, {"ik", "k", "i"}, {"bik", "bkj", "bij"}, {"ikl", "klj", "ij"}}[random() % (large ? 3 : 5)];
    std::map<char, int64_t> sizes;
    std::vector<int64_t> shape;
    for (char letter : left + right)
      sizes.try_emplace(letter, (large ? wide : small)[random() % (large ? wide : small).size()]);
    const std::string element = random() % 2 ? "f32" : "f64";
    const bool open = round % 2 == 1;
    const Operand a(random, "a", left, sizes, element, offsets, open), b(random, "b", right, sizes, element, offsets, open);
    // The shape of an argument tells the sizes.
    std::string type = "tensor<", shapeType = "tensor<", body;
    for (char letter : output)
      type += (open ? "?" : std::to_string(sizes[letter])) + "x";
    type += element + ">";
    for (auto [letter, size] : sizes) {
      shapeType += "?x";
      shape.push_back(size);
    }
    shapeType += "i1>";
    for (size_t axis = 0; axis < sizes.size(); ++axis)
      body += "  %size_" + std::string(1, std::next(sizes.begin(), axis)->first) + " = ricci.dim %shape, " + std::to_string(axis) + " : " +
              shapeType + "\n";
    const std::string text = "func.func @f(%shape: " + shapeType + ", " + a.arguments() + ", " + b.arguments() + ") -> " + type + " {\n" +
                             body + a.gather() + b.gather() + "  %r = ricci.einsum \"" + left + "," + right + "->" + output +
                             "\"(%av, %bv)" + (open ? " dims(" + sizesOf(output) + ")" : "") + " : (" + a.type() + ", " + b.type() +
                             ") -> " + type + "\n  return %r : " + type + "\n}\n";
    for (int64_t limit : {1, 3}) { // offsets of 0 stay inside
      CompareOptions options;
      options.fuse = true;
      options.integerLimit = limit;
      options.shapes = {shape};
      EXPECT_TRUE(compiledEqualsReference(text, options)) << text;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Operands, Views, ::testing::Combine(::testing::Bool(), ::testing::Bool()), [](const auto &info) {
  return std::string(std::get<0>(info.param) ? "OffsetsAtRunTime" : "OffsetsKnown") + (std::get<1>(info.param) ? "Large" : "Small");
});

// Rows that count where a row of another array has something positive: none of them, some, all.
TEST(KeptRows, EqualReference) {
  const std::string text =
      R"(func.func @f(%g: tensor<?x?xf64>, %x: tensor<?x?xf64>, %c: tensor<?x?xf64>) -> tensor<?x?xf64> {
      %n = ricci.dim %x, 0 : tensor<?x?xf64>
      %j = ricci.dim %x, 1 : tensor<?x?xf64>
      %i = ricci.dim %c, 1 : tensor<?x?xf64>
      %p = ricci.relu %g : tensor<?x?xf64>
      %r = ricci.einsum "nk->n"(%p) dims(%n) : (tensor<?x?xf64>) -> tensor<?xf64>
      %o = ricci.fill 0.0 : f64 dims(%n) : tensor<?xf64>
      %k = ricci.cmp ne %r, %o : tensor<?xf64>
      %m = ricci.gather %k dims(%n, %j) {map = affine_map<(n, j) -> (n)>, symbol_axes = [], modes = array<i32: 0>} : tensor<?xi1> -> tensor<?x?xi1>
      %z = ricci.fill 0.0 : f64 dims(%n, %j) : tensor<?x?xf64>
      %y = ricci.select %m, %x, %z : tensor<?x?xf64>
      %q = ricci.einsum "ni,nj->ij"(%c, %y) dims(%i, %j) : (tensor<?x?xf64>, tensor<?x?xf64>) -> tensor<?x?xf64>
      return %q : tensor<?x?xf64> })";
  for (int64_t rows : {0, 1, 7, 20})
    for (int64_t width : {0, 1, 60}) {
      CompareOptions options;
      options.fuse = true;
      options.shapes = {{rows, width}, {rows, 9}, {rows, 5}};
      EXPECT_TRUE(compiledEqualsReference(text, options)) << rows << " rows of " << width;
    }
}

// Operands that are computed in blocks of a few elements along each axis, or stored as small ones are: rows, columns, sums and batches
// of the product that are not whole blocks, one element, none.
struct Computed {
  const char *name;
  const char *text;
  std::vector<std::vector<int64_t>> (*shapes)(int64_t size);
};

std::ostream &operator<<(std::ostream &stream, const Computed &program) { return stream << program.name; }

class ComputedOperand : public ::testing::TestWithParam<std::tuple<Computed, int64_t>> {};

TEST_P(ComputedOperand, EqualsReference) {
  const auto &[program, block] = GetParam();
  CompareOptions options;
  options.fuse = true;
  options.blockRows = block;
  for (int64_t size : {0, 1, 2, 4, 7, 10})
    for (int64_t chunkWork : {0, 1}) {
      options.shapes = program.shapes(size);
      options.chunkWork = chunkWork;
      EXPECT_TRUE(compiledEqualsReference(program.text, options)) << "size " << size;
    }
}

const Computed computed[] = {
    {"Left", R"(func.func @f(%a: tensor<?x?xf32>, %b: tensor<?x?xf32>) -> tensor<?x?xf32> {
      %m = ricci.dim %a, 0 : tensor<?x?xf32>
      %n = ricci.dim %b, 1 : tensor<?x?xf32>
      %x = ricci.exp %a : tensor<?x?xf32>
      %c = ricci.einsum "ik,kj->ij"(%x, %b) dims(%m, %n) : (tensor<?x?xf32>, tensor<?x?xf32>) -> tensor<?x?xf32>
      return %c : tensor<?x?xf32> })",
     [](int64_t size) { return std::vector<std::vector<int64_t>>{{size, 7}, {7, 5}}; }},
    // Positions are those in the whole array; the other operand is a view.
    {"Right", R"(func.func @f(%a: tensor<?x?xf64>, %b: tensor<?x?xf64>, %s: tensor<?xf64>) -> tensor<?x?xf64> {
      %m = ricci.dim %a, 1 : tensor<?x?xf64>
      %k = ricci.dim %b, 0 : tensor<?x?xf64>
      %n = ricci.dim %b, 1 : tensor<?x?xf64>
      %i = ricci.iota dims(%n) : tensor<?xi64>
      %j = ricci.einsum "j->kj"(%i) dims(%k, %n) : (tensor<?xi64>) -> tensor<?x?xi64>
      %p = ricci.convert %j : tensor<?x?xi64> -> tensor<?x?xf64>
      %t = ricci.einsum "k->kj"(%s) dims(%k, %n) : (tensor<?xf64>) -> tensor<?x?xf64>
      %u = ricci.add %b, %t : tensor<?x?xf64>
      %x = ricci.max %u, %p : tensor<?x?xf64>
      %v = ricci.gather %a dims(%m, %k) {map = affine_map<(d0, d1) -> (d1, d0)>, modes = array<i32: 0, 0>, symbol_axes = []} : tensor<?x?xf64> -> tensor<?x?xf64>
      %c = ricci.einsum "ik,kj->ij"(%v, %x) dims(%m, %n) : (tensor<?x?xf64>, tensor<?x?xf64>) -> tensor<?x?xf64>
      return %c : tensor<?x?xf64> })",
     [](int64_t size) { return std::vector<std::vector<int64_t>>{{size, 5}, {size, 11}, {size}}; }},
    {"Batch", R"(func.func @f(%a: tensor<?x?x?xf32>, %b: tensor<?x?x?xf32>) -> tensor<?x?x?xf32> {
      %h = ricci.dim %a, 0 : tensor<?x?x?xf32>
      %m = ricci.dim %a, 1 : tensor<?x?x?xf32>
      %n = ricci.dim %b, 1 : tensor<?x?x?xf32>
      %x = ricci.sqrt %b : tensor<?x?x?xf32>
      %y = ricci.tanh %x : tensor<?x?x?xf32>
      %c = ricci.einsum "hik,hjk->jhi"(%a, %y) dims(%n, %h, %m) : (tensor<?x?x?xf32>, tensor<?x?x?xf32>) -> tensor<?x?x?xf32>
      return %c : tensor<?x?x?xf32> })",
     [](int64_t size) { return std::vector<std::vector<int64_t>>{{3, 4, size}, {3, 5, size}}; }},
    // Several indices of the sum, one of which the other operand lacks.
    {"Sums", R"(func.func @f(%a: tensor<?x?x?x?xf64>, %b: tensor<?x?x?xf64>) -> tensor<?x?xf64> {
      %m = ricci.dim %a, 0 : tensor<?x?x?x?xf64>
      %n = ricci.dim %b, 2 : tensor<?x?x?xf64>
      %x = ricci.exp %a : tensor<?x?x?x?xf64>
      %c = ricci.einsum "iklp,klj->ji"(%x, %b) dims(%n, %m) : (tensor<?x?x?x?xf64>, tensor<?x?x?xf64>) -> tensor<?x?xf64>
      return %c : tensor<?x?xf64> })",
     [](int64_t size) { return std::vector<std::vector<int64_t>>{{4, size, 3, 2}, {size, 3, 5}}; }},
};

INSTANTIATE_TEST_SUITE_P(Programs, ComputedOperand, ::testing::Combine(::testing::ValuesIn(computed), ::testing::Values(0, 1, 3)),
                         [](const auto &info) {
                           return std::string(std::get<0>(info.param).name) + "By" + std::to_string(std::get<1>(info.param));
                         });

} // namespace
} // namespace ricci::test
