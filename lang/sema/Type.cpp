#include "lang/sema/Type.h"

#include <algorithm>
#include <string_view>

namespace ricci::lang {

Type Type::array(Scalar element, std::vector<Dim> shape) {
  Type type;
  type.kind = Array;
  type.element = element;
  type.shape = std::move(shape);
  return type;
}

Type Type::tuple(std::vector<Type> fields) {
  Type type;
  type.kind = Tuple;
  type.fields = std::move(fields);
  return type;
}

Type Type::error() {
  Type type;
  type.kind = Error;
  return type;
}

std::string_view scalarName(Scalar scalar) {
  switch (scalar) {
  case Scalar::Bool: return "bool";
  case Scalar::I32: return "i32";
  case Scalar::I64: return "i64";
  case Scalar::F32: return "f32";
  case Scalar::F64: return "f64";
  case Scalar::Key: return "key";
  }
  return "";
}

bool Type::allLeaves(const std::function<bool(const Type &)> &holds) const {
  if (!isAggregate())
    return holds(*this);
  return std::all_of(fields.begin(), fields.end(), [&](const Type &field) { return field.allLeaves(holds); });
}

bool Type::isFloating() const {
  return allLeaves([](const Type &leaf) { return leaf.kind == Array && lang::isFloating(leaf.element); });
}

bool Type::hasError() const {
  return kind == Error || std::any_of(fields.begin(), fields.end(), [](const Type &field) { return field.hasError(); });
}

size_t Type::leafCount() const {
  if (!isAggregate())
    return 1;
  size_t count = 0;
  for (const Type &field : fields)
    count += field.leafCount();
  return count;
}

Type Type::mapDims(const std::function<Dim(const Dim &)> &map) const {
  Type result = *this;
  for (Dim &dim : result.shape)
    dim = map(dim);
  for (Dim &dim : result.sizes)
    dim = map(dim);
  for (Type &field : result.fields)
    field = field.mapDims(map);
  for (Type &argument : result.types)
    argument = argument.mapDims(map);
  return result;
}

Type Type::stacked(const std::vector<Dim> &axes) const {
  Type result = *this;
  if (kind != Tuple)
    result.shape.insert(result.shape.begin(), axes.begin(), axes.end());
  for (Type &field : result.fields)
    field = field.stacked(axes);
  return result;
}

Type Type::part(size_t axes) const {
  Type result = *this;
  if (kind != Tuple)
    result.shape.erase(result.shape.begin(), result.shape.begin() + static_cast<std::ptrdiff_t>(axes));
  for (Type &field : result.fields)
    field = field.part(axes);
  return result;
}

static std::string listed(const std::vector<Dim> &dims) {
  std::string out;
  for (const Dim &dim : dims)
    out += (out.empty() ? "" : ",") + dim.text();
  return out;
}

std::string Type::text() const {
  switch (kind) {
  case Array: return std::string(scalarName(element)) + (shape.empty() ? "" : "[" + listed(shape) + "]");
  case Struct: {
    std::string arguments;
    auto size = sizes.begin();
    auto type = types.begin();
    for (bool isType : order)
      arguments += (arguments.empty() ? "" : ",") + (isType ? (type++)->text() : (size++)->text());
    return name + (order.empty() ? "" : "<" + arguments + ">") + (shape.empty() ? "" : "[" + listed(shape) + "]");
  }
  case String: return "a string";
  case Unit: return "nothing";
  case Error: return "?";
  case Tuple: break;
  }
  std::string out;
  for (const Type &field : fields)
    out += (out.empty() ? "" : ", ") + field.text();
  return "(" + out + ")";
}

} // namespace ricci::lang
