// Random well-typed programs. A seed gives one text, the same everywhere: some inputs, some functions, and statements
// whose values end up in `result`. By construction the checker accepts it, no access leaves its array, and numbers stay
// in the domains of the functions that they meet.
//
// What a program is made of is said by the table in Productions.def; here is what its productions are made with.
#pragma once

#include "tests/fuzz/Random.h"
#include "tests/fuzz/generate/Types.h"

#include <deque>
#include <optional>
#include <utility>

namespace ricci::fuzz {

// What is visible while the script or the body of a function is written.
struct Frame {
  bool isSmooth = false;  // derivatives may be taken of it: integers made of reals stay integers
  bool isGeneric = false; // every real is of the type T, which is written f64 until the end
  std::vector<Size> sizes = {};
  std::deque<Variable> variables = {}; // references stay valid
  std::vector<StructVariable> structs = {};
  std::deque<Function> lambdas = {};
  std::vector<Index> indices = {};
  std::vector<std::string> lines = {};
  unsigned forms = 0;      // order of the derivative forms around
  unsigned order = 0;      // the highest order of a derivative in it
  unsigned conditions = 0; // around; subscripts in them tell no ranges
  unsigned loops = 0;      // around
  unsigned bodies = 0;     // of lambdas and the like around: nothing is defined in them
  int64_t points = 1;      // of the index space around
  int64_t mostPoints = 1;
  unsigned work = 0; // productions, those of what it calls included
};

// Subscripts of an access: whether one gives 0 outside its axis, whether one was computed from reals.
struct Places {
  std::string text;
  bool pads = false, fromReals = false;
};

// c + Σ aᵢ i with its least and greatest value; of an empty range as if it had one element.
struct Affine {
  std::string text;
  int64_t low = 0, high = 0;
  std::vector<size_t> indices = {}; // positions in the frame
};

class Generator {
public:
  explicit Generator(uint64_t seed);

  std::string program();
  // How often each row of the tables went into the program, in the order of `rowNames`.
  const std::vector<unsigned> &exercised() const { return counts; }
  static const std::vector<std::string> &rowNames();

  // Choices. Elementary functions and kinds of reductions are rows too.
  Random random;
  bool maybe(unsigned percent) { return random.below(100) < percent; }
  void exercise(const std::string &row);

  // Names and sizes.
  std::string fresh(const char *prefix) { return prefix + std::to_string(names++); }
  std::string freshIndex();
  // One that the frame can write, not larger than `most` if there is one.
  Size size(int64_t most);
  std::optional<Size> sizeOf(int64_t value);
  // Often that of a variable, so that there is something to read.
  Shape shape(size_t rank, int64_t mostElements);
  ArrayType arrayType(size_t mostRank, int64_t mostElements);
  Scalar realType() { return maybe(75) || frame->isGeneric ? Scalar::F64 : Scalar::F32; }
  bool isDeep() const { return depth > mostDepth; }
  bool isLarge(int64_t elements) const { return elements * frame->points > mostElements; }
  static constexpr unsigned mostDepth = 5;
  static constexpr int64_t mostElements = 3000; // of an array over the index space around it

  // Variables.
  const Variable &declare(const std::string &text, const ArrayType &type, Facts facts);
  // What reading them comes to if the definitions from `from` on are looked through.
  Variables reach(const Variables &reads, unsigned from) const;
  // Leaves a block: the facts of its values speak of what was visible before it.
  void leave(size_t variables, std::initializer_list<Facts *> facts);
  // A definition before the statement at work, where its value does not depend on what is bound since.
  std::optional<Value> definedBefore(const ArrayType &want);
  void line(const std::string &text) { frame->lines.push_back(text); }

  // Expressions: finite, and of moderate size.
  Value expression(const ArrayType &want);
  Value leaf(const ArrayType &want);
  std::optional<Value> derivedLeaf(const ArrayType &want);
  Value constant(const ArrayType &want);
  Value expression(const ArrayType &want, double low, double high) { return within(expression(want), low, high); }
  Value condition();
  // Of the wanted type, or a scalar that broadcasts to it.
  Value operand(const ArrayType &want);
  // Any, infinite or undefined ones too: for what only ends up in the result.
  Value rawExpression(const ArrayType &want);
  Value within(Value value, double low, double high);
  Value usable(Value value);
  // `adapts`: its context tells the type.
  std::string number(Scalar element, double value, bool adapts = false);
  Affine affineForm();
  std::optional<Places> place(const Size &axis);
  // Access to the variable that leaves these axes open.
  std::optional<Value> accessTo(const Variable &, const Shape &open);

  // Index spaces: binds one to `most` indices; `binders` closes them and gives what stands in the brackets.
  struct Bound {
    size_t first = 0;   // position in the frame's indices
    int64_t points = 1; // around
    double elements = 1;
    bool mayBeEmpty = false;
  };
  std::optional<Bound> bind(size_t mostIndices, int64_t mostPoints, bool isLeft = false);
  // For what `body` came to: an index may go without a range if a subscript in it tells.
  std::string binders(const Bound &, const std::string &body);
  bool isTold(const Index &, const std::string &body);

  // Variables of outside that a value made inside a form depends on.
  std::vector<const Variable *> differentiable(const Facts &) const;
  // Numbers of variables from here on are not given yet.
  unsigned variableCount() const { return numbers; }

  // Structs and calls: sizes of the frame with these values, types in their terms, arguments that keep what is
  // promised.
  std::vector<Size> sizesFor(const std::vector<int64_t> &values);
  static ArrayType substituted(const ArrayType &, const std::vector<lang::Symbol> &, const std::vector<Size> &);
  ArrayType fieldType(const Struct &, size_t field, const std::vector<Size> &dims) const;
  // The fields read what the facts say, or each its own.
  void declareStruct(const std::string &text, const Struct &, const std::vector<Size> &dims, Facts,
                     const std::vector<Variables> &fields = {});
  Value structValue(const Struct &, const std::vector<Size> &dims);
  // `|u| …`, whose arguments keep what the parameters promise; it notes in `function` what is known of it. Its value
  // lies between these bounds, if there are any, and then depends on the first argument.
  std::string lambda(Function &function, std::optional<double> bound = {});

  bool statement();
  bool declaration();

  std::deque<Struct> structs;
  std::deque<Function> functions;
  std::vector<std::string> declarations;
  Frame *frame = nullptr;
  std::vector<int64_t> values; // that sizes have in this program
  unsigned budget = 0;         // productions that may still be used

private:
  unsigned names = 0, numbers = 0, depth = 0;
  std::vector<unsigned> counts;
};

} // namespace ricci::fuzz
