// Types of checked expressions: arrays of scalars (a scalar is rank 0), tuples, structs, strings, unit.
#pragma once

#include "lang/sema/Dim.h"

#include <string>
#include <vector>

namespace ricci::lang {

enum class Scalar { Bool, I32, I64, F32, F64, Key };

struct Type {
  enum Kind { Array, Tuple, Struct, String, Unit, Error } kind = Unit;
  Scalar element = Scalar::F64;   // Array
  std::vector<Dim> shape;         // Array
  std::string name;               // Struct
  std::vector<Type> fields;       // Tuple, Struct
  std::vector<std::string> names; // Struct: of the fields

  static Type array(Scalar element, std::vector<Dim> shape = {});
  bool isScalar() const { return kind == Array && shape.empty(); }
  bool isAggregate() const { return kind == Tuple || kind == Struct; }
  std::string text() const; // `f64[N,D]`, `(f64, i64)`, `Mlp`
};

} // namespace ricci::lang
