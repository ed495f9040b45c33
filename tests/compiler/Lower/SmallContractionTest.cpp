// Contractions of small matrices, which are emitted inline: all sizes around the vectors' widths, batches of any size
// known and unknown, indices of every kind in any order.
#include "Compare.h"

#include "llvm/ADT/StringExtras.h"

#include <algorithm>
#include <map>
#include <random>

namespace ricci::test {
namespace {

struct Product {
  std::string left, right, output; // one letter an index
  std::map<char, int64_t> sizes;
  std::string unknown; // letters whose sizes only the arguments tell
  std::string element = "f32";
};

// A function of all products, each with arguments of its own.
class Program {
public:
  void add(const Product &product) {
    const std::string number = std::to_string(count++);
    const std::string left = argument("%a" + number, product.left, product);
    const std::string right = argument("%b" + number, product.right, product);
    std::string dims;
    for (char letter : product.output)
      if (llvm::is_contained(product.unknown, letter)) {
        const bool inLeft = llvm::is_contained(product.left, letter);
        const std::string size = "%s" + number + letter;
        body += "  " + size + " = ricci.dim %" + (inLeft ? "a" : "b") + number + ", " +
                std::to_string((inLeft ? product.left : product.right).find(letter)) + " : " + (inLeft ? left : right) +
                "\n";
        dims += (dims.empty() ? "" : ", ") + size;
      }
    const std::string type = typeOf(product.output, product);
    body += "  %c" + number + " = ricci.einsum \"" + product.left + "," + product.right + "->" + product.output +
            "\"(%a" + number + ", %b" + number + ")" + (dims.empty() ? "" : " dims(" + dims + ")") + " : (" + left +
            ", " + right + ") -> " + type + "\n";
    results.push_back("%c" + number);
    types.push_back(type);
  }

  std::string text() const {
    const std::string all = llvm::join(types, ", ");
    return "func.func @f(" + llvm::join(arguments, ", ") + ") -> (" + all + ") {\n" + body + "  return " +
           llvm::join(results, ", ") + " : " + all + "\n}\n";
  }

  void check(unsigned vectorBytes) const {
    // At one width threads share even the smallest batch.
    CompareOptions options{.shapes = shapes, .vectorBytes = vectorBytes, .chunkWork = vectorBytes == 32 ? 1 : 0};
    EXPECT_TRUE(compiledEqualsReference(text(), options)) << vectorBytes << "\n" << text();
  }
  // How many products are left to the runtime.
  size_t calls() const {
    const std::string loops = loopsOf(text()), call = "llvm.call @ricci_contract";
    size_t found = 0;
    for (size_t at = loops.find(call); at != std::string::npos; at = loops.find(call, at + 1))
      ++found;
    return found;
  }

private:
  static std::string typeOf(const std::string &letters, const Product &product) {
    std::string type = "tensor<";
    for (char letter : letters)
      type += (llvm::is_contained(product.unknown, letter) ? "?" : std::to_string(product.sizes.at(letter))) + "x";
    return type + product.element + ">";
  }

  std::string argument(const std::string &name, const std::string &letters, const Product &product) {
    const std::string type = typeOf(letters, product);
    arguments.push_back(name + ": " + type);
    if (llvm::any_of(letters, [&](char letter) { return llvm::is_contained(product.unknown, letter); })) {
      shapes.emplace_back();
      for (char letter : letters)
        shapes.back().push_back(product.sizes.at(letter));
    }
    return type;
  }

