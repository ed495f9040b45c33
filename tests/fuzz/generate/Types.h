// What generated programs are made of: sizes with their values, types, and what is known of the numbers in a value.
#pragma once

#include "lang/sema/Type.h"

#include <algorithm>
#include <bitset>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace ricci::fuzz {

using lang::Dim;
using lang::isFloating;
using lang::isInteger;
using lang::Scalar;

// A size as the program writes it and what it comes to. Two sizes are one if the checker can see it.
struct Size {
  Dim dim;
  int64_t value = 0;

  static Size literal(int64_t value) { return {Dim(value), value}; }
  std::string text() const { return dim.text(); }
  bool operator==(const Size &other) const { return dim == other.dim; }
  Size operator+(int64_t by) const { return {dim + Dim(by), value + by}; }
  Size operator+(const Size &other) const { return {dim + other.dim, value + other.value}; }
  Size operator*(const Size &other) const { return {dim * other.dim, value * other.value}; }
  // Whether an argument's value tells it: what is computed from it might be negative, for all that the checker knows.
  bool isNumber() const;
};
using Shape = std::vector<Size>;

int64_t count(const Shape &shape);
// `,`-separated.
std::string text(const Shape &shape);

struct ArrayType {
  Scalar element = Scalar::F64;
  Shape shape = {};

  bool isScalar() const { return shape.empty(); }
  bool isReal() const { return isFloating(element); }
  ArrayType of(Shape other) const { return {element, std::move(other)}; }
  std::string text() const;
  bool operator==(const ArrayType &) const = default;
};

// Variables by number.
using Variables = std::bitset<256>;

// What holds for every element of a value.
struct Facts {
  double low = 0, high = 0; // of those that are numbers
  bool infinite = false;    // may be ±inf
  bool undefined = false;   // may be NaN
  bool fromReals = false;   // an integer or bool that was computed from reals: it carries no derivative
  Variables reads = {};     // those that it depends on smoothly

  bool isFinite() const { return !infinite && !undefined; }
  // Of a value that is made of both.
  Facts with(const Facts &other) const;
  Facts within(double newLow, double newHigh) const;
};

struct Value {
  std::string text; // an operand of anything: in parentheses where it needs them
  ArrayType type;
  Facts facts;
  std::vector<Variables> fields = {}; // of a struct: what each of its fields reads
};

struct Variable {
  unsigned number = 0;
  std::string text; // `v3`, `p1.w`, `t2.0`
  ArrayType type;
  Facts facts;
};

// An index or loop counter with low ≤ index < high.
struct Index {
  std::string name;
  Size low, high;
  bool isCounter = false;
  bool isBare = false;  // subscripts a whole axis on its own: that tells its range
  bool isOther = false; // is used in ways that its range must be written for

  int64_t extent() const { return std::max<int64_t>(high.value - low.value, 0); }
  int64_t last() const { return std::max(high.value - 1, low.value); } // of an empty range, as if it had one
};

struct Struct {
  std::string name;
  std::vector<lang::Symbol> dims;
  std::vector<int64_t> values; // of the dims, wherever it is used
  std::vector<std::pair<std::string, ArrayType>> fields;
};

struct StructVariable {
  std::string text;
  const Struct *type = nullptr;
  std::vector<Size> dims;
  size_t firstField = 0; // among the frame's variables
};

struct Function;

struct Parameter {
  std::string name;
  ArrayType type;
  const Struct *structure = nullptr;            // instead of an array
  std::vector<Size> dims;                       // of the structure
  Facts facts;                                  // what callers promise
  std::optional<size_t> size = {};              // which of the function's sizes it tells
  std::shared_ptr<Function> function = nullptr; // instead of an array: what it takes and gives
};

// A lambda is one without sizes of its own.
struct Function {
  std::string name;
  std::vector<lang::Symbol> dims;
  std::vector<int64_t> values; // of the dims, wherever it is called
  std::vector<Parameter> parameters;
  std::vector<std::pair<size_t, size_t>> smooth; // parameters, fields of them, that the result depends on
  ArrayType result;
  Facts facts;
  bool isSmooth = false;
  unsigned work = 0;      // of its body and what that calls
  unsigned order = 0;     // of the derivatives in it
  int64_t points = 1;     // the largest index space in it
  bool isGeneric = false; // its f64 are of any real type
  size_t scope = 0;       // of a lambda: how many variables there were before it
};

} // namespace ricci::fuzz
