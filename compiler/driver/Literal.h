// Values written on the command line: `3`, `-1_000`, `2.5e-3`, `inf`, `pi`, `true`, and nested lists of them.
#pragma once

#include "runtime/Array.h"

#include <string_view>

namespace ricci::driver {

struct Literal {
  enum Kind { Bool, Integer, Real };
  struct Number {
    Kind kind;
    int64_t integer; // of Bool and Integer
    double real;     // of Integer and Real
  };

  Kind kind = Integer; // of the array: Real if any element is
  runtime::Shape shape;
  std::vector<Number> elements;
};

// Nothing if the text is no literal, or its lists are ragged or mix bool with numbers.
std::optional<Literal> parseLiteral(std::string_view text);

// The literal as an array of this type: integers adapt to floating point, and nothing else adapts. Nothing if it
// does not fit.
std::optional<runtime::Array> toArray(const Literal &literal, runtime::DType dtype);

} // namespace ricci::driver
