// The functions of the runtime that compiled code may call, by name. They are linked into the host statically, so the
// dynamic linker does not know them.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

namespace ricci {

struct RuntimeSymbol {
  llvm::StringLiteral name;
  void *address;
};

llvm::ArrayRef<RuntimeSymbol> runtimeSymbols();

} // namespace ricci
