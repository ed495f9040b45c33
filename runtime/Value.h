// A result as a host sees it: an array, or a tuple or struct of values; and its text as people and programs read it.
#pragma once

#include "runtime/Array.h"

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace ricci::runtime {

struct Field;

struct Aggregate {
  std::string typeName; // of a struct; empty for a tuple
  std::vector<Field> fields;
  bool isTuple() const { return typeName.empty(); }
};

class Value {
public:
  Value(Array array);
  Value(Aggregate aggregate);
  Value(Value &&) noexcept;
  Value &operator=(Value &&) noexcept;
  ~Value();

  bool isArray() const { return content.index() == 0; }
  Array &array() { return *std::get_if<Array>(&content); }
  const Array &array() const { return *std::get_if<Array>(&content); }
  Aggregate &aggregate() { return *std::get_if<Aggregate>(&content); }
  const Aggregate &aggregate() const { return *std::get_if<Aggregate>(&content); }

private:
  std::variant<Array, Aggregate> content;
};

// The name of a tuple's field is its position: "0", "1".
struct Field {
  std::string name;
  Value value;
};

// Here, where Field is complete.
inline Value::Value(Array array) : content(std::move(array)) {}
inline Value::Value(Aggregate aggregate) : content(std::move(aggregate)) {}
inline Value::Value(Value &&) noexcept = default;
inline Value &Value::operator=(Value &&) noexcept = default;
inline Value::~Value() = default;

// Arrays with more elements than `abridgeAbove` show `edge` items at either end of each long axis, then their type.
struct TextOptions {
  int64_t abridgeAbove = 1000;
  int64_t edge = 3;
  std::string scalarFormat; // fmt's specification for each element, such as ".4f"; empty: the shortest that reads back
};

// Scalars `2`, `2.0`, `inf`; arrays as nested brackets; tuples `(a, b)`; structs `Mlp(w1 = …, b1 = …)`. Several lines
// where an array has several axes, without a newline at the end. Fails (ErrorKind::Format) if fmt rejects scalarFormat.
Result<std::string> toText(const Value &value, const TextOptions &options = {});
Result<std::string> toText(const Array &array, const TextOptions &options = {});

// {"type": "f64", "shape": [2], "data": [1.0, "nan"]}: data are nested lists; what JSON has no number for is a string;
// an array without elements is [] whatever its shape.
// An aggregate is {"type": "Mlp" or "tuple", "shape": [], "data": {"w1": {…}, …}}.
std::string toJson(const Value &value);

// One element in shortest round-trip form, recognisable as its type.
std::string shortest(double value);
std::string shortest(float value);

} // namespace ricci::runtime