  size_t count = 0;
  std::string body;
  std::vector<std::string> arguments, results, types;
  std::vector<std::vector<int64_t>> shapes;
};

class SmallContraction : public ::testing::TestWithParam<unsigned> {};

// A batch of unknown size: nothing is too small for a contraction then.
TEST_P(SmallContraction, EverySmallSize) {
  for (const char *element : {"f32", "f64"})
    for (int64_t m = 1; m <= 9; ++m) {
      Program program;
      for (int64_t n = 2; n <= 9; ++n)
        for (int64_t k : {1 + (m + n) % 3, 4 + (m * n) % 5})
          program.add({"bik", "bkj", "bij", {{'b', (m + k) % 4}, {'i', m}, {'j', n}, {'k', k}}, "b", element});
      EXPECT_EQ(program.calls(), 0u);
      program.check(GetParam());
    }
}

// Around the widths of vectors, panels and strips, with either operand transposed.
TEST_P(SmallContraction, Edges) {
  constexpr int64_t sizes[] = {1, 2, 3, 4, 5, 7, 8, 9, 12, 15, 16, 17, 24, 31, 32, 33, 40, 63, 65};
  std::mt19937_64 random(3);
  auto any = [&] { return sizes[random() % std::size(sizes)]; };
  for (int round = 0; round < 12; ++round) {
    Program program;
    for (const auto &[left, right, output] : {std::tuple("ik", "kj", "ij"),
                                              {"ki", "kj", "ij"},
                                              {"ki", "jk", "ji"},
                                              {"bik", "bkj", "bij"},
                                              {"bik", "bjk", "bij"},
                                              {"ki", "jk", "ij"},
                                              {"kbi", "kj", "bij"},
                                              {"k", "bkj", "bj"},
                                              {"jk", "k", "j"},
                                              {"bk", "bjk", "bj"}})
      program.add({left,
                   right,
                   output,
                   {{'b', 1 + random() % 3}, {'i', any()}, {'j', std::max<int64_t>(any(), 2)}, {'k', any()}},
                   "",
                   random() % 2 ? "f32" : "f64"});
    program.check(GetParam());
  }
}

// Two matrices of sizes that the runtime is told, in every order: of no element, of one tile and of several.
TEST_P(SmallContraction, RunTimeSizes) {
  for (const char *element : {"f32", "f64"})
    for (const auto &[m, n, k] : {std::tuple(16, 16, 16), {9, 5, 7}, {1, 4, 3}, {4, 0, 3}, {3, 4, 0}, {33, 20, 40}}) {
      Program program;
      for (const char *left : {"ik", "ki"})
        for (const char *right : {"kj", "jk"})
          for (const char *output : {"ij", "ji"})
            program.add({left, right, output, {{'i', m}, {'j', n}, {'k', k}}, "ijk", element});
      EXPECT_EQ(program.calls(), 8u);
      program.check(GetParam());
    }
}

// Several indices of each kind in any order, on diagonals, in one operand only, empty, of unknown size.
TEST_P(SmallContraction, IndicesOfEveryKind) {
  constexpr int64_t sizes[] = {1, 2, 3, 4, 5, 8, 11};
  std::mt19937_64 random(5);
  for (int round = 0; round < 25; ++round) {
    Program program;
    for (int number = 0; number < 8; ++number) {
      Product product;
      auto some = [&](std::initializer_list<char> letters, std::initializer_list<std::string *> arrays) {
        for (char letter : letters)
          if (letter == *letters.begin() || random() % 3 == 0) {
            product.sizes[letter] = random() % 30 ? sizes[random() % std::size(sizes)] : 0;
            for (std::string *array : arrays)
              array->insert(random() % (array->size() + 1), 1, letter);
          }
      };
      some({'b', 'c'}, {&product.left, &product.right, &product.output});
      some({'i', 'j'}, {&product.left, &product.output});
      some({'m', 'n'}, {&product.right, &product.output});
      some({'k', 'l'}, {&product.left, &product.right});
      if (random() % 8 == 0)
        some({'p'}, {&product.left});
      if (random() % 4 == 0)
        product.left += product.left[random() % product.left.size()]; // a diagonal
      if (random() % 2)
        product.unknown = random() % 4 ? "b" : "bk";
      product.element = random() % 2 ? "f32" : "f64";
      program.add(product);
    }
    program.check(GetParam());
  }
}

INSTANTIATE_TEST_SUITE_P(Widths, SmallContraction, ::testing::Values(64u, 32u, 16u),
                         ::testing::PrintToStringParamName());

} // namespace
} // namespace ricci::test
