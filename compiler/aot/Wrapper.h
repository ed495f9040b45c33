// The C functions around compiled entries, as an object file: what they are given becomes the descriptors that an entry
// takes.
#pragma once

#include "compiler/Jit/Machine.h"
#include "compiler/aot/Prototype.h"

namespace ricci::aot {

struct Wrapped {
  Prototype prototype;
  std::string entry; // the symbol that it calls
};

// `stem`_message is defined beside the functions.
engine::Result<std::string> wrapperObject(const std::string &stem, const std::vector<Wrapped> &, const Machine &);

} // namespace ricci::aot
