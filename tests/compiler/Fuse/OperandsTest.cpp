// Contractions whose operands are views, read in place, compared with the reference interpreter: steps, reversals, transpositions,
// windows, diagonals, constants; sizes 0, 1 and odd; offsets that are known, and that only the run tells, outside too.
#include "Compare.h"

#include "llvm/ADT/StringExtras.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <random>

namespace ricci::test {
namespace {

// A random view whose axes are `letters`, of an array of its own.
class Operand {
public:
  Operand(std::mt19937_64 &random, std::string name, const std::string &letters, const std::map<char, int64_t> &sizes, std::string element,
          bool offsets)
      : name(std::move(name)), element(std::move(element)) {
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
  std::string type() const { return typeOf(shape); }
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
           " {map = affine_map<(" + llvm::join(dims, ", ") + ")" + (symbols ? "[" + llvm::join(parameters, ", ") + "]" : "") + " -> (" +
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
      text += std::to_string(size) + "x";
    return text + element + ">";
  }

  std::string name, element;
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
  for (int round = 0; round < (large ? 12 : 40); ++round) {
    const auto [left, right, output] = std::vector<std::tuple<std::string, std::string, std::string>>{
        {"ik", "kj", "ij"}, {"ki", "jk", "ji"}, {"ik", "k", "i"}, {"bik", "bkj", "bij"}, {"ikl", "klj", "ij"}}[random() % (large ? 3 : 5)];
    std::map<char, int64_t> sizes;
    std::vector<int64_t> shape;
    for (char letter : left + right)
      sizes.try_emplace(letter, (large ? wide : small)[random() % (large ? wide : small).size()]);
    const std::string element = random() % 2 ? "f32" : "f64";
    const Operand a(random, "a", left, sizes, element, offsets), b(random, "b", right, sizes, element, offsets);
    std::string type = "tensor<";
    for (char letter : output)
      type += std::to_string(sizes[letter]) + "x";
    type += element + ">";
    const std::string text = "func.func @f(" + a.arguments() + ", " + b.arguments() + ") -> " + type + " {\n" + a.gather() + b.gather() +
                             "  %r = ricci.einsum \"" + left + "," + right + "->" + output + "\"(%av, %bv) : (" + a.type() + ", " +
                             b.type() + ") -> " + type + "\n  return %r : " + type + "\n}\n";
    for (int64_t limit : {1, 3}) { // offsets of 0 stay inside
      CompareOptions options;
      options.fuse = true;
      options.integerLimit = limit;
      EXPECT_TRUE(compiledEqualsReference(text, options)) << text;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Operands, Views, ::testing::Combine(::testing::Bool(), ::testing::Bool()), [](const auto &info) {
  return std::string(std::get<0>(info.param) ? "OffsetsAtRunTime" : "OffsetsKnown") + (std::get<1>(info.param) ? "Large" : "Small");
});

} // namespace
} // namespace ricci::test
