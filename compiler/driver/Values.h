// The arrays that compiled code takes and gives, as the leaves of a type: structs and tuples flattened depth first.
#pragma once

#include "lang/sema/Type.h"
#include "runtime/Value.h"

#include <string>
#include <vector>

namespace ricci::driver {

struct Leaf {
  std::string path; // w1, 1.b; empty for an array itself
  const lang::Type *type;
};

std::vector<Leaf> leavesOf(const lang::Type &type);

// Takes as many arrays as the type has leaves.
runtime::Value assemble(const lang::Type &type, std::vector<runtime::Array>::iterator &next);

// `  NAME = VALUE` on a line, or on several where the value takes them.
std::string namedValue(const std::string &name, const runtime::Value &value);

} // namespace ricci::driver
