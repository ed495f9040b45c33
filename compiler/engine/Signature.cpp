#include "compiler/engine/Signature.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace ricci::engine {

runtime::DType dtypeOf(lang::Scalar element) {
  switch (element) {
  case lang::Scalar::Bool:
    return runtime::DType::Bool;
  case lang::Scalar::I32:
    return runtime::DType::I32;
  case lang::Scalar::I64:
  case lang::Scalar::Key:
    return runtime::DType::I64;
  case lang::Scalar::F32:
    return runtime::DType::F32;
  case lang::Scalar::F64:
    break;
  }
  return runtime::DType::F64;
}

void addLeaves(const lang::Type &type, const std::string &name, std::vector<Leaf> &leaves) {
  if (type.kind == lang::Type::Array) {
    Leaf leaf{name, dtypeOf(type.element), {}, {}};
    for (const lang::Dim &size : type.shape) {
      leaf.sizes.push_back(size.constant().value_or(-1));
      leaf.symbols.push_back(size.text());
    }
    leaves.push_back(std::move(leaf));
  }
  for (size_t i = 0; i < type.fields.size(); ++i) {
    std::string field = type.kind == lang::Type::Struct ? type.names[i] : std::to_string(i);
    addLeaves(type.fields[i], name.empty() ? field : name + "." + field, leaves);
  }
}

std::string Leaf::text() const {
  std::string type(runtime::nameOf(dtype));
  return symbols.empty() ? type : fmt::format("{}[{}]", type, fmt::join(symbols, ","));
}

std::string Signature::text() const {
  std::vector<std::string> in, out;
  for (const Leaf &leaf : parameters)
    in.push_back(leaf.name + ": " + leaf.text());
  for (const Leaf &leaf : results)
    out.push_back(leaf.text());
  std::string result = out.size() == 1 ? out.front() : fmt::format("({})", fmt::join(out, ", "));
  return fmt::format("{}({}) -> {}", name, fmt::join(in, ", "), result);
}

} // namespace ricci::engine
