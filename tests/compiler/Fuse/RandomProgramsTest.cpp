// Random programs of the dialect, fused and compiled, against the reference interpreter: seeds are fixed, so a failure
// repeats. A program that fails is printed.
#include "Compare.h"

#include <array>
#include <cstdlib>
#include <random>

namespace ricci::test {
namespace {

// Sizes of the index letters a, b, c.
constexpr std::array<int64_t, 3> sizes = {3, 9, 17};

struct Tensor {
  std::string name;
  std::string letters; // one an axis
};

class Generator {
public:
  explicit Generator(unsigned seed) : random(seed) {}

  std::string program() {
    std::string arguments;
    for (const char *letters : {"a", "b", "ab", "bc", "abc", "ca", "", "bb"}) {
      Tensor argument{"%x" + std::to_string(tensors.size()), letters};
      arguments += (arguments.empty() ? "" : ", ") + argument.name + ": " + type(argument.letters);
      tensors.push_back(argument);
    }
    const size_t given = tensors.size();
    const int steps = 4 + pick(20);
    for (int step = 0; step < steps; ++step)
      addOperation(2);
    std::string names, types;
    for (int number = 0; number < 4; ++number) {
      const Tensor &result = tensors[given + pick(static_cast<int>(tensors.size() - given))];
      names += (number ? ", " : "") + result.name;
      types += (number ? ", " : "") + type(result.letters);
    }
    return "func.func @f(" + arguments + ") -> (" + types + ") {\n" + body + "  return " + names + " : " + types + "\n}\n";
  }

private:
  int pick(int count) { return static_cast<int>(random() % count); }
  const Tensor &any() { return tensors[pick(static_cast<int>(tensors.size()))]; }

  static int64_t size(char letter) { return sizes[letter - 'a']; }
  static std::string type(const std::string &letters, const char *element = "f64") {
    std::string text = "tensor<";
    for (char letter : letters)
      text += std::to_string(size(letter)) + "x";
    return text + element + ">";
  }

  std::string define(const std::string &letters, const std::string &right) {
    std::string name = "%v" + std::to_string(counter++);
    body += std::string(indent, ' ') + name + " = " + right + "\n";
    tensors.push_back({name, letters});
    return name;
  }
  std::string helper(const std::string &right) {
    std::string name = "%h" + std::to_string(counter++);
    body += std::string(indent, ' ') + name + " = " + right + "\n";
    return name;
  }

  // A tensor of these letters: an existing one, or one spread to them.
  std::string of(const std::string &letters) {
    std::vector<std::string> found;
    for (const Tensor &tensor : tensors)
      if (tensor.letters == letters)
        found.push_back(tensor.name);
    if (!found.empty() && pick(3))
      return found[pick(static_cast<int>(found.size()))];
    const Tensor source = any();
    std::string to = letters;
    for (char letter : source.letters)
      if (to.find(letter) == std::string::npos) // sums over what is not wanted
        continue;
    return define(letters, "ricci.einsum \"" + source.letters + "->" + to + "\"(" + source.name + ") : (" +
                               type(source.letters) + ") -> " + type(letters));
  }

  std::string randomLetters(int most) {
    std::string letters;
    for (int axis = pick(most + 1); axis > 0; --axis)
      letters += static_cast<char>('a' + pick(3));
    return letters;
  }

  void addOperation(int depth) {
    switch (pick(depth > 0 ? 13 : 12)) {
    case 0:
    case 1: {
      static const char *names[] = {"neg", "abs", "tanh", "sin", "floor", "relu", "exp"};
      const Tensor x = any();
      const std::string bounded = helper("ricci.tanh " + x.name + " : " + type(x.letters));
      define(x.letters, "ricci." + std::string(names[pick(7)]) + " " + bounded + " : " + type(x.letters));
      return;
    }
    case 2:
    case 3:
    case 4: {
      static const char *names[] = {"add", "sub", "mul", "max", "min"};
      const Tensor x = any();
      const std::string y = of(x.letters);
      define(x.letters, "ricci." + std::string(names[pick(5)]) + " " + x.name + ", " + y + " : " + type(x.letters));
      return;
    }
    case 5: {
      const Tensor x = any();
      const std::string y = of(x.letters);
      const std::string condition = helper("ricci.cmp lt " + x.name + ", " + y + " : " + type(x.letters));
      define(x.letters, "ricci.select " + condition + ", " + y + ", " + x.name + " : " + type(x.letters));
      return;
    }
    case 6: {
      const std::string letters = randomLetters(3);
      of(letters);
      return;
    }
    case 7: { // product and sum of two
      const Tensor x = any(), y = any();
      std::string to;
      for (char letter : x.letters + y.letters)
        if (to.find(letter) == std::string::npos && pick(2))
          to += letter;
      define(to, "ricci.einsum \"" + x.letters + "," + y.letters + "->" + to + "\"(" + x.name + ", " + y.name + ") : (" +
                     type(x.letters) + ", " + type(y.letters) + ") -> " + type(to));
      return;
    }
    case 8: {
      const Tensor x = any();
      if (x.letters.empty())
        return;
      const int axis = pick(static_cast<int>(x.letters.size()));
      std::string to = x.letters;
      to.erase(axis, 1);
      const std::string kind = pick(2) ? "max" : "min";
      define(to, "ricci.reduce " + kind + " [" + std::to_string(axis) + "] " + x.name + " : " + type(x.letters) + " -> " + type(to));
      return;
    }
    case 9: { // shifted read along every axis
      const Tensor x = any();
      if (x.letters.empty())
        return;
      std::string dims, subscripts, modes;
      for (size_t axis = 0; axis < x.letters.size(); ++axis) {
        const std::string comma = axis ? ", " : "", dim = "d" + std::to_string(axis);
        dims += comma + dim;
        const int shift = pick(5) - 2;
        subscripts += comma + (pick(3) ? dim + " + " + std::to_string(shift) : std::to_string(size(x.letters[axis]) - 1) + " - " + dim);
        modes += comma + std::to_string(1 + pick(3));
      }
      define(x.letters, "ricci.gather " + x.name + " {map = affine_map<(" + dims + ") -> (" + subscripts +
                            ")>, symbol_axes = [], modes = array<i32: " + modes + ">} : " + type(x.letters) + " -> " + type(x.letters));
      return;
    }
    case 10: { // a part replaced, or added up into another shape
      const Tensor x = any();
      if (x.letters.empty())
        return;
      const std::string rest = x.letters.substr(1), value = of(rest);
      std::string dims, subscripts = std::to_string(pick(static_cast<int>(size(x.letters[0])))), modes = "0";
      for (size_t axis = 0; axis < rest.size(); ++axis) {
        dims += (axis ? ", d" : "d") + std::to_string(axis);
        subscripts += ", d" + std::to_string(axis);
        modes += ", 0";
      }
      const std::string attributes =
          "{map = affine_map<(" + dims + ") -> (" + subscripts + ")>, symbol_axes = [], modes = array<i32: " + modes + ">}";
      if (pick(2))
        define(x.letters, "ricci.update " + x.name + ", " + value + " " + attributes + " : " + type(x.letters) + ", " +
                              type(rest) + " -> " + type(x.letters));
      else
        define(x.letters, "ricci.scatter " + value + " " + attributes + " : " + type(rest) + " -> " + type(x.letters));
      return;
    }
    case 11:
      addRecurrence();
      return;
    default: addLoop(depth);
    }
  }

