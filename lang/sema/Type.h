// Types of checked expressions: arrays of scalars (a scalar is rank 0), tuples, structs, strings, unit.
#pragma once

#include "lang/sema/Dim.h"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace ricci::lang {

enum class Scalar { Bool, I32, I64, F32, F64, Key };

std::string_view scalarName(Scalar);
inline bool isFloating(Scalar s) { return s == Scalar::F32 || s == Scalar::F64; }
inline bool isInteger(Scalar s) { return s == Scalar::I32 || s == Scalar::I64; }
inline bool isNumber(Scalar s) { return isFloating(s) || isInteger(s); }

struct Type {
  enum Kind { Array, Tuple, Struct, String, Unit, Error } kind = Unit;
  Scalar element = Scalar::F64;   // Array
  std::vector<Dim> shape;         // Array; of an array of structs, whose fields have these axes first
  std::string name;               // Struct
  const void *declaration = nullptr; // Struct: what tells structs of one name apart
  std::vector<Type> fields;       // Tuple, Struct
  std::vector<std::string> names; // Struct: of the fields
  std::vector<Dim> sizes;         // Struct: values of its size parameters
  std::vector<Type> types;        // Struct: values of its type parameters
  std::vector<bool> order;        // Struct: which of its parameters are types

  static Type array(Scalar element, std::vector<Dim> shape = {});
  static Type tuple(std::vector<Type> fields);
  static Type error();

  bool isArray() const { return kind == Array; }
  bool isScalar() const { return kind == Array && shape.empty(); }
  bool isScalar(Scalar s) const { return isScalar() && element == s; }
  bool isError() const { return kind == Error; }
  bool isAggregate() const { return kind == Tuple || kind == Struct; }
  // An array, or an array of structs.
  bool hasAxes() const { return kind == Array || (kind == Struct && !shape.empty()); }

  bool allLeaves(const std::function<bool(const Type &)> &holds) const;
  // Every leaf is an array of f32 or f64.
  bool isFloating() const;
  bool hasError() const;
  size_t leafCount() const;
  Type mapDims(const std::function<Dim(const Dim &)> &map) const;
  // With further axes in front, of every leaf.
  Type stacked(const std::vector<Dim> &axes) const;
  // What is left of an array without its first axes.
  Type part(size_t axes) const;

  std::string text() const; // `f64[N,D]`, `(f64, i64)`, `Mlp<D,H,C>`
};

} // namespace ricci::lang
