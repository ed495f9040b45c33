#include "compiler/driver/Values.h"

#include <fmt/format.h>

namespace ricci::driver {

static std::string fieldName(const lang::Type &type, size_t field) {
  return type.kind == lang::Type::Struct ? type.names[field] : std::to_string(field);
}

static void collectLeaves(const lang::Type &type, const std::string &path, std::vector<Leaf> &leaves) {
  if (type.kind == lang::Type::Array)
    leaves.push_back({path, &type});
  for (size_t i = 0; i < type.fields.size(); ++i)
    collectLeaves(type.fields[i], path.empty() ? fieldName(type, i) : path + "." + fieldName(type, i), leaves);
}

std::vector<Leaf> leavesOf(const lang::Type &type) {
  std::vector<Leaf> leaves;
  collectLeaves(type, "", leaves);
  return leaves;
}

runtime::Value assemble(const lang::Type &type, std::vector<runtime::Array>::iterator &next) {
  if (type.kind == lang::Type::Array)
    return std::move(*next++);
  runtime::Aggregate aggregate{type.kind == lang::Type::Struct ? type.name : "", {}};
  for (size_t i = 0; i < type.fields.size(); ++i)
    aggregate.fields.push_back({fieldName(type, i), assemble(type.fields[i], next)});
  return aggregate;
}

std::string namedValue(const std::string &name, const runtime::Value &value) {
  std::string start = fmt::format("  {} = ", name), text = start;
  runtime::Result<std::string> shown = runtime::toText(value);
  for (char c : shown ? *shown : shown.error().message)
    text += c == '\n' ? "\n" + std::string(start.size(), ' ') : std::string(1, c);
  return text + "\n";
}

} // namespace ricci::driver