  // Bounded, with a slice as factors.
  void addRecurrence() {
    const Tensor x = any();
    if (x.letters.empty())
      return;
    const size_t axis = pick(static_cast<int>(x.letters.size()));
    const std::string y = of(x.letters);
    std::string dims, subscripts, modes, factors = "tensor<";
    for (size_t k = 0; k < x.letters.size(); ++k) {
      const std::string comma = k ? ", " : "", dim = "d" + std::to_string(k);
      dims += comma + dim;
      subscripts += comma + dim + (k == axis ? " + 1" : "");
      modes += comma + "0";
      factors += std::to_string(size(x.letters[k]) - (k == axis)) + "x";
    }
    factors += "f64>";
    const std::string bounded = helper("ricci.sin " + y + " : " + type(x.letters));
    const std::string slice =
        helper("ricci.gather " + bounded + " {map = affine_map<(" + dims + ") -> (" + subscripts +
               ")>, symbol_axes = [], modes = array<i32: " + modes + ">} : " + type(x.letters) + " -> " + factors);
    static const char *attributes[] = {"", "reverse ", "masked ", "reverse masked "};
    define(x.letters, "ricci.recurrence " + std::to_string(axis) + " " + attributes[pick(4)] + x.name + ", " + slice +
                          " : " + type(x.letters) + ", " + factors);
  }

  void addLoop(int depth) {
    const Tensor first = any(), second = any();
    const std::string low = helper("arith.constant 0 : index"), high = helper("arith.constant " + std::to_string(pick(4)) + " : index");
    const std::string types = type(first.letters) + ", " + type(second.letters);
    const std::string result = "%v" + std::to_string(counter++);
    body += std::string(indent, ' ') + result + ":2 = ricci.for " + low + " to " + high + " init(" + first.name + ", " +
            second.name + " : " + types + ") {\n";
    const std::string number = std::to_string(counter++);
    body += std::string(indent, ' ') + "^bb0(%i" + number + ": tensor<i64>, %a" + number + ": " + type(first.letters) + ", %b" +
            number + ": " + type(second.letters) + "):\n";
    const std::vector<Tensor> outside = tensors;
    tensors.push_back({"%a" + number, first.letters});
    tensors.push_back({"%b" + number, second.letters});
    indent += 2;
    for (int step = 2 + pick(5); step > 0; --step)
      addOperation(depth - 1);
    const std::string next = of(first.letters), other = of(second.letters);
    body += std::string(indent, ' ') + "ricci.yield " + next + ", " + other + " : " + types + "\n";
    indent -= 2;
    body += std::string(indent, ' ') + "} : " + types + "\n";
    tensors = outside;
    tensors.push_back({result + "#0", first.letters});
    tensors.push_back({result + "#1", second.letters});
  }

  std::mt19937 random;
  std::vector<Tensor> tensors;
  std::string body;
  int counter = 0, indent = 2;
};

TEST(RandomPrograms, EqualReference) {
  const char *first = std::getenv("RICCI_RANDOM_FIRST"), *count = std::getenv("RICCI_RANDOM_COUNT");
  const unsigned from = first ? std::atoi(first) : 0, programs = count ? std::atoi(count) : 60;
  for (unsigned seed = from; seed < from + programs; ++seed) {
    const std::string program = Generator(seed).program();
    CompareOptions options;
    options.fuse = seed % 4 != 0;
    options.vectorBytes = seed % 3 == 0 ? 32 : 64;
    options.chunkWork = seed % 5 == 0 ? 0 : seed % 5;
    ASSERT_TRUE(compiledEqualsReference(program, options)) << "seed " << seed << "\n" << program;
  }
}

} // namespace
} // namespace ricci::test
